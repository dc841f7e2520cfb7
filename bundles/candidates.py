"""The free orders that a courier could take, lightest first: what `assign` reads instead of the backlog.

Both databases walk the index `free_orders_by_weight` region by region and stop when the bundle is surely full, so the
work follows the bundle and not the backlog. It is one statement on each, whatever the sizes.
"""

import json
from collections.abc import Generator
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from couriers.models import Courier
from sweets_store.hours import filled_half_hours, touched_half_hours, worked_minutes


class Candidate(NamedTuple):
    order_id: int
    weight: Decimal


def candidates(courier: Courier) -> Generator[Candidate, None, None]:
    """Yield free orders in his regions and hours, lightest first (then the smaller id), at least as many as he carries.

    Read it no further than needed: on SQLite each step does the work of one order.
    """
    worked, filled = touched_half_hours(courier.working_hours), filled_half_hours(courier.working_hours)
    query = _QUERIES[connection.vendor]
    regions = sorted(set(courier.regions))
    asked: dict[str, Any] = {
        "regions": regions if connection.vendor == "postgresql" else json.dumps(regions),
        "worked": worked,
        "filled": filled,
        "minutes": worked_minutes(courier.working_hours),
        "capacity": courier.capacity,
        "few": max(16, 512 // max(1, len(regions))),
    }
    with connection.cursor() as cursor:
        cursor.execute(query.format(fits=_FITS if worked == filled else _FITS_TO_THE_MINUTE[connection.vendor]), asked)
        for order_id, weight in cursor:
            yield Candidate(order_id, weight if isinstance(weight, Decimal) else Decimal(str(weight)))


# `delivery_mask > 0` stands in the index's own words, so that the planners use it.
_FITS = "orders.bundle_id IS NULL AND orders.delivery_mask > 0 AND orders.delivery_mask & %(worked)s > 0"

# Where a working window begins or ends within a half-hour, the mask says too much. An order that touches a half-hour
# worked from end to end overlaps for certain; of the others each window looks for a worked minute among its own, in a
# text that has a 1 for each minute of the day that he works. So many windows of his cost no more than one.
_FITS_TO_THE_MINUTE = {
    "postgresql": f"""{_FITS} AND (orders.delivery_mask & %(filled)s > 0 OR EXISTS (
        SELECT FROM jsonb_array_elements_text(orders.delivery_hours) AS delivery(hours),
            LATERAL (SELECT left(hours, 2)::int * 60 + substr(hours, 4, 2)::int,
                            substr(hours, 7, 2)::int * 60 + right(hours, 2)::int) AS minute(first, behind)
        WHERE strpos(substr(%(minutes)s, first + 1, behind - first), '1') > 0))""",
    "sqlite": f"""{_FITS} AND (orders.delivery_mask & %(filled)s > 0 OR EXISTS (
        SELECT 1 FROM (
            SELECT substr(value, 1, 2) * 60 + substr(value, 4, 2) AS first,
                   substr(value, 7, 2) * 60 + substr(value, 10, 2) AS behind
            FROM json_each(orders.delivery_hours))
        WHERE instr(substr(%(minutes)s, first + 1, behind - first), '1') > 0))""",  # noqa: S608  # only our own words
}

_QUERIES = {
    # First the few lightest of every region. Where their loads add up beyond the capacity, `bound` is the order that is
    # too much: whatever more he takes stands before it. Then, region by region, what stands between the few and the
    # bound; never more than the capacity holds of that region's weight.
    "postgresql": """
        WITH few AS MATERIALIZED (
            SELECT region, next.order_id, next.weight
            FROM unnest(%(regions)s::bigint[]) AS region
            CROSS JOIN LATERAL (
                SELECT order_id, weight FROM orders
                WHERE orders.region = region.region AND {fits}
                ORDER BY weight, order_id LIMIT %(few)s
            ) AS next
        ), bound AS MATERIALIZED (
            SELECT weight, order_id
            FROM (SELECT weight, order_id, sum(weight) OVER (ORDER BY weight, order_id) AS load FROM few) AS loads
            WHERE load > %(capacity)s
            UNION ALL SELECT 100, 0  -- beyond every order
            ORDER BY weight, order_id LIMIT 1
        ), ends AS MATERIALIZED (
            SELECT DISTINCT ON (region) region, weight, order_id
            FROM (SELECT *, count(*) OVER (PARTITION BY region) AS found FROM few) AS counted
            WHERE found = %(few)s
            ORDER BY region, weight DESC, order_id DESC
        ), rest AS (
            SELECT next.order_id, next.weight
            FROM bound CROSS JOIN ends
            CROSS JOIN LATERAL (
                SELECT order_id, weight FROM orders
                WHERE orders.region = ends.region AND {fits}
                  AND (weight, order_id) > (ends.weight, ends.order_id)
                  AND (weight, order_id) < (bound.weight, bound.order_id)
                ORDER BY weight, order_id LIMIT div(%(capacity)s, ends.weight)::bigint
            ) AS next
        )
        SELECT order_id, weight FROM few UNION ALL SELECT order_id, weight FROM rest ORDER BY weight, order_id
    """,
    # ORDER BY makes the queue of the recursion a priority queue: the lightest head of all regions leaves it, and the
    # next order of the same region enters. Rows come one by one, so who stops reading stops the work. The `+` takes the
    # column's type away: with it SQLite would seek by the weight alone and pass all its equals again at every step.
    "sqlite": """
        WITH RECURSIVE walk(region, weight, order_id) AS (
            SELECT head.region, head.weight, head.order_id
            FROM json_each(%(regions)s) AS regions CROSS JOIN orders AS head
            WHERE head.order_id = (
                SELECT order_id FROM orders WHERE orders.region = regions.value AND {fits}
                ORDER BY weight, order_id LIMIT 1)
            UNION ALL
            SELECT next.region, next.weight, next.order_id
            FROM walk CROSS JOIN orders AS next
            WHERE next.order_id = (
                SELECT order_id FROM orders WHERE orders.region = walk.region AND {fits}
                AND (weight, order_id) > (walk.weight, +walk.order_id)
                ORDER BY weight, order_id LIMIT 1)
            ORDER BY 2, 3
        )
        SELECT order_id, weight FROM walk
    """,
}
