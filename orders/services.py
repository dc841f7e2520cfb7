import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from orders.arrivals import announce_arrivals
from orders.models import Order, UnknownOrder
from record.models import What
from record.recording import record_import
from sweets_store.hours import delivery_mask
from sweets_store.imports.checked import CheckedImport, Row
from sweets_store.imports.insert import Outcome, Watch, import_file, insert_all_or_none, unwatched
from sweets_store.imports.reader import Reader

COLUMNS = ("order_id", "weight", "region", "delivery_hours", "delivery_mask")


def take_orders(*, orders: CheckedImport) -> list[int]:
    """Take the checked orders in, all or none; return their ids in the order sent. Raises ValidationFailed."""
    return insert_all_or_none(Order, orders, COLUMNS, taken=orders_taken)


def import_orders(
    *,
    file: Reader,
    rejects: Path | None = None,
    watch: Watch = unwatched,
    dry_run: bool = False,
    most: int = sys.maxsize,
) -> Outcome:
    """Take the orders of a file in, all or none, or with `rejects` the good ones: see `import_file`.

    Without delivery hours an order is taken, though no courier ever will.
    """
    return import_file(
        Order,
        file,
        COLUMNS,
        rejects=rejects,
        watch=watch,
        taken=orders_taken,
        never_taken="delivery_mask = 0",
        dry_run=dry_run,
        most=most,
    )


def orders_taken(rows: Iterable[Row]) -> None:
    """Put on record what was imported, and announce it."""
    record_import(
        What.IMPORTED,
        "order_id",
        (
            (order_id, f'{{"weight": {weight}, "region": {region}, "delivery_hours": {hours}}}')
            for order_id, weight, region, hours, _ in rows
        ),
    )
    announce_arrivals()


def order_row(order_id: int, weight: Decimal, region: int, delivery_hours: list[str]) -> Row:
    return order_id, str(weight), region, hours_json(delivery_hours), delivery_mask(delivery_hours)


def hours_json(hours: list[str]) -> str:
    """The checked windows as JSON; they hold nothing to escape, and `json.dumps` takes ten times as long."""
    return '["' + '", "'.join(hours) + '"]' if hours else "[]"


def order_with_bundle(*, order_id: int) -> Order:
    """Return the order and, of the same moment, its bundle. Raises UnknownOrder."""
    order = Order.objects.select_related("bundle").filter(order_id=order_id).first()
    if order is None:
        raise UnknownOrder(order_id=order_id)
    return order


def require_order(*, order_id: int) -> None:
    """Raise UnknownOrder if there is no such order."""
    if not Order.objects.filter(order_id=order_id).exists():
        raise UnknownOrder(order_id=order_id)
