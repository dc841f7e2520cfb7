import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from bundles.tests.factories import BundleFactory
from orders.models import Order
from orders.serializers import OrderSerializer
from orders.services import import_orders
from orders.tests.factories import OrderFactory
from sweets_store.hours import delivery_mask
from sweets_store.imports.formats import reader_of
from sweets_store.imports.insert import ImportRefused
from sweets_store.imports.rejects import RejectsUnwritable
from sweets_store.tests.serving import PROJECT, manage, own_database
from sweets_store.tests.side_by_side import side_by_side
from sweets_store.tests.statements import statements_captured

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


@pytest.fixture
def file(tmp_path):
    """Write a file and return its path."""

    def write(content, file_format="ndjson"):
        path = tmp_path / f"orders.{file_format}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


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


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_takes_all_orders_as_the_api_would(file, file_format):
    orders = [order(3, 50, 2**63 - 1, []), order(1, 0.01), order(2, 1e1, 7, ["08:00-09:00", "00:00-23:59"])]

    outcome = imported(file(written(orders, file_format), file_format))

    warning = f"No courier can ever take 1 of them: no delivery hours in {place(0, file_format)}\n"
    assert outcome == ("orders: 3 taken, 0 refused\n", warning, None)
    assert stored() == [
        (1, Decimal("0.01"), 1, ["09:00-12:00"]),
        (2, Decimal(10), 7, ["08:00-09:00", "00:00-23:59"]),
        (3, Decimal(50), 2**63 - 1, []),
    ]
    for taken in Order.objects.all():
        assert taken.delivery_mask == delivery_mask(taken.delivery_hours)


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_one_bad_row_stops_all_and_every_bad_row_is_named(file, file_format):
    OrderFactory(order_id=5)
    before = stored()
    orders = [order(1), order(2, 0.001, 0), order(0), order(5), order(1, 51), order(5), order(6)]

    out, err, refusal = imported(file(written(orders, file_format), file_format))

    in_use, twice = (
        "order_id: is in use: the store has it already",
        "order_id: stands more than once in this file, first in",
    )
    kilograms = "weight: must be a number of kilograms from 0.01 to 50"
    number = f"must be an integer from 1 to {2**63 - 1}"
    assert (out, refusal) == ("", "5 of 7 orders refused; nothing was changed.")
    assert err.splitlines() == [
        f"{place(1, file_format)} (id 2): {kilograms}; region: {number}",
        f"{place(2, file_format)}: order_id: {number}",
        f"{place(3, file_format)} (id 5): {in_use}, with another weight, delivery_hours; give this order another id",
        f"{place(4, file_format)} (id 1): {kilograms}; {twice} {place(0, file_format)}",
        f"{place(5, file_format)} (id 5): {twice} {place(3, file_format)}; {in_use}, with another weight,"
        " delivery_hours; give this order another id",
    ]
    assert stored() == before


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_a_file_sent_again_changes_nothing_and_is_no_error(file, file_format):
    orders = [order(3, 50, 2**63 - 1, ["08:00-09:00", "00:00-23:59"]), order(1, 0.1), order(2, 1e1)]
    path = file(written(orders[:2], file_format), file_format)
    imported(path)
    before = list(Order.objects.values())

    assert imported(path) == ("orders: 0 taken, 2 already there, 0 refused\n", "", None)
    assert list(Order.objects.values()) == before
    longer = file(written(orders, file_format), file_format)
    assert imported(longer) == ("orders: 1 taken, 2 already there, 0 refused\n", "", None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weight": 1.51}, "weight"),
        ({"region": 2}, "region"),
        ({"delivery_hours": []}, "delivery_hours"),
        ({"delivery_hours": ["10:00-11:00", "09:00-12:00"]}, "delivery_hours"),
        ({"weight": 2, "region": 3}, "weight, region"),
    ],
)
@pytest.mark.django_db
def test_another_content_for_an_id_is_a_bad_row_that_says_so(file, change, named):
    imported(file(json.dumps(order(1, 1.5, 1, ["09:00-12:00", "10:00-11:00"]))))
    before = list(Order.objects.values())
    other = order(1, 1.5, 1, ["09:00-12:00", "10:00-11:00"]) | change

    out, err, refusal = imported(file(json.dumps(other)))

    assert err == (
        "line 1 (id 1): order_id: is in use: the store has it already,"
        f" with another {named}; give this order another id\n"
    )
    assert (out, refusal) == ("", "1 of 1 orders refused; nothing was changed.")
    assert list(Order.objects.values()) == before


@pytest.mark.django_db
def test_an_order_on_its_way_is_already_there(file):
    carried = OrderFactory(order_id=1, weight="2.50", region=4, bundle=BundleFactory())
    path = file(json.dumps(order(1, 2.5, 4, carried.delivery_hours)))

    assert imported(path) == ("orders: 0 taken, 1 already there, 0 refused\n", "", None)


