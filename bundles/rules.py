"""The arithmetic of bundles, rating and pay: values in, values out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol, TypeVar

from sweets_store.hours import hours_overlap

COEFFICIENTS: Mapping[str, int] = {"foot": 2, "bike": 5, "car": 9}
BASE_PAY = 500
MICROSECOND = timedelta(microseconds=1)


class Weighed(Protocol):
    @property
    def weight(self) -> Decimal | int: ...


class CarriedOrder(NamedTuple):
    order_id: int
    weight: Decimal
    region: int
    delivery_hours: Sequence[str]
    bundle_id: int


WeighedOrder = TypeVar("WeighedOrder", bound=Weighed)


def take_while_they_fit(lightest_first: Iterable[WeighedOrder], *, capacity: Decimal | int) -> list[WeighedOrder]:
    """Return the most orders that `capacity` holds: the lightest, up to the first that is too much.

    Weights and capacity are exact and of one unit.

    The iterable is read no further than that order: all behind it are as heavy or heavier.
    """
    taken: list[WeighedOrder] = []
    load: Decimal | int = 0
    for order in lightest_first:
        load += order.weight
        if load > capacity:
            break
        taken.append(order)
    return taken


def keep_what_fits(
    lightest_first: Iterable[CarriedOrder], *, capacity: Decimal, regions: Collection[int], working_hours: Sequence[str]
) -> list[CarriedOrder]:
    """Return the undelivered orders that a changed courier goes on carrying (contract, "PATCH")."""
    fitting = (
        order
        for order in lightest_first
        if order.region in regions and hours_overlap(order.delivery_hours, working_hours)
    )
    return take_while_they_fit(fitting, capacity=capacity)


def delivery_times(
    assign_time: datetime, deliveries: Iterable[tuple[datetime, int, int]]
) -> Iterator[tuple[int, timedelta]]:
    """Yield (region, time taken) for each delivered order of one bundle.

    `deliveries` are (complete time, order id, region). Each order's time counts from the delivery before it, the first
    one's from the assign time, and is never negative, though phones' clocks may say so (contract, "GET").
    """
    before = assign_time
    for complete_time, _, region in sorted(deliveries):
        yield region, max(complete_time - before, timedelta(0))
        before = complete_time


def rating(times: Iterable[tuple[int, timedelta]]) -> Decimal | None:
    """Return the rating, 0.00 to 5.00: the quicker his quickest region's mean, the better; None without deliveries."""
    by_region = defaultdict(list)
    for region, time in times:
        by_region[region].append(time)
    if not by_region:
        return None
    best_mean = min(Fraction(sum(taken, timedelta(0)) // MICROSECOND, len(taken)) for taken in by_region.values())
    t = min(best_mean / 1_000_000, Fraction(3600))
    hundredths = (3600 - t) / 3600 * 500
    return Decimal(int(hundredths + Fraction(1, 2))).scaleb(-2)


def pay(courier_types: Iterable[str]) -> int:
    """Return the pay for completed bundles that delivered something, by the courier's type when each was formed."""
    return sum(BASE_PAY * COEFFICIENTS[courier_type] for courier_type in courier_types)
