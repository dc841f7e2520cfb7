"""The couriers and orders that are sent: drawn at random from a fixed seed, so that every run sends the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

SEED = 20_261_124
DAYTIME = ["10:00-18:00"]
NOWHERE: list[int] = []
"""The regions of a courier who is to be relieved of all that he carries."""

Order = dict[str, Any]
Courier = dict[str, Any]
Draw = Callable[[Random], tuple[int, str]]
"""Draws an order's weight in hundredths of a kilogram and its window."""


def window(first_half_hour: int, half_hours: int) -> str:
    behind = min(first_half_hour + half_hours, 47)
    return f"{first_half_hour // 2:02}:{first_half_hour % 2 * 30:02}-{behind // 2:02}:{behind % 2 * 30:02}"


def drawn_window(random: Random, shortest_hours: int, longest_hours: int) -> str:
    half_hours = random.randint(2 * shortest_hours, 2 * longest_hours)
    return window(random.randint(0, 47 - half_hours), half_hours)


def any_order(random: Random) -> tuple[int, str]:
    return random.randint(1, 5_000), drawn_window(random, 1, 4)


def mostly_light(*, light: Sequence[str], other: str) -> Draw:
    """99 of 100 orders are the lightest, in the windows `light`; the others are heavier, in `other`."""

    def draw(random: Random) -> tuple[int, str]:
        if random.random() < 0.99:
            return random.randint(1, 50), random.choice(light)
        return random.randint(51, 5_000), other

    return draw


@dataclass(frozen=True)
class Shape:
    """What a backlog and its couriers look like. Couriers without `working_hours` work four to nine hours."""

    name: str
    draw: Draw = any_order
    regions: int = 20
    regions_each: int = 3
    working_hours: str = ""
    courier_types: tuple[str, ...] = ("foot", "bike", "car")
    smallest_backlog: int = 0
    """Fewer do not show what the shape is about."""

    goal: float = 2.0
    """How often the time at the smallest backlog the time at the largest may take."""


UNIFORM = Shape("uniform")
LIGHT_OUTSIDE_HOURS = Shape(
    "99 % lightest, outside his hours",
    draw=mostly_light(light=("00:00-02:00", "03:30-06:00", "05:00-08:30", "19:00-22:00"), other="11:00-14:00"),
    working_hours="10:00-17:00",
    goal=3.0,
)
LIGHT_END_BEFORE = Shape(
    "99 % lightest, end half an hour before he starts",
    draw=mostly_light(light=("06:30-10:00", "08:00-10:00", "09:00-10:00"), other="11:00-14:00"),
    working_hours="10:30-17:30",
    goal=3.0,
)
LIGHT_END_AT_ODD_MINUTES = Shape(
    "99 % lightest, end within his first half-hour",
    draw=mostly_light(light=("06:35-09:05", "08:00-09:15", "09:05-09:15"), other="11:00-14:00"),
    working_hours="09:15-17:15",
    goal=3.0,
)
MANY_REGIONS = Shape("500 regions of 5,000", regions=5_000, regions_each=500)
ONE_REGION = Shape("one region holds everything", regions=1, regions_each=1)
FULL_CAR = Shape(
    "a car full of orders of 0.01 kg",
    draw=lambda random: (1, "11:00-14:00"),
    regions=3,
    working_hours="10:00-17:00",
    courier_types=("car",),
    smallest_backlog=10_000,
)


OTHER_SHAPES = (
    LIGHT_OUTSIDE_HOURS,
    LIGHT_END_BEFORE,
    LIGHT_END_AT_ODD_MINUTES,
    MANY_REGIONS,
    ONE_REGION,
    FULL_CAR,
)


def drawn_orders(shape: Shape, ids: Sequence[int], regions: Sequence[int]) -> Iterator[Order]:
    random = Random(SEED)
    for order_id in ids:
        weight, hours = shape.draw(random)
        yield {
            "order_id": order_id,
            "weight": weight / 100,
            "region": random.choice(regions),
            "delivery_hours": [hours],
        }


def drawn_couriers(shape: Shape, ids: Sequence[int], regions: Sequence[int]) -> list[Courier]:
    random = Random(SEED)
    return [
        {
            "courier_id": courier_id,
            "courier_type": shape.courier_types[place % len(shape.courier_types)],
            "regions": sorted(random.sample(regions, shape.regions_each)),
            "working_hours": [shape.working_hours or drawn_window(random, 4, 9)],
        }
        for place, courier_id in enumerate(ids)
    ]


def plain_courier(courier_id: int, region: int, *, courier_type: str = "foot") -> Courier:
    """He works in one region, and can take its plain orders."""
    return {"courier_id": courier_id, "courier_type": courier_type, "regions": [region], "working_hours": DAYTIME}


def plain_order(order_id: int, region: int, *, weight: float = 1) -> Order:
    return {"order_id": order_id, "weight": weight, "region": region, "delivery_hours": DAYTIME}


def bad_orders(ids: Sequence[int]) -> list[Order]:
    """Orders with a usable id and nothing else good."""
    return [{"order_id": order_id, "weight": 0, "region": "1", "delivery_hours": ["9-18"]} for order_id in ids]
