from datetime import UTC, datetime

import factory

from bundles.models import Bundle
from couriers.tests.factories import CourierFactory


class BundleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Bundle

    courier = factory.SubFactory(CourierFactory)
    courier_type = factory.SelfAttribute("courier.courier_type")
    assign_time = datetime(2026, 1, 10, 9, tzinfo=UTC)
