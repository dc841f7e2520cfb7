"""XLSX: a workbook of one sheet, written while its rows come."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from xml.sax.saxutils import escape

ROWS_AT_ONCE = 500
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_HEAD = f'<worksheet xmlns="{_MAIN}"><cols><col min="1" max="9" width="22" customWidth="1"/></cols><sheetData>'
_TAIL = "</sheetData></worksheet>"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Number(str):
    """The digits of a cell that holds a number."""

    __slots__ = ()


def workbook(rows: Iterable[Mapping[int, str]]) -> Iterator[bytes]:
    """Yield the file in pieces. A row has its cells by column, from 0; one is a Number or a text, never a formula."""
    made = Made()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, _XML + text)
        with archive.open(_SHEET, "w") as sheet:
            sheet.write((_XML + _HEAD).encode())
            numbered = enumerate(rows, 1)
            while texts := [row_text(number, cells) for number, cells in islice(numbered, ROWS_AT_ONCE)]:
                sheet.write("".join(texts).encode())
                yield made.taken()
            sheet.write(_TAIL.encode())
    yield made.taken()


class Made(io.RawIOBase):
    """What the archive has written and nobody has taken yet: neither is it whole in memory nor must it be a file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]  # of bytes alone
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def row_text(number: int, cells: Mapping[int, str]) -> str:
    return f'<row r="{number}">{"".join(cell_text(number, *cell) for cell in cells.items())}</row>'


def cell_text(row: int, column: int, cell: str) -> str:
    if not cell:
        return ""
    place = f"{letters(column)}{row}"
    if isinstance(cell, Number):
        return f'<c r="{place}"><v>{escape(cell)}</v></c>'
    text = escape(_NOT_IN_XML.sub("\ufffd", cell))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def letters(column: int) -> str:
    """The name of a column, counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