@pytest.mark.django_db
def test_a_comparison_with_the_store_takes_a_thousand_rows_at_once(file):
    def statements(count):
        imported(file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, count + 1))))
        with statements_captured() as found:
            imported(file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, count + 1))))
        return [sql for sql in found if sql.startswith("SELECT")]

    assert len(statements(10)) == len(statements(1_000)) == 3  # any in that range, which, and their content
    assert len(statements(2_001)) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_a_dry_run_tells_all_and_stores_nothing(file, tmp_path, file_format):
    imported(file(json.dumps(order(5))))
    before = list(Order.objects.values())
    rejects = tmp_path / "rejects"
    good = file(written([order(1), order(5), order(6, delivery_hours=[])], file_format), file_format)

    assert imported(good, "--dry-run") == (
        "orders: 2 would be taken, 1 already there, 0 would be refused; nothing was changed\n",
        f"No courier can ever take 1 of them: no delivery hours in {place(2, file_format)}\n",
        None,
    )
    bad = file(written([order(1), order(5, 3), order(0)], file_format), file_format)
    out, err, refusal = imported(bad, "--dry-run")
    assert (out, len(err.splitlines()), refusal) == ("", 2, "2 of 3 orders refused; nothing was changed.")
    assert imported(bad, "--dry-run", "--skip-bad", rejects)[0] == (
        f"orders: 1 would be taken, 2 would be refused (they are in {rejects}); nothing was changed\n"
    )
    assert rejects.exists()
    assert list(Order.objects.values()) == before


BAD_VALUES = [
    {"order_id": 2**63},
    {"order_id": -1},
    {"order_id": 1.0},
    {"order_id": "one"},
    {"weight": 0},
    {"weight": 50.01},
    {"weight": 1.005},
    {"weight": "heavy"},
    {"region": 0},
    {"delivery_hours": ["9:00-18:00"]},
    {"delivery_hours": ["10:00-10:00"]},
    {"delivery_hours": ["09:00-18:00", "24:00-24:01"]},
    {"delivery_hours": ["09:00-18:00"] * 1_001},
    {"weight": 0, "region": "", "delivery_hours": [""] * 2},
]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "file_format"),
    [
        pytest.param(bad, file_format, id=f"{bad}-{file_format}")
        for bad in BAD_VALUES
        for file_format in ALL_FORMATS
        if (bad, file_format) != ({"order_id": 1.0}, "xlsx")  # a spreadsheet has no integers
    ],
)
def test_a_row_is_judged_as_the_api_judges_it(api, file, bad, file_format):
    (faults,) = [
        faults
        for name, faults in api.post("/orders", {"data": [order(1) | bad]}).body["validation_error"].items()
        if name != "orders"
    ]

    _, err, _ = imported(file(written([order(1) | bad], file_format), file_format))

    named = place(0, file_format) + ("" if "order_id" in bad else " (id 1)")
    assert err == f"{named}: {'; '.join(f'{name}: {message}' for name, message in faults.items())}\n"
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_lines_that_are_no_objects_are_named_among_the_others(file):
    lines = ["{", json.dumps(order(1)), "[1]", '{"order_id": 2, "order_id": 2}', json.dumps(order(3) | {"x": 1})]

    _, err, _ = imported(file("\n".join(lines)))

    assert err.splitlines() == [
        "line 1: cannot be read as JSON: Expecting property name enclosed in double quotes at column 2",
        "line 3: must be an object",
        "line 4: cannot be read as JSON: a key stands twice in one object",
        "line 5 (id 3): x: is unknown; known: order_id, weight, region, delivery_hours",
    ]


@pytest.mark.django_db
def test_the_report_ends_after_10_000_rows(file):
    _, err, refusal = imported(file("1\n" * 10_007))

    *named, more = err.splitlines()
    assert (len(named), named[-1], more) == (10_000, "line 10000: must be an object", "… and 7 more")
    assert refusal == "10007 of 10007 orders refused; nothing was changed."


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_more_objects_than_a_body_may_hold_are_taken(file, file_format):
    orders = [order(order_id) for order_id in range(100_001, 0, -1)]

    assert imported(file(written(orders, file_format), file_format))[0] == "orders: 100001 taken, 0 refused\n"
    assert Order.objects.count() == 100_001


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


@pytest.mark.django_db
def test_a_workbook_comes_by_standard_input(environment, tmp_path):
    path = tmp_path / "orders"
    path.write_bytes(written([order(1)], "xlsx"))

    with path.open("rb") as content:
        command = started(environment, "-", "--format", "xlsx", stdin=content, stdout=subprocess.PIPE)
        said, _ = command.communicate(timeout=60)

    assert said == "orders: 1 taken, 0 refused\n"


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


