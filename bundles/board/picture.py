"""Where today goes wrong: the kilograms that wait against the kilograms that couriers carry, by region and hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from bundles.board.coverage import Crews, shift_of
from bundles.board.reads import Waiting
from sweets_store.hours import EDGE_BITS

WORST = 20
HOURS = range(24)


class Cell(NamedTuple):
    """An hour of a region, in kilograms. What waits through several hours counts in each."""

    waiting: float
    capacity: float

    @property
    def missing(self) -> float:
        return max(self.waiting - self.capacity, 0)


class Line(NamedTuple):
    region: int
    cells: list[Cell]


def picture(waiting: Iterable[Waiting], crews: Crews, *, hour: int) -> list[Line]:
    """Return the worst regions, those first that miss the most kilograms in the hours from `hour` on.

    A courier's capacity counts in every hour of which he works a minute, in equal shares in each of his regions: he can
    be everywhere, but only once.
    """
    wanted: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * 24)
    for group in waiting:
        row = wanted[group.region]
        for touched in hours_of(group.mask >> EDGE_BITS):
            row[touched] += float(group.weight)
    lines = []
    for region, row in wanted.items():
        capacity = _by_hour(crews.get(region, {}))
        lines.append(Line(region, [Cell(row[at], capacity[at]) for at in HOURS]))
    lines.sort(key=lambda line: (-sum(cell.missing for cell in line.cells[hour:]), line.region))
    return lines[:WORST]


def _by_hour(crew: Mapping[tuple[str, str], float]) -> list[float]:
    row = [0.0] * 24
    for (_, hours), share in crew.items():
        for worked in hours_of(shift_of(hours).touched):
            row[worked] += share
    return row


@lru_cache(maxsize=16_384)
def hours_of(half_hours: int) -> tuple[int, ...]:
    """The hours of the day that a mask of half-hours touches."""
    return tuple(hour for hour in HOURS if half_hours >> 2 * hour & 0b11)
