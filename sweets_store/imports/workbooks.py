"""XLSX: the rows of a workbook's sheet, read in pieces.

A workbook is a zip of XML parts, and zip and XML can both hold much in little. So a part is read no further than its
bound and never held whole, what declares a document type is refused, and of a sheet one row is held at a time.
Libraries that read workbooks keep something for each row and text that a file claims to have.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Any, BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext

from sweets_store.imports.reader import CHUNK_BYTES, MAX_ROW, BrokenFile
from sweets_store.imports.sheets import Attributes, Row, Sheet, Strings

MAX_BYTES = 128 * 2**20
MAX_ELEMENTS = 3_000_000  # 100,000 rows have half of them
MAX_DIRECTORY_BYTES = 2**20
MAX_RELATIONS = 1_000
MAX_STYLES = 100_000  # spreadsheets know 65,490


def sheet_rows(file: BinaryIO) -> Iterator[tuple[int, Row]]:
    """Yield the number and the cells of each row of the only sheet that is not blank. Raises BrokenFile."""
    try:
        check_directory(file)
        with zipfile.ZipFile(file) as archive:
            yield from Workbook(archive).rows()
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise BrokenFile(
            fault=gettext(
                "cannot be read as XLSX: it is no workbook, or a broken one (an .xls, or one with a password,"
                " must be saved as an .xlsx without)."
            )
        ) from None
    except (expat.ExpatError, KeyError, ValueError, IndexError, NotImplementedError, RuntimeError) as fault:
        raise BrokenFile(
            fault=gettext("cannot be read as XLSX: the workbook is broken: %(fault)s.")
            % {"fault": " ".join(str(fault).split())[:200]}
        ) from None


def check_directory(file: BinaryIO) -> None:
    """Refuse an archive of thousands of parts: `ZipFile` holds them all. It is its own search that tells."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # private, but what ZipFile reads by
    if not end:
        raise zipfile.BadZipFile
    if end[5] > MAX_DIRECTORY_BYTES:
        raise BrokenFile(fault=gettext("cannot be read as XLSX: it is packed of too many parts."))


class Parts:
    """The parts of an archive, of which no more is read than its bound. Raises KeyError for one that there is not."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._bytes = self._elements = 0

    def parsed(
        self,
        name: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] = lambda tag: None,
        text: Callable[[str], None] = lambda text: None,
    ) -> Iterator[None]:
        """Call with what the XML of a part holds, names without their namespace; yield after each chunk."""

        def counted_start(tag: str, attributes: Attributes) -> None:
            self._elements += 1
            start(tag.rpartition(" ")[2], attributes)

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = refuse_document_type
        parser.StartElementHandler = counted_start
        parser.EndElementHandler = lambda tag: end(tag.rpartition(" ")[2])
        parser.CharacterDataHandler = text
        before = self._bytes
        with self._opened(name) as part:
            while chunk := part.read(CHUNK_BYTES):
                self._bytes += len(chunk)
                parser.Parse(chunk)
                if self._bytes > MAX_BYTES or self._elements > MAX_ELEMENTS:
                    raise BrokenFile(
                        fault=gettext(
                            "cannot be read as XLSX: unpacked it has more than %(most)s bytes or %(elements)s elements."
                        )
                        % {"most": MAX_BYTES, "elements": f"{MAX_ELEMENTS:,}"}
                    )
                if self._bytes - before - parser.CurrentByteIndex > MAX_ROW:
                    raise BrokenFile(
                        fault=gettext("cannot be read as XLSX: a tag has more than %(most)s bytes.") % {"most": MAX_ROW}
                    )
                yield
        parser.Parse(b"", True)
        yield

    def read(self, name: str, *handlers: Callable[..., None]) -> None:
        for _ in self.parsed(name, *handlers):
            pass

    def _opened(self, name: str) -> IO[bytes]:
        """To unpack what is packed in another way may take any memory."""
        packed = self._archive.getinfo(name)
        if packed.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it is packed in an unusual way")
        return self._archive.open(packed)


def refuse_document_type(*_: Any) -> None:
    raise BrokenFile(fault=gettext("cannot be read as XLSX: its XML declares a document type."))


class Workbook:
    """Raises KeyError, ValueError and expat's errors for what is no workbook."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._parts = Parts(archive)
        (main,) = self._targets("")["officeDocument"]
        self._related = self._targets(main)
        self._sheets: list[str] = []
        self._epoch = datetime(1899, 12, 30)
        self._parts.read(main, self._describe)

    def _targets(self, name: str) -> dict[str, list[str]]:
        """The names of the parts that a part refers to, under the kind of each and under its id there."""
        folder, base = posixpath.split(name)
        targets: dict[str, list[str]] = {}

        def relation(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
                for key in (posixpath.basename(attributes["Type"]), attributes["Id"]):
                    targets.setdefault(key, []).append(target)
                    if len(targets) > MAX_RELATIONS or len(targets[key]) > MAX_RELATIONS:
                        raise BrokenFile(fault=gettext("cannot be read as XLSX: it is packed of too many parts."))

        self._parts.read(posixpath.join(folder, "_rels", f"{base}.rels"), relation)
        return targets

    def _describe(self, tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            (relation,) = (value for name, value in attributes.items() if name.endswith(" id"))
            self._sheets += [part for part in self._related[relation] if part not in self._sheets]
        elif tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self._epoch = datetime(1904, 1, 1)

    def _date_styles(self) -> set[str]:
        """Which of the cells' styles show a number as a date or a time."""
        codes: dict[str, bool] = {}
        formats: list[str] = []
        listed = False

        def start(tag: str, attributes: Attributes) -> None:
            nonlocal listed
            if tag == "numFmt":
                codes[attributes["numFmtId"]] = shows_a_date(attributes.get("formatCode", ""))
            elif tag == "xf" and listed:
                formats.append(attributes.get("numFmtId", "0"))
            listed = listed or tag == "cellXfs"
            if len(codes) > MAX_STYLES or len(formats) > MAX_STYLES:
                raise BrokenFile(
                    fault=gettext("cannot be read as XLSX: it has more than %(most)s styles.")
                    % {"most": f"{MAX_STYLES:,}"}
                )

        def end(tag: str) -> None:
            nonlocal listed
            listed = listed and tag != "cellXfs"

        for name in self._related.get("styles", [])[:1]:
            self._parts.read(name, start, end)
        return {str(style) for style, code in enumerate(formats) if codes.get(code, int(code) in BUILT_IN_DATES)}

    def rows(self) -> Iterator[tuple[int, Row]]:
        strings = Strings()
        for name in self._related.get("sharedStrings", [])[:1]:
            self._parts.read(name, strings.start, strings.end, strings.text)
        date_styles = self._date_styles()
        read = None
        for name in self._sheets:
            sheet = Sheet(strings.found, date_styles, self._epoch)
            for _ in self._parts.parsed(name, sheet.start, sheet.end, sheet.text):
                rows = sheet.taken_rows()
                if rows and read not in (None, name):
                    raise BrokenFile(
                        fault=gettext("has more than one sheet that holds something: keep the one to be read.")
                    )
                read = name if rows else read
                yield from rows


# Of the formats that are known by their number alone those that show dates and times.
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NO_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^]]*\]', re.IGNORECASE)


def shows_a_date(code: str) -> bool:
    """Whether a number of this format is shown as a date or a time."""
    return bool(re.search("[dmyhs]", _NO_DATE.sub("", code), re.IGNORECASE))
