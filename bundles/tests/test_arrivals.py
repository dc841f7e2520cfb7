"""Orders become free while others choose: an assign sees all that came before it, and nothing else."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO

import pytest
from django.db import transaction

from bundles.services import assign_orders, change_courier
from bundles.shelves import Search
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import add_orders
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import import_orders
from orders.tests.factories import OrderFactory
from sweets_store.imports.formats import reader_of
from sweets_store.tests.side_by_side import asks, results, started

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_tried_again"),
]


def assign(courier_id):
    return assign_orders(courier_id=courier_id, now=NOW)


def change(courier_id, **changes):
    change_courier(courier_id=courier_id, changes=changes)


def test_a_release_is_seen_whole_or_not_at_all():
    holder, other = CourierFactory(regions=[1, 2]), CourierFactory(regions=[1, 2])
    OrderFactory.create_batch(4, region=1)
    OrderFactory.create_batch(4, region=2)
    everything = list(Order.objects.values_list("order_id", flat=True))
    assign(holder.courier_id)

    with transaction.atomic():
        change(holder.courier_id, regions=[])
        before = started(partial(assign, other.courier_id))
        assert results(before) == [([], None)]

    assert assign(other.courier_id).order_ids == everything


CROWDED = 1_600  # orders, more than two reads pass
LIGHTEST_AND_HEAVIEST = [(10_001, Decimal("0.01")), (10_002, Decimal("0.06"))]


def crowd(region):
    """Return the ids of new orders of 0.03 kg; a car takes them all."""
    order_ids = range(region * CROWDED, (region + 1) * CROWDED)
    add_orders({"order_id": order_id, "region": region, "weight": Decimal("0.03")} for order_id in order_ids)
    return list(order_ids)


def sent(some):
    """What an import of (id, kilograms) in region 1 sends."""
    hours = ["09:00-18:00"]
    return {"data": [{"order_id": n, "weight": float(kg), "region": 1, "delivery_hours": hours} for n, kg in some]}


def take(*some):
    return asks("POST", "/orders", sent(some))


def take_file(*some):
    file = BytesIO(json.dumps(sent(some)).encode())
    return partial(import_orders, file=reader_of(file, OrderSerializer, name="orders.json", file_format=None))


def release(*some):
    bundle = BundleFactory()
    add_orders({"order_id": order_id, "weight": weight, "bundle": bundle} for order_id, weight in some)
    return partial(change, bundle.courier_id, regions=[])


@pytest.mark.parametrize("adds", [take, take_file, release])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_orders_that_become_free_between_two_reads_are_seen_all_or_none(adds, after, monkeypatch):
    courier = CourierFactory(courier_type="car")
    crowded = crowd(1)
    add_both = adds(*LIGHTEST_AND_HEAVIEST)
    read, added = Search.read, []

    def read_and_let_add(*asked, **bounds):
        page = read(*asked, **bounds)
        added.append(started(add_both) if len(added) + 1 == after else [])
        return page

    monkeypatch.setattr(Search, "read", read_and_let_add)
    taken = assign(courier.courier_id).order_ids

    assert len(added) == 3
    assert taken == ([10_001, *crowded, 10_002] if after == 1 else crowded)
    results(added[after - 1])
    assert Order.objects.free().count() == (0 if after == 1 else 2)


def test_those_who_read_often_make_only_those_who_add_wait():
    here, elsewhere = CourierFactory(courier_type="car"), CourierFactory(courier_type="car", regions=[2])
    crowd(1)
    crowded = crowd(2)

    with transaction.atomic():
        assign(here.courier_id)
        reads, adds = started(partial(assign, elsewhere.courier_id), take((1, 1)))
        assert reads.result(timeout=30) == (crowded, NOW)
        assert not adds.done()

    assert results([adds])[0].status == 201


def test_those_who_add_wait_neither_for_each_other_nor_for_who_reads_once():
    courier = CourierFactory()
    OrderFactory(order_id=1)

    with transaction.atomic():
        assign(courier.courier_id)
        take((2, 1))()
        added = results(started(take((3, 1))))

    assert added[0].status == 201
