"""Files of orders in each format, and their import by the command."""

import csv
import io
import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from orders.models import Order

FORMATS = ("json", "ndjson", "csv")
ALL_FORMATS = (*FORMATS, "xlsx")
MOSTLY_ONCE = ["csv", *(pytest.param(other, marks=pytest.mark.once) for other in ALL_FORMATS if other != "csv")]
NAMES = ("order_id", "weight", "region", "delivery_hours")


def order(order_id, weight=1.5, region=1, delivery_hours=("09:00-12:00",)):
    return dict(zip(NAMES, (order_id, weight, region, list(delivery_hours)), strict=True))


def written(orders, file_format):
    """The orders as a file of the format; places are told by `place`."""
    if file_format == "json":
        return json.dumps({"data": orders})
    if file_format == "ndjson":
        return "".join(json.dumps(order) + "\n" for order in orders)
    if file_format == "xlsx":
        return sheet(orders[0], [order | {"delivery_hours": ";".join(order["delivery_hours"])} for order in orders])
    text = io.StringIO()
    writer = csv.DictWriter(text, orders[0])
    writer.writeheader()
    writer.writerows(order | {"delivery_hours": ";".join(order["delivery_hours"])} for order in orders)
    return text.getvalue()


def sheet(header, rows):
    """A workbook as another program writes it, with large numbers as texts: it would round them."""
    book, file = openpyxl.Workbook(write_only=True), io.BytesIO()
    made = book.create_sheet()
    made.append(list(header))
    for row in rows:
        made.append([str(value) if isinstance(value, int) and value >= 10**15 else value for value in row.values()])
    book.save(file)
    return file.getvalue()


def place(number, file_format):
    """How the report names the order with this index in the file."""
    places = {"json": "data[%d]", "ndjson": "line %d", "csv": "line %d", "xlsx": "row %d"}
    return places[file_format] % (number + {"json": 0, "ndjson": 1}.get(file_format, 2))


def imported(*arguments):
    """Run the command; return (stdout, stderr, the CommandError's text or None)."""
    out, err, refusal = io.StringIO(), io.StringIO(), None
    try:
        call_command("import_orders", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as refused:
        refusal = str(refused)
    return out.getvalue(), err.getvalue(), refusal


def stored():
    return list(Order.objects.values_list(*NAMES))
