"""A JSON document, read as a stream. It is as strict as in the API's bodies."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from django.utils.translation import gettext

from sweets_store.imports.json_rows import with_reason, without_reason
from sweets_store.imports.reader import MAX_ROW, BrokenFile, SentRow, TextReader
from sweets_store.json_stream import ITEM_DEPTH, BrokenText, Document


class JSONReader(TextReader):
    """One document, `{"data": [...]}` and nothing else. A place is the index in `data`."""

    place = "data[%d]"

    def __iter__(self) -> Iterator[SentRow]:
        try:
            yield from self._rows(Document(self._texts, longest=MAX_ROW))
        except BrokenText as broken:
            where = f"line {broken.line}, column {broken.column}"
            raise BrokenFile(
                fault=gettext("cannot be read as JSON: %(fault)s (%(where)s).")
                % {"fault": broken.fault, "where": where}
            ) from None

    def _rows(self, document: Document) -> Iterator[SentRow]:
        names = document.names()
        if next(names, None) != "data":
            document.refuse('"data" must stand at the top level, and nothing else')
        for place, (source, value) in enumerate(document.elements(ITEM_DEPTH)):
            yield place, source, without_reason(value)
        if next(names, None) is not None:
            document.refuse('"data" must stand at the top level, once, and nothing else')
        document.end()

    def write_text(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None:
        file.write('{"data": [')
        file.writelines(f"{',' if number else ''}\n{with_reason(*reject)}" for number, reject in enumerate(rejected))
        file.write("\n]}\n")
