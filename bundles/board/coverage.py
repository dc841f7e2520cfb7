"""Which open orders the couriers of their region could take, worked out group by group."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from bundles.board.reads import Group, Waiting, Worker
from couriers.models import CAPACITIES
from sweets_store.hours import EDGE_BITS, filled_half_hours, minute_mask, touched_half_hours

# Who carries an order of at most 10 kg, of more than that, of more than 15 kg.
ABLE = (("foot", "bike", "car"), ("bike", "car"), ("car",))
CAPACITY = {kind.value: float(capacity) for kind, capacity in CAPACITIES.items()}


class Shift:
    """Working hours as masks: minutes of the day, and half-hours of which they hold a minute, or all of them."""

    def __init__(self, minutes: int = 0, touched: int = 0, filled: int = 0) -> None:
        self.minutes, self.touched, self.filled = minutes, touched, filled

    def add(self, other: "Shift") -> None:
        self.minutes |= other.minutes
        self.touched |= other.touched
        self.filled |= other.filled

    def is_undecided(self, group: Waiting) -> bool:
        """Whether the half-hours alone do not tell if these hours overlap those of the group."""
        half_hours = group.mask >> EDGE_BITS
        return bool(half_hours & self.touched) and not half_hours & self.filled

    def overlaps(self, group: Waiting) -> bool:
        if group.hours is not None:
            return bool(order_minutes(group.hours) & self.minutes)
        return bool(group.mask >> EDGE_BITS & self.filled)


@lru_cache(maxsize=16_384)
def shift_of(hours: str) -> Shift:
    windows = json.loads(hours)
    return Shift(minute_mask(windows), touched_half_hours(windows), filled_half_hours(windows))


@lru_cache(maxsize=16_384)
def order_minutes(hours: str) -> int:
    return minute_mask(json.loads(hours))


# By region and by (type, working hours): the kilograms of the couriers who are so, each in equal shares in his regions.
Crews = Mapping[int, Mapping[tuple[str, str], float]]


def crews_of(workers: Iterable[Worker]) -> Crews:
    crews: defaultdict[int, defaultdict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for _, kind, regions, hours in workers:
        if regions:
            alike, share = (kind, hours), CAPACITY[kind] / len(regions)
            for region in regions:
                crews[region][alike] += share
    return crews


class Coverage:
    """The hours in which some couriers work, by region and by what they can carry; `minute`: only who works then."""

    def __init__(self, crews: Crews, *, minute: int | None = None) -> None:
        self._shifts = {region: self._by_weight(crew, minute) for region, crew in crews.items()}

    @staticmethod
    def _by_weight(crew: Iterable[tuple[str, str]], minute: int | None) -> list[Shift]:
        by_kind = {kind: Shift() for kind in CAPACITY}
        for kind, hours in crew:
            shift = shift_of(hours)
            if minute is None or shift.minutes >> minute & 1:
                by_kind[kind].add(shift)
        by_weight = [Shift() for _ in ABLE]
        for together, able in zip(by_weight, ABLE, strict=True):
            for kind in able:
                together.add(by_kind[kind])
        return by_weight

    def undecided(self, groups: Iterable[Waiting]) -> set[Group]:
        return {
            (group.region, group.mask)
            for group in groups
            if any(shift.is_undecided(group) for shift in self._shifts.get(group.region, ()))
        }

    def able(self, group: Waiting) -> int:
        """How many of the three classes of weight, from the lightest, one of the couriers could take of the group."""
        able = 0
        for shift in self._shifts.get(group.region, ()):
            if not shift.overlaps(group):  # then neither do the hours of the fewer who carry more
                break
            able += 1
        return able
