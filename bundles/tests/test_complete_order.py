from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from bundles.models import Bundle
from bundles.services import NotCarried, complete_order
from bundles.tests import reference
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import rows, totals
from couriers.models import UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

DELIVERED = datetime(2026, 1, 10, 10, 33, 1, 420_000, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def complete(order, complete_time=DELIVERED):
    complete_order(courier_id=order.bundle.courier_id, order_id=order.order_id, complete_time=complete_time)


def test_marks_the_order_delivered():
    order = OrderFactory(bundle=BundleFactory())
    other = OrderFactory(bundle=order.bundle)

    complete(order)

    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.complete_time, other.complete_time) == (DELIVERED, None)
    assert not Bundle.objects.get().is_completed


def test_the_last_undelivered_order_completes_the_bundle():
    bundle = BundleFactory()
    first, last = OrderFactory.create_batch(2, bundle=bundle)
    others_bundle = BundleFactory()
    OrderFactory(bundle=others_bundle)

    complete(last)
    complete(first)

    assert list(Bundle.objects.filter(is_completed=True)) == [bundle]
    assert list(Bundle.objects.active()) == [others_bundle]


@pytest.mark.parametrize("left", [0, 1], ids=["bundle completed", "bundle active"])
def test_again_the_first_time_stays(left):
    order = OrderFactory(bundle=BundleFactory())
    OrderFactory.create_batch(left, bundle=order.bundle)
    complete(order)
    before = rows()

    complete(order, DELIVERED + timedelta(hours=1))
    complete(order, DELIVERED - timedelta(hours=1))

    assert rows() == before


@pytest.mark.parametrize(
    "complete_time",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 10, 8, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=["the first instant", "before the assign time", "the last instant"],
)
def test_any_instant_is_taken(complete_time):
    order = OrderFactory(bundle=BundleFactory())

    complete(order, complete_time)

    assert Order.objects.get().complete_time == complete_time
    assert Bundle.objects.get().is_completed


def test_an_order_of_a_bundle_of_long_ago_may_be_named_again():
    courier = CourierFactory()
    old = OrderFactory(bundle=BundleFactory(courier=courier, is_completed=True), complete_time=DELIVERED)
    OrderFactory(bundle=BundleFactory(courier=courier))
    before = rows()

    complete(old, DELIVERED + timedelta(days=1))

    assert rows() == before


@pytest.mark.parametrize(
    ("name", "order_id"),
    [("unknown", 4), ("free", 1), ("another courier's", 2), ("delivered by another courier", 3)],
)
def test_what_he_does_not_carry_is_refused_and_nothing_changed(name, order_id):
    courier, other = CourierFactory.create_batch(2)
    OrderFactory(order_id=1)
    OrderFactory(order_id=2, bundle=BundleFactory(courier=other))
    OrderFactory(order_id=3, bundle=BundleFactory(courier=other, is_completed=True), complete_time=DELIVERED)
    OrderFactory(order_id=5, bundle=BundleFactory(courier=courier))
    before = rows()

    with pytest.raises(NotCarried) as refused:
        complete_order(courier_id=courier.courier_id, order_id=order_id, complete_time=DELIVERED)

    assert refused.value.code == "not_carried"
    assert rows() == before


def test_unknown_courier_is_refused_and_nothing_changed():
    order = OrderFactory(bundle=BundleFactory(courier__courier_id=1))
    before = rows()

    with pytest.raises(UnknownCourier) as refused:
        complete_order(courier_id=2, order_id=order.order_id, complete_time=DELIVERED)

    assert refused.value.code == "unknown_courier"
    assert rows() == before


def test_an_order_delivered_past_the_lock_is_not_booked_twice():
    order = OrderFactory(bundle=BundleFactory())
    before = rows()

    def deliver_first(execute, sql, params, many, context):
        if sql.startswith("UPDATE orders"):
            Order.objects.update(complete_time=DELIVERED - timedelta(hours=1))
        return execute(sql, params, many, context)

    with pytest.raises(RuntimeError, match=r"was delivered already$"), connection.execute_wrapper(deliver_first):
        complete(order)

    assert rows() == before


def test_answers_the_order_each_time(api):
    OrderFactory(order_id=33, bundle=BundleFactory(courier__courier_id=2))
    body = {"courier_id": 2, "order_id": 33, "complete_time": "2026-01-10T13:33:01.4200009+03:00"}

    answer, again = api.post("/orders/complete", body), api.post("/orders/complete", body)

    assert (answer.status, answer.body) == (200, {"order_id": 33})
    assert (again.status, again.body) == (200, {"order_id": 33})
    assert Order.objects.get().complete_time == DELIVERED


@pytest.mark.parametrize(
    ("courier_id", "order_id", "code"), [(3, 33, "unknown_courier"), (2, 34, "not_carried"), (2, 35, "not_carried")]
)
def test_answers_400_to_what_he_does_not_carry(api, courier_id, order_id, code):
    OrderFactory(order_id=33, bundle=BundleFactory(courier__courier_id=2))
    OrderFactory(order_id=35)
    before = rows()

    answer = api.post(
        "/orders/complete", {"courier_id": courier_id, "order_id": order_id, "complete_time": "2026-01-10T10:33:01Z"}
    )

    assert (answer.status, answer.body["code"]) == (400, code)
    assert rows() == before


