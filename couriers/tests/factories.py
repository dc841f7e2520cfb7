import factory

from couriers.models import Courier, CourierType


class CourierFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Courier

    courier_id = factory.Sequence(lambda n: n + 1)
    courier_type = CourierType.FOOT
    regions = factory.LazyFunction(lambda: [1])
    working_hours = factory.LazyFunction(lambda: ["09:00-18:00"])
