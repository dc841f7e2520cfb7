"""The dispatcher's board: what is open, who is on shift, what runs late, what today has brought; all of one moment.

Hours are read in the shop's time zone. Work is counted by region and hours, not order by order, so the board costs
about the same however many orders there are.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest
from itertools import accumulate, islice
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from bundles.board import reads
from bundles.board.coverage import Coverage, OnShift, staff_of
from bundles.board.picture import Line, picture
from bundles.board.reads import ActiveBundle, Today, Waiting
from couriers.models import Courier
from sweets_store.hours import outer_window
from sweets_store.instants import shop_day, shop_minute
from sweets_store.one_moment import one_moment

LISTED = 50
NAMED = 5
SOON = 60  # minutes


class RegionLine(NamedTuple):
    """Open orders of a region and their kilograms; `takable` a courier on shift can take, `hopeless` none ever can."""

    region: int
    orders: int
    weight: Decimal
    takable: int
    hopeless: int


class Closing(NamedTuple):
    """An undelivered order whose last delivery window ends, or has ended, today at `minute` of the day."""

    order_id: int
    region: int
    weight: Decimal
    minute: int
    bundle_id: int | None


class Count(NamedTuple):
    free: int
    assigned: int


class Takable(NamedTuple):
    """How many classes of weight, from the lightest, of the group who is on shift could take, and who works ever."""

    group: Waiting
    now: int
    ever: int


class Board(NamedTuple):
    """`now` is local. `on_shift` works at this minute, and carries nothing where `idle`.

    The lists are bounded: `hopeless_first` and `idle_couriers` (ids), `oldest_bundles`, `closing_first` (those that
    close soonest, then those that have closed last), and the worst regions of the `picture`.
    """

    now: datetime
    regions: list[RegionLine]
    hopeless_first: list[int]
    on_shift: int
    idle: int
    idle_couriers: list[int]
    active_bundles: int
    oldest_bundles: list[ActiveBundle]
    closing: Count
    closed: Count
    closing_first: list[Closing]
    today: Today
    picture: list[Line]


def board(*, now: datetime) -> Board:
    """Return what the board shows at this instant."""
    local = timezone.localtime(now)
    minute = shop_minute(now)
    midnight, next_midnight = shop_day(local.date())
    with one_moment():
        staff, carriers, waiting = staff_of(reads.workers()), reads.carriers(), reads.waiting()
        on_shift = staff.at(minute)
        idle = _idle(on_shift, carriers)
        closing, closed, closing_first = _closing(waiting, minute)
        takable = _takable(waiting, on_shift.coverage, staff.ever)
        return Board(
            now=local,
            regions=_regions(takable),
            hopeless_first=_first_hopeless(takable),
            on_shift=len(on_shift.couriers),
            idle=len(idle),
            idle_couriers=idle[:LISTED],
            active_bundles=len(carriers),
            oldest_bundles=reads.oldest_active(LISTED),
            closing=closing,
            closed=closed,
            closing_first=closing_first,
            today=reads.today(start=midnight, end=next_midnight),
            picture=picture(waiting, staff.capacity, hour=local.hour),
        )


def idle_couriers(*, regions: Collection[int], now: datetime) -> list[int]:
    """Who of these regions is on shift at this instant and carries nothing: ids, ascending."""
    working = Q(*(Q(regions__holds=region) for region in regions), _connector=Q.OR)
    with one_moment():
        here = set(Courier.objects.filter(working).values_list("pk", flat=True))
        idle = _idle(staff_of(reads.workers()).at(shop_minute(now)), reads.carriers())
    return [courier_id for courier_id in idle if courier_id in here]


def _idle(on_shift: OnShift, carriers: Collection[int]) -> list[int]:
    return [courier_id for courier_id in on_shift.couriers if courier_id not in carriers]


def _takable(waiting: list[Waiting], working: Coverage, ever: Coverage) -> list[Takable]:
    """What of the groups can be taken, in finer groups where half-hours alone do not tell."""
    told, undecided = [], set()
    for group in waiting:
        able_now, able_ever = working.able(group), ever.able(group)
        if able_now is None or able_ever is None:
            undecided.add((group.region, group.mask))
        else:
            told.append(Takable(group, able_now, able_ever))
    for group in reads.waiting_by_hours(undecided):
        told.append(Takable(group, working.able(group) or 0, ever.able(group) or 0))
    return told


def _first_hopeless(takable: list[Takable]) -> list[int]:
    """The first classes of weight are able to be taken, the heavier ones are not."""
    heaviest = (Decimal(0), reads.FOOT, reads.BIKE, Decimal(50))
    hopeless = (
        (group, heaviest[ever]) for group, _, ever in takable if ever < 3 and group.of_classes(ever) < group.orders
    )
    return reads.first_heavier(list(islice(hopeless, NAMED)), NAMED)


def _regions(takable: list[Takable]) -> list[RegionLine]:
    lines: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for group, now, ever in takable:
        line = lines[group.region]
        line[0] += group.orders
        line[1] += group.grams
        line[2] += group.of_classes(now)
        line[3] += group.orders - group.of_classes(ever)
    return [
        RegionLine(region, orders, Decimal(grams).scaleb(-3), able, hopeless)
        for region, (orders, grams, able, hopeless) in sorted(lines.items())
    ]


def _closing(waiting: list[Waiting], minute: int) -> tuple[Count, Count, list[Closing]]:
    """Count what closes within the hour and what has closed, and list the first of them."""
    carried = reads.assigned_by_mask()
    urgency = _urgency({group.mask for group in waiting} | {mask for mask, _ in carried}, minute)
    free = [(urgency[group.mask], group[:2], group.orders) for group in waiting if group.mask in urgency]
    assigned = [(urgency[mask], mask, orders) for mask, orders in carried if mask in urgency]
    closing, closed = (
        Count(*(sum(orders for (over, _), _, orders in some if over is ended) for some in (free, assigned)))
        for ended in (False, True)
    )
    first = [
        *reads.free_orders_of(_first(free), LISTED),
        *reads.assigned_orders_of(_first(assigned), LISTED),
    ]
    first.sort(key=lambda order: (urgency[order.mask], order.order_id))
    listed = [Closing(order.order_id, order.region, order.weight, _end(order.mask), order.bundle_id) for order in first]
    return closing, closed, listed[:LISTED]


def _urgency(masks: set[int], minute: int) -> dict[int, tuple[bool, int]]:
    """Of the masks whose last window closes within the hour or has closed: whether it has, and how far away that is."""
    left = {mask: _end(mask) - minute for mask in masks if mask}
    return {mask: (minutes <= 0, abs(minutes)) for mask, minutes in left.items() if minutes <= SOON}


def _first(groups: list[tuple[Any, Any, int]]) -> list[Any]:
    """The groups that hold the first LISTED orders."""
    urgent = nsmallest(LISTED, groups)
    before = accumulate((orders for _, _, orders in urgent), initial=0)
    return [group for (_, group, _), passed in zip(urgent, before, strict=False) if passed < LISTED]


def _end(mask: int) -> int:
    return outer_window(mask)[1]
