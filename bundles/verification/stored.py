"""The tables as SQL left them, past Django's converters.

Whoever edits rows with SQL can leave in them what Django cannot read; here that is a value like any other, which the
readers in values.py refuse. All is streamed: memory does not grow with the store.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from heapq import merge
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from sweets_store.one_moment import one_moment


class CourierRow(NamedTuple):
    courier_id: Any
    courier_type: Any
    regions: Any
    working_hours: Any

    def __str__(self) -> str:
        return f"courier {self.courier_id!a}"


class OrderRow(NamedTuple):
    order_id: Any
    weight: Any
    region: Any
    delivery_hours: Any
    delivery_mask: Any
    bundle_id: Any
    complete_time: Any

    def __str__(self) -> str:
        return f"order {self.order_id!a}"


class BundleRow(NamedTuple):
    """A bundle with its courier as he is now: `hired_id` is None if there is none.

    The lists, which may be long, are read for active bundles only.
    """

    bundle_id: int
    courier_id: Any
    courier_type: Any
    assign_time: Any
    is_completed: Any
    hired_id: Any
    present_type: Any
    regions: Any
    working_hours: Any

    def __str__(self) -> str:
        return f"bundle {self.bundle_id!a}"

    @property
    def is_active(self) -> bool:
        return bool(self.is_completed == 0)


class BundleContents(NamedTuple):
    """`bundle` is None where orders name a bundle that is not there. `orders` are gone once the next is asked for."""

    bundle_id: int
    bundle: BundleRow | None
    orders: Iterator[OrderRow]


class DeliveryRow(NamedTuple):
    """A delivered order with its bundle."""

    courier_id: int
    bundle_id: int
    courier_type: Any
    assign_time: Any
    is_completed: Any
    order_id: Any
    region: Any
    complete_time: Any


class TotalRow(NamedTuple):
    courier_id: Any
    region: Any
    deliveries: Any
    seconds: Any
    microseconds: Any

    def __str__(self) -> str:
        return f"courier {self.courier_id!a} in region {self.region!a}"


class EarningsRow(NamedTuple):
    courier_id: int
    earnings: Any


class CourierBooks(NamedTuple):
    """What is kept of a courier's deliveries, and these: by bundle, in each by time. `earnings` is None if he is gone.

    `deliveries` are gone once the next courier is asked for.
    """

    courier_id: int
    earnings: EarningsRow | None
    totals: list[TotalRow]
    deliveries: Iterator[DeliveryRow]


class EventRow(NamedTuple):
    """An event of the courier, bundle or order whose id is `record_id`."""

    record_id: int
    event_id: int
    what: Any
    courier_id: Any
    bundle_id: Any
    order_id: Any
    details: Any


class RowOnRecord(NamedTuple):
    """Of a courier, bundle or order what must follow from the events on record."""

    record_id: int
    values: tuple[Any, ...]


class StoreSize(NamedTuple):
    couriers: int
    bundles: int
    orders: int


# What is read of them


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment of the store for all that is read within; no writer waits for it."""
    with one_moment():
        if connection.vendor == "postgresql":
            yield
            return
        # By itself, the driver stops at text that is not UTF-8.
        usual_text, connection.connection.text_factory = connection.connection.text_factory, _any_text
        try:
            yield
        finally:
            connection.connection.text_factory = usual_text


_any_text = partial(str, encoding="utf-8", errors="surrogateescape")


def store_size() -> StoreSize:
    return StoreSize(*next(_rows(_SIZE)))


def stored_couriers() -> Iterator[CourierRow]:
    return map(CourierRow._make, _rows("SELECT courier_id, courier_type, regions, working_hours FROM couriers"))


def stored_orders() -> Iterator[OrderRow]:
    return map(OrderRow._make, _rows(_ORDERS))


def bundles_with_orders() -> Iterator[BundleContents]:
    """Yield the bundles by id, each with its orders: two sorted streams side by side, so that no list is repeated."""
    bundles = map(BundleRow._make, _rows(_BUNDLES))
    orders = map(OrderRow._make, _rows(_ORDERS_BY_BUNDLE))
    by_bundle = attrgetter("bundle_id")
    both: Iterable[Any] = merge(bundles, orders, key=by_bundle)
    for bundle_id, rows in groupby(both, key=by_bundle):
        yield BundleContents(bundle_id, *_parted(rows))


def _parted(rows: Iterator[Any]) -> tuple[BundleRow | None, Iterator[OrderRow]]:
    first = next(rows)
    # Of equal keys, `merge` yields those of the stream named first before the others.
    return (first, rows) if isinstance(first, BundleRow) else (None, chain([first], rows))


def stored_totals() -> Iterator[TotalRow]:
    return map(TotalRow._make, _rows(_TOTALS))


def books_by_courier() -> Iterator[CourierBooks]:
    """Yield the couriers by id, each with his books: three sorted streams side by side, as above."""
    earnings = map(EarningsRow._make, _rows(_EARNINGS_BY_COURIER))
    totals = map(TotalRow._make, _rows(_TOTALS_BY_COURIER))
    deliveries = map(DeliveryRow._make, _rows(_DELIVERIES_BY_COURIER))
    by_courier = attrgetter("courier_id")
    all_three: Iterable[Any] = merge(earnings, totals, deliveries, key=by_courier)
    for courier_id, rows in groupby(all_three, key=by_courier):
        yield CourierBooks(courier_id, *_parted_books(rows))