@pytest.mark.django_db
def test_what_is_no_file_is_one_clear_line(tmp_path):
    assert imported(tmp_path)[2] == f"{tmp_path} cannot be read: Is a directory. Nothing was changed."
    assert (
        imported(tmp_path / "no")[2] == f"{tmp_path}/no cannot be read: No such file or directory. Nothing was changed."
    )


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


# From outside: processes of their own, on a database of their own


@pytest.fixture
def environment(tmp_path):
    with own_database(tmp_path, f"import_{os.getpid()}") as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
        assert manage("migrate", "-v0", environment=environment).returncode == 0
        yield environment


def count_stored(environment):
    listed = manage("shell", "-v0", "-c", COUNT, environment=environment)
    return int(listed.stdout)


COUNT = "from orders.models import Order; print(Order.objects.count())"


@pytest.mark.once
def test_standard_input_is_read_in_each_format(environment):
    for number, file_format in enumerate(FORMATS, 1):
        done = manage("import_orders", "-", environment=environment, input=written([order(number)], file_format))

        assert (done.returncode, done.stdout, done.stderr) == (0, "orders: 1 taken, 0 refused\n", "")
    assert count_stored(environment) == 3


@pytest.mark.once
def test_refusals_are_lines_and_exit_1(environment):
    bad = manage("import_orders", "-", environment=environment, input=json.dumps(order(0)))
    empty = manage("import_orders", "-", environment=environment, input="")

    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (1, "", 2)
    assert (empty.returncode, empty.stderr) == (1, "CommandError: -: The file is empty.\n")


def started(environment, *arguments, **options):
    command = [sys.executable, "manage.py", "import_orders", *map(str, arguments)]
    return subprocess.Popen(command, cwd=PROJECT, env=os.environ | environment, text=True, **options)


@pytest.mark.once
def test_closed_pipes_leave_no_trace(environment, file):
    path, pipe = file(json.dumps(order(1))), subprocess.PIPE
    unheard = started(environment, path, stdout=pipe, stderr=pipe)
    unheard.stdout.close()
    unread = started(environment, "-", stderr=pipe, preexec_fn=lambda: os.close(0))

    assert (unheard.communicate(timeout=60)[1], unheard.returncode) == ("", 0)
    assert (unread.communicate(timeout=60)[1], unread.returncode) == ("CommandError: -: The file is closed.\n", 1)
    assert count_stored(environment) == 1


def outcomes_side_by_side(environment, *paths):
    imports = [started(environment, path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for path in paths]
    return sorted((running.communicate(timeout=60), running.returncode) for running in imports)


def test_of_twin_imports_one_stores_and_the_other_finds_all_there(environment, file):
    path = file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, 12_001)))

    assert outcomes_side_by_side(environment, path, path) == [
        (("orders: 0 taken, 12000 already there, 0 refused\n", ""), 0),
        (("orders: 12000 taken, 0 refused\n", ""), 0),
    ]
    assert count_stored(environment) == 12_000


def test_of_rival_imports_one_wins_whole_and_the_other_reports(environment, tmp_path):
    paths = [tmp_path / "light.ndjson", tmp_path / "heavy.ndjson"]
    for weight, path in enumerate(paths, 1):
        path.write_text("".join(json.dumps(order(order_id, weight)) + "\n" for order_id in range(1, 12_001)))

    outcomes = outcomes_side_by_side(environment, *paths)

    (lost, reported), lost_code = outcomes[0]
    assert (lost, lost_code) == ("", 1)
    assert reported.splitlines()[0].startswith("line 1 (id 1): order_id: is in use: the store has it already, with")
    assert reported.splitlines()[-2:] == [
        "… and 2000 more",
        "CommandError: 12000 of 12000 orders refused; nothing was changed.",
    ]
    assert outcomes[1] == (("orders: 12000 taken, 0 refused\n", ""), 0)
    assert count_stored(environment) == 12_000


PEAK = """
import re, sys, django
django.setup()
from django.core.management import call_command
call_command("import_orders", *sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


# How the rows of the other formats reach the database is no other way.
@pytest.mark.parametrize("file_format", MOSTLY_ONCE)
def test_memory_does_not_grow_with_the_file(environment, file, tmp_path, file_format):
    def peak_megabytes(count, first):
        orders = [order(first + index * 7_919 % count) for index in range(count)]
        orders[::10] = [order(0)] * len(orders[::10])
        path = file(written(orders, file_format), file_format)
        command = [sys.executable, "-c", PEAK, path, "--skip-bad", tmp_path / f"rejects_{count}"]
        known = {"DJANGO_SETTINGS_MODULE": "sweets_store.settings"}
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | environment | known, capture_output=True, text=True
        )
        said, peak = done.stdout.splitlines()
        assert said.startswith(f"orders: {count * 9 // 10} taken, {count // 10} refused")
        return int(peak) / 1024

    small, large = peak_megabytes(12_000, 1), peak_megabytes(60_000, 100_000)

    assert large < 100
    assert large - small < 20  # held as objects, the larger file takes some 30 more
