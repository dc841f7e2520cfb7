"""What is measured as the bare SQL of a use case does what the use case does."""

from datetime import UTC, datetime

import pytest

from benchmarks.statements import recorded, replayed
from bundles.models import Bundle
from bundles.services import assign_orders, carried_orders, complete_order
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import what_is_wrong
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

# The statements are sent in a transaction of their own.
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_statements_of_an_assign_hand_the_orders_to_a_bundle_of_their_own():
    courier = CourierFactory()
    OrderFactory.create_batch(3)
    statements = recorded(lambda: assign_orders(courier_id=courier.courier_id, now=NOW))
    assert not Bundle.objects.exists()
    OrderFactory(bundle=BundleFactory())  # may have the number that was rolled back

    replayed(statements)

    assert carried_orders(courier.courier_id).count() == 3
    assert what_is_wrong() == []


def test_the_statements_of_a_completion_book_it():
    order = OrderFactory(bundle=BundleFactory())
    asked = {"courier_id": order.bundle.courier_id, "order_id": order.order_id, "complete_time": NOW}
    statements = recorded(lambda: complete_order(**asked))
    assert Order.objects.get().complete_time is None

    replayed(statements)

    assert Order.objects.get().complete_time == NOW
    assert what_is_wrong() == []
