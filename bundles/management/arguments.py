"""Arguments of the commands, read by the contract's own rules."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

from sweets_store.ids import parse_id
from sweets_store.instants import parse_instant

Value = TypeVar("Value")


def _argument(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Let argparse say what `parse` finds wrong."""

    def argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as fault:
            raise ArgumentTypeError(f"{fault}, not {text!r}") from None

    return argument


id_argument = _argument(parse_id)
instant_argument = _argument(parse_instant)
