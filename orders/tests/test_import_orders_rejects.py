"""Rejects: the bad rows of a file, in its own format, each with its reason; the good ones are kept."""

import csv
import io
import json
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import import_orders
from orders.tests.factories import OrderFactory
from orders.tests.files import FORMATS, NAMES, imported, order, sheet, stored, written
from sweets_store.imports.formats import reader_of
from sweets_store.imports.insert import ImportRefused
from sweets_store.imports.rejects import RejectsUnwritable
from sweets_store.tests.side_by_side import side_by_side


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_skipping_keeps_the_good_rows_and_mended_rejects_can_be_fed_again(file, tmp_path, file_format):
    OrderFactory(order_id=5)
    rejects, again = tmp_path / f"rejects.{file_format}", tmp_path / f"again.{file_format}"
    orders = [order(1, 1.25), order(2, 0.001), order(5, 2.5), order(1, 3), order(6)]

    out, err, refusal = imported(file(written(orders, file_format), file_format), "--skip-bad", rejects)

    assert (out, err, refusal) == (f"orders: 2 taken, 3 refused (they are in {rejects})\n", "", None)
    assert [row[:2] for row in stored()] == [(1, Decimal("1.25")), (5, Decimal(1)), (6, Decimal("1.5"))]

    unmended = imported(rejects, "--skip-bad", again)
    assert unmended[0] == f"orders: 0 taken, 3 refused (they are in {again})\n"

    text = again.read_text()
    for bad, mended in {"csv": [("2,0.001", "2,0.1"), ("5,2.5", "7,2.5"), ("1,3", "8,3")]}.get(
        file_format,
        [('2, "weight": 0.001', '2, "weight": 0.1'), ('5, "weight"', '7, "weight"'), ('1, "weight"', '8, "weight"')],
    ):
        assert text.count(bad) == 1
        text = text.replace(bad, mended)
    again.write_text(text)

    assert imported(again) == ("orders: 3 taken, 0 refused\n", "", None)
    assert [row[:2] for row in stored()][-3:] == [(6, Decimal("1.5")), (7, Decimal("2.5")), (8, Decimal(3))]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{name}.{file_format}" for name in ("orders", "rejects", "again")
    )


@pytest.mark.django_db
def test_rejects_of_a_workbook_are_a_workbook_that_can_be_mended(file, tmp_path):
    rejects = tmp_path / "rejects.xlsx"
    header = ["region", "reason", *NAMES[:2], "delivery_hours"]
    rows = [
        [1, "old", 1, 1, "09:00-12:00"],
        [1, "old", 2, "=1+1", "09:00-12:00"],
        ["9223372036854775807", None, 3, 99.5, "1;=2"],
        [1, None, 4, 1, datetime(2026, 1, 10, 9, 30)],
        [1, None, 5, 1, None, "more"],
    ]
    path = file(sheet(header, [dict(enumerate(row)) for row in rows]), "xlsx")

    assert imported(path, "--skip-bad", rejects)[0].startswith("orders: 1 taken, 4 refused")
    book = openpyxl.load_workbook(rejects)
    assert [[cell.value for cell in row] for row in book.active.iter_rows()] == [
        ["reason", "region", "order_id", "weight", "delivery_hours", None],
        [
            "weight: is a formula, and only the program that wrote it can reckon it: put its value there",
            *(1, 2, "'=1+1", "09:00-12:00", None),
        ],
        [
            "weight: must be a number of kilograms from 0.01 to 50;"
            ' delivery_hours: item 0 must be written "HH:MM-HH:MM", from 00:00 to 23:59',
            *("9223372036854775807", 3, 99.5, "1;'=2", None),
        ],
        ["delivery_hours: is a date or a time: make the cell a text", 1, 4, 1, "2026-01-10 09:30:00", None],
        ["must have 5 cells, as the header has, not 6", 1, 5, 1, None, "more"],
    ]

    again = tmp_path / "again.xlsx"
    assert imported(rejects, "--skip-bad", again)[0].startswith("orders: 0 taken, 4 refused")
    book = openpyxl.load_workbook(again)
    for place, value in {"D2": 2, "D3": 9.5, "E3": None, "E4": "09:30-10:00", "F5": None}.items():
        book.active[place].value = value
    book.save(again)

    assert imported(again)[0] == "orders: 4 taken, 0 refused\n"
    assert [row[:3] for row in stored()] == [
        (1, Decimal(1), 1),
        (2, Decimal(2), 1),
        (3, Decimal("9.5"), 2**63 - 1),
        (4, Decimal(1), 1),
        (5, Decimal(1), 1),
    ]


def rejects_of(content, file_format, file, tmp_path):
    rejects = tmp_path / "rejects"
    imported(file(content, file_format), "--skip-bad", rejects)
    return rejects.read_bytes().decode()


@pytest.mark.django_db
def test_rejects_in_csv_are_the_records_as_they_came_behind_the_reason(file, tmp_path):
    content = 'region,order_id,reason,weight,delivery_hours\n1,1,old,1,\n1,2,"o,l\nd",1e9,"09:00-12:00"\n1,3\n'

    rejects = rejects_of(content, "csv", file, tmp_path)

    assert list(csv.reader(io.StringIO(rejects))) == [
        ["reason", "region", "order_id", "weight", "delivery_hours"],
        ["weight: must be a number of kilograms from 0.01 to 50", "1", "2", "1e9", "09:00-12:00"],
        ["must have 5 cells, as the header has, not 2", "1", "3"],
    ]
    assert stored() == [(1, Decimal(1), 1, [])]


