"""What a completion reads and writes and what a courier's page reads, in plain SQL.

Each statement costs the same however many orders are in the bundle and in the history. `delivery_totals` and
`couriers.earnings` are written here alone, under the lock of the courier's row.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from bundles.models import Bundle, DeliveryTotal
from bundles.rules import Added, RegionTotal, pay
from couriers.models import Courier
from orders.models import Order
from record.models import What
from record.recording import Happened
from sweets_store.instants import instant_from_column, instant_to_column


class Delivery(NamedTuple):
    """An order, and what stands around it in its bundle once it is delivered at the time asked about.

    The deliveries of a bundle stand in the order of (complete time, order id). `before` is the complete time of the one
    before it, or the bundle's assign time, `following` the region and complete time of the one after it.
    """

    courier_id: int
    bundle_id: int
    region: int
    complete_time: datetime | None
    before: datetime
    following: tuple[int, datetime] | None
    others_undelivered: bool


def find_delivery(*, order_id: int, complete_time: datetime) -> Delivery | None:
    """Return the order's place in its bundle if it is delivered then; None if it is unknown or in no bundle."""
    with connection.cursor() as cursor:
        asked = {"order_id": order_id, "complete_time": instant_to_column(complete_time)}
        cursor.execute(_DELIVERY[connection.vendor], asked)
        row = cursor.fetchone()
    if row is None:
        return None
    courier_id, bundle_id, region, delivered, before, next_region, next_time, others_undelivered = row
    return Delivery(
        courier_id,
        bundle_id,
        region,
        None if delivered is None else instant_from_column(delivered),
        instant_from_column(before),
        None if next_time is None else (next_region, instant_from_column(next_time)),
        bool(others_undelivered),
    )


def mark_delivered(*, order_id: int, complete_time: datetime) -> int:
    """Mark the order delivered if it is undelivered; return how many were marked, 1 or 0."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER, [instant_to_column(complete_time), order_id])
        marked: int = cursor.rowcount
        return marked


def mark_undelivered(*, order_id: int) -> int:
    """Take back that the order is delivered; return how many orders that was, 1 or 0."""
    return Order.objects.delivered().filter(order_id=order_id).update(complete_time=None)


def add_to_totals(*, courier_id: int, added: Mapping[int, Added]) -> None:
    """Add to the courier's totals what `added` says by region."""
    totals = [
        (courier_id, region, deliveries, time // timedelta(seconds=1), time.microseconds)
        for region, (deliveries, time) in added.items()
    ]
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(totals))
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(rows=rows), [*chain.from_iterable(totals)])


def take_from_totals(*, courier_id: int, added: Mapping[int, Added]) -> None:
    """Take back what `add_to_totals` added. Where no delivery is left there is no total."""
    add_to_totals(
        courier_id=courier_id, added={region: Added(-count, -time) for region, (count, time) in added.items()}
    )
    DeliveryTotal.objects.filter(courier_id=courier_id, deliveries=0).delete()


def complete_bundle(bundle_id: int) -> Happened:
    """Complete the bundle, in which nothing is undelivered any more; if it delivered something, it pays now."""
    with connection.cursor() as cursor:
        cursor.execute(_BUNDLE, [bundle_id])
        [(courier_id, courier_type, delivered_something)] = cursor.fetchall()
        cursor.execute(_COMPLETE, [bundle_id])
        paid = pay(courier_type) if delivered_something else 0
        if paid:
            cursor.execute(_PAY, [paid, courier_id])
    return Happened(What.COMPLETED, courier_id, bundle_id, details={"pay": paid})


def reopen_bundle(bundle: Bundle) -> Happened:
    """Make the completed bundle, which delivered something, active again; its pay is taken back."""
    paid = pay(bundle.courier_type)
    Bundle.objects.filter(bundle_id=bundle.bundle_id).update(is_completed=False)
    Courier.objects.filter(courier_id=bundle.courier_id).update(earnings=F("earnings") - paid)
    return Happened(What.REOPENED, bundle.courier_id, bundle.bundle_id, details={"pay": -paid})


