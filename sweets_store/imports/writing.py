"""Objects as files that import again: exports and samples, in each format, in pieces."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from sweets_store.imports.cells import inert
from sweets_store.imports.json_rows import encoded
from sweets_store.imports.workbook_writing import Number, workbook
from sweets_store.imports.xlsx_files import EXACT_DIGITS

ROWS_AT_ONCE = 500

Objects = Iterable[Mapping[str, Any]]


def written(objects: Objects, names: Sequence[str], file_format: str) -> Iterator[bytes]:
    """Yield a file of the format, in pieces, that holds the named fields of the objects."""
    return WRITERS[file_format](names, ([each[name] for name in names] for each in objects))


Rows = Iterator[Sequence[Any]]


def written_csv(names: Sequence[str], rows: Rows) -> Iterator[bytes]:
    for some in batches(chain([names], rows)):
        text = io.StringIO()
        csv.writer(text).writerows([inert(cell_text(value)) for value in row] for row in some)
        yield text.getvalue().encode()


def written_ndjson(names: Sequence[str], rows: Rows) -> Iterator[bytes]:
    for some in batches(rows):
        yield "".join(f"{encoded(dict(zip(names, row, strict=True)))}\n" for row in some).encode()


def written_json(names: Sequence[str], rows: Rows) -> Iterator[bytes]:
    begun = b'{"data": [\n'
    for some in batches(rows):
        yield begun + ",\n".join(encoded(dict(zip(names, row, strict=True))) for row in some).encode()
        begun = b",\n"
    yield b"\n]}\n" if begun == b",\n" else begun + b"]}\n"


def written_xlsx(names: Sequence[str], rows: Rows) -> Iterator[bytes]:
    return workbook(dict(enumerate(map(sheet_cell, row))) for row in chain([names], rows))


WRITERS: dict[str, Callable[[Sequence[str], Rows], Iterator[bytes]]] = {
    "csv": written_csv,
    "xlsx": written_xlsx,
    "ndjson": written_ndjson,
    "json": written_json,
}


def batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    rows = iter(rows)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield some


def cell_text(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def sheet_cell(value: Any) -> str:
    """Numbers as numbers, but for those that a spreadsheet would round."""
    if isinstance(value, (int, Decimal)) and abs(value) < 10**EXACT_DIGITS:
        return Number(value)
    return inert(cell_text(value))
