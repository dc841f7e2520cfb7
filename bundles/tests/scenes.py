"""Stores set up for the tests of bundles, what must hold in every store at rest, and how answers are compared."""

from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction

from bundles.models import Bundle, DeliveryTotal
from bundles.services import assign_orders, change_courier, complete_order
from bundles.tests import reference
from couriers.models import Courier, CourierType
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from record.models import Event

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


@contextmanager
def rolled_back():
    """For one example of many in a test: leaves the database as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def add_orders(some):
    """`some` are dicts with an order's fields; what they lack is the factory's."""
    return Order.objects.bulk_create([OrderFactory.build(**order) for order in some])


def history(seed=1):
    """Couriers of each type, each with a bundle delivered, one half delivered and one not at all before the rest was
    released, and one half delivered; and one who did nothing. Complete times are in any order.
    """
    random = Random(seed)
    add_orders({"order_id": n, "region": random.randint(1, 3), "weight": random.randint(1, 5)} for n in range(1, 150))
    couriers = [CourierFactory(courier_type=kind, regions=[1, 2, 3]) for kind in [*CourierType.values, "foot"]]
    for share, released in [(1, False), (0.5, True), (0, True), (0.5, False)]:
        for courier in couriers[:3]:
            carried = assign_orders(courier_id=courier.courier_id, now=NOW).order_ids
            for order_id in random.sample(carried, int(len(carried) * share)):
                late = timedelta(seconds=random.randint(-100, 5_000), microseconds=random.randint(0, 999_999))
                complete_order(courier_id=courier.courier_id, order_id=order_id, complete_time=NOW + late)
            if released:
                change_courier(courier_id=courier.courier_id, changes={"regions": []})
                change_courier(courier_id=courier.courier_id, changes={"regions": [1, 2, 3]})


def rows():
    """Every row of the store's tables: equal before and after what must change nothing."""
    return [*state(), list(Event.objects.values())]


def state():
    """The same without the record of what led to it."""
    return [list(model.objects.order_by("pk").values()) for model in (Courier, Bundle, Order, DeliveryTotal)]


def totals():
    """What is kept of the deliveries: {(courier, region): (how many, seconds)}."""
    return {
        (total.courier_id, total.region): (total.deliveries, total.seconds + Decimal(total.microseconds) / 1_000_000)
        for total in DeliveryTotal.objects.all()
    }


def recomputed():
    """The same from the orders, and what the completed bundles that delivered something pay: {courier: earnings}."""
    times, earnings = defaultdict(list), dict.fromkeys(Courier.objects.values_list("pk", flat=True), 0)
    for bundle in Bundle.objects.all():
        delivered = bundle.orders.delivered().values_list("complete_time", "order_id", "region")
        for region, time in reference.delivery_times(bundle.assign_time, delivered):
            times[bundle.courier_id, region].append(time)
        if bundle.is_completed and delivered:
            earnings[bundle.courier_id] += 500 * reference.COEFFICIENTS[bundle.courier_type]
    return {where: (len(some), sum(some)) for where, some in times.items()}, earnings


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
    expected_totals, expected_earnings = recomputed()
    if totals() != expected_totals:
        faults.append(f"the totals are {totals()}, but the orders say {expected_totals}")
    earnings = dict(Courier.objects.values_list("pk", "earnings"))
    if earnings != expected_earnings:
        faults.append(f"the earnings are {earnings}, but the bundles say {expected_earnings}")
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
