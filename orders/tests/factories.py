from decimal import Decimal

import factory

from orders.models import Order
from sweets_store.hours import delivery_mask


class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order

    order_id = factory.Sequence(lambda n: n + 1)
    weight = Decimal(1)
    region = 1
    delivery_hours = factory.LazyFunction(lambda: ["09:00-18:00"])
    delivery_mask = factory.LazyAttribute(lambda order: delivery_mask(order.delivery_hours))
