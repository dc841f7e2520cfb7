"""The locks of the use cases, held until the transaction ends; everyone takes them in this order.

Behind them comes the one of orders/arrivals.py. On SQLite the transaction itself is the lock: nothing here locks there.
"""

from collections.abc import Collection, Iterable

from django.db import connection

from couriers.models import Courier, UnknownCourier

MOST_LOCKED = 100


def lock_courier(courier_id: int) -> Courier:
    """Lock the courier's row and return him as he is then. Raises UnknownCourier."""
    with connection.cursor() as cursor:
        cursor.execute(_COURIER[connection.vendor].format(columns=Courier.COLUMNS), [courier_id])
        row = cursor.fetchone()
    if row is None:
        raise UnknownCourier(courier_id=courier_id)
    return Courier.from_row(*row)


def lock_couriers(courier_ids: Collection[int]) -> list[Courier]:
    """Lock the rows of the couriers in ascending order; return those whom the store knows, as they are then."""
    wanted = Courier.objects.filter(courier_id__among=courier_ids).order_by("courier_id")
    return list(wanted.select_for_update(no_key=True))


def lock_courier_unread(courier_id: int) -> None:
    """Lock the courier's row, for who needs nothing of it: its lists may be long. Raises UnknownCourier."""
    with connection.cursor() as cursor:
        cursor.execute(_COURIER[connection.vendor].format(columns="courier_id"), [courier_id])
        if cursor.fetchone() is None:
            raise UnknownCourier(courier_id=courier_id)


def lock_regions(regions: Iterable[int]) -> None:
    """Lock the regions in ascending order: so nobody waits in a circle.

    Whoever works in more than MOST_LOCKED locks all there are: of locks PostgreSQL holds some thousands, for everyone.
    """
    if connection.vendor == "postgresql":
        wanted = sorted(set(regions))
        with connection.cursor() as cursor:
            if len(wanted) <= MOST_LOCKED:
                cursor.execute(_SOME_REGIONS, [wanted])
            else:
                cursor.execute(_ALL_REGIONS)


# Of two numbers is the lock that stands for all regions, of one that of a region.
_SOME_REGIONS = """
    SELECT pg_advisory_xact_lock_shared(0, 0);
    SELECT count(pg_advisory_xact_lock(region)) FROM unnest(%s::bigint[]) AS region
"""
_ALL_REGIONS = "SELECT pg_advisory_xact_lock(0, 0)"

_COURIER = {
    "postgresql": "SELECT {columns} FROM couriers WHERE courier_id = %s FOR NO KEY UPDATE",
    "sqlite": "SELECT {columns} FROM couriers WHERE courier_id = %s",
}
