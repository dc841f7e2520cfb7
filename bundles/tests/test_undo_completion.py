"""A completion that was wrong is taken back as if it had never been."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundles.dispatch import (
    CarriesAnother,
    FitsNoMore,
    NotDelivered,
    TooLate,
    release_bundle,
    undo_completion,
)
from bundles.models import Bundle
from bundles.services import NotAssigned, assign_orders, change_courier, complete_order, courier_statement
from bundles.tests.scenes import NOW, rolled_back, rows, state, what_is_wrong
from couriers.tests.factories import CourierFactory
from orders.models import UnknownOrder
from orders.tests.factories import OrderFactory
from record.models import Event

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def carried():
    hand_out()


def hand_out():
    """Courier 5 carries the orders 1 to 6 of the regions 1 and 2."""
    CourierFactory(courier_id=5, regions=[1, 2])
    for order_id in range(1, 7):
        OrderFactory(order_id=order_id, region=order_id % 2 + 1)
    assign_orders(courier_id=5, now=NOW)


def complete(order_id, *, after=timedelta(0)):
    complete_order(courier_id=5, order_id=order_id, complete_time=NOW + after)


def undo(order_id, *, now=NOW):
    return undo_completion(order_id=order_id, now=now, within=HOUR)


@given(
    deliveries=st.lists(
        st.tuples(st.integers(1, 6), st.integers(-3_000, 3_000).map(lambda seconds: timedelta(seconds=seconds / 7))),
        unique_by=lambda delivery: delivery[0],
        min_size=1,
    ),
    undone=st.data(),
)
def test_all_is_as_if_the_undone_had_never_been_delivered(deliveries, undone):
    delivered = [order_id for order_id, _ in deliveries]
    wrong = undone.draw(st.permutations(sorted(undone.draw(st.sets(st.sampled_from(delivered))))))
    with rolled_back():
        hand_out()
        with rolled_back():
            for order_id, after in deliveries:
                if order_id not in wrong:
                    complete(order_id, after=after)
            expected = state()
        for order_id, after in deliveries:
            complete(order_id, after=after)

        for order_id in wrong:
            undo(order_id)

        assert state() == expected
        assert what_is_wrong() == []


def test_it_tells_earnings_and_rating_before_and_after(carried):
    for order_id in range(1, 7):
        complete(order_id, after=timedelta(minutes=order_id))

    undone = undo(6)

    assert (undone.order_id, undone.bundle_id) == (6, Bundle.objects.get().pk)
    # Each order took a minute: (3600 - 60) / 3600 · 5.
    assert (undone.before.earnings, undone.before.rating) == (1000, Decimal("4.92"))
    assert (undone.after.earnings, undone.after.rating) == (0, None)
    assert not Bundle.objects.get().is_completed


def test_the_bundle_pays_once_when_the_order_is_delivered_again(carried):
    for order_id in range(1, 7):
        complete(order_id)
    undo(3)

    complete(3)

    assert courier_statement(courier_id=5).earnings == 1000
    assert what_is_wrong() == []


@pytest.fixture
def said_now(monkeypatch):
    """By the store's clock."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=-30), timedelta(days=9_000)])
def test_a_completion_is_undone_within_the_time_since_it_was_said(carried, said_now, after):
    """Whenever it was: a phone may say so the day after, or mistype the year."""
    complete(1, after=after)

    with pytest.raises(TooLate):
        undo(1, now=NOW + HOUR + timedelta(microseconds=1))
    assert undo(1, now=NOW + HOUR).order_id == 1


def test_of_a_completion_that_was_undone_and_said_again_the_last_counts(carried, said_now, monkeypatch):
    complete(1)
    undo(1, now=NOW)
    later = NOW + 2 * HOUR
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    complete(1)

    assert undo(1, now=later + HOUR).order_id == 1


def test_a_completion_that_is_not_on_record_is_undone_within_the_time_since_it_was(carried):
    complete(1)
    Event.objects.all().delete()

    with pytest.raises(TooLate):
        undo(1, now=NOW + HOUR + timedelta(microseconds=1))
    assert undo(1, now=NOW + HOUR).order_id == 1


def test_what_cannot_be_undone_is_refused_and_changes_nothing(carried, said_now):
    complete(1), complete(2)
    OrderFactory(order_id=9, region=3)
    before = rows()

    for refused, order_id, now in [
        (UnknownOrder, 99, NOW),
        (NotAssigned, 9, NOW),
        (NotDelivered, 3, NOW),
        (TooLate, 1, NOW + HOUR + timedelta(microseconds=1)),
    ]:
        with pytest.raises(refused):
            undo(order_id, now=now)
        assert rows() == before


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"working_hours": ["20:00-21:00"]}, "hours"),
        ({"regions": [2]}, "region"),
        ({"regions": [], "working_hours": []}, "region, hours"),
    ],
)
def test_who_could_not_carry_it_any_more_does_not_get_it_back(carried, changes, reasons):
    complete(2)  # of region 1
    change_courier(courier_id=5, changes=changes)
    before = rows()

    with pytest.raises(FitsNoMore, match=f"cannot carry order 2 any more: {reasons}.") as refusal:
        undo(2)

    assert refusal.value.code == "fits_no_more"
    assert rows() == before


def test_capacity_counts_what_he_still_carries():
    CourierFactory(courier_id=5, courier_type="car")
    for order_id in (1, 2):
        OrderFactory(order_id=order_id, weight=8)
    assign_orders(courier_id=5, now=NOW)
    complete(1)
    change_courier(courier_id=5, changes={"courier_type": "foot"})
    before = rows()

    with pytest.raises(FitsNoMore, match=r"any more: capacity\."):
        undo(1)

    assert rows() == before


def test_who_carries_another_bundle_meanwhile_keeps_that_one(carried):
    complete(1)
    release_bundle(bundle_id=Bundle.objects.get().pk)
    assign_orders(courier_id=5, now=NOW)
    before = rows()

    with pytest.raises(CarriesAnother) as refusal:
        undo(1)

    assert refusal.value.code == "carries_another"
    assert rows() == before
