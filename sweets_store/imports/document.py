"""A JSON document, read as a stream. It is as strict as in the API's bodies."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, TextIO

from sweets_store.imports.json_rows import ROW_DEPTH, with_reason, without_reason
from sweets_store.imports.reader import MAX_ROW, BrokenFile, Reader, SentRow
from sweets_store.strict_json import BrokenJSON, check_value, decoder, fault_text

# What may stand between a number and the text that lengthens it: of 1e+5 the parser takes 1 as long as it sees 1e+.
NUMBER_TAIL = 2
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
                check_value(value, text, ROW_DEPTH)
            except BrokenJSON as found:
                fault = found
        if fault is not None:
            self._refuse_value(fault)
        self._position = end
        return text, value

    def _refuse_value(self, fault: Exception) -> NoReturn:
        if len(self._window) - self._position > MAX_ROW:
            self.refuse(f"holds no complete value within {MAX_ROW} characters: {fault_text(fault)}")
        position = fault.pos if isinstance(fault, json.JSONDecodeError) else self._position
        self.refuse(f"cannot be read as JSON: {fault_text(fault)}", position)


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

    def _objects(self, document: Document) -> Iterator[SentRow]:
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
