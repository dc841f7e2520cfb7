"""How the old service chose: it read all open orders of the database and looked through them in Python."""

import json
import time
from collections.abc import Sequence

from benchmarks.data import Courier
from benchmarks.databases import Database, OpenOrder

CAPACITIES = {"foot": 10, "bike": 15, "car": 50}


def seconds_to_choose(database: Database, courier: Courier) -> float:
    """The seconds to read the backlog and choose; nothing is written."""
    started = time.perf_counter()
    chosen(courier, database.open_orders())
    return time.perf_counter() - started


def chosen(courier: Courier, open_orders: Sequence[OpenOrder]) -> list[int]:
    regions, worked = set(courier["regions"]), [minutes(hours) for hours in courier["working_hours"]]
    fitting = sorted(
        (weight, order_id)
        for order_id, weight, region, hours in open_orders
        if region in regions and overlap(worked, hours if isinstance(hours, list) else json.loads(hours))
    )
    taken, load = [], 0.0
    for weight, order_id in fitting:
        load += float(weight)
        if load > CAPACITIES[courier["courier_type"]]:
            break
        taken.append(order_id)
    return taken


def overlap(worked: Sequence[tuple[int, int]], delivery_hours: Sequence[str]) -> bool:
    return any(
        start < worked_end and worked_start < end
        for start, end in map(minutes, delivery_hours)
        for worked_start, worked_end in worked
    )


def minutes(hours: str) -> tuple[int, int]:
    return int(hours[:2]) * 60 + int(hours[3:5]), int(hours[6:8]) * 60 + int(hours[9:])
