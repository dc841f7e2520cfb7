"""Who works when, and which open orders he could take: worked out group by group, and kept while couriers stay as
they are.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from bundles.board.reads import Group, Waiting, Worker
from couriers.models import CAPACITIES
from sweets_store.hours import EDGE_BITS, filled_half_hours, minute_mask, touched_half_hours

HOURS = range(24)
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


@lru_cache(maxsize=16_384)
def shift_of(hours: str) -> Shift:
    windows = json.loads(hours)
    return Shift(minute_mask(windows), touched_half_hours(windows), filled_half_hours(windows))


@lru_cache(maxsize=16_384)
def order_minutes(hours: str) -> int:
    return minute_mask(json.loads(hours))


@lru_cache(maxsize=16_384)
def hours_of(half_hours: int) -> tuple[int, ...]:
    """The hours of the day that a mask of half-hours touches."""
    return tuple(hour for hour in HOURS if half_hours >> 2 * hour & 0b11)


# By region and by (type, working hours): the kilograms of the couriers who are so, each in equal shares in his regions.
Crews = Mapping[int, Mapping[tuple[str, str], float]]


class Coverage:
    """The hours in which some couriers work, by region and by what they can carry; `minute`: only who works then."""

    def __init__(self, crews: Crews, *, minute: int | None = None) -> None:
        self._shifts = {region: self._by_weight(crew, minute) for region, crew in crews.items()}
        self._told: dict[Group, int | None] = {}

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

    def able(self, group: Waiting) -> int | None:
        """How many of the three classes of weight, from the lightest, one of the couriers could take of the group.

        None where only the group's hours to the minute, which it does not have, would tell.
        """
        if group.hours is not None:
            return self._by_minutes(group.region, order_minutes(group.hours))
        asked = group.region, group.mask
        if asked not in self._told:
            self._told[asked] = self._by_half_hours(group.region, group.mask >> EDGE_BITS)
        return self._told[asked]

    # In both: where the hours of some do not overlap, neither do those of the fewer who carry more.

    def _by_half_hours(self, region: int, half_hours: int) -> int | None:
        able = 0
        for shift in self._shifts.get(region, ()):
            if not half_hours & shift.touched:
                break
            if not half_hours & shift.filled:
                return None
            able += 1
        return able

    def _by_minutes(self, region: int, minutes: int) -> int:
        return sum(bool(minutes & shift.minutes) for shift in self._shifts.get(region, ()))


class OnShift(NamedTuple):
    """Who works at a minute of the day: ids, ascending."""

    couriers: list[int]
    coverage: Coverage


class Staff:
    """All couriers."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._crews: defaultdict[int, defaultdict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
        for worker in workers:
            regions = json.loads(worker.regions)
            for region in regions:
                share = CAPACITY[worker.courier_type] / len(regions)
                self._crews[region][worker.courier_type, worker.hours] += share
        self.at = lru_cache(maxsize=1)(self._at)

    @cached_property
    def ever(self) -> Coverage:
        return Coverage(self._crews)

    def _at(self, minute: int) -> OnShift:
        couriers = [worker.courier_id for worker in self._workers if shift_of(worker.hours).minutes >> minute & 1]
        return OnShift(sorted(couriers), Coverage(self._crews, minute=minute))

    @cached_property
    def capacity(self) -> Mapping[int, Sequence[float]]:
        """By region: the kilograms that can be carried in each hour of the day.

        A courier's capacity counts in every hour of which he works a minute, in equal shares in each of his regions: he
        can be everywhere, but only once.
        """
        by_region = {}
        for region, crew in self._crews.items():
            row = by_region[region] = [0.0] * len(HOURS)
            for (_, hours), share in crew.items():
                for worked in hours_of(shift_of(hours).touched):
                    row[worked] += share
        return by_region


@lru_cache(maxsize=1)
def staff_of(workers: Sequence[Worker]) -> Staff:
    """The same `Staff` again for as long as each courier is what he was, so that a board need not think it through."""
    return Staff(workers)
