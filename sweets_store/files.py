"""Files of objects, read as a stream: JSON `{"data": [...]}`, NDJSON and CSV (README, "Commands").

What is held at a time is a chunk of the file and one row. JSON is as strict as in the API's bodies; a field or column
`reason`, which the rejects of an earlier import carry, is passed over.
"""

import codecs
import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import chain
from pathlib import PurePath
from typing import Any, ClassVar, NoReturn, Protocol, TextIO

from rest_framework.serializers import Field

from sweets_store.errors import DomainError
from sweets_store.serializers import (
    ChoiceField,
    HoursField,
    IdField,
    ImportedSerializer,
    RegionsField,
    WeightField,
)
from sweets_store.strict_json import MAX_DEPTH, BrokenJSON, check_nesting, check_strings, decoder

CHUNK_BYTES = 64 * 1024
MAX_ROW = 2**20
# What may stand between a number and the text that lengthens it: of 1e+5 the parser takes 1 as long as it sees 1e+.
NUMBER_TAIL = 2
REASON = "reason"

# Where the row stands, its own text, and what it holds: the object, or why it cannot be read.
SentRow = tuple[int, str, Any]


class BrokenFile(DomainError):
    """The file cannot be read to its end, so nothing of it counts."""

    code = "broken_file"
    message = "The file {fault}"


class BrokenRow(ValueError):
    """The row is no object; the text says why. The rows after it can be read."""


class ReadableBytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Reader(ABC):
    """Yields the rows of a file. Raises BrokenFile, and OSError as the file does."""

    place: ClassVar[str] = "line %d"

    def __init__(self, texts: Iterable[str], serializer: type[ImportedSerializer]) -> None:
        self.serializer = serializer
        self._texts = texts

    @abstractmethod
    def __iter__(self) -> Iterator[SentRow]: ...

    @abstractmethod
    def write_rejects(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        """Write (text of a row, reason) in the format of the file that was read to its end."""


class NDJSONReader(Reader):
    """An object a line; blank lines do not count."""

    def __iter__(self) -> Iterator[SentRow]:
        for number, line in enumerate(lines(self._texts), 1):
            try:
                yield number, line, json_row(line)
            except BrokenRow as fault:
                if line.strip(" \t\r"):
                    yield number, line, fault

    def write_rejects(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        file.writelines(f"{with_reason(source, reason)}\n" for source, reason in rejected)


class JSONReader(Reader):
    """One document, `{"data": [...]}` and nothing else. A place is the index in `data`."""

    place = "data[%d]"

    def __iter__(self) -> Iterator[SentRow]:
        document = Document(self._texts)
        document.take("{")
        if document.take_if("}"):
            document.refuse('lacks its "data"')
        if document.value()[1] != "data":
            document.refuse('may hold "data" at the top level and nothing else')
        document.take(":")
        yield from self._objects(document)
        if document.take(",}") == ",":
            document.refuse('may hold "data" at the top level, once, and nothing else')
        document.end()

    def _objects(self, document: "Document") -> Iterator[SentRow]:
        document.take("[")
        if document.take_if("]"):
            return
        place, mark = 0, ","
        while mark == ",":
            source, value = document.value()
            yield place, source, without_reason(value)
            place += 1
            mark = document.take(",]")

    def write_rejects(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        file.write('{"data": [')
        file.writelines(f"{',' if number else ''}\n{with_reason(*reject)}" for number, reject in enumerate(rejected))
        file.write("\n]}\n")


class CSVReader(Reader):
    """A header line with the fields' names in any order, then an object a record; lists are joined by `;`."""

    _header: list[str]

    def __iter__(self) -> Iterator[SentRow]:
        records = csv_records(lines(self._texts))
        _, _, self._header = next(records)
        width, columns = len(self._header), self._columns()
        for number, source, cells in records:
            if len(cells) == width:
                yield number, source, {name: read(cells[index]) for index, name, read in columns}
            else:
                yield number, source, BrokenRow(f"must have {width} cells, as the header has, not {len(cells)}")

    def _columns(self) -> list[tuple[int, str, Callable[[str], Any]]]:
        fields = self.serializer._declared_fields
        faults = [
            f"{fault} {', '.join(dict.fromkeys(names))}"
            for fault, names in (
                ("lacks", [name for name in fields if name not in self._header]),
                ("has the unknown", [name or '""' for name in self._header if name not in (*fields, REASON)]),
                ("repeats", [name for name in self._header if self._header.count(name) > 1]),
            )
            if names
        ]
        if faults:
            raise BrokenFile(
                fault=f"has a bad header line (columns, parted by commas): it {'; it '.join(faults)[:1000]}."
            )
        return [(i, name, CELLS[type(fields[name])]) for i, name in enumerate(self._header) if name in fields]

    def write_rejects(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        """The reason stands first, so that a record that has too few cells or too many stays as it was."""
        writer = csv.writer(file)
        old = self._header.index(REASON) if REASON in self._header else len(self._header)
        header = self._header[:old] + self._header[old + 1 :]
        writer.writerow([REASON, *header])
        for source, reason in rejected:
            _, _, cells = next(csv_records(iter(source.split("\n"))))
            writer.writerow([reason, *cells[:old], *cells[old + 1 :]])


FORMATS: dict[str, type[Reader]] = {"json": JSONReader, "ndjson": NDJSONReader, "csv": CSVReader}
ENDINGS = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv"}


def reader_of(
    file: ReadableBytes, serializer: type[ImportedSerializer], *, name: str = "", file_format: str | None = None
) -> Reader:
    """Return the reader of `file_format`, else of the ending of `name`, else of what the file begins like."""
    texts = decoded(file)
    file_format = file_format or ENDINGS.get(PurePath(name).suffix.lower())
    if file_format is None:
        beginning = next(texts)
        texts, file_format = chain([beginning], texts), sniffed(beginning)
    return FORMATS[file_format](texts, serializer)


_DOCUMENT = re.compile(r'\s*(?:\[|\{\s*(?:"data"\s*:|\}\s*$))')


def sniffed(beginning: str) -> str:
    """Return the format of which the text may be the beginning; a text that no format reads gets any."""
    if _DOCUMENT.match(beginning):
        return "json"
    return "ndjson" if beginning.lstrip().startswith("{") else "csv"


# Text


def decoded(file: ReadableBytes, size: int = CHUNK_BYTES) -> Iterator[str]:
    """Yield the text of a UTF-8 file, with or without a byte order mark, in pieces that are never empty."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    position, blank = 0, True
    while chunk := file.read(size):
        text = _decoded(decoder, chunk, position)
        position += len(chunk)
        blank = blank and (not text or text.isspace())
        if text:
            yield text
    _decoded(decoder, b"", position)
    if blank:
        raise BrokenFile(fault="is empty.")


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, position: int) -> str:
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as fault:
        raise BrokenFile(fault=f"is not UTF-8 text near byte {position + fault.start + 1}.") from None


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield the lines without their line feed."""
    rest, number = "", 1
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        yield from whole
        number += len(whole)
        if len(rest) > MAX_ROW:
            raise BrokenFile(fault=f"has more than {MAX_ROW} characters in line {number}.")
    if rest:
        yield rest


# JSON


def json_row(text: str) -> Any:
    """Return the JSON value that the whole text is. Raises BrokenRow."""
    try:
        value = decoder.decode(text)
        check_row(value, text)
    except (ValueError, RecursionError) as fault:
        where = f" at column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else ""
        raise BrokenRow(f"cannot be read as JSON: {reason_of(fault)}{where}") from None
    return without_reason(value)


def check_row(value: Any, text: str) -> None:
    """Raise BrokenJSON for what the API refuses in an object of `data`: the body and the list are two levels more."""
    levels = MAX_DEPTH - 2
    # No text nests deeper than it has brackets: two counts spare nearly every row the walk.
    if text.count("[") + text.count("{") > levels and type(value) in (dict, list):
        check_nesting(value, levels)
    if "\\u" in text:
        check_strings(value)


def reason_of(fault: Exception) -> str:
    match fault:
        case json.JSONDecodeError():
            return fault.msg
        case BrokenJSON():
            return str(fault)
        case RecursionError():
            return f"nested deeper than {MAX_DEPTH} levels"
    return "a number has too many digits"


def without_reason(value: Any) -> Any:
    if type(value) is dict:
        value.pop(REASON, None)
    return value


def with_reason(source: str, reason: str) -> str:
    """Return the JSON object with its reason; a text that is no JSON object becomes the `line` of one."""
    try:
        value = json_row(source)
    except BrokenRow:
        value = None
    sent = value if type(value) is dict else {"line": source.strip(" \t\r\n")}
    return encoded(sent | {REASON: reason})


def encoded(value: Any) -> str:
    """JSON text in which a Decimal keeps all its digits."""
    match value:
        case dict():
            return "{" + ", ".join(f"{encoded(name)}: {encoded(member)}" for name, member in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(encoded, value)) + "]"
        case Decimal():
            return str(value)
    return json.dumps(value, ensure_ascii=False)


_BLANKS = re.compile(r"[ \t\n\r]*")


class Document:
    """A JSON text of which only a window is held: what was taken is forgotten, what follows is read when asked for.

    A value must end within MAX_ROW characters. Raises BrokenFile with the line and column.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self._window = ""
        self._position = 0
        self._lines_before = 0
        self._columns_before = 0

    def _read_on(self) -> bool:
        """Lengthen the window; False at the end of the text."""
        text = next(self._texts, None)
        if text is None:
            return False
        self._lines_before, self._columns_before = self._place(self._position)
        self._window = self._window[self._position :] + text
        self._position = 0
        return True

    def _place(self, position: int) -> tuple[int, int]:
        """How many lines, and columns of the last one, stand before the position in the window."""
        newlines = self._window.count("\n", 0, position)
        if not newlines:
            return self._lines_before, self._columns_before + position
        return self._lines_before + newlines, position - self._window.rindex("\n", 0, position) - 1

    def refuse(self, fault: str, position: int | None = None) -> NoReturn:
        line, column = self._place(self._position if position is None else position)
        raise BrokenFile(fault=f"{fault} (line {line + 1}, column {column + 1}).")

    def _skip_blanks(self) -> None:
        while True:
            blanks = _BLANKS.match(self._window, self._position)
            self._position = blanks.end() if blanks else self._position
            if self._position < len(self._window) or not self._read_on():
                return

    def take_if(self, marks: str) -> str:
        """Take the next character if it is one of the marks, else nothing."""
        mark = self._window[self._position : self._position + 1]
        if not mark or mark in " \t\n\r":
            self._skip_blanks()
            mark = self._window[self._position : self._position + 1]
        if not mark or mark not in marks:
            return ""
        self._position += 1
        return mark

    def take(self, marks: str) -> str:
        return self.take_if(marks) or self.refuse(f"cannot be read as JSON: {' or '.join(marks)} expected")

    def end(self) -> None:
        self._skip_blanks()
        if self._position < len(self._window):
            self.refuse("cannot be read as JSON: nothing may follow the document")

    def value(self) -> tuple[str, Any]:
        """Take the next value; return its text and itself.

        Where the window ends a value may look broken, or a number complete, only because the rest is not there yet:
        so the value is read again with more of the text before it counts.
        """
        self._skip_blanks()
        while True:
            fault: Exception | None = None
            end = len(self._window)
            try:
                value, end = decoder.raw_decode(self._window, self._position)
            except (ValueError, RecursionError) as found:
                fault = found
            if (
                end + NUMBER_TAIL < len(self._window)
                or len(self._window) - self._position > MAX_ROW
                or not self._read_on()
            ):
                break
        if fault is None:
            text = self._window[self._position : end]
            try:
                check_row(value, text)
            except BrokenJSON as found:
                fault = found
        if fault is not None:
            self._refuse_value(fault)
        self._position = end
        return text, value

    def _refuse_value(self, fault: Exception) -> NoReturn:
        if len(self._window) - self._position > MAX_ROW:
            self.refuse(f"holds no complete value within {MAX_ROW} characters: {reason_of(fault)}")
        position = fault.pos if isinstance(fault, json.JSONDecodeError) else self._position
        self.refuse(f"cannot be read as JSON: {reason_of(fault)}", position)


# CSV


def csv_records(text_lines: Iterator[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the number of the first line, the text and the cells of each record; blank lines do not count."""
    taken: list[str] = []

    def fed() -> Iterator[str]:
        size = 0
        for line in text_lines:
            size = size + len(line) if taken else len(line)
            if size > MAX_ROW:
                raise csv.Error(f"a record is longer than {MAX_ROW} characters")
            taken.append(line)
            yield line + "\n"

    reader = csv.reader(fed(), strict=True)
    try:
        for cells in reader:
            text = "\n".join(taken)
            if text.strip():
                yield reader.line_num - len(taken) + 1, text, cells
            taken.clear()
    except csv.Error as fault:
        raise BrokenFile(fault=f"cannot be read as CSV: {fault} (line {reader.line_num}).") from None


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")


def number_cell(cell: str) -> Any:
    """Return the number if the cell holds one as JSON writes it; else the text, which its field then refuses."""
    match = _NUMBER.fullmatch(cell)
    if match is None:
        return cell
    try:
        return decoder.parse_float(cell) if match[1] else int(cell)
    except ValueError:  # beyond what a number here may be
        return cell


def numbers_cell(cell: str) -> list[Any]:
    return [number_cell(part) for part in cell.split(";")] if cell else []


def texts_cell(cell: str) -> list[str]:
    return cell.split(";") if cell else []


CELLS: dict[type[Field], Callable[[str], Any]] = {
    IdField: number_cell,
    WeightField: number_cell,
    ChoiceField: str,
    RegionsField: numbers_cell,
    HoursField: texts_cell,
}
