"""What the board reads, in plain SQL: counted by the database, from indexes alone wherever there are many."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import starmap
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from bundles.rules import pay
from couriers.models import CAPACITIES, CourierType
from orders.models import Order
from sweets_store.instants import instant_from_column, instant_to_column

FOOT, BIKE = CAPACITIES[CourierType.FOOT], CAPACITIES[CourierType.BIKE]


class Waiting(NamedTuple):
    """Free orders of a region with one delivery mask, or, where `hours` are told, with these delivery hours.

    `grams`: what they weigh; `above_foot` and `above_bike` are those of them that weigh more than one on foot or on a
    bike carries.
    """

    region: int
    mask: int
    orders: int
    grams: int
    above_foot: int
    above_bike: int
    hours: str | None = None

    def of_classes(self, able: int) -> int:
        """How many orders the first classes of weight hold: up to what one on foot, on a bike, in a car carries."""
        return (0, self.orders - self.above_foot, self.orders - self.above_bike, self.orders)[able]


class Worker(NamedTuple):
    """A courier; `regions` and working `hours` are JSON text, for many have the same."""

    courier_id: int
    courier_type: str
    regions: str
    hours: str


class ActiveBundle(NamedTuple):
    """`weight`: the kilograms that are still to be delivered, of the `capacity` of its courier now."""

    bundle_id: int
    courier_id: int
    assign_time: datetime
    orders: int
    delivered: int
    weight: Decimal
    capacity: Decimal


class Located(NamedTuple):
    """An undelivered order; `bundle_id` is None where it is free."""

    order_id: int
    region: int
    weight: Decimal
    mask: int
    bundle_id: int | None


class Today(NamedTuple):
    """`earnings` are the pay for completed bundles whose last delivery is of the day; `mean` is to the second."""

    delivered: int
    earnings: int
    mean: timedelta | None


Group = tuple[int, int]  # region and delivery mask


def waiting() -> list[Waiting]:
    return list(starmap(Waiting, _read(_WAITING)))


def waiting_by_hours(groups: Collection[Group]) -> list[Waiting]:
    """The waiting orders of the groups, parted further by their delivery hours."""
    if not groups:
        return []
    return list(starmap(Waiting, _read(_WAITING_BY_HOURS[connection.vendor], {"groups": _listed(groups)})))


def first_heavier(groups: Sequence[tuple[Waiting, Decimal]], limit: int) -> list[int]:
    """The ids of a few orders, each of one of the groups and heavier than is said there."""
    if not groups:
        return []
    heavier = Q(*(_heavier(group, weight) for group, weight in groups), _connector=Q.OR)
    return sorted(Order.objects.free().filter(heavier).order_by().values_list("order_id", flat=True)[:limit])


def _heavier(group: Waiting, weight: Decimal) -> Q:
    alike = Q(region=group.region, delivery_mask=group.mask, weight__gt=weight)
    return alike if group.hours is None else alike & Q(delivery_hours=json.loads(group.hours))


def workers() -> tuple[Worker, ...]:
    return tuple(starmap(Worker, _read(_WORKERS)))


def carriers() -> set[int]:
    """The couriers who have an active bundle."""
    return {courier_id for (courier_id,) in _read(_CARRIERS)}


def oldest_active(limit: int) -> list[ActiveBundle]:
    return [
        ActiveBundle(
            bundle_id, courier_id, instant_from_column(since), orders, delivered, kilograms(weight), CAPACITIES[kind]
        )
        for bundle_id, courier_id, since, orders, delivered, weight, kind in _read(_OLDEST, {"limit": limit})
    ]


def assigned_by_mask() -> list[tuple[int, int]]:
    """Return (delivery mask, how many) of the orders that are carried."""
    return _read(_ASSIGNED[connection.vendor])


def kilograms(weight: Any) -> Decimal:
    """SQLite adds weights up as floating point: the sum is exact again once it has two decimals."""
    return weight if isinstance(weight, Decimal) else Decimal(round(weight * 100)).scaleb(-2)


def free_orders_of(groups: Sequence[Group], limit: int) -> list[Located]:
    """The first orders of the groups, in their order."""
    return _located(_FREE_OF[connection.vendor], {"groups": _listed(groups), "limit": limit})


def assigned_orders_of(masks: Sequence[int], limit: int) -> list[Located]:
    """Orders that are carried and have one of the masks, those of the last mask only after the others."""
    asked = {"masks": json.dumps(list(masks)), "last": masks[-1] if masks else 0, "limit": limit}
    return _located(_ASSIGNED_OF[connection.vendor], asked)


def _located(statement: str, asked: dict[str, Any]) -> list[Located]:
    return [
        Located(order_id, region, kilograms(weight), mask, bundle_id)
        for order_id, region, weight, mask, bundle_id in _read(statement, asked)
    ]


def today(*, start: datetime, end: datetime) -> Today:
    """What was delivered from `start` up to `end`.

    The delivery times of a bundle in their order add up to the time from its first delivery to its last, and before the
    first one the time since the assign, or the delivery before the day.
    """
    asked = {"start": instant_to_column(start), "end": instant_to_column(end)}
    delivered, earnings, seconds = 0, 0, 0.0
    for kind, orders, paid_bundles, taken in _read(_TODAY[connection.vendor], asked):
        delivered += int(orders)
        earnings += paid_bundles * pay(kind)
        seconds += float(taken)
    return Today(delivered, earnings, timedelta(seconds=round(seconds / delivered)) if delivered else None)


def _listed(groups: Collection[Group]) -> str:
    return json.dumps(list(groups))


def _read(statement: str, asked: dict[str, Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows: list[Any] = cursor.fetchall()
        return rows


# Below, what is put into the statements are only our own words.
# ruff: noqa: S608

_COUNTS = f"""
    count(*), CAST(round(1000 * sum(weight)) AS bigint),
    count(CASE WHEN weight > {FOOT} THEN 1 END), count(CASE WHEN weight > {BIKE} THEN 1 END)