@pytest.mark.django_db
def test_rejects_in_csv_hold_no_formula_and_are_judged_as_before(file, tmp_path):
    cells = ["=1+1", "+1", "@x", "\tx", "\rx", "1;=2", "1;-3;-x", "-4", "-x", "'=y", "'z"]
    content = io.StringIO()
    csv.writer(content).writerows([NAMES, *([cell, 1, 1, ""] for cell in cells)])

    first = rejects_of(content.getvalue(), "csv", file, tmp_path)
    (tmp_path / "rejects").unlink()
    second = rejects_of(first, "csv", file, tmp_path)

    written_cells = [row[1] for row in csv.reader(io.StringIO(first, newline=""))]
    assert written_cells == [
        "order_id",
        "'=1+1",
        "'+1",
        "'@x",
        "'\tx",
        "'\rx",
        "1;'=2",
        "1;-3;'-x",
        "-4",
        "'-x",
        "'=y",
        "'z",
    ]
    assert second == first


@pytest.mark.django_db
def test_rejects_in_ndjson_are_the_objects_with_the_reason_or_the_line(file, tmp_path):
    content = '{"reason": "old", "order_id": 1.10, "é": null}\r\n{"order_id"\r\n[1]\n'

    lines = rejects_of(content, "ndjson", file, tmp_path).splitlines()

    assert lines[0].startswith('{"order_id": 1.10, "é": null, "reason": "order_id: must be an integer')
    assert [json.loads(line) for line in lines[1:]] == [
        {"line": '{"order_id"', "reason": "cannot be read as JSON: Expecting ':' delimiter at column 13"},
        {"line": "[1]", "reason": "must be an object"},
    ]


@pytest.mark.django_db
def test_rejects_in_json_are_a_document(file, tmp_path):
    rejects = rejects_of('{"data": [{"order_id": true}, "é", {}]}', "json", file, tmp_path)

    first, second, third = json.loads(rejects)["data"]
    assert (first["order_id"], second) == (True, {"line": '"é"', "reason": "must be an object"})
    assert third["reason"] == "; ".join(f"{name}: is required" for name in NAMES)


@pytest.mark.django_db
def test_without_bad_rows_there_are_no_rejects(file, tmp_path):
    rejects = tmp_path / "rejects"

    assert imported(file(json.dumps(order(1))), "--skip-bad", rejects)[0] == "orders: 1 taken, 0 refused\n"
    assert not rejects.exists()


@pytest.mark.django_db
def test_rejects_that_stand_already_are_not_overwritten(file, tmp_path):
    rejects = tmp_path / "rejects"
    rejects.write_text("rows of another import")

    for place in (rejects, tmp_path, tmp_path / "missing" / "rejects"):
        _, _, refusal = imported(file(json.dumps(order(1))), "--skip-bad", place)
        assert refusal.startswith(f"The rejects cannot be written to {place}: ")

    assert rejects.read_text() == "rows of another import"
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_rejects_that_appear_meanwhile_undo_the_import(file, tmp_path):
    rejects = tmp_path / "rejects"
    path = file(f"{json.dumps(order(1))}\n{{}}\n")

    with path.open("rb") as content, pytest.raises(RejectsUnwritable):
        import_orders(
            file=reader_of(content, OrderSerializer, name=path.name),
            rejects=rejects,
            watch=lambda step, rows: step == "stored" and rejects.write_text("another's"),
        )

    assert not Order.objects.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("rejects")] == ["rejects"]


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_that_breaks_off_takes_nothing_and_rejects_nothing(file, tmp_path, file_format):
    rejects = tmp_path / "rejects"
    content = written([order(1), order(0)], file_format).encode() + b'"\xff'

    out, err, refusal = imported(file(content, file_format), "--skip-bad", rejects)

    assert (out, err) == ("", "")
    assert refusal.startswith(f"{tmp_path}/orders.{file_format}: The file ")
    assert not Order.objects.exists()
    assert not rejects.exists()


@pytest.fixture
def file_that_loses_an_id(file):
    """A reader, and who uses id 10,002 when the first 10,000 rows are in the store: only the primary key tells."""
    path = file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, 10_003)))

    def use_the_id(step, rows):
        if (step, rows) == ("stored", 10_000):
            side_by_side(
                lambda: Order.objects.filter(order_id=10_002).exists() or OrderFactory(order_id=10_002, region=77)
            )

    with path.open("rb") as content:
        yield {"file": reader_of(content, OrderSerializer, name=path.name), "watch": use_the_id}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_id_that_another_uses_while_the_file_is_stored_undoes_the_import(file_that_loses_an_id):
    with pytest.raises(ImportRefused) as refused:
        import_orders(**file_that_loses_an_id)

    (bad,) = refused.value.bad_rows
    assert bad[:2] == ("line 10002", 10_002)
    assert bad.reason.startswith("order_id: is in use: the store has it already, with another weight, region")
    assert Order.objects.get().region == 77


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_id_that_another_uses_while_the_file_is_stored_is_rejected(file_that_loses_an_id, tmp_path):
    rejects = tmp_path / "rejects"

    outcome = import_orders(**file_that_loses_an_id, rejects=rejects)

    assert (outcome.taken, outcome.already_there, outcome.refused) == (10_001, 0, 1)
    assert [json.loads(line)["order_id"] for line in rejects.read_text().splitlines()] == [10_002]
    assert Order.objects.filter(region=77).count() == 1
