"""What the readers of files share: a file's text in pieces, its lines, its faults (README, "Commands").

A reader holds a chunk of the file and one row at a time. A field or column `reason`, which the rejects of an earlier
import carry, is passed over.
"""

import codecs
import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, ClassVar, TextIO

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sweets_store.errors import DomainError
from sweets_store.imports.checked import ImportedSerializer

CHUNK_BYTES = 64 * 1024
MAX_ROW = 2**20
REASON = "reason"

# Where the row stands, its own text, and what it holds: the object, or why it cannot be read.
SentRow = tuple[int, str, Any]


class BrokenFile(DomainError):
    """The file cannot be read to its end, so nothing of it counts."""

    code = "broken_file"
    message = _("The file {fault}")


class BrokenRow(ValueError):
    """The row is no object; the text says why. The rows after it can be read."""


class Unreadable:
    """What stands in a row for a value that the format does not tell, with the reason; every field refuses it."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Reader(ABC):
    """Yields the rows of a file. Raises BrokenFile, and OSError as the file does."""

    place: ClassVar[Any] = _("line %d")
    serializer: type[ImportedSerializer]

    @abstractmethod
    def __iter__(self) -> Iterator[SentRow]: ...

    @abstractmethod
    def write_rejects(self, file: BinaryIO, rejected: Iterable[tuple[str, str]]) -> None:
        """Write (text of a row, reason) in the format of the file that was read to its end."""


class TextReader(Reader):
    def __init__(self, texts: Iterable[str], serializer: type[ImportedSerializer]) -> None:
        self.serializer = serializer
        self._texts = texts

    def write_rejects(self, file: BinaryIO, rejected: Iterable[tuple[str, str]]) -> None:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        self.write_text(text, rejected)
        text.detach()

    @abstractmethod
    def write_text(self, file: TextIO, rejected: Iterable[tuple[str, str]]) -> None: ...


def decoded(file: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[str]:
    """Yield the text of a UTF-8 file, with or without a byte order mark, in pieces that are never empty."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    position, blank = 0, True
    while chunk := file.read(size):
        text = _decoded(decoder, chunk, position)
        position += len(chunk)
        blank = blank and (not text or text.isspace())
        if text:
            yield text
    _decoded(decoder, b"", position)
    if blank:
        raise BrokenFile(fault=gettext("is empty."))


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, position: int) -> str:
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as fault:
        raise BrokenFile(
            fault=gettext("is not UTF-8 text near byte %(place)s.") % {"place": position + fault.start + 1}
        ) from None


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield the lines without their line feed."""
    rest, number = "", 1
    for text in texts:
        begun, *more = (rest + text).split("\n")
        if len(begun) > MAX_ROW:  # the only one that began in an earlier text
            raise BrokenFile(
                fault=gettext("has more than %(most)s characters in line %(line)s.") % {"most": MAX_ROW, "line": number}
            )
        *whole, rest = begun, *more
        yield from whole
        number += len(whole)
    if rest:
        yield rest
