"""XLSX: what the parser of a part calls, and the rows and texts that come of it. Of each one at a time is held."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext

from sweets_store.imports.reader import MAX_ROW, BrokenFile

MAX_SHEET_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELL = 32_767  # characters, as in the programs that write such files
MAX_STRINGS = 400_000
MAX_CHARACTERS = 128 * 2**20
MAX_STRINGS_CHARACTERS = 16 * 2**20


class Kind(StrEnum):
    NUMBER = "n"
    TEXT = "t"
    DATE = "d"
    FORMULA = "f"
    TRUTH = "b"
    LONG = "l"


class Cell(NamedTuple):
    """`text` is what the cell shows: a number in digits, a formula with its sign, of a long text the beginning."""

    kind: str
    text: str


# The cells that are not blank, by their column from 0, ascending.
Row = dict[int, Cell]
Attributes = dict[str, str]


class Texts:
    """Collects the text that it is told to listen to; of one that is too long to be a cell's, a character more."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = MAX_CELL + 1
        self._listens = self._pronounced = False

    def text(self, text: str) -> None:
        if self._listens and self._left:
            self._pieces.append(text[: self._left])
            self._left -= len(self._pieces[-1])

    def taken(self) -> str:
        """Return what was collected, and begin anew."""
        text, self._pieces, self._left = "".join(self._pieces), [], MAX_CELL + 1
        return text

    def start(self, tag: str, attributes: Attributes) -> None:
        """Listen to texts, though not to how they are pronounced."""
        if tag == "rPh":
            self._pronounced = True
        elif tag == "t":
            self._listens = not self._pronounced

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self._pronounced = False
        elif tag == "t":
            self._listens = False


class Strings(Texts):
    """The texts to which cells refer by their place."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._characters = 0

    def end(self, tag: str) -> None:
        super().end(tag)
        if tag != "si":
            return
        self.found.append(self.taken())
        self._characters += len(self.found[-1])
        if len(self.found) > MAX_STRINGS or self._characters > MAX_STRINGS_CHARACTERS:
            raise BrokenFile(fault=gettext("holds too many texts: send it in parts, or as CSV."))


class Sheet(Texts):
    """The rows of a sheet that hold something. Raises ValueError and IndexError where it is broken."""

    def __init__(self, strings: list[str], date_styles: set[str], epoch: datetime) -> None:
        super().__init__()
        self._strings, self._date_styles, self._epoch = strings, date_styles, epoch
        self._rows: list[tuple[int, Row]] = []
        self._held = self._number = self._column = 0
        self._characters = self._characters_before = 0
        self._cells: Row = {}
        self._cell: Attributes = {}
        self._formula = ""

    def taken_rows(self) -> list[tuple[int, Row]]:
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: Attributes) -> None:
        match tag:
            case "v" | "f":
                self._listens = True
            case "c":
                self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
                self._cell, self._formula = attributes, ""
                self.taken()
            case "row":
                number = int(attributes.get("r", self._number + 1))
                if number <= self._number:
                    raise ValueError("its rows are out of order")
                self._number, self._column, self._cells = number, 0, {}
                self._characters_before = self._characters
            case _:
                super().start(tag, attributes)

    def end(self, tag: str) -> None:
        match tag:
            case "v":
                self._listens = False
            case "f":
                self._listens, self._formula = False, "=" + self.taken()
            case "c":
                self._end_cell()
            case "row":
                self._end_row()
            case _:
                super().end(tag)

    def _end_cell(self) -> None:
        cell = self._read(self.taken())
        if not cell.text.strip():
            return
        if self._column > MAX_COLUMNS:
            raise BrokenFile(
                fault=gettext("has more than %(most)s columns in row %(row)s.")
                % {"most": f"{MAX_COLUMNS:,}", "row": self._number}
            )
        if self._cells and next(reversed(self._cells)) >= self._column - 1:
            raise ValueError("its columns are out of order")
        self._cells[self._column - 1] = cell
        self._characters += len(cell.text)
        if self._characters - self._characters_before > MAX_ROW:
            raise BrokenFile(
                fault=gettext("has more than %(most)s characters in row %(row)s.")
                % {"most": MAX_ROW, "row": self._number}
            )
        if self._characters > MAX_CHARACTERS:
            raise BrokenFile(
                fault=gettext("has more than %(most)s characters: send it in parts, or as CSV.")
                % {"most": MAX_CHARACTERS}
            )

    def _read(self, value: str) -> Cell:
        if self._formula:
            return Cell(Kind.FORMULA, self._formula[:MAX_CELL])
        kind = self._cell.get("t", "n")
        if kind == "s" and value:
            value = self._strings[int(value)]
        if len(value) > MAX_CELL:
            return Cell(Kind.LONG, value[:MAX_CELL])
        match kind:
            case "n" if value and self._cell.get("s", "0") in self._date_styles:
                return Cell(Kind.DATE, date_text(self._epoch, value))
            case "n" if value:
                return Cell(Kind.NUMBER, value)
            case "b" if value:
                return Cell(Kind.TRUTH, "TRUE" if value == "1" else "FALSE")
            case "d":
                return Cell(Kind.DATE, value)
        return Cell(Kind.TEXT, value)

    def _end_row(self) -> None:
        if self._cells:
            self._held += 1
            self._rows.append((self._number, self._cells))
        if self._held > MAX_SHEET_ROWS + 1:  # the header
            raise BrokenFile(
                fault=gettext("has a sheet of more than %(most)s rows: send it in parts, or as CSV.")
                % {"most": f"{MAX_SHEET_ROWS:,}"}
            )


def column_of(reference: str) -> int:
    """The number of the column, from 1, of a cell such as AB12. Raises ValueError."""
    match = re.fullmatch("([A-Z]{1,3})[0-9]{1,7}", reference)
    if match is None:
        raise ValueError(f"{reference[:20]!r} is no cell")
    number = 0
    for letter in match[1]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def date_text(epoch: datetime, days: str) -> str:
    """The moment so many days after the epoch, in words of ISO 8601; within the first day only its time."""
    try:
        moment = epoch + timedelta(seconds=round(float(days) * 86_400))
    except (ValueError, OverflowError):
        return days
    return f"{moment:%H:%M:%S}" if 0 <= float(days) < 1 else moment.isoformat(" ").removesuffix(" 00:00:00")