def courier_with_totals(courier_id: int) -> tuple[Courier, list[RegionTotal]] | None:
    """Return the courier and his totals, of one moment."""
    with connection.cursor() as cursor:
        cursor.execute(_COURIER[connection.vendor], [courier_id])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, totals = row
    return Courier.from_row(*columns), [RegionTotal(*total) for total in json.loads(totals)]


# All but the rows found by their keys comes from the index orders_by_bundle. Two undelivered orders tell whether
# there is one beside this; asked for them by their NULL, PostgreSQL takes the index of all undelivered orders in the
# store while its statistics say that there are few.
_DELIVERY = {
    vendor: f"""
        SELECT bundles.courier_id, delivered.bundle_id, delivered.region, delivered.complete_time,
               coalesce(
                   (SELECT earlier.complete_time FROM orders AS earlier
                    WHERE earlier.bundle_id = delivered.bundle_id
                      AND (earlier.complete_time, earlier.order_id) < (%(complete_time)s, %(order_id)s)
                    ORDER BY earlier.complete_time DESC, earlier.order_id DESC LIMIT 1),
                   bundles.assign_time),
               next.region, next.complete_time,
               EXISTS (
                   SELECT 1 FROM (
                       SELECT order_id, complete_time FROM orders AS other
                       WHERE other.bundle_id = delivered.bundle_id ORDER BY {undelivered_first} LIMIT 2) AS two
                   WHERE two.complete_time IS NULL AND two.order_id <> delivered.order_id)
        FROM orders AS delivered JOIN bundles ON bundles.bundle_id = delivered.bundle_id
        LEFT JOIN orders AS next ON next.order_id = (
            SELECT later.order_id FROM orders AS later
            WHERE later.bundle_id = delivered.bundle_id
              AND (later.complete_time, later.order_id) > (%(complete_time)s, %(order_id)s)
            ORDER BY later.complete_time, later.order_id LIMIT 1)
        WHERE delivered.order_id = %(order_id)s
    """  # noqa: S608  # only our own words
    for vendor, undelivered_first in {
        "postgresql": "complete_time DESC, order_id DESC",
        "sqlite": "complete_time, order_id",
    }.items()
}

_DELIVER = "UPDATE orders SET complete_time = %s WHERE order_id = %s AND complete_time IS NULL"

# `microseconds` are those beyond the seconds, 0 to 999,999: so is what comes in, also where the seconds are negative.
_ADD = """
    INSERT INTO delivery_totals AS total (courier_id, region, deliveries, seconds, microseconds) VALUES {rows}
    ON CONFLICT (courier_id, region) DO UPDATE SET
        deliveries = total.deliveries + excluded.deliveries,
        seconds = total.seconds + excluded.seconds + (total.microseconds + excluded.microseconds) / 1000000,
        microseconds = (total.microseconds + excluded.microseconds) %% 1000000
"""

_BUNDLE = """
    SELECT courier_id, courier_type, EXISTS (
        SELECT 1 FROM orders WHERE orders.bundle_id = bundles.bundle_id AND complete_time IS NOT NULL)
    FROM bundles WHERE bundle_id = %s
"""

_COMPLETE = "UPDATE bundles SET is_completed = TRUE WHERE bundle_id = %s"

_PAY = "UPDATE couriers SET earnings = earnings + %s WHERE courier_id = %s"

# The totals as one value: joined, they would repeat the courier's long lists. PostgreSQL plans an array faster than an
# aggregate.
_COURIER = {
    vendor: f"""
        SELECT {Courier.COLUMNS}, {totals.format("FROM delivery_totals WHERE courier_id = couriers.courier_id")}
        FROM couriers WHERE courier_id = %s
    """  # noqa: S608  # only our own words
    for vendor, totals in {
        "postgresql": "to_json(ARRAY(SELECT json_build_array(deliveries, seconds, microseconds) {}))::text",
        "sqlite": "(SELECT json_group_array(json_array(deliveries, seconds, microseconds)) {})",
    }.items()
}
