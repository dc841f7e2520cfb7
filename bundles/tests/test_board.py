"""The board's numbers, held against a plain count order by order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.board import ActiveBundle, Closing, Count, RegionLine, Today, board
from bundles.dispatch import release_bundle
from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from bundles.tests import reference
from bundles.tests.scenes import rolled_back
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def minutes_later(minutes):
    return NOON + timedelta(minutes=minutes)


# Counts

WINDOWS = st.tuples(st.integers(0, 47), st.integers(1, 8), st.sampled_from([0, 1, 29])).map(
    lambda drawn: (
        start := min(drawn[0] * 30 + drawn[2], 1400),
        end := min(start + drawn[1] * 15, 1439),
        f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}",
    )[2]
)
HOURS = st.lists(WINDOWS, max_size=2)
ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "region": st.integers(1, 3),
            "weight": st.sampled_from([Decimal(text) for text in ("0.01", "10", "10.01", "15", "15.01", "50")]),
            "delivery_hours": HOURS,
        }
    ),
    max_size=8,
)
COURIERS = st.lists(
    st.fixed_dictionaries(
        {
            "courier_type": st.sampled_from(["foot", "bike", "car"]),
            "regions": st.lists(st.integers(1, 3), max_size=3),
            "working_hours": HOURS,
        }
    ),
    max_size=4,
)


def can_take(courier, order):
    return reference.fits(order, courier) and order["weight"] <= reference.CAPACITIES[courier["courier_type"]]


def works_at(courier, minute):
    return any(minute in reference.minutes(window) for window in courier["working_hours"])


@settings(max_examples=60)
@given(orders=ORDERS, couriers=COURIERS, minute=st.integers(0, 1439))
def test_open_orders_are_counted_as_one_by_one(orders, couriers, minute):
    with rolled_back():
        Courier.objects.bulk_create(CourierFactory.build(courier_id=n, **some) for n, some in enumerate(couriers, 1))
        Order.objects.bulk_create(OrderFactory.build(order_id=n, **some) for n, some in enumerate(orders, 1))
        working = [courier for courier in couriers if works_at(courier, minute)]

        shown = board(now=NOON.replace(hour=minute // 60, minute=minute % 60))

        expected = []
        for region in sorted({order["region"] for order in orders}):
            some = [order for order in orders if order["region"] == region]
            expected.append(
                RegionLine(
                    region,
                    len(some),
                    sum(order["weight"] for order in some),
                    sum(any(can_take(courier, order) for courier in working) for order in some),
                    sum(not any(can_take(courier, order) for courier in couriers) for order in some),
                )
            )
        assert shown.regions == expected
        assert (shown.on_shift, shown.idle) == (len(working), len(working))
        hopeless = {n for n, order in enumerate(orders, 1) if not any(can_take(courier, order) for courier in couriers)}
        assert set(shown.hopeless_first) <= hopeless
        assert len(shown.hopeless_first) == min(len(hopeless), 5)

        closes = [
            (n, max(int(window[6:8]) * 60 + int(window[9:]) for window in order["delivery_hours"]) - minute)
            for n, order in enumerate(orders, 1)
            if order["delivery_hours"]
        ]
        assert shown.closing == Count(sum(0 < left <= 60 for _, left in closes), 0)
        assert shown.closed == Count(sum(left <= 0 for _, left in closes), 0)
        first = sorted((left <= 0, abs(left), n) for n, left in closes if left <= 60)
        assert [order.order_id for order in shown.closing_first] == [n for *_, n in first]


# Who works, what is carried, what runs late


def test_who_carries_is_not_idle_and_his_bundle_tells_its_load():
    CourierFactory(courier_id=5, courier_type="car"), CourierFactory(courier_id=6)
    CourierFactory(courier_id=7, working_hours=["18:00-20:00"])
    for order_id in (1, 2, 3):
        OrderFactory(order_id=order_id, weight="2.5")
    assign_orders(courier_id=5, now=NOON)
    complete_order(courier_id=5, order_id=1, complete_time=NOON)

    shown = board(now=minutes_later(5))

    assert (shown.on_shift, shown.idle, shown.idle_couriers, shown.active_bundles) == (2, 1, [6], 1)
    assert shown.oldest_bundles == [
        ActiveBundle(Bundle.objects.get().pk, 5, NOON, 3, 1, Decimal("5.0"), Decimal(50)),
    ]


def test_what_is_carried_and_closes_is_told_with_its_bundle():
    CourierFactory(courier_id=5)
    OrderFactory(order_id=1, delivery_hours=["09:00-12:40"], weight=1)
    OrderFactory(order_id=2, delivery_hours=["09:00-10:00", "11:00-11:59"], weight=1)
    assign_orders(courier_id=5, now=NOON)
    OrderFactory(order_id=3, delivery_hours=["12:00-12:30"], weight=1)
    OrderFactory(order_id=4, delivery_hours=["12:00-13:01"]), OrderFactory(order_id=5, delivery_hours=[])

    shown = board(now=NOON)

    assert (shown.closing, shown.closed) == (Count(1, 1), Count(0, 1))
    bundle_id = Bundle.objects.get().pk
    assert shown.closing_first == [
        Closing(3, 1, Decimal(1), 750, None),
        Closing(1, 1, Decimal(1), 760, bundle_id),
        Closing(2, 1, Decimal(1), 719, bundle_id),
    ]


def test_the_lists_are_bounded_and_the_most_urgent_come_first():
    for order_id in range(1, 80):
        minute = 720 + (order_id * 7) % 90
        OrderFactory(order_id=order_id, delivery_hours=[f"09:00-{minute // 60:02}:{minute % 60:02}"])

    shown = board(now=NOON)

    assert len(shown.closing_first) == 50
    closing = sorted(minute for minute in (720 + n * 7 % 90 for n in range(1, 80)) if 720 < minute <= 780)
    assert [order.minute for order in shown.closing_first] == closing[:50]


# Today


def test_today_is_what_was_delivered_and_what_it_pays():
    CourierFactory(courier_id=5), CourierFactory(courier_id=6, courier_type="car")
    for order_id in range(1, 6):
        OrderFactory(order_id=order_id, weight=5)
    yesterday = NOON - timedelta(days=1)
    assign_orders(courier_id=5, now=yesterday)
    complete_order(courier_id=5, order_id=1, complete_time=yesterday + timedelta(minutes=10))
    complete_order(courier_id=5, order_id=2, complete_time=minutes_later(-60))
    assign_orders(courier_id=6, now=minutes_later(-30))
    complete_order(courier_id=6, order_id=4, complete_time=minutes_later(-40))
    complete_order(courier_id=6, order_id=3, complete_time=minutes_later(-10))

    # 2: since the delivery of the day before; 4: before its assign, so 0; 3: since 4.
    times = [timedelta(days=1) - timedelta(minutes=70), timedelta(0), timedelta(minutes=30)]
    today = board(now=NOON).today
    assert today[:2] == (3, 1000)
    assert today.mean == sum(times, timedelta(0)) / 3

    release_bundle(bundle_id=Bundle.objects.active().get().pk)
    assert board(now=NOON).today.earnings == 1000 + 4500
    assert board(now=yesterday).today[:2] == (1, 0)


def test_a_bundle_pays_on_the_day_of_its_last_delivery():
    CourierFactory(courier_id=5)
    for order_id in (1, 2):
        OrderFactory(order_id=order_id)
    assign_orders(courier_id=5, now=NOON)
    complete_order(courier_id=5, order_id=1, complete_time=NOON)
    complete_order(courier_id=5, order_id=2, complete_time=NOON + timedelta(days=1))

    assert [board(now=NOON + timedelta(days=days)).today.earnings for days in (0, 1, 2)] == [0, 1000, 0]
    assert board(now=NOON + timedelta(days=2)).today == Today(0, 0, None)


# The picture


def test_the_picture_holds_what_waits_against_who_works():
    CourierFactory(courier_id=5, courier_type="car", regions=[1, 2], working_hours=["12:30-14:00"])
    CourierFactory(courier_id=6, courier_type="foot", regions=[1], working_hours=["13:59-14:01"])
    OrderFactory(order_id=1, region=1, weight=30, delivery_hours=["12:00-14:00"])
    OrderFactory(order_id=2, region=2, weight=40, delivery_hours=["13:30-15:00"])
    OrderFactory(order_id=3, region=3, weight=1, delivery_hours=["10:00-10:30"])

    shown = board(now=NOON)

    lines = {line.region: [tuple(cell) for cell in line.cells] for line in shown.picture}
    assert [line.region for line in shown.picture] == [2, 1, 3]
    assert lines[1][11:16] == [(0, 0), (30, 25), (30, 35), (0, 10), (0, 0)]
    assert lines[2][12:16] == [(0, 25), (40, 25), (40, 0), (0, 0)]
    assert lines[3][10] == (1, 0)


# The shop's own day


@pytest.mark.parametrize(
    ("now", "minute", "today"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 30, 23),  # Berlin: 0:30 of the day that lacks an hour
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 150, 25),  # 2:30 for the second time
    ],
)
def test_hours_and_days_are_the_shops(now, minute, today):
    CourierFactory(courier_id=5, working_hours=[f"{minute // 60:02}:{minute % 60:02}-23:00"])
    OrderFactory(order_id=1)
    zone = ZoneInfo("Europe/Berlin")
    midnight = now.astimezone(zone).replace(hour=0, minute=0)
    assign_orders(courier_id=5, now=now)
    with timezone.override(zone):
        end = (midnight + timedelta(days=1)).astimezone(UTC)
        assert end - midnight.astimezone(UTC) == timedelta(hours=today)
        complete_order(courier_id=5, order_id=1, complete_time=end - timedelta(microseconds=1))

        assert (board(now=now).on_shift, board(now=now - timedelta(minutes=1)).on_shift) == (1, 0)
        assert board(now=now).today.delivered == 1
        assert board(now=now + timedelta(days=1)).today.delivered == 0


# What it asks of the database


@pytest.mark.parametrize("size", [3, 120])
def test_statements_do_not_grow_with_the_store(size):
    for number in range(1, size + 1):
        CourierFactory(courier_id=number, regions=[number])
        OrderFactory(order_id=number, region=number, delivery_hours=["12:00-12:30"])
        OrderFactory(order_id=1_000 + number, region=number + 500, delivery_hours=["12:00-12:30"])
        if number % 2:
            assign_orders(courier_id=number, now=NOON)

    with statements_captured() as statements:
        board(now=NOON)

    # couriers, who carries, what waits, what is carried by hours, the first of both that close, the hopeless, the
    # oldest bundles, today; around them the one moment
    reading = [sql for sql in statements if sql.lstrip().startswith("SELECT")]
    assert len(reading) == 9
