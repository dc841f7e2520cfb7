"""Assign, complete and PATCH by many at once: the outcome is that of some order one after another."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

import pytest
from django.db import connection, transaction

from bundles.locks import MOST_LOCKED, lock_regions
from bundles.models import Bundle
from bundles.services import (
    NotCarried,
    assign_orders,
    change_courier,
    complete_order,
    courier_statement,
)
from bundles.tests import reference
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import add_orders, what_is_wrong
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.side_by_side import asks, results, side_by_side, started

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_tried_again"),
]


def assign(courier_id):
    return assign_orders(courier_id=courier_id, now=NOW)


def complete(courier_id, order_id):
    complete_order(courier_id=courier_id, order_id=order_id, complete_time=NOW)


def change(courier_id, **changes):
    change_courier(courier_id=courier_id, changes=changes)


# Storms


def random_orders(random, count):
    return [
        {
            "order_id": order_id,
            "weight": Decimal(random.randint(1, 1_000)) / 100,
            "region": random.randint(1, 6),
            "delivery_hours": [random.choice(["09:00-12:00", "12:00-15:00", "09:00-18:00"])],
        }
        for order_id in random.sample(range(1, 10_000), count)
    ]


def random_changes(random):
    return {
        "courier_type": random.choice(list(reference.CAPACITIES)),
        "regions": random.sample(range(1, 7), random.randint(1, 6)),
        "working_hours": [random.choice(["09:00-12:00", "11:30-13:00", "09:00-18:00"])],
    }


@pytest.mark.parametrize("seed", range(4))
def test_couriers_over_one_backlog_each_get_the_most_at_their_turn(seed):
    random = Random(seed)
    couriers = {
        courier_id: CourierFactory(courier_id=courier_id, **random_changes(random)) for courier_id in range(1, 17)
    }
    backlog = {order["order_id"]: order for order in random_orders(random, 250)}
    add_orders(backlog.values())

    answers = dict(zip(couriers, side_by_side(*[partial(assign, courier_id) for courier_id in couriers]), strict=True))

    # A bundle's id is drawn under the locks of its regions: among couriers who share one, ids tell whose turn it was.
    # Who got nothing may stand at the end.
    turns = [*Bundle.objects.order_by("bundle_id").values_list("courier_id", flat=True)]
    turns += [courier_id for courier_id in couriers if courier_id not in turns]
    for courier_id in turns:
        courier = couriers[courier_id]
        fitting = [order for order in backlog.values() if reference.fits(order, vars(courier))]
        most = [order["order_id"] for order in reference.most(fitting, courier.capacity)]
        assert answers[courier_id] == (most, NOW if most else None)
        assert set(most) == set(Order.objects.filter(bundle__courier_id=courier_id).values_list("pk", flat=True))
        for order_id in most:
            del backlog[order_id]


@pytest.mark.parametrize("_", range(3))
def test_one_courier_who_asks_many_times_at_once_gets_one_bundle(_):
    courier = CourierFactory()
    for order_id in range(1, 30):
        OrderFactory(order_id=order_id)

    answers = side_by_side(*[partial(assign, courier.courier_id)] * 12)

    assert answers == [(list(range(1, 11)), NOW)] * 12
    assert Bundle.objects.count() == 1
    assert Order.objects.undelivered().count() == 10


@pytest.mark.parametrize("seed", range(4))
def test_after_assigns_changes_and_completions_at_once_everything_is_in_its_place(seed):
    random = Random(seed)
    for courier_id in range(1, 5):
        CourierFactory(courier_id=courier_id, **random_changes(random))
    add_orders(random_orders(random, 200))

    def shift(number):
        """What one of many clients does in a row; returns the completions that were answered well."""
        random, delivered = Random(seed * 100 + number), []
        for _ in range(12):
            courier_id = random.randint(1, 4)
            carried = assign(courier_id).order_ids
            for order_id in random.sample(carried, min(3, len(carried))):
                try:
                    complete(courier_id, order_id)
                    delivered.append((courier_id, order_id))
                except NotCarried:  # released meanwhile
                    pass
            change(courier_id, **random_changes(random))
        return delivered

    shifts = side_by_side(*[partial(shift, number) for number in range(8)])

    assert [fault for fault in shifts if isinstance(fault, Exception)] == []
    delivered = {pair for shift_delivered in shifts for pair in shift_delivered}
    assert delivered == set(Order.objects.delivered().values_list("bundle__courier_id", "order_id"))
    assert delivered
    assert what_is_wrong() == []


@pytest.mark.parametrize("seed", range(3))
def test_completions_of_one_courier_at_once_add_up(seed):
    random = Random(seed)
    bundle = BundleFactory(assign_time=NOW)
    add_orders({"order_id": n, "region": random.randint(1, 3), "bundle": bundle} for n in range(1, 65))
    moments = [NOW + timedelta(seconds=random.randint(-5, 60), microseconds=n) for n in range(1, 65)]
    random.shuffle(moments)

    def deliver(order_ids):
        for order_id in order_ids:
            complete_order(courier_id=bundle.courier_id, order_id=order_id, complete_time=moments[order_id - 1])

    outcomes = side_by_side(*[partial(deliver, range(first, 65, 8)) for first in range(1, 9)])

    assert outcomes == [None] * 8
    assert Bundle.objects.get().is_completed
    assert what_is_wrong() == []


# Interleavings: a transaction that is held open decides who waits for whom.


@pytest.mark.parametrize(
    ("name", "second", "third"),
    [
        ("the last completion, then the release", complete, change),
        ("the release, then the last completion", change, complete),
    ],
)
def test_a_completion_and_a_release_that_empty_a_bundle_together_complete_it(name, second, third):
    courier = CourierFactory(regions=[1, 2])
    bundle = BundleFactory(courier=courier)
    OrderFactory(order_id=1, region=1, bundle=bundle)
    OrderFactory(order_id=2, region=2, bundle=bundle)
    asked = {
        complete: partial(complete, courier.courier_id, 1),
        change: partial(change, courier.courier_id, regions=[]),
    }

    with transaction.atomic():
        asked[second]()
        other = started(asked[third])
    outcome = results(other)[0]

    bundle.refresh_from_db()
    assert bundle.is_completed
    if second is complete:
        assert outcome is None
        assert list(Order.objects.free().values_list("order_id", flat=True)) == [2]
    else:
        assert isinstance(outcome, NotCarried)
        assert Order.objects.free().count() == 2
    assert what_is_wrong() == []


def test_two_completions_that_empty_a_bundle_together_complete_it():
    courier = CourierFactory()
    bundle = BundleFactory(courier=courier)
    OrderFactory.create_batch(2, bundle=bundle)
    first, last = Order.objects.values_list("order_id", flat=True)

    with transaction.atomic():
        complete(courier.courier_id, first)
        other = started(partial(complete, courier.courier_id, last))

    assert results(other) == [None]
    assert what_is_wrong() == []


def test_who_asks_while_his_bundle_is_being_formed_is_told_of_it():
    courier = CourierFactory()
    OrderFactory(order_id=1)

    with transaction.atomic():
        formed = assign(courier.courier_id)
        other = started(partial(assign, courier.courier_id))

    assert results(other) == [formed] == [([1], NOW)]


def test_who_is_changed_while_his_bundle_is_being_formed_loses_what_does_not_fit():
    courier = CourierFactory(regions=[1, 2])
    OrderFactory(order_id=1, region=1)
    OrderFactory(order_id=2, region=2)

    with transaction.atomic():
        assign(courier.courier_id)
        other = started(partial(change, courier.courier_id, regions=[2]))

    assert results(other) == [None]
    assert list(Order.objects.undelivered().values_list("order_id", flat=True)) == [2]
    assert list(Order.objects.free().values_list("order_id", flat=True)) == [1]


def test_who_asks_while_he_is_being_changed_gets_what_fits_him_then():
    courier = CourierFactory(regions=[1])
    OrderFactory(order_id=1, region=1)
    OrderFactory(order_id=2, region=2)

    with transaction.atomic():
        change(courier.courier_id, regions=[2])
        other = started(partial(assign, courier.courier_id))

    assert results(other) == [([2], NOW)]
    assert what_is_wrong() == []


def test_of_two_changes_at_once_the_second_builds_on_the_first():
    courier = CourierFactory(courier_type="foot", regions=[1])

    with transaction.atomic():
        change(courier.courier_id, regions=[2])
        other = started(partial(change_courier, courier_id=courier.courier_id, changes={"courier_type": "car"}))
    changed = results(other)[0].courier

    courier.refresh_from_db()
    assert (courier.courier_type, courier.regions) == ("car", [2])
    assert (changed.courier_type, changed.regions) == ("car", [2])


def test_who_chooses_in_a_region_waits_for_who_chose_there_before():
    first, second, elsewhere = CourierFactory(regions=[1]), CourierFactory(regions=[2, 1]), CourierFactory(regions=[3])
    for order_id in range(1, 15):
        OrderFactory(order_id=order_id)
    OrderFactory(order_id=15, region=3)

    with transaction.atomic():
        assign(first.courier_id)
        waits, waits_not = started(partial(assign, second.courier_id), partial(assign, elsewhere.courier_id))
        assert waits_not.result(timeout=30) == ([15], NOW)
        assert not waits.done()

    assert results([waits]) == [([11, 12, 13, 14], NOW)]


@pytest.mark.parametrize(("first", "second"), [(1_000, 1), (1, 1_000), (1_000, 1_000), (MOST_LOCKED, MOST_LOCKED + 1)])
def test_who_works_in_very_many_regions_takes_turns_with_everyone(first, second):
    first, second = (CourierFactory(regions=list(range(1, count + 1))) for count in (first, second))
    for order_id in range(1, 15):
        OrderFactory(order_id=order_id)

    with transaction.atomic():
        assign(first.courier_id)
        waits = started(partial(assign, second.courier_id))
        assert not waits[0].done()

    assert results(waits) == [([11, 12, 13, 14], NOW)]


@pytest.mark.parametrize("count", [1, MOST_LOCKED, MOST_LOCKED + 1, 1_000])
def test_an_assign_holds_few_locks(count):
    """PostgreSQL has room for 64 times its connections, for everyone; without room a request fails."""
    courier = CourierFactory(regions=list(range(1, count + 1)))

    with transaction.atomic(), connection.cursor() as cursor:
        assign(courier.courier_id)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'")
        assert cursor.fetchone()[0] == (count + 1 if count <= MOST_LOCKED else 1)


def test_who_works_elsewhere_is_answered_while_another_chooses():
    here, elsewhere = CourierFactory(courier_id=1, regions=[1]), CourierFactory(courier_id=2, regions=[2])
    OrderFactory(order_id=1, region=1)
    OrderFactory.create_batch(2, region=2)
    first, last = Order.objects.filter(region=2).values_list("order_id", flat=True)
    body = {"courier_id": elsewhere.courier_id, "order_id": first, "complete_time": "2026-01-10T10:33:01Z"}
    requests = [
        asks("POST", "/orders/assign", {"courier_id": elsewhere.courier_id}),
        asks("POST", "/orders/complete", body),
        asks("PATCH", f"/couriers/{elsewhere.courier_id}", {"regions": []}),
        asks("POST", "/orders", {"data": [{"order_id": last + 1, "weight": 1, "region": 1, "delivery_hours": []}]}),
    ]

    with transaction.atomic():
        assign(here.courier_id)
        answers = [results(started(request))[0] for request in requests]

    assert [answer.status for answer in answers] == [200, 200, 200, 201]
    assert answers[0].body["orders"] == [{"id": first}, {"id": last}]


def test_couriers_who_name_the_same_regions_in_other_orders_do_not_wait_in_a_circle():
    regions = [1, 9, 17]  # so far apart, Python's sets keep them in the order of coming
    there = CourierFactory(regions=regions)
    back = CourierFactory(regions=regions[::-1])
    for order_id in range(1, 15):
        OrderFactory(order_id=order_id)

    with transaction.atomic():
        lock_regions([9])
        both = started(partial(assign, there.courier_id), partial(assign, back.courier_id))

    assert results(both) == [(list(range(1, 11)), NOW), ([11, 12, 13, 14], NOW)]


def test_reading_waits_for_nobody():
    courier = CourierFactory()
    OrderFactory()

    with transaction.atomic():
        assign(courier.courier_id)
        change(courier.courier_id, courier_type="car")
        read = started(partial(courier_statement, courier_id=courier.courier_id))
        statement = read[0].result(timeout=30)

    assert (statement.courier.courier_type, statement.earnings) == ("foot", 0)
    assert Courier.objects.get().courier_type == "car"
    assert connection.in_atomic_block is False
