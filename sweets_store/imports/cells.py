"""What a cell of a table holds, in CSV and in XLSX, and how a header line names the columns.

A text that a spreadsheet would take for a formula is written with an apostrophe before it, and read without.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext
from rest_framework.serializers import Field

from sweets_store.imports.checked import ImportedSerializer
from sweets_store.imports.reader import REASON, BrokenFile
from sweets_store.serializers import ChoiceField, HoursField, IdField, RegionsField, WeightField
from sweets_store.strict_json import decoder

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

Column = tuple[int, str, Callable[[str], Any]]


def columns_of(header: Sequence[str], serializer: type[ImportedSerializer], kind: str) -> list[Column]:
    """Return the place, the name and the reading of each column that has a field. Raises BrokenFile."""
    fields = serializer.declared()
    faults = [
        fault % {"names": ", ".join(dict.fromkeys(names))}
        for fault, names in (
            (gettext("it lacks %(names)s"), [name for name in fields if name not in header]),
            (
                gettext("it has the unknown %(names)s"),
                [name or '""' for name in header if name not in (*fields, REASON)],
            ),
            (gettext("it repeats %(names)s"), [name for name in header if header.count(name) > 1]),
        )
        if names
    ]
    if faults:
        told = {"kind": kind, "faults": "; ".join(faults)[:1000]}
        raise BrokenFile(fault=gettext("has a bad header line (%(kind)s): %(faults)s.") % told)
    return [(place, name, CELLS[type(fields[name])]) for place, name in enumerate(header) if name in fields]


def wrong_width(width: int, cells: int) -> str:
    told = {"width": width, "cells": cells}
    return gettext("must have %(width)s cells, as the header has, not %(cells)s") % told


# A spreadsheet parts a CSV file at `;` where its user's country writes decimals with a comma.
_LIVELY = re.compile("(?:^|;)[=+@\t\r-]")
_INERT = re.compile("(^|;)'(?=[=+@\t\r-])")


def inert(cell: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would begin a formula; numbers stay as they are."""
    if not _LIVELY.search(cell):
        return cell
    parts = cell.split(";")
    return ";".join(f"'{part}" if _LIVELY.match(part) and not _NUMBER.fullmatch(part) else part for part in parts)


def as_it_was(cell: str) -> str:
    """Return the text from which `inert` made the cell."""
    return _INERT.sub(r"\1", cell) if "'" in cell else cell
