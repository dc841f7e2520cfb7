"""JSON as the contract reads it: strictly (contract, "Everywhere").

The standard library's parser with what it lets through shut out: NaN and infinities, numbers beyond a double, a key
twice in one object, NUL and lone surrogates in strings, bottomless nesting. Numbers with a point or an exponent come
back as Decimal, so that 50.0000000000000001 is not 50.
"""

import json
import math
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

# The deepest body, an import, has four levels; a few more let a misplaced bracket reach the validation report.
MAX_DEPTH = 8


class BrokenJSON(ValueError):
    """The text is not JSON, or not JSON that the store reads."""


def _refuse_constant(name: str) -> NoReturn:
    raise BrokenJSON(f"{name} is no JSON number")


def _number(text: str) -> Decimal:
    if math.isinf(float(text)):
        raise BrokenJSON("a number is too large")
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent below what Decimal holds
        return Decimal(0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BrokenJSON("a key stands twice in one object")
    return members


decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_refuse_constant)


def check_nesting(value: Any, levels: int) -> None:
    """Raise BrokenJSON if arrays and objects stand deeper in each other than `levels`."""
    containers = {list, dict}
    layer = [value] if type(value) in containers else []
    while layer:
        if levels == 0:
            raise BrokenJSON(f"nested deeper than {MAX_DEPTH} levels")
        levels -= 1
        layer = [
            child
            for parent in layer
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) in containers
        ]


def check_strings(value: Any) -> None:
    """Raise BrokenJSON if a string holds NUL or half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value:
            raise BrokenJSON("a string holds NUL")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise BrokenJSON("a string holds a lone surrogate") from None
    elif isinstance(value, dict):
        for key, child in value.items():
            check_strings(key)
            check_strings(child)
    elif isinstance(value, list):
        for child in value:
            check_strings(child)


def check_value(value: Any, text: str, levels: int = MAX_DEPTH) -> None:
    """Raise BrokenJSON for what the parser's hooks cannot see in the value of the text."""
    # No text nests deeper than it has brackets: two counts spare nearly every row of a file the walk.
    if text.count("[") + text.count("{") > levels:
        check_nesting(value, levels)
    if "\\u" in text:  # the only way to a bad string
        check_strings(value)


def fault_text(fault: Exception) -> str:
    """What is wrong, though not where, in the words of the store: for all that `decoder` and `check_value` raise."""
    match fault:
        case json.JSONDecodeError():
            return fault.msg
        case BrokenJSON():
            return str(fault)
        case RecursionError():
            return f"nested deeper than {MAX_DEPTH} levels"
    return "a number has too many digits"  # int() refuses thousands of them


def loads_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that the whole body is. Raises BrokenJSON, whose text says what is wrong."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenJSON("the text is not UTF-8") from None
    if not text.strip():
        raise BrokenJSON("the body is empty")
    try:
        value = decoder.decode(text)
        check_value(value, text)
    except (ValueError, RecursionError) as fault:
        with_place = isinstance(fault, json.JSONDecodeError)
        raise BrokenJSON(str(fault) if with_place else fault_text(fault)) from None
    if not isinstance(value, dict):
        raise BrokenJSON("the body must be an object")
    return value
