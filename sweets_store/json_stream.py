"""JSON read as a stream, of which a window is held and never the whole. It is as strict as `strict_json`."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from sweets_store.strict_json import MAX_DEPTH, BrokenJSON, check_value, decoder, fault_text

# What may stand between a number and the text that lengthens it: of 1e+5 the parser takes 1 as long as it sees 1e+.
NUMBER_TAIL = 2
# What the names of one object may hold in memory: they are compared with each other.
MAX_NAMES = 2**17
MAX_NAMES_CHARACTERS = 2**22
# In a body of the API an object has two levels around it: the body and its list.
ITEM_DEPTH = MAX_DEPTH - 2
_BLANKS = re.compile(r"[ \t\n\r]*")


class BrokenText(BrokenJSON):
    """`fault` says what is wrong with the text at `line` and `column`, both counted from 1."""

    def __init__(self, fault: str, line: int, column: int) -> None:
        self.fault, self.line, self.column = fault, line, column
        super().__init__(f"{fault}: line {line} column {column}")


class Document:
    """A JSON text of which only a window is held: what was taken is forgotten, what follows is read when asked for.

    A value must end within `longest` characters. Raises BrokenText.
    """

    def __init__(self, texts: Iterable[str], *, longest: int) -> None:
        self._texts = iter(texts)
        self._longest = longest
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
        raise BrokenText(fault, line + 1, column + 1)

    def _skip_blanks(self) -> None:
        while True:
            blanks = _BLANKS.match(self._window, self._position)
            self._position = blanks.end() if blanks else self._position
            if self._position < len(self._window) or not self._read_on():
                return

    def next_mark(self) -> str:
        """Return the next character that is no blank; at the end of the text, nothing."""
        self._skip_blanks()
        return self._window[self._position : self._position + 1]

    def take_if(self, marks: str) -> str:
        """Take the next character if it is one of the marks, else nothing."""
        mark = self.next_mark()
        if not mark or mark not in marks:
            return ""
        self._position += 1
        return mark

    def take(self, marks: str) -> str:
        return self.take_if(marks) or self.refuse(f"{' or '.join(marks)} expected")

    def end(self) -> None:
        if self.next_mark():
            self.refuse("nothing may follow the document")

    def names(self) -> Iterator[str]:
        """Yield the names of an object. Whoever is given one takes its value before he asks for the next."""
        seen: set[str] = set()
        characters = 0
        self.take("{")
        mark = self.take_if("}") or ","
        while mark == ",":
            if self.next_mark() != '"':
                self.refuse("a name in double quotes expected")
            _, name = self.value(levels=0)
            if name is None:
                self.refuse("a name is too long")
            if name in seen:
                self.refuse("a key stands twice in one object")
            characters += len(name)
            if len(seen) == MAX_NAMES or characters > MAX_NAMES_CHARACTERS:
                self.refuse("the names of an object are too many or too long")
            seen.add(name)
            self.take(":")
            yield name
            mark = self.take(",}")

    def elements(self, levels: int) -> Iterator[tuple[str, Any]]:
        """Yield the elements of a list, each with its text."""
        self.take("[")
        mark = self.take_if("]") or ","
        while mark == ",":
            yield self.value(levels)
            mark = self.take(",]")

    def value(self, levels: int) -> tuple[str, Any]:
        """Take the next value, which may be nested `levels` deep; return its text and itself.

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
            if end + NUMBER_TAIL < len(self._window):
                break
            if len(self._window) - self._position > self._longest:
                return self._long_value(levels, fault)
            if not self._read_on():
                break
        if fault is None:
            text = self._window[self._position : end]
            try:
                check_value(value, text, levels)
            except BrokenJSON as found:
                fault = found
        if fault is not None:
            self._refuse_value(fault)
        self._position = end
        return text, value

    def _refuse_value(self, fault: Exception) -> NoReturn:
        self.refuse(fault_text(fault), fault.pos if isinstance(fault, json.JSONDecodeError) else None)

    def _long_value(self, levels: int, fault: Exception | None) -> tuple[str, Any]:
        why = fault_text(fault) if fault else "it is too long"
        self.refuse(f"no complete value stands within {self._longest} characters: {why}")
