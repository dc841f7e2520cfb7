"""A large body, above all an import's, read as a stream in bounded memory, whatever stands in it."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from sweets_store.json_stream import Document
from sweets_store.strict_json import MAX_DEPTH, BrokenJSON, check_value, decoder

# An object of an import needs 40,000 characters at most; of longer ones only what a report needs is built.
LONGEST = 2**18
# One more than a list may hold is enough to refuse it.
KEPT_ELEMENTS = 1_001
# Two halves of a surrogate pair.
LONGEST_ESCAPE = 12

# A thousand parts at once, for the matcher keeps its way back through all of them; told not to (`*+`), it reads wrong
# before Python 3.11.5.
_STRING_PARTS = re.compile(
    r'(?:[^"\\\x00-\x1f]+|\\["\\/bfnrt]'
    r"|\\u(?!0000)(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}"
    r"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})){1,1000}"
)


class JSONBody(Document):
    """`{"data": [...]}` and what else may stand in it: to be gone through once, as the `items()` of a dict are; of
    any other object, which is no import, the `members()`.

    Whoever is given the elements of `data` takes them all before he asks for the next item. Raises BrokenJSON.
    """

    def __init__(self, texts: Iterable[str], fields: Collection[str], *, longest: int = LONGEST) -> None:
        super().__init__(texts, longest=longest)
        self._fields = fields
        self._whole_batches = True

    def members(self) -> dict[str, Any]:
        """The object of a request that is no import. What is too long for any field is something that none takes."""
        self._require_object()
        members: dict[str, Any] = {}
        for name in self.names():
            text, value = self.value(MAX_DEPTH - 1)
            left_out = value is None and not text  # unlike `null`, which has a text
            members[name] = ("" if left_out else value) if name in self._fields else None
        self.end()
        return members

    def _require_object(self) -> None:
        if (mark := self.next_mark()) != "{":
            self.refuse("the body must be an object" if mark else "the body is empty")

    def items(self) -> Iterator[tuple[str, Any]]:
        self._require_object()
        for name in self.names():
            if name == "data" and self.next_mark() == "[":
                yield name, chain.from_iterable(self._batches(MAX_DEPTH - 2))
            else:
                yield name, self.value(MAX_DEPTH - 1)[1]
        self.end()

    def _read_on(self) -> bool:
        self._whole_batches = True
        try:
            return super()._read_on()
        except UnicodeDecodeError:
            raise BrokenJSON("the text is not UTF-8") from None

    def _batches(self, levels: int) -> Iterator[list[Any]]:
        """Yield the elements of a list, some at a time: the parser is at its best with many."""
        self.take("[")
        mark = self.take_if("]") or ","
        while mark == ",":
            yield self._batch(levels) or [self.value(levels)[1]]
            mark = self.take(",]")

    def _batch(self, levels: int) -> list[Any]:
        """Take the elements up to what looks like the end of the window's last; none where it only looked so."""
        closing = {"{": "},", "[": "],"}.get(self.next_mark(), ",")
        end = self._window.rfind(closing, self._position) + len(closing) - 1
        if end <= self._position or not self._whole_batches:
            return []
        text = f"[{self._window[self._position : end]}]"
        try:
            batch: list[Any] = decoder.decode(text)
            check_value(batch, text, levels + 1)
        except (ValueError, RecursionError):
            self._whole_batches = False
            return []
        self._position = end
        return batch

    def _long_value(self, levels: int, fault: Exception | None) -> tuple[str, Any]:
        """Take the value piece by piece and leave out what no field takes: strings, lists in lists, unknown members.

        What is left out is None.
        """
        match self.next_mark():
            case "[" if levels:
                return "", self._long_list(levels - 1)
            case "{" if levels:
                return "", {name: self._member(name, levels - 1) for name in self.names()}
            case '"':
                self._skip_string()
                return "", None
        return super()._long_value(levels, fault)

    def _long_list(self, levels: int) -> list[Any]:
        kept: list[Any] = []
        for batch in self._batches(levels):
            scalars = (None if type(element) in (list, dict) else element for element in batch)
            kept += islice(scalars, KEPT_ELEMENTS - len(kept))
        return kept

    def _member(self, name: str, levels: int) -> Any:
        _, value = self.value(levels)
        return value if name in self._fields else None

    def _skip_string(self) -> None:
        self.take('"')
        while True:
            while part := _STRING_PARTS.match(self._window, self._position):
                self._position = part.end()
            if self._window[self._position : self._position + 1] == '"':
                self._position += 1
                return
            if len(self._window) - self._position >= LONGEST_ESCAPE or not self._read_on():
                self.refuse("a string is broken")
