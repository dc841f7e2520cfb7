"""Dispatchers beside couriers and beside each other: the outcome is that of some order one after another."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from bundles.dispatch import (
    CarriesAnother,
    Moved,
    NotDelivered,
    NotUndelivered,
    Released,
    move_bundle,
    release_orders,
    undo_completion,
)
from bundles.locks import lock_regions
from bundles.models import Bundle
from bundles.rehearsal import rehearse
from bundles.services import Assignment, assign_orders, complete_order
from bundles.tests.scenes import NOW, what_is_wrong
from bundles.verification import take_stock
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.side_by_side import results, side_by_side, started

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_tried_again"),
]


@pytest.fixture
def bundle():
    """Courier 5 carries the orders 1 to 4; 6 carries nothing."""
    CourierFactory(courier_id=5), CourierFactory(courier_id=6)
    for order_id in range(1, 5):
        OrderFactory(order_id=order_id)
    assign(5)
    return Bundle.objects.get()


def assign(courier_id):
    return assign_orders(courier_id=courier_id, now=NOW)


def complete(order_id):
    return complete_order(courier_id=5, order_id=order_id, complete_time=NOW)


def release(bundle, *order_ids):
    return partial(release_orders, bundle_id=bundle.pk, order_ids=order_ids)


def move(bundle, courier_id):
    return partial(move_bundle, bundle_id=bundle.pk, courier_id=courier_id, now=NOW)


def undo(order_id):
    return partial(undo_completion, order_id=order_id, now=NOW, within=timedelta(hours=1))


def test_a_release_sees_what_was_delivered_meanwhile(bundle):
    with transaction.atomic():
        complete(1)
        futures = started(release(bundle, 1, 2))

    [refusal] = results(futures)
    assert isinstance(refusal, NotUndelivered)
    assert refusal.facts == {"bundle_id": bundle.pk, "orders": "1"}
    assert Order.objects.free().count() == 0


def test_of_two_releases_of_one_order_the_second_is_refused(bundle):
    first, second = sorted(side_by_side(release(bundle, 1), release(bundle, 1)), key=lambda each: type(each).__name__)

    assert isinstance(first, NotUndelivered)
    assert second == Released(bundle.pk, 5, [1], bundle_completed=False)


def test_a_move_leaves_what_was_delivered_meanwhile(bundle):
    with transaction.atomic():
        complete(1)
        futures = started(move(bundle, 6))

    assert results(futures) == [Moved(bundle.pk, 6, [2, 3, 4], [])]
    assert what_is_wrong() == []


def test_nobody_is_given_a_bundle_who_has_assigned_meanwhile(bundle):
    OrderFactory(order_id=9)
    with transaction.atomic():
        assign(6)
        futures = started(move(bundle, 6))

    assert isinstance(results(futures)[0], CarriesAnother)
    assert what_is_wrong() == []


def test_moves_to_each_other_wait_in_no_circle(bundle):
    OrderFactory(order_id=9)
    assign(6)
    other = Bundle.objects.get(courier_id=6)

    refusals = side_by_side(*[move(bundle, 6), move(other, 5)] * 6)

    assert {type(refusal) for refusal in refusals} == {CarriesAnother}


def test_a_completion_is_undone_once(bundle):
    complete(1), complete(2)
    with transaction.atomic():
        undo(1)()
        futures = started(undo(1))

    assert isinstance(results(futures)[0], NotDelivered)
    assert what_is_wrong() == []


def test_dispatchers_and_phones_at_once_leave_the_books_right(bundle):
    complete(1)
    calls = [
        undo(1),
        partial(complete, 2),
        release(bundle, 3),
        move(bundle, 6),
        partial(complete, 1),
        partial(assign, 6),
    ]

    side_by_side(*calls * 3)

    assert what_is_wrong() == []


def test_a_rehearsal_of_many_waits_in_no_circle():
    for courier_id in (5, 6):
        CourierFactory(courier_id=courier_id, regions=[1])
    OrderFactory(order_id=1, region=1)
    with transaction.atomic():
        lock_regions([1])
        futures = started(
            partial(rehearse, [partial(assign, 5), partial(assign, 6)], courier_ids=[5, 6], assigning=True),
            partial(assign, 6),
        )

    assert results(futures) == [[Assignment([1], NOW), Assignment([], None)], Assignment([1], NOW)]


def test_who_takes_stock_waits_in_no_circle(bundle):
    take_stock()  # of what the factories made
    complete(1), complete(2), complete(3)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # The last completion stops here, with the orders' table and without the bundles'.
            cursor.execute("LOCK TABLE delivery_totals IN SHARE MODE")
        futures = started(partial(complete, 4), take_stock)

    assert results(futures) == [NOW, 0]
