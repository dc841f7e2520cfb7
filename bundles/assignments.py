"""What an assign reads of the courier's bundle and writes of a new one, in plain SQL."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from couriers.models import Courier
from sweets_store.instants import instant_from_column, instant_to_column


def carried_bundle(courier_id: int) -> list[tuple[int, datetime]]:
    """Return (order id, assign time) of the undelivered orders of his active bundle, lightest first."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [courier_id])
        return [(order_id, instant_from_column(assign_time)) for order_id, assign_time in cursor]


def form_bundle(*, courier: Courier, order_ids: Sequence[int], assign_time: datetime) -> int:
    """Form a bundle of those of the orders that are free; return how many these were."""
    given = [courier.courier_id, courier.courier_type, instant_to_column(assign_time)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FORM, [*given, list(order_ids)])
        else:
            cursor.execute(_INSERT, given)
            cursor.execute(_HAND, [cursor.lastrowid, json.dumps(order_ids)])
        handed: int = cursor.rowcount
        return handed


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
    WITH formed AS ({_INSERT} RETURNING bundle_id)
    UPDATE orders SET bundle_id = formed.bundle_id FROM formed
    WHERE orders.bundle_id IS NULL AND order_id = ANY(%s::bigint[])
"""  # noqa: S608  # only our own words
