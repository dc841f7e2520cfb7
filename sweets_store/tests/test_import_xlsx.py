"""XLSX: what is read of a workbook, what is refused, and that a hostile one is refused within a bound."""

import io
import re
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest

from couriers.serializers import CourierSerializer
from orders.serializers import OrderSerializer
from sweets_store.imports.formats import reader_of
from sweets_store.imports.reader import BrokenFile, BrokenRow, Unreadable
from sweets_store.imports.workbook_writing import PARTS, Number, workbook
from sweets_store.imports.workbooks import shows_a_date

HEADER = ["order_id", "weight", "region", "delivery_hours"]
ROW = [1, 0.5, 2, "09:00-12:00"]
OBJECT = {"order_id": 1, "weight": Decimal("0.5"), "region": 2, "delivery_hours": ["09:00-12:00"]}

pytestmark = pytest.mark.once

RELATION = '<Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'


def book(*rows, sheets=()):
    """A workbook as another program writes it."""
    made, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    for title in sheets:
        made.create_sheet(title)["A1"] = "more"
    made.save(file)
    return file.getvalue()


def own_book(sheet, parts=(), strings=None, styles=None):
    """A workbook whose sheet is this XML."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (PARTS | dict(parts)).items():
            for kind, content in (("sharedStrings", strings), ("styles", styles)):
                if content is not None and name == "xl/_rels/workbook.xml.rels":
                    text = text.replace("</Rel", f'{RELATION}{kind}" Id="{kind}" Target="/xl/{kind}.xml"/></Rel')
                    archive.writestr(f"xl/{kind}.xml", content)
            archive.writestr(name, text)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


def sheet_of(rows):
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    return f'<worksheet xmlns="x"><sheetData><row>{header}</row>{rows}</sheetData></worksheet>'


def read(content, serializer=OrderSerializer):
    return [(place, sent) for place, _, sent in reader_of(io.BytesIO(content), serializer, name="a.xlsx")]


def sent(*row):
    ((_, found),) = read(book(HEADER, row))
    return found


def broken(content):
    with pytest.raises(BrokenFile) as refused:
        read(content)
    return str(refused.value)


def test_a_sheet_gives_the_objects_of_the_other_formats():
    found = read(book(HEADER, ROW, [], [2, "50", 3.0, None], ["", " "], [3, 1e1, 4, "08:00-09:00;10:00-11:00"]))

    assert found == [
        (2, OBJECT),
        (4, {"order_id": 2, "weight": 50, "region": 3, "delivery_hours": []}),
        (6, {"order_id": 3, "weight": 10, "region": 4, "delivery_hours": ["08:00-09:00", "10:00-11:00"]}),
    ]


def test_couriers_have_lists_of_numbers_and_of_hours():
    rows = [["courier_type", "regions", "working_hours", "courier_id"], ["foot", "1;22", "", 1], ["car", 7, None, 2]]

    assert [sent for _, sent in read(book(*rows), CourierSerializer)] == [
        {"courier_type": "foot", "regions": [1, 22], "working_hours": [], "courier_id": 1},
        {"courier_type": "car", "regions": [7], "working_hours": [], "courier_id": 2},
    ]


@pytest.mark.parametrize(
    ("stored", "weight"),
    [
        ("1.1000000000000001", Decimal("1.1")),
        ("0.30000000000000004", Decimal("0.3")),
        ("50.000000000000001", 50),
        ("1E1", 10),
        ("5.0000000000000003E-2", Decimal("0.05")),
        ("12.345", Decimal("12.345")),
        ("-0.5", Decimal("-0.5")),
    ],
)
def test_a_number_is_what_its_spreadsheet_shows(stored, weight):
    content = own_book(sheet_of(f'<row><c r="B2"><v>{stored}</v></c></row>'))

    ((_, found),) = read(content)

    assert (found["weight"], type(found["weight"])) == (weight, type(weight))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("=A1+1", "is a formula, and only the program that wrote it can reckon it: put its value there"),
        (date(2026, 1, 10), "is a date or a time: make the cell a text"),
        (datetime(2026, 1, 10, 9), "is a date or a time: make the cell a text"),
        (time(9), "is a date or a time: make the cell a text"),
        (True, "is TRUE or FALSE"),
        (10**15, "is a number of more than 15 digits, which a spreadsheet rounds: make the cell a text"),
        (1e300, "is a number of more than 15 digits, which a spreadsheet rounds: make the cell a text"),
    ],
)
def test_what_a_cell_does_not_tell_is_refused_with_the_reason(cell, told):
    for place, name in enumerate(HEADER):
        row = [*ROW[:place], cell, *ROW[place + 1 :]]

        refused = sent(*row)[name]

        assert isinstance(refused, Unreadable)
        assert refused.reason == told


def test_an_id_of_more_than_15_digits_is_taken_as_a_text():
    assert sent("9223372036854775807", 1, 1, "")["order_id"] == 2**63 - 1
    assert sent(999_999_999_999_999, 1, 1, "")["order_id"] == 999_999_999_999_999


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ("[$-409]h:mm AM/PM", True),
        ("[h]:mm", True),
        ('0.00 "kg a day"', False),
        ("[Red]0.00", False),
        ("#,##0.00_d", False),
        (r"0\d", False),
        ("0.00E+00", False),
        ("General", False),
    ],
)
def test_a_format_tells_a_date(code, is_date):
    assert shows_a_date(code) == is_date


def test_a_row_with_cells_beyond_the_header_is_a_bad_row():
    assert str(sent(*ROW, None, "more")) == "must have 4 cells, as the header has, not 6"
    assert isinstance(sent(*ROW, 0), BrokenRow)
    assert sent(*ROW, "", " ") == OBJECT


def test_a_column_reason_is_passed_over():
    assert read(book(["reason", *HEADER], ["old", *ROW])) == [(2, OBJECT)]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER[:3], "lacks delivery_hours"),
        ([*HEADER, "colour"], "has the unknown colour"),
        ([*HEADER, None, "reason"], 'has the unknown ""'),
        ([*HEADER, "weight"], "repeats weight"),
    ],
)
def test_a_bad_header_is_one_fault(header, told):
    assert told in broken(book(header, ROW))


def test_blank_sheets_do_not_count_and_a_second_one_with_something_is_refused():
    made, file = openpyxl.Workbook(), io.BytesIO()
    made.create_sheet("second").append(HEADER)
    made["second"].append(ROW)
    made.save(file)

    assert read(file.getvalue()) == [(2, OBJECT)]
    assert broken(book(HEADER, ROW, sheets=["other"])) == (
        "The file has more than one sheet that holds something: keep the one to be read."
    )


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"\xd0\xcf\x11\xe0" * 200, b"order_id,weight\n", b"PK\5\6" + b"\0" * 18]
)
def test_what_is_no_workbook_is_refused(content):
    assert broken(content).startswith("The file cannot be read as XLSX: ")


def test_an_empty_sheet_is_refused():
    assert broken(book()) == "The file is empty."


def test_a_workbook_cut_anywhere_or_with_a_byte_changed_is_read_or_refused():
    whole = book(HEADER, ROW, ROW)
    for place in range(0, len(whole), 13):
        for content in (whole[:place], whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]):
            with suppress(BrokenFile):
                read(content)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="5"/><row r="5"/>',
        '<row r="5"/><row r="4"/>',
        '<row r="x"/>',
        '<row><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row><c r="B2"><v>1</v></c><c r="B2"><v>1</v></c></row>',
        '<row><c r="2"><v>1</v></c></row>',
        '<row><c t="s"><v>7</v></c></row>',
        '<row><c t="s"><v>x</v></c></row>',
        "<row>",
        "&nothing;",
    ],
)
def test_a_sheet_that_makes_no_sense_is_refused(rows):
    assert broken(own_book(sheet_of(rows))).startswith("The file cannot be read as XLSX: the workbook is broken: ")


BILLION = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "entities": (lambda: own_book(BILLION + sheet_of("&b;")), "its XML declares a document type"),
    "entities in the texts": (lambda: own_book(sheet_of(""), strings=BILLION + "<sst/>"), "declares a document type"),
    "an outer entity": (
        lambda: own_book(f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{sheet_of("")}'),
        "declares a document type",
    ),
    "a bomb": (lambda: own_book(sheet_of(" " * (129 * 2**20))), "unpacked it has more than 134217728 bytes"),
    "a tag without end": (lambda: own_book(sheet_of(f'<row x="{"a" * (64 * 2**20)}"/>')), "a tag has more than"),
    "a text without end": (
        lambda: own_book(sheet_of(f'<row><c t="str"><v>{"a" * (64 * 2**20)}</v></c></row>')),
        None,
    ),
    "a row without end": (
        lambda: own_book(sheet_of(f"<row>{'<c/>' * 100_000}<c><v>1</v></c></row>")),
        "more than 1,000 columns",
    ),
    "texts": (lambda: own_book(sheet_of(""), strings=f"<sst>{'<si/>' * 400_001}</sst>"), "holds too many texts"),
    "runs of one text": (
        lambda: own_book(sheet_of(""), strings=f"<sst><si>{'<r><t>aaaa</t></r>' * 100_000}</si></sst>"),
        None,
    ),
    "long texts": (
        lambda: own_book(sheet_of(""), strings=f"<sst>{('<si><t>' + 'a' * 30_000 + '</t></si>') * 600}</sst>"),
        "holds too many texts",
    ),
    "one text in many cells": (
        lambda: own_book(
            sheet_of(("<row>" + '<c t="s"><v>0</v></c>' * 30 + "</row>") * 1_000),
            strings=f"<sst><si><t>{'a' * 32_000}</t></si></sst>",
        ),
        "characters: send it in parts",
    ),
    "styles": (
        lambda: own_book(sheet_of(""), styles="<s><cellXfs>" + '<xf numFmtId="0"/>' * 110_000 + "</cellXfs></s>"),
        "more than 100,000 styles",
    ),
    "formats": (
        lambda: own_book(sheet_of(""), styles=f"<s>{many_formats()}</s>"),
        "more than 100,000 styles",
    ),
    "relations": (
        lambda: own_book(sheet_of(""), {"_rels/.rels": "<r>" + (RELATION + 'x" Id="r" Target="t"/>') * 2_000 + "</r>"}),
        "too many parts",
    ),
    "parts": (lambda: many_parts(20_000), "too many parts"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("<row><c><v>1</v></c></row>" * 100_001, "has a sheet of more than 100,000 rows"),
        ("<row/>" * 3_020_000, "or 3,000,000 elements"),
    ],
    ids=["held", "blank"],
)
def test_rows_without_end_are_refused(rows, told):
    assert told in broken(own_book(sheet_of(rows)))


def test_blank_sheets_without_end_are_refused():
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    numbers = range(2, 30)
    relations = "".join(f'<Relationship Id="r{n}" Type="{kind}" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
    main, rels = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    parts = {
        main: PARTS[main].replace("</sheets>", "".join(f'<sheet r:id="r{n}"/>' for n in numbers) + "</sheets>"),
        rels: PARTS[rels].replace("</Rel", f"{relations}</Rel"),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": f"<sheetData>{'<row/>' * 110_000}</sheetData>" for n in numbers}

    assert "or 3,000,000 elements" in broken(own_book(sheet_of(""), parts))


def test_what_is_packed_in_an_unusual_way_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)

    assert "packed in an unusual way" in broken(file.getvalue())


def many_formats():
    return "".join(map("<numFmt numFmtId='{}'/>".format, range(110_000)))


def many_parts(count):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"part{number}", "")
    return file.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_within_a_bound(name):
    make, told = HOSTILE[name]
    content = make()
    assert len(content) < 4 * 2**20

    tracemalloc.start()
    try:
        refusal = ""
        try:
            for _ in reader_of(io.BytesIO(content), OrderSerializer, name="a.xlsx"):
                pass
        except BrokenFile as refused:
            refusal = str(refused)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (told or "") in refusal
    assert bool(told) == bool(refusal)
    assert peak < 60 * 2**20


def test_what_is_written_is_read_by_others_and_by_us():
    rows = [
        dict(enumerate(HEADER)),
        {0: Number(1), 1: Number("0.5"), 2: Number(2), 3: "09:00-12:00"},
        {0: Number(2), 1: Number(3), 2: "<&>\x01", 30: " é😀 "},
    ]
    content = b"".join(workbook(rows))

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [[cell.value for cell in row][:4] for row in sheet.iter_rows()][:2] == [HEADER, ROW]
    assert (sheet["C3"].value, sheet["AE3"].value) == ("<&>\ufffd", " é😀 ")
    (first, _) = read(content)
    assert first == (2, OBJECT)


def test_no_cell_that_is_written_is_a_formula():
    file = io.BytesIO()
    reader = reader_of(
        io.BytesIO(book(HEADER, ["=1+1", "@x", -5, "-5"], ["1;=2", "+a", "'=b", "x\t"])), OrderSerializer, name="a.xlsx"
    )
    texts = [text for _, text, _ in reader]
    reader.write_rejects(file, [(text, "=reason") for text in texts])

    sheet = openpyxl.load_workbook(file).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["reason", *HEADER],
        ["'=reason", "'=1+1", "'@x", -5, "-5"],
        ["'=reason", "1;'=2", "'+a", "'=b", "x\t"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n"}
    assert not re.search(b"<f>", file.getvalue())
