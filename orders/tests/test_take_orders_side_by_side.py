"""Imports of the same ids at the same time: exactly one wins, the others are told which ids are in use."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import transaction

from bundles.models import Bundle
from bundles.services import assign_orders
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from orders.tests.test_take_orders import order, take
from sweets_store.errors import ValidationFailed
from sweets_store.tests.side_by_side import side_by_side, started

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_tried_again"),
]


def results(futures):
    return [future.result(timeout=30) for future in futures]


def test_who_loses_the_race_over_an_id_gets_the_report():
    with transaction.atomic():
        OrderFactory(order_id=2)
        slower = started(partial(take, order(1), order(2), order(3)))
    lost = results(slower)[0]

    assert isinstance(lost, ValidationFailed)
    assert lost.report.keys() == {"orders", "2"}
    assert lost.report["orders"] == [{"id": 2}]
    assert lost.report["2"].keys() == {"order_id"}
    assert list(Order.objects.values_list("order_id", flat=True)) == [2]


def test_who_waits_for_an_import_that_comes_to_nothing_goes_on():
    with transaction.atomic():
        OrderFactory(order_id=2)
        slower = started(partial(take, order(1), order(2), order(3)))
        transaction.set_rollback(True)

    assert results(slower) == [[1, 2, 3]]


def test_imports_in_opposite_orders_do_not_wait_in_a_circle():
    with transaction.atomic():
        OrderFactory(order_id=2)
        both = started(
            partial(take, order(1), order(2), order(3)),
            partial(take, order(3), order(2), order(1)),
        )
        transaction.set_rollback(True)
    won, lost = results(both)

    assert won == [1, 2, 3]
    assert isinstance(lost, ValidationFailed)
    assert lost.report["orders"] == [{"id": 3}, {"id": 2}, {"id": 1}]


@pytest.mark.parametrize("_", range(3))
def test_of_twin_imports_exactly_one_wins(_):
    ids = range(1, 2_001)
    twins = [ids, ids[::-1], ids, ids[::-1]]

    outcomes = side_by_side(*[partial(take, *[order(n) for n in twin]) for twin in twins])

    won = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    assert len(won) == 1
    for place, outcome in enumerate(outcomes):
        if place in won:
            assert outcome == list(twins[place])
        else:
            assert outcome.report["orders"] == [{"id": n} for n in twins[place]]
    assert Order.objects.count() == len(ids)


def test_imports_that_share_some_ids_leave_no_half():
    parts = [range(1, 601), range(500, 1_101), range(1_000, 1_601), range(1_500, 2_001)]

    outcomes = side_by_side(*[partial(take, *[order(n) for n in part]) for part in parts])

    taken = [set(part) for part, outcome in zip(parts, outcomes, strict=True) if not isinstance(outcome, Exception)]
    assert taken
    assert set(Order.objects.values_list("order_id", flat=True)) == set().union(*taken)
    assert sum(map(len, taken)) == Order.objects.count()


def test_an_import_does_not_wait_for_who_assigns():
    courier = CourierFactory()
    OrderFactory(order_id=1)

    with transaction.atomic():
        assign_orders(courier_id=courier.courier_id, now=datetime(2026, 1, 10, tzinfo=UTC))
        imported = started(partial(take, order(2)))
        assert results(imported) == [[2]]

    assert Bundle.objects.get().orders.get().order_id == 1
