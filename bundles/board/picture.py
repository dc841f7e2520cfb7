"""Where today goes wrong: the kilograms that wait against the kilograms that couriers carry, by region and hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bundles.board.coverage import HOURS, hours_of
from bundles.board.reads import Waiting
from sweets_store.hours import EDGE_BITS

WORST = 20
NOBODY = [0.0] * len(HOURS)


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


def picture(waiting: Iterable[Waiting], capacity: Mapping[int, Sequence[float]], *, hour: int) -> list[Line]:
    """Return the worst regions, those first that miss the most kilograms in the hours from `hour` on."""
    wanted: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(HOURS))
    for group in waiting:
        row = wanted[group.region]
        for touched in hours_of(group.mask >> EDGE_BITS):
            row[touched] += group.grams
    missing = {
        region: sum(max(row[at] / 1000 - there[at], 0) for at in HOURS[hour:])
        for region, row in wanted.items()
        for there in [capacity.get(region, NOBODY)]
    }
    worst = sorted(wanted, key=lambda region: (-missing[region], region))[:WORST]
    return [
        Line(
            region,
            [
                Cell(grams / 1000, there)
                for grams, there in zip(wanted[region], capacity.get(region, NOBODY), strict=True)
            ],
        )
        for region in worst
    ]
