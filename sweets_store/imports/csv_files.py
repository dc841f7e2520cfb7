"""CSV: what a record holds."""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from django.utils.translation import gettext

from sweets_store.imports.cells import as_it_was, columns_of, inert, wrong_width
from sweets_store.imports.reader import MAX_ROW, REASON, BrokenFile, BrokenRow, SentRow, TextReader, lines


class CSVReader(TextReader):
    """A header line with the fields' names in any order, then an object a record; lists are joined by `;`."""

    _header: list[str]

    def __iter__(self) -> Iterator[SentRow]:
        records = csv_records(lines(self._texts))
        _, _, self._header = next(records)
        columns = columns_of(self._header, self.serializer, gettext("columns, parted by commas"))
        width = len(self._header)
        for number, source, cells in records:
            if len(cells) != width:
                yield number, source, BrokenRow(wrong_width(width, len(cells)))
                continue
            if "'" in source:
                cells = [as_it_was(cell) for cell in cells]
            yield number, source, {name: read(cells[place]) for place, name, read in columns}

    def write_text(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        """The reason stands first, so that a record that has too few cells or too many stays as it was."""
        writer = csv.writer(file)
        old = self._header.index(REASON) if REASON in self._header else len(self._header)
        writer.writerow([REASON, *self._header[:old], *self._header[old + 1 :]])
        for source, reason in rejected:
            _, _, cells = next(csv_records(iter(source.split("\n"))))
            writer.writerow(map(inert, [reason, *cells[:old], *cells[old + 1 :]]))


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
        raise BrokenFile(
            fault=gettext("cannot be read as CSV: %(fault)s (line %(line)s).")
            % {"fault": fault, "line": reader.line_num}
        ) from None
