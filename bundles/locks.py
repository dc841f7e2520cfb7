"""The locks of the use cases, held until the transaction ends; everyone takes them in this order.

Behind them comes the one of orders/arrivals.py. On SQLite the transaction itself is the lock: nothing here locks there.
"""

from collections.abc import Iterable

from django.db import connection

from couriers.models import Courier
from sweets_store.errors import NotFound


class UnknownCourier(NotFound):
    code = "unknown_courier"
    message = "There is no courier {courier_id}. Hire him by POST /couriers first."


def lock_courier(courier_id: int) -> Courier:
    """Lock the courier's row and return him as he is then. Raises UnknownCourier."""
    with connection.cursor() as cursor:
        cursor.execute(_COURIER[connection.vendor].format(columns=Courier.COLUMNS), [courier_id])
        row = cursor.fetchone()
    if row is None:
        raise UnknownCourier(courier_id=courier_id)
    return Courier.from_row(*row)


def lock_courier_unread(courier_id: int) -> None:
    """Lock the courier's row, for who needs nothing of it: its lists may be long. Raises UnknownCourier."""
    with connection.cursor() as cursor:
        cursor.execute(_COURIER[connection.vendor].format(columns="courier_id"), [courier_id])
        if cursor.fetchone() is None:
            raise UnknownCourier(courier_id=courier_id)


def lock_regions(regions: Iterable[int]) -> None:
    """Lock the regions in ascending order: so nobody waits in a circle."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_advisory_xact_lock(region)) FROM unnest(%s::bigint[]) AS region",
                [sorted(set(regions))],
            )


_COURIER = {
    "postgresql": "SELECT {columns} FROM couriers WHERE courier_id = %s FOR NO KEY UPDATE",
    "sqlite": "SELECT {columns} FROM couriers WHERE courier_id = %s",
}
