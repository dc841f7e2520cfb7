"""Rows that are JSON objects: NDJSON, and what it shares with documents. JSON is as strict as in the API's bodies."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TextIO

from sweets_store.imports.reader import REASON, BrokenRow, SentRow, TextReader, lines
from sweets_store.json_stream import ITEM_DEPTH
from sweets_store.strict_json import check_value, decoder, fault_text


class NDJSONReader(TextReader):
    """An object a line; blank lines do not count."""

    def __iter__(self) -> Iterator[SentRow]:
        for number, line in enumerate(lines(self._texts), 1):
            try:
                yield number, line, json_row(line)
            except BrokenRow as fault:
                if line.strip(" \t\r"):
                    yield number, line, fault

    def write_text(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        file.writelines(f"{with_reason(source, reason)}\n" for source, reason in rejected)


def json_row(text: str) -> Any:
    """Return the JSON value that the whole text is. Raises BrokenRow."""
    try:
        value = decoder.decode(text)
        check_value(value, text, ITEM_DEPTH)
    except (ValueError, RecursionError) as fault:
        where = f" at column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else ""
        raise BrokenRow(f"cannot be read as JSON: {fault_text(fault)}{where}") from None
    return without_reason(value)


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
