"""What dispatchers do to bundles, beside what couriers' phones do: release, move, undo.

Each writes under the rows of the couriers whose bundles they are, as assign, complete and PATCH do.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bundles.assignments import record_handed
from bundles.deliveries import find_delivery, mark_undelivered, reopen_bundle, take_from_totals
from bundles.locks import lock_courier, lock_courier_unread, lock_couriers
from bundles.models import Bundle
from bundles.releases import BY_DISPATCHER, MOVED, release, take_out
from bundles.rules import CarriedOrder, added_by_delivery, against, keep_what_fits
from bundles.services import Statement, UnknownBundle, carrier_of, courier_statement
from couriers.models import Courier, UnknownCourier
from orders.models import Order
from record.models import Event, What
from record.recording import Happened, record
from sweets_store.errors import DomainError
from sweets_store.instants import format_instant
from sweets_store.retries import retried

NAMED = 20  # a refusal names so many orders


class NotUndelivered(DomainError):
    code = "not_undelivered"
    message = _("Delivered already, or not in bundle {bundle_id} any more: {orders}.")


class BundleIsCompleted(DomainError):
    code = "bundle_is_completed"
    message = _("Bundle {bundle_id} is completed: nothing in it is undelivered.")


class CarriesAnother(DomainError):
    code = "carries_another"
    message = _("Courier {courier_id} carries bundle {bundle_id}: complete or release it first.")


class HisOwnBundle(DomainError):
    code = "his_own_bundle"
    message = _("Courier {courier_id} carries bundle {bundle_id} himself.")


class NothingFits(DomainError):
    code = "nothing_fits"
    message = _("Courier {courier_id} can carry none of it: {reasons}.")


class NotDelivered(DomainError):
    code = "not_delivered"
    message = _("Order {order_id} is not delivered.")


class TooLate(DomainError):
    code = "too_late"
    message = _("That order {order_id} is delivered was said more than {minutes} minutes ago.")


class FitsNoMore(DomainError):
    code = "fits_no_more"
    message = _("Courier {courier_id} cannot carry order {order_id} any more: {reasons}.")


class Released(NamedTuple):
    bundle_id: int
    courier_id: int
    order_ids: list[int]
    bundle_completed: bool


@retried
@transaction.atomic
def release_orders(*, bundle_id: int, order_ids: Collection[int]) -> Released:
    """Make undelivered orders of the bundle free for anyone. The last of them completes it.

    All or none; of no orders nothing. Raises UnknownBundle, and NotUndelivered, which names all that are not
    undelivered in it, or no longer.
    """
    bundle, carried = _lock_carried(bundle_id)
    if not order_ids:
        return Released(bundle_id, bundle.courier_id, [], bundle_completed=False)
    undelivered = {order.order_id for order in carried}
    if others := sorted(set(order_ids) - undelivered):
        raise NotUndelivered(bundle_id=bundle_id, orders=", ".join(map(str, others[:NAMED])))
    none_left = undelivered == set(order_ids)
    release(
        courier_id=bundle.courier_id,
        bundle_id=bundle_id,
        why=dict.fromkeys(sorted(order_ids), BY_DISPATCHER),
        none_left=none_left,
    )
    return Released(bundle_id, bundle.courier_id, sorted(order_ids), none_left)


@retried
@transaction.atomic
def release_bundle(*, bundle_id: int) -> Released:
    """Make all that the bundle has undelivered free for anyone; so it is completed.

    Raises UnknownBundle and BundleIsCompleted.
    """
    bundle, carried = _lock_carried(bundle_id)
    if not carried:
        raise BundleIsCompleted(bundle_id=bundle_id)
    order_ids = [order.order_id for order in carried]
    release(
        courier_id=bundle.courier_id,
        bundle_id=bundle_id,
        why=dict.fromkeys(order_ids, BY_DISPATCHER),
        none_left=True,
    )
    return Released(bundle_id, bundle.courier_id, order_ids, bundle_completed=True)


class Moved(NamedTuple):
    """`staying` are the orders that the other courier cannot carry, each with the reason: region, hours, capacity."""

    bundle_id: int
    courier_id: int
    order_ids: list[int]
    staying: list[tuple[int, str]]


@retried
@transaction.atomic
def move_bundle(*, bundle_id: int, courier_id: int, now: datetime) -> Moved:
    """Hand what the bundle has undelivered to another courier, as a bundle of his, as far as it fits him.

    What fits is what he would keep of it by a PATCH: of his regions and hours, the lightest first.
    Raises UnknownBundle, UnknownCourier, HisOwnBundle, BundleIsCompleted, CarriesAnother and NothingFits.

    Both couriers' rows are locked. No lock on regions, nor an announcement: the orders are never free.
    """
    bundle = _find(bundle_id)
    if bundle.courier_id == courier_id:
        raise HisOwnBundle(courier_id=courier_id, bundle_id=bundle_id)
    locked = {courier.courier_id: courier for courier in lock_couriers([bundle.courier_id, courier_id])}
    if courier_id not in locked:
        raise UnknownCourier(courier_id=courier_id)
    carried = _undelivered(bundle_id)
    if not carried:
        raise BundleIsCompleted(bundle_id=bundle_id)
    _require_idle(courier_id)
    moved, staying = _what_fits(carried, locked[courier_id])
    if not moved:
        reasons = "; ".join(f"{gettext('order')} {order_id}: {reason}" for order_id, reason in staying[:NAMED])
        raise NothingFits(courier_id=courier_id, reasons=reasons)
    other = locked[courier_id]
    taken_over = Bundle.objects.create(courier=other, courier_type=other.courier_type, assign_time=now)
    take_out(
        courier_id=bundle.courier_id,
        bundle_id=bundle_id,
        why=dict.fromkeys(moved, MOVED),
        into=taken_over,
        none_left=not staying,
    )
    record_handed(courier=other, bundle_id=taken_over.bundle_id, order_ids=moved, assign_time=now)
    return Moved(bundle_id, courier_id, moved, staying)


class Undone(NamedTuple):
    order_id: int
    bundle_id: int
    before: Statement
    after: Statement


@retried
@transaction.atomic
def undo_completion(*, order_id: int, now: datetime, within: timedelta) -> Undone:
    """Take back that the order is delivered: all is as if it had never been, and its bundle, if need be, active again.

    `within` is the time in which that can be done since it was said, by the record; where that does not tell, since its
    complete time. Raises UnknownOrder, NotAssigned, NotDelivered, TooLate, CarriesAnother, and FitsNoMore if he cannot
    carry it now.
    """
    courier_id = carrier_of(order_id=order_id)
    courier = lock_courier(courier_id)
    order = Order.objects.select_related("bundle").get(order_id=order_id)
    bundle = order.bundle
    if bundle is None or bundle.courier_id != courier_id or order.complete_time is None:
        raise NotDelivered(order_id=order_id)
    if now - (_completed_at(order_id) or order.complete_time) > within:
        raise TooLate(order_id=order_id, minutes=within // timedelta(minutes=1))
    _require_idle(courier_id, but=bundle)
    _require_fitting(order, courier, bundle)

    before = courier_statement(courier_id=courier_id)
    delivery = find_delivery(order_id=order_id, complete_time=order.complete_time)
    if delivery is None or not mark_undelivered(order_id=order_id):
        raise RuntimeError(f"order {order_id}, read under lock as delivered, was not")
    added = added_by_delivery(
        region=order.region,
        complete_time=order.complete_time,
        before=delivery.before,
        following=delivery.following,
    )
    take_from_totals(courier_id=courier_id, added=added)
    details = {"complete_time": format_instant(order.complete_time)}
    happened = [Happened(What.UNDONE, courier_id, bundle.bundle_id, order_id, details)]
    if bundle.is_completed:
        happened.append(reopen_bundle(bundle))
    record(happened)
    return Undone(order_id, bundle.bundle_id, before, courier_statement(courier_id=courier_id))


def _completed_at(order_id: int) -> datetime | None:
    """When the store was told that the order is delivered: a client may say so long after."""
    completed = Event.objects.of_order(order_id).filter(what=What.COMPLETED).order_by("-pk")
    return completed.values_list("at", flat=True).first()


def _find(bundle_id: int) -> Bundle:
    """Without a lock: a bundle never changes its courier."""
    bundle = Bundle.objects.filter(bundle_id=bundle_id).first()
    if bundle is None:
        raise UnknownBundle(bundle_id=bundle_id)
    return bundle


def _lock_carried(bundle_id: int) -> tuple[Bundle, list[CarriedOrder]]:
    bundle = _find(bundle_id)
    lock_courier_unread(bundle.courier_id)
    return bundle, _undelivered(bundle_id)


def _undelivered(bundle_id: int) -> list[CarriedOrder]:
    """Lightest first."""
    orders = Order.objects.undelivered().filter(bundle_id=bundle_id).lightest_first()
    return [CarriedOrder(*order) for order in orders.values_list(*CarriedOrder._fields)]


def _require_idle(courier_id: int, *, but: Bundle | None = None) -> None:
    """Raise CarriesAnother if he has an active bundle, `but` this one."""
    active = Bundle.objects.active().filter(courier_id=courier_id).first()
    if active is not None and active != but:
        raise CarriesAnother(courier_id=courier_id, bundle_id=active.bundle_id)


def _require_fitting(order: Order, courier: Courier, bundle: Bundle) -> None:
    own = CarriedOrder(order.order_id, order.weight, order.region, order.delivery_hours, bundle.bundle_id)
    reasons = against(own, regions=courier.regions, working_hours=courier.working_hours)
    if sum(each.weight for each in [*_undelivered(bundle.bundle_id), own]) > courier.capacity:
        reasons.append("capacity")
    if reasons:
        raise FitsNoMore(courier_id=courier.courier_id, order_id=order.order_id, reasons=in_words(reasons))


def _what_fits(carried: list[CarriedOrder], courier: Courier) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the ids of those that he can carry, and the others, each with why not."""
    kept = keep_what_fits(
        carried, capacity=courier.capacity, regions=set(courier.regions), working_hours=courier.working_hours
    )
    moved = [order.order_id for order in kept]
    staying = [
        (order.order_id, against(order, regions=courier.regions, working_hours=courier.working_hours))
        for order in carried
        if order not in kept
    ]
    return moved, [(order_id, in_words(reasons or ["capacity"])) for order_id, reasons in staying]


def in_words(reasons: Iterable[str]) -> str:
    return ", ".join(map(gettext, reasons))
