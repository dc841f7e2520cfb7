"""Free orders as they lie on shelves, each in the order of weight, then of id: where `assign` looks for candidates.

A shelf is a region (the index `free_orders_by_weight`) or, where the lightest orders of a region are for other hours
than the courier's, the part of it with one delivery mask (the index `free_orders_by_hours`).
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from sweets_store.hours import EDGE_BITS, filled_half_hours, outer_window, touched_half_hours, worked_minutes

# Who has more delivery masks than this in his regions reads them faster as they are than parted.
MOST_STEPS = 2_000


class Place(NamedTuple):
    """Where an order stands on its shelf. `weight` is in hundredths of a kilogram."""

    weight: int
    order_id: int


FRONT, BACK = Place(0, 0), Place(10_000, 0)


class Shelf(NamedTuple):
    """What stands on a shelf behind a place. `mask` is None where it holds the orders of all hours."""

    region: int
    mask: int | None = None
    after: Place = FRONT


class Passed(NamedTuple):
    """An order on the page of a shelf (by its index among those read). `number` counts the page's orders from 1."""

    shelf: int
    number: int
    place: Place
    fits: bool


class Search:
    """What somebody who works at these hours asks of the shelves."""

    def __init__(self, hours: Sequence[str]) -> None:
        self.worked, self.filled = touched_half_hours(hours) << EDGE_BITS, filled_half_hours(hours) << EDGE_BITS
        self.minutes = worked_minutes(hours)
        self.fits = _FITS if self.worked == self.filled else _FITS_TO_THE_MINUTE[connection.vendor]

    def read(self, shelves: list[Shelf], *, size: int, end: Place) -> list[Passed]:
        """Pass the next `size` orders of each shelf, none at `end` or behind; return who fits and who is number `size`.

        The shelves are either all parted by hours or none is.
        """
        pages = _PAGES[connection.vendor][shelves[0].mask is not None].format(fits=self.fits)
        asked: dict[str, Any] = {
            "worked": self.worked,
            "filled": self.filled,
            "minutes": self.minutes,
            "size": size,
            "end_weight": end.weight,
            "end_id": end.order_id,
        }
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                asked |= {
                    "regions": [shelf.region for shelf in shelves],
                    "masks": [shelf.mask for shelf in shelves],
                    "weights": [shelf.after.weight for shelf in shelves],
                    "ids": [shelf.after.order_id for shelf in shelves],
                }
                cursor.execute(pages, asked)
                return [Passed(shelf, number, Place(*place), fits) for shelf, number, *place, fits in cursor]
            asked |= {"shelves": json.dumps(shelves)}
            cursor.execute(pages, asked)
            return [
                Passed(shelf, number, Place(*place), fits)
                for shelf, page in cursor
                for number, *place, fits in json.loads(page)
            ]

    def parted_by_hours(self, shelves: list[Shelf]) -> list[Shelf]:
        """Return the parts of the shelves that may hold orders for him; the shelves as they are if that takes long."""
        if shelves[0].mask is not None:
            return shelves
        regions = [shelf.region for shelf in shelves]
        asked = {
            "regions": regions if connection.vendor == "postgresql" else json.dumps(regions),
            "earliest": (self.worked & -self.worked) - 1,
            "most": MOST_STEPS + 1,
        }
        with connection.cursor() as cursor:
            cursor.execute(_PARTS[connection.vendor], asked)
            parts = cursor.fetchall()
        if len(parts) > MOST_STEPS:
            return shelves
        after = {shelf.region: shelf.after for shelf in shelves}
        return [Shelf(region, mask, after[region]) for region, mask in parts if self._may_fit(mask)]

    def _may_fit(self, mask: int) -> bool:
        """Whether orders of this mask can overlap the hours: for those of one window, whether they do."""
        if mask & self.filled or not mask & self.worked:
            return bool(mask & self.filled)
        start, end = outer_window(mask)
        return "1" in self.minutes[start:end]


_FITS = "orders.delivery_mask & %(worked)s > 0"

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

# `bundle_id IS NULL` and `delivery_mask > 0` stand in the words of the indexes, so that the planners use them.
_PAGE = """
    SELECT number, hundredths, order_id, fits FROM (
        SELECT row_number() OVER (ORDER BY weight, order_id) AS number,
               {hundredths} AS hundredths, order_id, {{fits}} AS fits
        FROM orders {index}
        WHERE region = {region} AND {kind} AND bundle_id IS NULL
          AND (weight, order_id) > ({after}) AND (weight, order_id) < (%(end_weight)s / 100.0, %(end_id)s)
        ORDER BY weight, order_id LIMIT %(size)s
    ) AS passed
    WHERE fits OR number = %(size)s
"""

_POSTGRESQL = """
    SELECT shelf.number - 1, page.*
    FROM unnest(%(regions)s::bigint[], %(masks)s::bigint[], %(weights)s::int[], %(ids)s::bigint[])
        WITH ORDINALITY AS shelf(region, mask, weight, order_id, number)
    CROSS JOIN LATERAL ({page}) AS page
"""


# SQLite has no LATERAL, but a page as one JSON value may refer to its shelf.
_SQLITE = """
    SELECT key, (SELECT json_group_array(json_array(number, hundredths, order_id, fits)) FROM ({page}) AS page)
    FROM json_each(%(shelves)s)
"""


def _postgresql(kind: str) -> str:
    page = _PAGE.format(
        hundredths="(weight * 100)::int",
        index="",
        region="shelf.region",
        kind=kind,
        after="shelf.weight / 100.0, shelf.order_id",
    )
    return _POSTGRESQL.format(page=page)


def _sqlite(index: str, kind: str) -> str:
    page = _PAGE.format(
        hundredths="CAST(round(weight * 100) AS INTEGER)",
        index=f"INDEXED BY {index}",
        region="json_extract(value, '$[0]')",
        kind=kind,
        after="json_extract(value, '$[2][0]') / 100.0, json_extract(value, '$[2][1]')",
    )
    return _SQLITE.format(page=page)


# Each of a region, then each of a part of one.
_PAGES = {
    "postgresql": (_postgresql("delivery_mask > 0"), _postgresql("delivery_mask = shelf.mask")),
    "sqlite": (
        _sqlite("free_orders_by_weight", "delivery_mask > 0"),
        _sqlite("free_orders_by_hours", "delivery_mask = json_extract(value, '$[1]')"),
    ),
}

# A step through the index for each mask that free orders of a region have. Masks rise with the last half-hour that they
# touch, so those that end before he begins are not even stepped on.
_PARTS = {
    vendor: f"""
        WITH RECURSIVE part(region, mask) AS (
            SELECT region, CAST(%(earliest)s AS bigint) FROM {regions}
            UNION ALL
            SELECT region, (
                SELECT min(delivery_mask) FROM orders {index}
                WHERE orders.region = part.region AND bundle_id IS NULL AND delivery_mask > part.mask
            ) FROM part WHERE mask IS NOT NULL
        )
        SELECT region, mask FROM part WHERE mask > %(earliest)s LIMIT %(most)s
    """  # noqa: S608  # only our own words
    for vendor, regions, index in (
        ("postgresql", "unnest(%(regions)s::bigint[]) AS region", ""),
        ("sqlite", "(SELECT value AS region FROM json_each(%(regions)s))", "INDEXED BY free_orders_by_hours"),
    )
}