def test_totals_follow_in_whatever_order_complete_times_arrive():
    bundle = BundleFactory()
    first, second, third = (OrderFactory(bundle=bundle, region=region) for region in (1, 2, 1))
    OrderFactory(bundle=bundle)
    assigned = bundle.assign_time

    complete(third, assigned + timedelta(seconds=60, microseconds=1))
    assert totals() == {(bundle.courier_id, 1): (1, Decimal("60.000001"))}

    complete(first, assigned + timedelta(seconds=20, microseconds=2))
    assert totals() == {(bundle.courier_id, 1): (2, Decimal("60.000001"))}

    complete(second, assigned + timedelta(seconds=50, microseconds=999_999))
    assert totals() == {
        (bundle.courier_id, 1): (2, Decimal("29.000004")),
        (bundle.courier_id, 2): (1, Decimal("30.999997")),
    }


def test_of_equal_complete_times_the_smaller_id_comes_first():
    bundle = BundleFactory()
    for order_id in (1, 2, 3):
        OrderFactory(order_id=order_id, region=order_id, bundle=bundle)
    at_once = bundle.assign_time + timedelta(seconds=30)

    for order_id in (2, 3, 1):
        complete(Order.objects.get(order_id=order_id), at_once)

    assert totals() == {(bundle.courier_id, 1): (1, 30), (bundle.courier_id, 2): (1, 0), (bundle.courier_id, 3): (1, 0)}


def test_what_was_delivered_before_it_was_assigned_took_no_time():
    bundle = BundleFactory()
    late, early = OrderFactory(bundle=bundle, region=1), OrderFactory(bundle=bundle, region=2)

    complete(late, bundle.assign_time + timedelta(seconds=5))
    complete(early, bundle.assign_time - timedelta(seconds=10))

    assert totals() == {(bundle.courier_id, 1): (1, 15), (bundle.courier_id, 2): (1, 0)}


def test_forty_deliveries_that_took_all_the_years_there_are_add_up():
    courier = CourierFactory()
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

    for _ in range(40):
        complete(OrderFactory(bundle=BundleFactory(courier=courier, assign_time=first)), last)

    [(deliveries, seconds)] = totals().values()
    assert (deliveries, seconds) == (40, 40 * reference.seconds(last - first))
    assert seconds * 1_000_000 > 2**63


def test_the_last_delivery_pays_and_asked_again_pays_no_more():
    courier = CourierFactory(courier_type="foot")
    first, last = OrderFactory.create_batch(2, bundle=BundleFactory(courier=courier, courier_type="bike"))

    earned = []
    for order in (first, first, last, last, first):
        complete(order)
        courier.refresh_from_db()
        earned.append(courier.earnings)

    assert earned == [0, 0, 2500, 2500, 2500]


@pytest.mark.parametrize("size", [2, 500])
def test_statements_do_not_grow_with_the_bundle(api, size):
    bundle = BundleFactory(courier__courier_type="car")
    Order.objects.bulk_create(OrderFactory.build(order_id=n, bundle=bundle) for n in range(1, size + 1))

    # The courier, his order among its neighbours, its complete time, the totals.
    with statements_captured() as statements:
        api.post(
            "/orders/complete",
            {"courier_id": bundle.courier_id, "order_id": 1, "complete_time": "2026-01-10T10:33:01Z"},
        )
    assert len(statements) == 5


@pytest.mark.parametrize("size", [2, 500])
def test_nor_do_those_of_the_last_order_amid_the_delivered_ones(api, size):
    bundle = BundleFactory(courier__courier_type="car")
    OrderFactory(order_id=size, bundle=bundle)
    Order.objects.bulk_create(
        OrderFactory.build(
            order_id=n, region=n, bundle=bundle, complete_time=bundle.assign_time + timedelta(seconds=10 * n)
        )
        for n in range(1, size)
    )

    # As above, then the bundle, read and completed, and the pay.
    with statements_captured() as statements:
        api.post(
            "/orders/complete",
            {"courier_id": bundle.courier_id, "order_id": size, "complete_time": "2026-01-10T09:00:05Z"},
        )
    assert len(statements) == 8
    assert Bundle.objects.get().is_completed


@pytest.mark.postgresql
def test_no_statement_goes_through_all_undelivered_orders_though_the_statistics_say_that_there_are_none():
    bundle = BundleFactory()
    Order.objects.bulk_create(
        OrderFactory.build(order_id=n, bundle=bundle, complete_time=DELIVERED) for n in range(1, 3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders")
    order = OrderFactory(order_id=3_000, bundle=bundle)

    with statements_captured() as statements:
        complete(order)
    plans = [plan_of(statement) for statement in statements if "orders" in statement]
    assert len(plans) == 3  # the order among its neighbours, its complete time, the bundle
    assert "orders_by_bundle" in plans[0]
    assert "undelivered_orders" not in "".join(plans)


def plan_of(statement):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for [line] in cursor.fetchall())
