"""Why an assign now would or would not give a courier an order, and the least change that would let him take it."""

from collections.abc import Collection, Iterable, Iterator
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bundles.candidates import lightest_places
from bundles.models import Bundle
from bundles.rules import take_while_they_fit
from bundles.shelves import Place
from couriers.models import Courier, CourierType, UnknownCourier
from orders.models import Order, UnknownOrder
from sweets_store.hours import hours_overlap, stretched_to_overlap
from sweets_store.instants import shop_time
from sweets_store.one_moment import one_moment
from sweets_store.serializers import MAX_ITEMS

CODES = ("region", "hours", "weight", "capacity", "busy", "taken", "delivered")
FULL = _("And even a car would then be full of orders that come before it.")
NAMED = 20  # a detail names so many ids or windows and counts the others

Change = dict[str, Any]


class Reason(NamedTuple):
    """`change` is what a PATCH of the courier would send: a region more, the fewest minutes more, a larger vehicle.

    It is None where none of these would do.
    """

    code: str
    detail: str
    change: Change | None = None


class Explanation(NamedTuple):
    """`can_take`: whether an assign now would answer with this order."""

    order_id: int
    courier_id: int
    can_take: bool
    reasons: list[Reason]


def explain_order(*, order_id: int, courier_id: int) -> Explanation:
    """Return every reason why the courier does not get the order. Raises UnknownOrder and UnknownCourier.

    Who makes all the changes named, once he carries nothing, and assigns, gives him the order.
    """
    for explanation in explain_to_each(order_id=order_id, courier_ids=[courier_id]):
        return explanation
    raise UnknownCourier(courier_id=courier_id)


def explain_to_each(*, order_id: int, courier_ids: Collection[int]) -> list[Explanation]:
    """Return, by courier id, what `explain_order` says of each courier whom the store knows. Raises UnknownOrder."""
    with one_moment():
        order = Order.objects.select_related("bundle").filter(order_id=order_id).first()
        if order is None:
            raise UnknownOrder(order_id=order_id)
        active = {bundle.courier_id: bundle for bundle in Bundle.objects.active().filter(courier__among=courier_ids)}
        couriers = Courier.objects.filter(courier_id__among=courier_ids).order_by("courier_id")
        return [_explained(order, courier, active.get(courier.courier_id)) for courier in couriers]


def _explained(order: Order, courier: Courier, carried: Bundle | None) -> Explanation:
    if order.bundle is not None:
        is_his = order.bundle.courier_id == courier.courier_id and order.complete_time is None
        return Explanation(order.order_id, courier.courier_id, is_his, [_given(order, order.bundle)])
    reasons = _unfit(order, courier) + ([_busy(carried)] if carried else [])
    return Explanation(order.order_id, courier.courier_id, not reasons, reasons)


def what_would_do(reasons: Iterable[Reason], courier: Courier) -> list[str]:
    """The changes of the courier in words; none where one of them does not exist."""
    changes = [reason.change for reason in reasons if reason.code != "busy"]
    if None in changes:
        return []
    merged: Change = {}
    for change in changes:
        merged |= change or {}
    regions = [region for region in merged.get("regions", []) if region not in courier.regions]
    hours = [window for window in merged.get("working_hours", []) if window not in courier.working_hours]
    words = [gettext("region %(region)s") % {"region": region} for region in regions]
    words += [gettext("hours %(hours)s") % {"hours": window} for window in hours]
    vehicle = merged.get("courier_type")
    return words + ([gettext("capacity of: %(vehicle)s") % {"vehicle": gettext(vehicle)}] if vehicle else [])


def _given(order: Order, bundle: Bundle) -> Reason:
    if order.complete_time is not None:
        told = {"courier": bundle.courier_id, "time": _told(order.complete_time)}
        return Reason("delivered", gettext("Courier %(courier)s delivered it at %(time)s.") % told)
    told = {"courier": bundle.courier_id, "time": _told(bundle.assign_time), "bundle": bundle.pk}
    return Reason("taken", gettext("Courier %(courier)s carries it since %(time)s, in bundle %(bundle)s.") % told)


def _told(instant: datetime) -> str:
    """For a dispatcher by the shop's clock, for a client by the offset: to the second."""
    return shop_time(instant).isoformat(sep=" ", timespec="seconds")


def _busy(carried: Bundle) -> Reason:
    told = {"bundle": carried.pk, "time": _told(carried.assign_time)}
    detail = gettext("He carries bundle %(bundle)s since %(time)s, and gets nothing new until it is completed.")
    return Reason("busy", detail % told)


