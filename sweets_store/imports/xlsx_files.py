"""XLSX: what a row of the sheet holds."""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext, gettext_lazy

from sweets_store.imports.cells import Column, as_it_was, columns_of, inert, wrong_width
from sweets_store.imports.checked import ImportedSerializer
from sweets_store.imports.reader import CHUNK_BYTES, REASON, BrokenFile, BrokenRow, Reader, SentRow, Unreadable
from sweets_store.imports.sheets import MAX_CELL, Cell, Kind, Row
from sweets_store.imports.workbook_writing import Number, workbook
from sweets_store.imports.workbooks import sheet_rows

MAX_FILE_BYTES = 64 * 2**20
# More digits a spreadsheet rounds without a word.
EXACT_DIGITS = 15


BLANK = Cell(Kind.TEXT, "")


class XLSXReader(Reader):
    """The columns of CSV in the first row; blank rows do not count. A place is the number of the row."""

    place = gettext_lazy("row %d")
    _header: list[str]

    def __init__(self, file: BinaryIO, serializer: type[ImportedSerializer]) -> None:
        self.serializer = serializer
        self._file = file

    def __iter__(self) -> Iterator[SentRow]:
        with tempfile.TemporaryFile(prefix="sweets-import-") as copy:
            rows = sheet_rows(copied(self._file, copy))
            _, first = next(rows, (0, {}))
            if not first:
                raise BrokenFile(fault=gettext("is empty."))
            width = max(first) + 1
            self._header = [as_it_was(first[place].text) if place in first else "" for place in range(width)]
            columns = columns_of(self._header, self.serializer, gettext("the first row of the sheet"))
            for number, cells in rows:
                yield number, json.dumps(list(cells.items())), row_object(cells, columns, width)

    def write_rejects(self, file: BinaryIO, rejected: Iterable[tuple[str, str]]) -> None:
        file.writelines(workbook(self._rejects(rejected)))

    def _rejects(self, rejected: Iterable[tuple[str, str]]) -> Iterator[dict[int, str]]:
        """The reason stands first, as in CSV, and an old one is left out."""
        old = self._header.index(REASON) if REASON in self._header else sys.maxsize

        def behind_reason(cells: Iterable[tuple[int, str]], reason: str) -> dict[int, str]:
            moved = {place + 1 if place < old else place: cell for place, cell in cells if place != old}
            return {0: inert(reason), **moved}

        yield behind_reason(enumerate(map(inert, self._header)), REASON)
        for source, reason in rejected:
            yield behind_reason(((place, written(*cell)) for place, cell in json.loads(source)), reason)


def copied(file: BinaryIO, copy: BinaryIO) -> BinaryIO:
    """Return the file, or its copy if one cannot go back in it. Raises BrokenFile."""
    source = file
    if not file.seekable():
        while copy.tell() <= MAX_FILE_BYTES and (chunk := file.read(CHUNK_BYTES)):
            copy.write(chunk)
        source = copy
    if source.seek(0, 2) > MAX_FILE_BYTES:
        raise BrokenFile(
            fault=gettext("has more than %(most)s bytes: send it in parts, or as CSV.") % {"most": MAX_FILE_BYTES}
        )
    source.seek(0)
    return source


def row_object(cells: Row, columns: list[Column], width: int) -> Any:
    if (last := max(cells)) >= width:
        return BrokenRow(wrong_width(width, last + 1))
    return {name: value_of(cells.get(place, BLANK), read) for place, name, read in columns}


def value_of(cell: Cell, read: Callable[[str], Any]) -> Any:
    """Return what the field judges: of a number what CSV would have, of a text what it says."""
    match cell.kind:
        case Kind.TEXT:
            return read(as_it_was(cell.text))
        case Kind.NUMBER:
            digits = exact_number(cell.text)
            if digits is None:
                told = gettext(
                    "is a number of more than %(digits)s digits, which a spreadsheet rounds: make the cell a text"
                )
                return Unreadable(told % {"digits": EXACT_DIGITS})
            return read(digits)
        case Kind.FORMULA:
            told = gettext("is a formula, and only the program that wrote it can reckon it: put its value there")
            return Unreadable(told)
        case Kind.DATE:
            return Unreadable(gettext("is a date or a time: make the cell a text"))
        case Kind.LONG:
            return Unreadable(gettext("has more than %(most)s characters") % {"most": MAX_CELL})
    return Unreadable(gettext("is TRUE or FALSE"))


_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")


def exact_number(text: str) -> str | None:
    """Return the number as its spreadsheet shows it, in 15 digits: of 1.1 the file may hold 1.1000000000000001.

    None if it may be rounded. What is no number comes back as it is.
    """
    if not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    if abs(number) >= 10**EXACT_DIGITS:
        return None
    shown = Decimal(f"{float(number):.{EXACT_DIGITS}g}")
    return str(int(shown)) if shown == int(shown) else str(shown)


def written(kind: str, text: str) -> str:
    """The cell for the rejects: numbers stay numbers, the others are texts that show the same."""
    return Number(text) if kind == Kind.NUMBER else inert(text)
