from datetime import UTC, datetime

import pytest

from bundles.services import assign_orders
from bundles.tests.scenes import NOW
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory


@pytest.fixture
def scene():
    """Couriers 5 and 6 of region 1, idle; 7 carries order 70; orders 1 and 2 are free in region 1."""
    for courier_id in (5, 6):
        CourierFactory(courier_id=courier_id, regions=[1])
    OrderFactory(order_id=70, region=9)
    CourierFactory(courier_id=7, regions=[1, 9])
    assign_orders(courier_id=7, now=NOW)
    OrderFactory(order_id=1, region=1), OrderFactory(order_id=2, region=1)


@pytest.fixture
def noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 1, 10, 12, tzinfo=UTC))