def _unfit(order: Order, courier: Courier) -> list[Reason]:
    """Why the free order would not be his, did he carry nothing.

    With a region or hours he gets other orders as well, so each change names the vehicle that has room for all.
    """
    reasons = [*_region(order, courier), *_hours(order, courier), *_weight(order, courier)]
    changes = [reason.change for reason in reasons if reason.change is not None]
    if len(changes) < len(reasons):
        return [reason._replace(change=None) for reason in reasons]
    first = _up_to(order, courier, changes)
    vehicle = _vehicle_with_room(order, courier, first)
    if not reasons:
        return [] if vehicle == {} else [_capacity(order, courier, first, vehicle)]
    if vehicle is None:
        return [Reason(code, f"{detail} {FULL}") for code, detail, _ in reasons]
    return [reason._replace(change=change | vehicle) for reason, change in zip(reasons, changes, strict=True)]


def _region(order: Order, courier: Courier) -> Iterator[Reason]:
    if order.region not in courier.regions:
        has_room = len(courier.regions) < MAX_ITEMS
        change = {"regions": [*courier.regions, order.region]} if has_room else None
        yield Reason("region", gettext("He does not work in region %(region)s.") % {"region": order.region}, change)


def _hours(order: Order, courier: Courier) -> Iterator[Reason]:
    if not order.delivery_hours:
        yield Reason("hours", gettext("The order has no delivery hours: no courier can ever take it."))
    elif not hours_overlap(order.delivery_hours, courier.working_hours):
        hours, minutes = stretched_to_overlap(courier.working_hours, order.delivery_hours)
        detail = ngettext(
            "%(his)s, and it is to be delivered %(wanted)s: %(minutes)s minute more would do.",
            "%(his)s, and it is to be delivered %(wanted)s: %(minutes)s minutes more would do.",
            minutes,
        )
        his = gettext("He works %(hours)s") if courier.working_hours else gettext("He has no working hours")
        told = {"wanted": _listed(order.delivery_hours), "minutes": minutes}
        told["his"] = his % {"hours": _listed(courier.working_hours)}
        yield Reason("hours", detail % told, {"working_hours": hours})


def _weight(order: Order, courier: Courier) -> Iterator[Reason]:
    """The change is left to `_vehicle_with_room`."""
    if order.weight > courier.capacity:
        told = {"weight": _kg(order.weight), "capacity": _kg(courier.capacity)}
        yield Reason("weight", gettext("It weighs %(weight)s, and he carries %(capacity)s at once.") % told, {})


def _up_to(order: Order, courier: Courier, changes: Iterable[Change]) -> list[Place]:
    """What he would be given first, with the changes made and in a car: up to the order itself, if there is room."""
    changed = copy(courier)
    for change in changes:
        for name, value in change.items():
            setattr(changed, name, value)
    changed.courier_type = CourierType.CAR
    own = _place(order)
    places = lightest_places(changed, end=Place(own.weight + 1, 0), of_one_moment=True)
    return [place for place in places if place <= own]


def _vehicle_with_room(order: Order, courier: Courier, first: list[Place]) -> Change | None:
    """Return the change to the smallest vehicle, no smaller than his, that has room for `first` up to the order.

    It is empty where his own has, and None where not even a car has.
    """
    if _place(order) not in first[-1:]:
        return None
    needed = max(_load(first), courier.capacity)
    vehicle = next(kind for kind in CourierType if kind.capacity >= needed)
    return {} if vehicle == courier.courier_type else {"courier_type": vehicle.value}


def _capacity(order: Order, courier: Courier, first: list[Place], vehicle: Change | None) -> Reason:
    taken = take_while_they_fit(first, capacity=courier.capacity * 100)
    detail = gettext(
        "It weighs %(weight)s, and of the %(capacity)s that he carries at once %(given)s go to orders that are"
        " lighter, or as heavy with a smaller id: %(orders)s."
    ) % {
        "weight": _kg(order.weight),
        "capacity": _kg(courier.capacity),
        "given": _kg(_load(taken)),
        "orders": _listed([place.order_id for place in taken]),
    }
    return Reason("capacity", detail, vehicle)


def _load(places: Iterable[Place]) -> Decimal:
    """Kilograms."""
    return Decimal(sum(place.weight for place in places)) / 100


def _place(order: Order) -> Place:
    return Place(int(order.weight * 100), order.order_id)


def _kg(weight: Decimal) -> str:
    return gettext("%(weight)s kg") % {"weight": f"{weight:.2f}".rstrip("0").rstrip(".")}


def _listed(things: list[Any]) -> str:
    named = ", ".join(map(str, things[:NAMED]))
    more = len(things) - NAMED
    return gettext("%(named)s and %(more)s more") % {"named": named, "more": more} if more > 0 else named
