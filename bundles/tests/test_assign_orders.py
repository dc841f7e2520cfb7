from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from bundles.models import Bundle
from bundles.services import assign_orders
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import rows
from couriers.models import UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.instants import format_instant
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

    # The courier, his active bundle, then on PostgreSQL his regions' locks, the candidates, the new bundle with its
    # orders; on SQLite the candidates, the new bundle, its orders.
    with statements_captured() as statements:
        assigned_to(courier)
    assert len(statements) == 6


def test_refusal_of_an_unknown_courier_changes_nothing():
    OrderFactory()
    CourierFactory(courier_id=8)
    before = rows()

    with pytest.raises(UnknownCourier):
        assign_orders(courier_id=7, now=NOW)

    assert rows() == before


def test_asked_again_he_is_told_only_what_is_undelivered():
    courier = CourierFactory()
    bundle = BundleFactory(courier=courier)
    OrderFactory(order_id=1, bundle=bundle, weight=1, complete_time=NOW)
    OrderFactory(order_id=2, bundle=bundle, weight=3)
    OrderFactory(order_id=3, bundle=bundle, weight=2)

    assert assign_orders(courier_id=courier.courier_id, now=NOW) == ([3, 2], bundle.assign_time)


def test_after_a_completed_bundle_a_new_one_is_formed():
    courier = CourierFactory()
    OrderFactory(order_id=1, bundle=BundleFactory(courier=courier, is_completed=True), complete_time=NOW)
    OrderFactory(order_id=2)

    assert assign_orders(courier_id=courier.courier_id, now=NOW) == ([2], NOW)
    assert Bundle.objects.active().get().assign_time == NOW


def test_what_he_delivered_before_leaves_his_capacity_whole():
    courier = CourierFactory(courier_type="foot")
    OrderFactory(order_id=1, weight=10, bundle=BundleFactory(courier=courier, is_completed=True), complete_time=NOW)
    OrderFactory(order_id=2, weight=10)

    assert assigned_to(courier) == [2]


@pytest.mark.parametrize(("courier_type", "capacity"), [("foot", 10), ("bike", 15), ("car", 50)])
def test_one_order_may_fill_his_capacity_but_the_most_orders_go_first(courier_type, capacity):
    by_one = CourierFactory(courier_type=courier_type, regions=[1])
    by_three = CourierFactory(courier_type=courier_type, regions=[2])
    OrderFactory(order_id=1, region=1, weight=capacity)
    OrderFactory(order_id=2, region=2, weight=capacity - Decimal("0.02"))
    for order_id in (3, 4, 5):
        OrderFactory(order_id=order_id, region=2, weight=Decimal("0.01"))

    assert assigned_to(by_one) == [1]
    assert assigned_to(by_three) == [3, 4, 5]


@pytest.mark.parametrize(("courier_type", "capacity"), [("foot", 10), ("bike", 15)])
def test_ten_grams_more_than_his_capacity_stay_behind(courier_type, capacity):
    courier = CourierFactory(courier_type=courier_type)
    OrderFactory(order_id=1, weight=capacity - Decimal("0.01"))
    OrderFactory(order_id=2, weight=Decimal("0.02"))

    assert assigned_to(courier) == [2]


def test_of_two_couriers_the_second_gets_what_the_first_left():
    first, second, third = CourierFactory.create_batch(3)
    for order_id in (1, 2, 3):
        OrderFactory(order_id=order_id, weight=5)

    assert [assigned_to(first), assigned_to(second), assigned_to(third)] == [[1, 2], [3], []]


def test_the_largest_ids_are_ids():
    courier = CourierFactory(courier_id=2**63 - 1, regions=[2**63 - 1])
    OrderFactory(order_id=2**63 - 1, region=2**63 - 1)

    assert assigned_to(courier) == [2**63 - 1]


def test_answers_the_orders_and_when(api):
    CourierFactory(courier_id=2)
    OrderFactory(order_id=5, weight=2)
    OrderFactory(order_id=6, weight=1)

    answer = api.post("/orders/assign", {"courier_id": 2})
    again = api.post("/orders/assign", {"courier_id": 2})

    assign_time = format_instant(Bundle.objects.get().assign_time)
    assert (answer.status, answer.body) == (200, {"orders": [{"id": 6}, {"id": 5}], "assign_time": assign_time})
    assert (again.status, again.body) == (200, answer.body)


def test_answers_an_empty_list_without_a_time(api):
    CourierFactory(courier_id=2)

    answer = api.post("/orders/assign", {"courier_id": 2})

    assert (answer.status, answer.body) == (200, {"orders": []})


def test_answers_400_to_an_unknown_courier(api):
    answer = api.post("/orders/assign", {"courier_id": 2})

    assert (answer.status, answer.body["code"]) == (400, "unknown_courier")
    assert "courier 2" in answer.body["detail"]


@pytest.mark.parametrize("count", [1, 500])
def test_statements_through_the_api_are_six(api, count):
    CourierFactory(courier_id=2, courier_type="car", regions=list(range(1, count + 1)))
    Order.objects.bulk_create(OrderFactory.build(order_id=n, weight=1, region=n) for n in range(1, count + 1))

    with statements_captured() as statements:
        api.post("/orders/assign", {"courier_id": 2})
    assert len(statements) == 6


@pytest.mark.postgresql
def test_what_he_carries_is_not_sought_among_all_undelivered_orders_though_statistics_say_that_there_are_none():
    bundles = BundleFactory.create_batch(100)
    Order.objects.bulk_create(
        OrderFactory.build(order_id=n, bundle=bundles[n % 100], complete_time=NOW) for n in range(1, 3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders, bundles")
    OrderFactory(order_id=3_000, bundle=bundles[0])

    with statements_captured() as statements:
        assigned_to(bundles[0].courier)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + next(statement for statement in statements if "assign_time FROM" in statement))
        plan = "\n".join(line for [line] in cursor.fetchall())
    assert "orders_by_bundle" in plan
    assert "undelivered_orders" not in plan


@pytest.mark.sqlite
def test_his_active_bundle_is_not_sought_among_all_that_he_had():
    with statements_captured() as statements:
        assigned_to(CourierFactory())
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN QUERY PLAN " + next(statement for statement in statements if "assign_time FROM" in statement)
        )
        plan = "\n".join(row[-1] for row in cursor.fetchall())
    assert "one_active_bundle_per_courier" in plan
    assert "orders_by_bundle" in plan
