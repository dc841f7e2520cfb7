"""A day of couriers: when they worked, what they carried and delivered, how long they were idle; all of one moment.

Places in the day are minutes since midnight, by the clock on the shop's wall: where it is set back, an hour is drawn
over the one before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import F, Max, OuterRef, Q, Subquery

from bundles.models import Bundle
from couriers.models import Courier
from orders.models import Order
from record.models import Event, What
from sweets_store.hours import parse_window
from sweets_store.instants import shop_day, shop_minute, shop_time
from sweets_store.one_moment import one_moment

MINUTES = 24 * 60
Span = tuple[int, int]  # the first minute and the one after the last


class Trip(NamedTuple):
    """A bundle, for as long of the day as he carried it; `delivered` counts of `orders` those delivered so far, on any
    day, and `deliveries` are the minutes of this day at which one was.
    """

    bundle_id: int
    carried: Span
    active: bool
    orders: int
    delivered: int
    deliveries: list[int]


class CourierDay(NamedTuple):
    """`idle` are his minutes on shift, up to now, in which he carried nothing; `shifts` may touch, not overlap."""

    courier_id: int
    shifts: list[Span]
    trips: list[Trip]
    idle: int

    @property
    def delivered(self) -> int:
        return sum(len(trip.deliveries) for trip in self.trips)


class Day(NamedTuple):
    """`minute` is now, None where the day is over or has not begun; `more` says whether couriers follow the last."""

    couriers: list[CourierDay]
    minute: int | None
    more: bool


def day_of_couriers(*, day: date, now: datetime, courier_id: int | None = None, after: int = 0, most: int = 50) -> Day:
    """Return the day of one courier, who may be unknown, or of the first so many whose ids come after `after`.

    A day that is over has the working hours of its end, so far as the record goes back. A completed bundle was carried
    up to its last delivery; where it had none, until all was released, by the store's clock.
    """
    start, end = shop_day(day)
    with one_moment():
        wanted = Q(courier_id__gt=after) if courier_id is None else Q(courier_id=courier_id)
        couriers = list(Courier.objects.filter(wanted).order_by("courier_id")[: most + 1])
        shown = couriers[:most]
        hours = {courier.courier_id: courier.working_hours for courier in shown}
        if end <= now:
            hours |= _hours_at(end, list(hours))
        bundles = _bundles([courier.courier_id for courier in shown], start, end)
        deliveries = _deliveries([bundle.pk for bundle in bundles])
    reached = MINUTES if now >= end else 0 if now < start else shop_minute(now)
    trips = defaultdict(list)
    for bundle in bundles:
        trip = _trip(bundle, deliveries[bundle.pk], day, reached)
        if trip is not None:
            trips[bundle.courier_id].append(trip)
    return Day(
        [_courier_day(courier_id, worked, trips[courier_id], reached) for courier_id, worked in hours.items()],
        reached if start <= now < end else None,
        len(couriers) > most,
    )


def _hours_at(instant: datetime, courier_ids: list[int]) -> dict[int, list[str]]:
    """The working hours then of those who have others since; who was hired since had none."""
    events = Event.objects.filter(courier_id__in=courier_ids, order_id=None, bundle_id=None, at__gte=instant)
    hours: dict[Any, list[str]] = {}
    for event in events.filter(what__in=[What.HIRED, What.CHANGED]).order_by("pk"):
        if event.what == What.HIRED:
            hours.setdefault(event.courier_id, [])
        elif changed := event.told.get("working_hours"):
            hours.setdefault(event.courier_id, changed["from"])
    return hours


def _bundles(courier_ids: list[int], start: datetime, end: datetime) -> list[Bundle]:
    """Those that they were handed on the day, of each courier the last one before it, for he carries one at a time, and
    those of which he delivered something on the day: clients may say so later.
    """
    before = Bundle.objects.filter(courier_id__in=courier_ids, assign_time__lt=start).order_by()
    last_before = before.values("courier_id").annotate(last=Max("bundle_id")).values("last")
    delivered = Order.objects.filter(complete_time__gte=start, complete_time__lt=end)
    completed = Event.objects.filter(bundle_id=OuterRef("pk"), order_id=None, what=What.COMPLETED).order_by("-pk")
    candidates = Bundle.objects.filter(
        Q(courier_id__in=courier_ids, assign_time__gte=start, assign_time__lt=end)
        | Q(bundle_id__in=list(last_before.values_list("last", flat=True)))
        | Q(courier_id__in=courier_ids, bundle_id__in=delivered.values("bundle_id"))
    )
    return list(candidates.annotate(completed_at=Subquery(completed.values("at")[:1])).order_by("assign_time", "pk"))


def _deliveries(bundle_ids: Collection[int]) -> dict[int, list[datetime | None]]:
    """By bundle, for each of its orders its complete time."""
    found: defaultdict[int, list[datetime | None]] = defaultdict(list)
    times = Order.objects.filter(bundle_id__in=bundle_ids).values_list("bundle_id", "complete_time")
    for bundle_id, complete_time in times.order_by(F("complete_time").asc(nulls_last=True)):
        found[bundle_id].append(complete_time)
    return found


def _trip(bundle: Bundle, times: list[datetime | None], day: date, reached: int) -> Trip | None:
    """None if he carried it on other days alone."""
    delivered = [time for time in times if time is not None]
    start = _minute_of(day, bundle.assign_time)
    end = reached
    if bundle.is_completed:
        end = _minute_of(day, delivered[-1] if delivered else bundle.completed_at or bundle.assign_time)  # type: ignore[attr-defined]  # annotated
    end = max(start, end)  # complete times are what clients say
    if end < 0:
        return None
    minutes = [_minute_of(day, time) for time in delivered]
    return Trip(
        bundle.pk,
        (max(start, 0), min(end, MINUTES)),
        not bundle.is_completed,
        len(times),
        len(delivered),
        [minute for minute in minutes if 0 <= minute < MINUTES],
    )


def _courier_day(courier_id: int, hours: Iterable[str], trips: list[Trip], reached: int) -> CourierDay:
    shifts = merged(map(parse_window, hours))
    carrying = merged(trip.carried for trip in trips)
    worked = sum(min(end, reached) - start for start, end in shifts if start < reached)
    busy = sum(max(0, min(end, to, reached) - max(start, since)) for start, end in shifts for since, to in carrying)
    return CourierDay(courier_id, shifts, trips, worked - busy)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same minutes in spans that do not overlap, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _minute_of(day: date, instant: datetime) -> int:
    """Before 0 where it was on an earlier day, and from MINUTES on where on a later one."""
    return (shop_time(instant).date() - day).days * MINUTES + shop_minute(instant)
