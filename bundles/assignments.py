"""What an assign reads of the courier's bundle and writes of a new one, in plain SQL."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from couriers.models import Courier
from record.models import What
from record.recording import Happened, record
from sweets_store.instants import format_instant, instant_from_column, instant_to_column


def carried_bundle(courier_id: int) -> list[tuple[int, datetime]]:
    """Return (order id, assign time) of the undelivered orders of his active bundle, lightest first."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [courier_id])
        return [(order_id, instant_from_column(assign_time)) for order_id, assign_time in cursor]


def form_bundle(*, courier: Courier, order_ids: Sequence[int], assign_time: datetime) -> tuple[int, int]:
    """Form a bundle of those of the orders that are free; return its id and how many these were."""
    given = [courier.courier_id, courier.courier_type, instant_to_column(assign_time)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FORM, [*given, list(order_ids)])
            [(bundle_id, handed)] = cursor.fetchall()
        else:
            cursor.execute(_INSERT, given)
            bundle_id = cursor.lastrowid
            cursor.execute(_HAND, [bundle_id, json.dumps(order_ids)])
            handed = cursor.rowcount
        return bundle_id, handed


def record_handed(*, courier: Courier, bundle_id: int, order_ids: Sequence[int], assign_time: datetime) -> None:
    """Put on record that a bundle of the orders was formed."""
    details = {"courier_type": courier.courier_type, "assign_time": format_instant(assign_time)}
    record(
        [
            Happened(What.FORMED, courier.courier_id, bundle_id, details=details),
            *(Happened(What.ASSIGNED, courier.courier_id, bundle_id, order_id) for order_id in order_ids),
        ]
    )


# That an order is undelivered is asked in words that no index knows: PostgreSQL would take the index of all undelivered
# orders in the store while its statistics say that there are few.
_CARRIED = """
    SELECT order_id, assign_time FROM bundles JOIN orders ON orders.bundle_id = bundles.bundle_id
    WHERE courier_id = %s AND NOT is_completed AND CASE WHEN complete_time IS NULL THEN TRUE ELSE FALSE END
    ORDER BY weight, order_id
"""

_INSERT = "INSERT INTO bundles (courier_id, courier_type, assign_time, is_completed) VALUES (%s, %s, %s, FALSE)"
_HAND = """
    UPDATE orders SET bundle_id = %s
    WHERE bundle_id IS NULL AND order_id IN (SELECT value FROM json_each(%s))
"""
_FORM = f"""
    WITH formed AS ({_INSERT} RETURNING bundle_id), handed AS (
        UPDATE orders SET bundle_id = formed.bundle_id FROM formed
        WHERE orders.bundle_id IS NULL AND order_id = ANY(%s::bigint[]) RETURNING 1)
    SELECT bundle_id, (SELECT count(*) FROM handed) FROM formed
"""  # noqa: S608  # only our own words
