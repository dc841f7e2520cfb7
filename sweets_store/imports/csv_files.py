"""CSV: what a record and a cell hold."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from rest_framework.serializers import Field

from sweets_store.imports.reader import MAX_ROW, REASON, BrokenFile, BrokenRow, Reader, SentRow, lines
from sweets_store.serializers import ChoiceField, HoursField, IdField, RegionsField, WeightField
from sweets_store.strict_json import decoder


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
        fields = self.serializer.declared()
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


def csv_records(text_lines: Iterator[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the number of the first line, the text and the cells of each record; blank lines do not count."""
    record_lines: list[str] = []

    def fed() -> Iterator[str]:
        size = 0
        for line in text_lines:
            size = size + len(line) if record_lines else len(line)
            if size > MAX_ROW:
                raise csv.Error(f"a record is longer than {MAX_ROW} characters")
            record_lines.append(line)
            yield line + "\n"

    reader = csv.reader(fed(), strict=True)
    try:
        for cells in reader:
            text = "\n".join(record_lines)
            if text.strip():
                yield reader.line_num - len(record_lines) + 1, text, cells
            record_lines.clear()
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