"""
_WAITING = f"SELECT region, delivery_mask, {_COUNTS} FROM orders WHERE bundle_id IS NULL GROUP BY region, delivery_mask"

_GROUPS = {
    "postgresql": """
        (SELECT (pair->>0)::bigint AS region, (pair->>1)::bigint AS mask, place
         FROM json_array_elements(%(groups)s::json) WITH ORDINALITY AS given (pair, place)) AS asked
    """,
    "sqlite": """
        (SELECT json_extract(value, '$[0]') AS region, json_extract(value, '$[1]') AS mask, key AS place
         FROM json_each(%(groups)s)) AS asked
    """,
}
_WAITING_BY_HOURS = {
    vendor: f"""
        SELECT orders.region, delivery_mask, {_COUNTS}, {hours}
        FROM {_GROUPS[vendor]} CROSS JOIN orders
        WHERE orders.region = asked.region AND delivery_mask = mask AND bundle_id IS NULL
        GROUP BY orders.region, delivery_mask, {hours}
    """
    for vendor, hours in {"postgresql": "delivery_hours::text", "sqlite": "delivery_hours"}.items()
}

_WORKERS = "SELECT courier_id, courier_type, CAST(regions AS text), CAST(working_hours AS text) FROM couriers"
_CARRIERS = "SELECT courier_id FROM bundles WHERE NOT is_completed"

# Bundles are numbered as they are formed.
_OLDEST = """
    SELECT bundle_id, courier_id, assign_time, orders, delivered, weight, courier_type
    FROM (
        SELECT active.bundle_id, active.courier_id, active.assign_time, count(*) AS orders,
               count(complete_time) AS delivered,
               coalesce(sum(CASE WHEN complete_time IS NULL THEN weight END), 0) AS weight
        FROM (SELECT bundle_id, courier_id, assign_time FROM bundles WHERE NOT is_completed
              ORDER BY bundle_id LIMIT %(limit)s) AS active
        JOIN orders ON orders.bundle_id = active.bundle_id
        GROUP BY active.bundle_id, active.courier_id, active.assign_time) AS counted
    JOIN couriers USING (courier_id)
    ORDER BY bundle_id
"""

# SQLite's planner takes the bundles' index, which holds every delivered order, too, for the narrower one.
_CARRIED = {"postgresql": "orders", "sqlite": "orders INDEXED BY undelivered_orders"}
_ASSIGNED = {
    vendor: f"""
        SELECT delivery_mask, count(*) FROM {orders} WHERE bundle_id IS NOT NULL AND complete_time IS NULL
        GROUP BY delivery_mask
    """
    for vendor, orders in _CARRIED.items()
}
_FREE_OF = {
    vendor: f"""
        SELECT order_id, orders.region, weight, delivery_mask, bundle_id FROM {_GROUPS[vendor]} CROSS JOIN orders
        WHERE orders.region = asked.region AND delivery_mask = mask AND bundle_id IS NULL
        ORDER BY place, weight, order_id LIMIT %(limit)s
    """
    for vendor in _GROUPS
}
_ASSIGNED_OF = {
    vendor: f"""
        SELECT order_id, region, weight, delivery_mask, bundle_id FROM orders WHERE order_id IN (
            SELECT order_id FROM {_CARRIED[vendor]}
            WHERE bundle_id IS NOT NULL AND complete_time IS NULL AND delivery_mask IN (SELECT {mask})
            ORDER BY delivery_mask = %(last)s, order_id LIMIT %(limit)s)
    """
    for vendor, mask in {
        "postgresql": "json_array_elements_text(%(masks)s::json)::bigint",
        "sqlite": "value FROM json_each(%(masks)s)",
    }.items()
}

_TODAY = {
    vendor: f"""
        SELECT courier_type, sum(orders), count(CASE WHEN pays THEN 1 END), sum({seconds})
        FROM (
            SELECT courier_type, orders, first_time, last_time,
                   coalesce(
                       (SELECT max(complete_time) FROM orders AS earlier
                        WHERE earlier.bundle_id = delivered.bundle_id AND earlier.complete_time < %(start)s),
                       assign_time) AS before,
                   is_completed AND bundles.bundle_id NOT IN (
                       SELECT bundle_id FROM orders WHERE complete_time >= %(end)s) AS pays
            FROM (
                SELECT bundle_id, count(*) AS orders, min(complete_time) AS first_time, max(complete_time) AS last_time
                FROM orders WHERE complete_time >= %(start)s AND complete_time < %(end)s
                GROUP BY bundle_id) AS delivered
            JOIN bundles ON bundles.bundle_id = delivered.bundle_id) AS bundles_of_the_day
        GROUP BY courier_type
    """
    for vendor, seconds in {
        "postgresql": "extract(epoch FROM last_time - first_time + greatest(first_time - before, interval '0'))",
        "sqlite": "86400 * (julianday(last_time) - julianday(first_time)"
        " + max(julianday(first_time) - julianday(before), 0))",
    }.items()
}
