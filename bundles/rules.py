"""The arithmetic of bundles, rating and pay: values in, values out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from sweets_store.hours import hours_overlap

COEFFICIENTS: Mapping[str, int] = {"foot": 2, "bike": 5, "car": 9}
BASE_PAY = 500
HOUR = 3_600_000_000  # microseconds


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


def against(order: CarriedOrder, *, regions: Collection[int], working_hours: Sequence[str]) -> list[str]:
    """Return why a courier of these regions and hours could not carry even this order alone, its weight apart."""
    reasons = [] if order.region in regions else ["region"]
    return reasons if hours_overlap(order.delivery_hours, working_hours) else [*reasons, "hours"]


def delivery_time(complete_time: datetime, *, before: datetime) -> timedelta:
    """Return the time taken since the delivery before in the bundle, or its assign time (contract, "GET").

    It is never negative, though phones' clocks may say so.
    """
    return max(complete_time - before, timedelta(0))


class Added(NamedTuple):
    """What a courier's total of a region grows by; `time` is negative where a delivery took less than was thought."""

    deliveries: int
    time: timedelta


def added_by_delivery(
    *, region: int, complete_time: datetime, before: datetime, following: tuple[int, datetime] | None
) -> dict[int, Added]:
    """Return what a delivery adds to its courier's totals, by region.

    It takes its place in the bundle's order of (complete time, order id), `before` being the complete time that stands
    before it, or the assign time, and `following` the region and complete time of the delivery after it. That one's
    time, perhaps of another region, counts from here now; all others stay.
    """
    added = {region: Added(1, delivery_time(complete_time, before=before))}
    if following is not None:
        next_region, next_time = following
        change = delivery_time(next_time, before=complete_time) - delivery_time(next_time, before=before)
        deliveries, time = added.get(next_region, Added(0, timedelta(0)))
        added[next_region] = Added(deliveries, time + change)
    return added


class RegionTotal(NamedTuple):
    """The deliveries in a region and the sum of their times: `seconds`, and the `microseconds` beyond them."""

    deliveries: int
    seconds: int
    microseconds: int


def rating(totals: Iterable[RegionTotal]) -> Decimal:
    """Return the rating, 0.00 to 5.00, half up: the quicker his quickest region's mean, the better."""
    return Decimal(max(map(hundredths, totals), default=0)).scaleb(-2)


def hundredths(total: RegionTotal) -> int:
    """Return the rating that the region's mean alone would make, in hundredths; whole numbers keep it exact."""
    hours = HOUR * total.deliveries
    spared = max(hours - total.seconds * 1_000_000 - total.microseconds, 0)
    return (2 * 500 * spared + hours) // (2 * hours)


def pay(courier_type: str) -> int:
    """Return the pay for a completed bundle that delivered something, by the courier's type when it was formed."""
    return BASE_PAY * COEFFICIENTS[courier_type]