def _parted_books(rows: Iterator[Any]) -> tuple[EarningsRow | None, list[TotalRow], Iterator[DeliveryRow]]:
    earnings, totals = None, []
    for row in rows:
        if isinstance(row, EarningsRow):
            earnings = row
        elif isinstance(row, TotalRow):
            totals.append(row)
        else:
            return earnings, totals, chain([row], rows)
    return earnings, totals, iter(())


def active_bundles() -> Iterator[tuple[Any, int]]:
    """Yield (courier id, bundle id), those of one courier together and by bundle id."""
    return _rows("SELECT courier_id, bundle_id FROM bundles WHERE is_completed = FALSE ORDER BY courier_id, bundle_id")


def events_of(kind: str) -> Iterator[EventRow]:
    """Yield the events by the id of the courier, bundle or order, those of one as they happened.

    A bundle's tell of its orders, too, and a courier's of his bundles.
    """
    return map(EventRow._make, _rows(_EVENTS[kind]))


def rows_on_record(kind: str) -> Iterator[RowOnRecord]:
    """Yield them by id."""
    return (RowOnRecord(record_id, tuple(values)) for record_id, *values in _rows(_ON_RECORD[kind]))


_SIZE = "SELECT (SELECT count(*) FROM couriers), (SELECT count(*) FROM bundles), (SELECT count(*) FROM orders)"
_ORDERS = """
    SELECT order_id, weight, region, delivery_hours, delivery_mask, bundle_id, {complete_time} FROM orders
"""
_ORDERS_BY_BUNDLE = _ORDERS + "WHERE bundle_id IS NOT NULL AND {is_a_number} ORDER BY bundle_id"
_TOTALS = "SELECT courier_id, region, deliveries, seconds, microseconds FROM delivery_totals "
_TOTALS_BY_COURIER = _TOTALS + "WHERE {courier_is_a_number} ORDER BY courier_id"
_EARNINGS_BY_COURIER = "SELECT courier_id, earnings FROM couriers WHERE {courier_is_a_number} ORDER BY courier_id"
_DELIVERIES_BY_COURIER = """
    SELECT courier_id, bundles.bundle_id, courier_type, {assign_time}, {is_completed}, order_id, region, {complete_time}
    FROM orders JOIN bundles ON bundles.bundle_id = orders.bundle_id
    WHERE complete_time IS NOT NULL AND {courier_is_a_number}
    ORDER BY courier_id, bundles.bundle_id, orders.complete_time, order_id
"""
_BUNDLES = """
    SELECT bundle_id, bundles.courier_id, bundles.courier_type, {assign_time}, {is_completed},
           couriers.courier_id, couriers.courier_type,
           CASE WHEN is_completed = FALSE THEN regions END,
           CASE WHEN is_completed = FALSE THEN working_hours END
    FROM bundles LEFT JOIN couriers ON couriers.courier_id = bundles.courier_id
    ORDER BY bundle_id
"""

_EVENTS = {
    kind: f"""
        SELECT {kind}_id, event_id, what, courier_id, bundle_id, order_id, details FROM events
        WHERE {kind}_id IS NOT NULL {others} ORDER BY {kind}_id, event_id
    """  # noqa: S608  # only our own words
    for kind, others in {"courier": "AND order_id IS NULL", "bundle": "", "order": ""}.items()
}
_ON_RECORD = {
    "courier": """
        SELECT courier_id, courier_type, regions, working_hours, earnings FROM couriers
        WHERE {courier_is_a_number} ORDER BY courier_id
    """,
    "bundle": """
        SELECT bundle_id, courier_id, courier_type, {assign_time}, {is_completed}, released_orders FROM bundles
        ORDER BY bundle_id
    """,
    "order": """
        SELECT order_id, weight, region, delivery_hours, bundle_id, {complete_time} FROM orders ORDER BY order_id
    """,
}

_AS_STORED = {
    # psycopg2 fails on infinity, on years before 1 and after 9999.
    "postgresql": {
        "assign_time": "(assign_time AT TIME ZONE 'UTC')::text",
        "complete_time": "(complete_time AT TIME ZONE 'UTC')::text",
        "is_completed": "is_completed",
        "is_a_number": "TRUE",
        "courier_is_a_number": "TRUE",
    },
    # The driver converts columns by their declared type; an expression has none. Numbers stand before text there, and
    # what is no number names no bundle and no courier.
    "sqlite": {
        "assign_time": "+assign_time",
        "complete_time": "+complete_time",
        "is_completed": "+is_completed",
        "is_a_number": "typeof(bundle_id) = 'integer'",
        "courier_is_a_number": "typeof(courier_id) = 'integer'",
    },
}


def _rows(query: str) -> Iterator[Any]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query.format_map(_AS_STORED[connection.vendor]))
        yield from cursor
