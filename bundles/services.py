"""The use cases around bundles.

Their locks stand in bundles/locks.py and orders/arrivals.py. A bundle and its orders are written under their courier's
row alone, so their own order does not matter.
"""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bundles.assignments import carried_bundle, form_bundle, record_handed
from bundles.candidates import lightest_that_fit
from bundles.deliveries import add_to_totals, complete_bundle, courier_with_totals, find_delivery, mark_delivered
from bundles.locks import lock_courier, lock_courier_unread, lock_regions
from bundles.models import Bundle
from bundles.releases import release
from bundles.rules import CarriedOrder, added_by_delivery, against, keep_what_fits, rating
from couriers.models import Courier, UnknownCourier
from orders.models import Order, OrderQuerySet, UnknownOrder
from record.models import What
from record.recording import Happened, record
from sweets_store.errors import DomainError, NotFound
from sweets_store.instants import format_instant
from sweets_store.retries import retried


class UnknownBundle(NotFound):
    code = "unknown_bundle"
    message = _("There is no bundle {bundle_id}.")


class NotCarried(DomainError):
    code = "not_carried"
    message = _(
        "Courier {courier_id} does not carry order {order_id}: it is unknown, not assigned or another courier's."
    )


class NotAssigned(DomainError):
    code = "not_assigned"
    message = _("No courier carries order {order_id}: it is free.")


class Assignment(NamedTuple):
    """The undelivered orders of a courier's active bundle, lightest first; `assign_time` is None if he has none."""

    order_ids: list[int]
    assign_time: datetime | None


@retried
@transaction.atomic
def assign_orders(*, courier_id: int, now: datetime) -> Assignment:
    """Hand the courier the most free orders that he can carry, as one bundle (contract, "POST /orders/assign").

    While he has an active bundle he keeps that one and gets nothing new. Raises UnknownCourier.

    His row is locked, so that he never gets two bundles; then his regions, so that no one else chooses among the same
    orders: what is read after that is free until the transaction ends.
    """
    courier = lock_courier(courier_id)
    if carried := carried_bundle(courier_id):
        return Assignment([order_id for order_id, _ in carried], carried[0][1])

    lock_regions(courier.regions)
    order_ids = lightest_that_fit(courier)
    if not order_ids:
        return Assignment([], None)
    bundle_id, handed = form_bundle(courier=courier, order_ids=order_ids, assign_time=now)
    if handed != len(order_ids):
        raise RuntimeError(f"{len(order_ids) - handed} of the orders chosen under lock were not free")
    record_handed(courier=courier, bundle_id=bundle_id, order_ids=order_ids, assign_time=now)
    return Assignment(order_ids, now)


@retried
@transaction.atomic
def complete_order(*, courier_id: int, order_id: int, complete_time: datetime) -> datetime:
    """Mark the order delivered and return when; asked again, the first time stays (contract, "POST /orders/complete").

    The last undelivered order completes the bundle. Raises UnknownCourier and NotCarried.

    The courier's row is locked first, so that a PATCH cannot release the order meanwhile, nor another completion of his
    find the same neighbours or write the same totals.
    """
    lock_courier_unread(courier_id)
    delivery = find_delivery(order_id=order_id, complete_time=complete_time)
    if delivery is None or delivery.courier_id != courier_id:
        raise NotCarried(courier_id=courier_id, order_id=order_id)
    if delivery.complete_time is not None:
        return delivery.complete_time
    added = added_by_delivery(
        region=delivery.region, complete_time=complete_time, before=delivery.before, following=delivery.following
    )
    if not mark_delivered(order_id=order_id, complete_time=complete_time):
        raise RuntimeError(f"order {order_id}, read under lock as undelivered, was delivered already")
    add_to_totals(courier_id=courier_id, added=added)
    details = {"complete_time": format_instant(complete_time)}
    happened = [Happened(What.COMPLETED, courier_id, delivery.bundle_id, order_id, details)]
    if not delivery.others_undelivered:
        happened.append(complete_bundle(delivery.bundle_id))
    record(happened)
    return complete_time


