from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from bundles.models import Bundle
from bundles.services import UnknownCourier, assign_orders
from bundles.tests.factories import BundleFactory
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def assigned_to(courier):
    return assign_orders(courier_id=courier.courier_id, now=NOW).order_ids


def test_takes_the_lightest_until_full():
    courier = CourierFactory(courier_type="foot")
    for order_id, weight in [(1, 6), (2, 3), (3, 2), (4, 5)]:
        OrderFactory(order_id=order_id, weight=weight)

    assert assigned_to(courier) == [3, 2, 4]
    assert set(Order.objects.free().values_list("order_id", flat=True)) == {1}


def test_of_equal_weights_takes_the_smaller_id():
    courier = CourierFactory(courier_type="foot")
    for order_id in (3, 1, 2):
        OrderFactory(order_id=order_id, weight=5)

    assert assigned_to(courier) == [1, 2]


def test_adds_weights_exactly():
    courier = CourierFactory(courier_type="foot")
    for order_id, weight in enumerate(["0.1", "0.2", "9.7"], 1):
        OrderFactory(order_id=order_id, weight=Decimal(weight))

    assert assigned_to(courier) == [1, 2, 3]


def test_takes_orders_of_his_regions_only():
    courier = CourierFactory(regions=[3, 1, 3])
    for order_id, region in [(1, 2), (2, 1), (3, 3)]:
        OrderFactory(order_id=order_id, region=region, weight=4 - order_id)

    assert assigned_to(courier) == [3, 2]


@pytest.mark.parametrize(
    ("name", "working_hours", "delivery_hours", "fits"),
    [
        ("same", ["09:00-12:00"], ["09:00-12:00"], True),
        ("touching", ["09:00-12:00"], ["12:00-13:00"], False),
        ("touching within a half-hour", ["09:00-12:10"], ["12:10-13:00"], False),
        ("apart within a half-hour", ["09:00-12:10"], ["12:20-13:00"], False),
        ("one minute", ["09:00-12:10"], ["12:09-13:00"], True),
        ("inside a half-hour", ["09:01-09:02"], ["09:00-09:29"], True),
        ("second window", ["08:00-08:10", "20:00-21:00"], ["10:00-11:00", "20:59-23:59"], True),
        ("no working hours", [], ["09:00-12:00"], False),
        ("no delivery hours", ["09:00-12:00"], [], False),
    ],
)
def test_windows_must_share_more_than_a_point(name, working_hours, delivery_hours, fits):
    courier = CourierFactory(working_hours=working_hours)
    order = OrderFactory(delivery_hours=delivery_hours)

    assert assigned_to(courier) == ([order.order_id] if fits else [])


def test_while_a_bundle_is_active_nothing_new_is_given():
    courier = CourierFactory()
    order = OrderFactory()
    first = assign_orders(courier_id=courier.courier_id, now=NOW)
    OrderFactory()

    again = assign_orders(courier_id=courier.courier_id, now=datetime(2027, 1, 1, tzinfo=UTC))

    assert first == again == ([order.order_id], NOW)


def test_without_a_fitting_order_there_is_no_bundle():
    courier = CourierFactory()
    OrderFactory(region=2)

    assert assign_orders(courier_id=courier.courier_id, now=NOW) == ([], None)
    assert not Bundle.objects.exists()


def test_bundle_keeps_the_type_he_had():
    courier = CourierFactory(courier_type="bike")
    OrderFactory()

    assigned_to(courier)

    assert Bundle.objects.get().courier_type == "bike"


def test_orders_of_others_are_left_alone():
    courier = CourierFactory()
    OrderFactory(bundle=BundleFactory())

    assert assigned_to(courier) == []


def test_unknown_courier_is_refused():
    with pytest.raises(UnknownCourier) as refused:
        assign_orders(courier_id=7, now=NOW)

    assert refused.value.code == "unknown_courier"


@pytest.mark.parametrize("regions", [1, 3, 40])
@pytest.mark.parametrize("count", [10, 1_500])
def test_many_light_orders_fill_a_car(regions, count):
    courier = CourierFactory(courier_type="car", regions=list(range(1, regions + 1)))
    Order.objects.bulk_create(
        OrderFactory.build(order_id=n, weight=Decimal("0.04"), region=n * 7 % regions + 1) for n in range(1, count + 1)
    )

    assert assigned_to(courier) == list(range(1, min(count, 1250) + 1))


@pytest.mark.parametrize("count", [5, 500])
def test_statements_do_not_grow_with_the_backlog(count):
    courier = CourierFactory(courier_type="car")
    Order.objects.bulk_create(OrderFactory.build(order_id=n, weight=Decimal("0.1")) for n in range(1, count + 1))

    # The courier, his active bundle, his regions' locks, the candidates, the new bundle, its orders.
    with statements_captured() as statements:
        assigned_to(courier)
    assert len(statements) == (6 if connection.vendor == "postgresql" else 5)
