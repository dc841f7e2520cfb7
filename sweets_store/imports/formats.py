"""Which format a file has: what the caller says, else what its name ends like, else what it begins like."""

import re
from itertools import chain
from pathlib import PurePath
from typing import BinaryIO

from sweets_store.imports.checked import ImportedSerializer
from sweets_store.imports.csv_files import CSVReader
from sweets_store.imports.json_files import JSONReader
from sweets_store.imports.json_rows import NDJSONReader
from sweets_store.imports.reader import Reader, TextReader, decoded
from sweets_store.imports.xlsx_files import XLSXReader

XLSX = "xlsx"
TEXT_FORMATS: dict[str, type[TextReader]] = {"json": JSONReader, "ndjson": NDJSONReader, "csv": CSVReader}
FORMATS = (*TEXT_FORMATS, XLSX)
ENDINGS = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".xlsx": XLSX}


def reader_of(
    file: BinaryIO, serializer: type[ImportedSerializer], *, name: str = "", file_format: str | None = None
) -> Reader:
    """Return the reader of `file_format`, else of the ending of `name`, else of what the file begins like."""
    file_format = file_format or ENDINGS.get(PurePath(name).suffix.lower())
    if file_format == XLSX:
        return XLSXReader(file, serializer)
    texts = decoded(file)
    if file_format is None:
        beginning = next(texts)
        texts, file_format = chain([beginning], texts), sniffed(beginning)
    return TEXT_FORMATS[file_format](texts, serializer)


_DOCUMENT = re.compile(r'\s*(?:\[|\{\s*(?:"data"\s*:|\}\s*$))')


def sniffed(beginning: str) -> str:
    """Return the format of which the text may be the beginning; a text that no format reads gets any."""
    if _DOCUMENT.match(beginning):
        return "json"
    return "ndjson" if beginning.lstrip().startswith("{") else "csv"
