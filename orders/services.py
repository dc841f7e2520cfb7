import json
from typing import Any

from orders.models import Order
from sweets_store.hours import touched_half_hours
from sweets_store.imports import Row, insert_all_or_none
from sweets_store.serializers import CheckedImport

COLUMNS = ("order_id", "weight", "region", "delivery_hours", "delivery_mask")


def take_orders(*, orders: CheckedImport) -> list[int]:
    """Take the checked orders in, all or none; return their ids in the order sent. Raises ValidationFailed."""
    return insert_all_or_none(Order, orders, COLUMNS, order_row)


def order_row(order: dict[str, Any]) -> Row:
    hours = order["delivery_hours"]
    return order["order_id"], order["weight"], order["region"], json.dumps(hours), touched_half_hours(hours)