class Changed(NamedTuple):
    """The courier before and after, and the orders that he can carry no longer, lightest first."""

    before: Courier
    courier: Courier
    released: list[int]


@retried
@transaction.atomic
def change_courier(*, courier_id: int, changes: dict[str, Any]) -> Changed:
    """Change the courier's type, regions or hours and release what he can carry no longer (contract, "PATCH").

    Released orders are free for anyone; a bundle with none left is completed. Raises UnknownCourier.

    Releasing takes no lock on regions: whoever chooses meanwhile sees all of them either carried or free.
    """
    courier = lock_courier(courier_id)
    if not changes:
        return Changed(courier, courier, [])
    before = copy(courier)
    for name, value in changes.items():
        setattr(courier, name, value)
    courier.save(update_fields=list(changes))
    record_change(before, courier, changes)

    carried = [CarriedOrder(*order) for order in carried_orders(courier_id).values_list(*CarriedOrder._fields)]
    kept = keep_what_fits(
        carried, capacity=courier.capacity, regions=set(courier.regions), working_hours=courier.working_hours
    )
    kept_ids = {order.order_id for order in kept}
    released = {
        order.order_id: against(order, regions=courier.regions, working_hours=courier.working_hours) or ["capacity"]
        for order in carried
        if order.order_id not in kept_ids
    }
    if released:
        release(courier_id=courier_id, bundle_id=carried[0].bundle_id, why=released, none_left=not kept)
    return Changed(before, courier, list(released))


def record_change(before: Courier, after: Courier, changes: Iterable[str]) -> None:
    """Put on record what of the courier is another now."""
    details = {
        name: {"from": was, "to": now}
        for name in changes
        if (was := getattr(before, name)) != (now := getattr(after, name))
    }
    if details:
        record([Happened(What.CHANGED, after.courier_id, details=details)])


class Statement(NamedTuple):
    """What a courier has earned. `rating` is None until a bundle that delivered something is completed."""

    courier: Courier
    earnings: int
    rating: Decimal | None


def courier_statement(*, courier_id: int) -> Statement:
    """Return the courier with his earnings and rating (contract, "GET /couriers/{courier_id}").

    Raises UnknownCourier.
    """
    found = courier_with_totals(courier_id)
    if found is None:
        raise UnknownCourier(courier_id=courier_id)
    courier, totals = found
    return Statement(courier, courier.earnings, rating(totals) if courier.earnings else None)


class BundleOrders(NamedTuple):
    bundle: Bundle
    orders: list[Order]


def bundle_with_orders(*, bundle_id: int) -> BundleOrders:
    """Return the bundle and all its orders, lightest first. Raises UnknownBundle.

    The orders bring their bundle along, so both are of one moment; only a bundle emptied by releases is read alone.
    """
    orders = list(Order.objects.filter(bundle_id=bundle_id).select_related("bundle").lightest_first())
    bundle = orders[0].bundle if orders else Bundle.objects.filter(bundle_id=bundle_id).first()
    if bundle is None:
        raise UnknownBundle(bundle_id=bundle_id)
    return BundleOrders(bundle, orders)


def require_courier(*, courier_id: int) -> None:
    """Raise UnknownCourier if there is no such courier."""
    if not Courier.objects.filter(courier_id=courier_id).exists():
        raise UnknownCourier(courier_id=courier_id)


def carrier_of(*, order_id: int) -> int:
    """Return the courier who carries the order or has delivered it. Raises UnknownOrder and NotAssigned."""
    order = Order.objects.select_related("bundle").filter(order_id=order_id).first()
    if order is None:
        raise UnknownOrder(order_id=order_id)
    if order.bundle is None:
        raise NotAssigned(order_id=order_id)
    return order.bundle.courier_id


def carried_orders(courier_id: int) -> OrderQuerySet:
    """The undelivered orders of his active bundle, lightest first."""
    active = Order.objects.undelivered().filter(bundle__courier_id=courier_id, bundle__is_completed=False)
    return active.lightest_first()
