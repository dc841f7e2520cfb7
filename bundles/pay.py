"""Pay slips: for each bundle of a courier what it pays in a period, and why it does or does not."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from bundles.rules import COEFFICIENTS, pay
from sweets_store.instants import instant_from_column, instant_to_column, shop_time

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class Because(StrEnum):
    """Why a bundle pays or does not (contract, "GET /couriers/{courier_id}")."""

    PAID = "paid"
    ACTIVE = "active"
    NOTHING_DELIVERED = "nothing_delivered"


class PaidBundle(NamedTuple):
    """`counts_at` says in which period it counts; `orders` are those in it now, `released` those that left it."""

    bundle_id: int
    courier_type: str
    coefficient: int
    assign_time: datetime
    counts_at: datetime
    orders: int
    delivered: int
    released: int
    pay: int
    because: Because


class Slip(NamedTuple):
    courier_id: int
    bundles: list[PaidBundle]

    @property
    def pay(self) -> int:
        return sum(bundle.pay for bundle in self.bundles)


def pay_slips(
    *, start: datetime | None = None, end: datetime | None = None, courier_id: int | None = None
) -> Iterator[Slip]:
    """Yield the slips, by courier id, of those who had a bundle from `start` up to `end`; None is open.

    A bundle that has been paid counts at its last delivery, every other one at its assign time: so each counts in one
    period of any that follow each other, and over all time a courier's slips add up to his earnings.
    """
    asked = {
        "start": _column(start, "-infinity", ""),
        "end": _column(end, "infinity", "~"),
        "courier_id": courier_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OF_ALL if courier_id is None else _OF_ONE, asked)
        rows = cursor.fetchall()
    bundles = ((row[0], _bundle(*row[1:])) for row in rows)
    counting = ((courier, bundle) for courier, bundle in bundles if _counts(bundle, start, end))
    for courier, some in groupby(counting, key=lambda pair: pair[0]):
        yield Slip(courier, [bundle for _, bundle in some])


def _bundle(
    bundle_id: int, kind: str, assigned: Any, completed: bool, released: int, orders: int, delivered: int, last: Any
) -> PaidBundle:
    assign_time = instant_from_column(assigned)
    because = Because.ACTIVE if not completed else Because.PAID if delivered else Because.NOTHING_DELIVERED
    paid = because is Because.PAID
    return PaidBundle(
        bundle_id,
        kind,
        COEFFICIENTS[kind],
        assign_time,
        instant_from_column(last) if paid else assign_time,
        orders,
        delivered,
        released,
        pay(kind) if paid else 0,
        because,
    )


def _counts(bundle: PaidBundle, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or bundle.counts_at >= start) and (end is None or bundle.counts_at < end)


def _column(instant: datetime | None, postgresql: str, sqlite: str) -> Any:
    """The instant as a column keeps it, or what comes before or after all that it can keep."""
    if instant is not None:
        return instant_to_column(instant)
    return postgresql if connection.vendor == "postgresql" else sqlite


_SLIPS = """
    SELECT courier_id, bundles.bundle_id, courier_type, assign_time, is_completed, released_orders,
           count(order_id), count(complete_time), max(complete_time)
    FROM ({candidates}) AS candidates JOIN bundles ON bundles.bundle_id = candidates.bundle_id
    LEFT JOIN orders ON orders.bundle_id = bundles.bundle_id
    GROUP BY courier_id, bundles.bundle_id, courier_type, assign_time, is_completed, released_orders
    ORDER BY courier_id, bundles.bundle_id
"""
# Whenever a bundle counts, it was assigned then or something of it was delivered then.
_OF_ALL = _SLIPS.format(
    candidates="""
        SELECT bundle_id FROM orders WHERE complete_time >= %(start)s AND complete_time < %(end)s
        UNION SELECT bundle_id FROM bundles WHERE assign_time >= %(start)s AND assign_time < %(end)s
    """
)
_OF_ONE = _SLIPS.format(candidates="SELECT bundle_id FROM bundles WHERE courier_id = %(courier_id)s")


def write_csv(slips: Iterable[Slip], file: "SupportsWrite[str]") -> None:
    """Numbers, words of our own, and instants by the shop's clock, as a period's days are: no cell can be a formula."""

    def written(instant: datetime) -> str:
        return shop_time(instant).isoformat(timespec="microseconds")

    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("courier_id", *PaidBundle._fields))
    for slip in slips:
        for bundle in slip.bundles:
            times = written(bundle.assign_time), written(bundle.counts_at)
            rows.writerow((slip.courier_id, *bundle[:3], *times, *bundle[5:]))
