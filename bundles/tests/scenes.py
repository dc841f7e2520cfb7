"""Stores set up for the tests of bundles, what must hold in every store at rest, and how answers are compared."""

from collections import defaultdict
from contextlib import contextmanager

from django.db import transaction

from bundles.models import Bundle
from bundles.tests import reference
from couriers.models import Courier
from orders.models import Order
from orders.tests.factories import OrderFactory


@contextmanager
def rolled_back():
    """For one example of many in a test: leaves the database as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def add_orders(some):
    """`some` are dicts with an order's fields; what they lack is the factory's."""
    return Order.objects.bulk_create([OrderFactory.build(**order) for order in some])


def rows():
    """Every row of the three tables: equal before and after what must change nothing."""
    return [list(model.objects.order_by("pk").values()) for model in (Courier, Bundle, Order)]


def what_is_wrong():
    """Check the rows of a store at rest against the contract and return the faults as text.

    Of a bundle's weight this can judge only the undelivered part, against his capacity now.
    """
    faults = []
    couriers = {courier["courier_id"]: courier for courier in Courier.objects.values()}
    bundles = {bundle["bundle_id"]: bundle for bundle in Bundle.objects.values()}
    undelivered, active = defaultdict(list), defaultdict(list)
    for order in Order.objects.filter(bundle__isnull=False, complete_time__isnull=True).values():
        undelivered[order["bundle_id"]].append(order)
    for bundle_id, bundle in bundles.items():
        courier = couriers[bundle["courier_id"]]
        carried = undelivered[bundle_id]
        if bundle["is_completed"] != (not carried):
            faults.append(f"bundle {bundle_id}: is_completed is {bundle['is_completed']}, undelivered are {carried}")
        if not bundle["is_completed"]:
            active[courier["courier_id"]].append(bundle_id)
        if sum(order["weight"] for order in carried) > reference.CAPACITIES[courier["courier_type"]]:
            faults.append(f"bundle {bundle_id} is too heavy for {courier}: {carried}")
        faults += [
            f"{order} does not fit {courier}, who carries it" for order in carried if not reference.fits(order, courier)
        ]
    faults += [f"courier {courier_id} has bundles {some}" for courier_id, some in active.items() if len(some) > 1]
    return faults


def without_messages(body):
    """Messages are the store's own words: each must say something, and reads "…" in the reference."""
    if isinstance(body, str):
        assert body
        return "…"
    if isinstance(body, dict):
        return {
            name: value if name in ("code", "couriers", "orders") else without_messages(value)
            for name, value in body.items()
        }
    return body
