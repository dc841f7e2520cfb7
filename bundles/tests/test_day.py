"""A day of couriers: what they carried when, and how long they were idle."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bundles.day import MINUTES, Day, Trip, day_of_couriers, merged
from bundles.dispatch import release_bundle
from bundles.models import Bundle
from bundles.services import assign_orders, change_courier, complete_order
from couriers.serializers import CourierSerializer
from couriers.services import hire_couriers
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.tests.statements import statements_captured

DAY = date(2026, 1, 10)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


def hire(courier_id=5, hours=("10:00-14:00",)):
    return CourierFactory(courier_id=courier_id, regions=[courier_id], working_hours=list(hours))


def hand(count, at, courier_id=5):
    """The id of the bundle of so many orders that he is handed then, and the ids of these."""
    for _ in range(count):
        OrderFactory(region=courier_id, weight=1, delivery_hours=["00:00-23:59"])
    order_ids = assign_orders(courier_id=courier_id, now=at).order_ids
    return Bundle.objects.get(courier_id=courier_id, is_completed=False).pk, order_ids


def deliver(order_ids, at, courier_id=5):
    for order_id in order_ids:
        complete_order(courier_id=courier_id, order_id=order_id, complete_time=at)


def day(now=NOON, of=DAY, **asked):
    return day_of_couriers(day=of, now=now, **asked)


def only(found):
    [courier] = found.couriers
    return courier


def test_a_day():
    hire(hours=["10:00-14:00", "16:00-18:00"])
    bundle_id, order_ids = hand(3, NOON - 100 * MINUTE)
    deliver(order_ids[:1], NOON - 80 * MINUTE)
    deliver(order_ids[1:], NOON - 60 * MINUTE)
    active, order_ids = hand(2, NOON - 10 * MINUTE)
    deliver(order_ids[:1], NOON)

    found = day(now=NOON + 5 * MINUTE)

    assert (found.minute, found.more) == (725, False)
    assert only(found).shifts == [(600, 840), (960, 1080)]
    assert only(found).trips == [
        Trip(bundle_id, (620, 660), False, 3, 3, [640, 660, 660]),
        Trip(active, (710, 725), True, 2, 1, [720]),
    ]
    assert only(found).delivered == 4
    assert only(found).idle == 125 - 40 - 15


def test_a_day_that_is_over():
    hire()
    hand(1, NOON)

    found = day(now=NOON + 7 * ONE_DAY)

    assert (found.minute, only(found).trips[0].carried, only(found).idle) == (None, (720, MINUTES), 120)


def test_a_day_that_is_over_keeps_its_hours(monkeypatch):
    hire(hours=["10:00-14:00"]), hire(courier_id=6), hire(courier_id=7)
    for at, courier_id, changes in [
        (NOON, 5, {"working_hours": ["11:00-13:00"]}),
        (NOON + ONE_DAY / 2, 7, {"working_hours": ["02:00-03:00"]}),  # at midnight
        (NOON + ONE_DAY, 5, {"regions": [9]}),
        (NOON + ONE_DAY, 5, {"working_hours": ["08:00-09:00", "20:00-21:00"]}),
        (NOON + ONE_DAY, 6, {"courier_type": "car", "working_hours": []}),
        (NOON + 2 * ONE_DAY, 5, {"working_hours": ["00:00-01:00"]}),
    ]:
        monkeypatch.setattr("django.utils.timezone.now", lambda at=at: at)
        change_courier(courier_id=courier_id, changes=changes)
    new = {"courier_id": 8, "courier_type": "foot", "regions": [1], "working_hours": ["01:00-02:00"]}
    hire_couriers(couriers=CourierSerializer.checked_import({"data": [new]}))

    days = [day(now=NOON + 2 * ONE_DAY, of=DAY + n * ONE_DAY) for n in range(3)]

    assert [[courier.shifts for courier in each.couriers] for each in days] == [
        [[(660, 780)], [(600, 840)], [(600, 840)], []],
        [[(480, 540), (1200, 1260)], [], [(120, 180)], []],
        [[(0, 60)], [], [(120, 180)], [(60, 120)]],
    ]
    assert days[0].couriers[0].idle == 120


@pytest.mark.once
def test_its_hours_are_found_by_an_index_however_many_bundles_he_has_carried():
    hire()
    with statements_captured() as statements:
        day(now=NOON + ONE_DAY)

    [hours] = [sql for sql in statements if sql.startswith("SELECT") and "'hired'" in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {hours}")
        assert "events_of_courier_himself" in str(cursor.fetchall())


def test_a_day_to_come():
    hire()
    hand(1, NOON)

    found = day(of=DAY + ONE_DAY)

    assert (found.minute, only(found).trips[0].carried, only(found).idle) == (None, (0, 0), 0)


def test_a_bundle_carried_over_midnight_is_of_both_days():
    hire(hours=["00:00-23:59"])
    before, order_ids = hand(2, NOON - ONE_DAY)
    deliver(order_ids[:1], NOON - ONE_DAY)
    deliver(order_ids[1:], NOON)

    later = NOON + 7 * ONE_DAY
    assert only(day(now=later, of=DAY - ONE_DAY)).trips == [Trip(before, (720, MINUTES), False, 2, 2, [720])]
    assert only(day(now=later)).trips == [Trip(before, (0, 720), False, 2, 2, [720])]
    assert only(day(now=later, of=DAY + ONE_DAY)).trips == []


def test_the_last_bundle_before_the_day_alone_may_reach_into_it():
    hire()
    _, order_ids = hand(1, NOON - 3 * ONE_DAY)
    deliver(order_ids, NOON - 3 * ONE_DAY)
    _, order_ids = hand(1, NOON - 2 * ONE_DAY)
    deliver(order_ids, NOON - 2 * ONE_DAY)

    assert only(day()).trips == []


def test_a_bundle_of_which_nothing_was_delivered_ends_when_it_was_released():
    hire()
    bundle_id, _ = hand(1, NOON - 30 * MINUTE)
    release_bundle(bundle_id=bundle_id)
    Event.objects.filter(what="completed").update(at=NOON - 20 * MINUTE)

    assert only(day()).trips == [Trip(bundle_id, (690, 700), False, 0, 0, [])]


def test_a_delivery_said_to_be_before_the_assign_time():
    hire()
    bundle_id, order_ids = hand(1, NOON)
    deliver(order_ids, NOON - ONE_DAY)

    assert only(day()).trips == [Trip(bundle_id, (720, 720), False, 1, 1, [])]


def test_a_day_is_the_shops(settings):
    settings.TIME_ZONE = "Asia/Vladivostok"  # UTC+10
    hire(hours=["01:00-02:00"])
    bundle_id, _ = hand(1, datetime(2026, 1, 9, 15, 30, tzinfo=UTC))

    found = day(now=datetime(2026, 1, 9, 16, tzinfo=UTC))

    assert only(found).trips == [Trip(bundle_id, (90, 120), True, 1, 0, [])]
    assert (found.minute, only(found).idle) == (120, 30)


def test_pages_of_couriers():
    for courier_id in (3, 5, 7):
        hire(courier_id)

    first = day(most=2)
    assert ([each.courier_id for each in first.couriers], first.more) == ([3, 5], True)
    rest = day(most=2, after=5)
    assert ([each.courier_id for each in rest.couriers], rest.more) == ([7], False)
    assert [each.courier_id for each in day(courier_id=5).couriers] == [5]
    assert day(courier_id=8) == Day([], 720, False)


def test_statements_do_not_grow():
    for courier_id in range(1, 9):
        hire(courier_id)
        for minutes in range(5):
            _, order_ids = hand(2, NOON - minutes * MINUTE, courier_id)
            deliver(order_ids, NOON, courier_id)

    with statements_captured() as many:
        day()
    with statements_captured() as one:
        day(courier_id=5)
    assert len(many) == len(one)


spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair)))


@pytest.mark.once
@given(some=st.lists(spans))
def test_merged_spans_are_the_same_minutes(some):
    found = merged(some)

    assert {minute for start, end in found for minute in range(start, end)} == {
        minute for start, end in some for minute in range(start, end)
    }
    assert all(before[1] < after[0] for before, after in pairwise(found))


def test_a_delivery_of_the_day_shows_though_he_was_handed_another_bundle_since():
    hire()
    earlier, [order_id] = hand(1, NOON - ONE_DAY)
    deliver([order_id], NOON + MINUTE)  # his phone is ahead
    hand(1, NOON - ONE_DAY + 60 * MINUTE)

    trips = only(day(now=NOON + 5 * MINUTE)).trips

    assert [(trip.bundle_id, trip.deliveries) for trip in trips if trip.deliveries] == [(earlier, [12 * 60 + 1])]
