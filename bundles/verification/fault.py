from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is stable for machines, `subject` is the row, `message` says what is wrong and what to do about it."""

    code: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.subject}: {self.message}"


Faults = Iterator[Fault]


def shown(stored: Any, longest: int = 60) -> str:
    """The value in ASCII, on one line."""
    text = ascii(str(stored) if isinstance(stored, Decimal) else stored)
    return text if len(text) <= longest else f"{text[:longest]}…"
