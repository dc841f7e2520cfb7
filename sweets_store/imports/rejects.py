"""The file into which an import writes the rows that it refuses: whole, or not at all."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sweets_store.errors import DomainError


class RejectsUnwritable(DomainError):
    code = "rejects_unwritable"
    message = "The rejects cannot be written to {path}: {fault}. Nothing was changed."


@contextmanager
def new_rejects(path: Path) -> Iterator["Rejects"]:
    """Yield a draft beside `path`, which is gone at the end unless it was published. Raises RejectsUnwritable."""
    rejects = Rejects(path)
    rejects.write(lambda file: None)
    try:
        yield rejects
    finally:
        rejects.draft.unlink(missing_ok=True)


class Rejects:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        self._check_free()

    def _check_free(self) -> None:
        """What stands there may be the only copy of the rows that an earlier import refused."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return
        except OSError as fault:
            raise RejectsUnwritable(path=self.path, fault=fault.strerror) from None
        if not stat.S_ISREG(found.st_mode):
            raise RejectsUnwritable(path=self.path, fault="it is no file")
        if found.st_size:
            raise RejectsUnwritable(path=self.path, fault="it stands already and is not empty")

    def write(self, write_to: Callable[[BinaryIO], None]) -> None:
        """Write the draft anew, down to the disk."""
        try:
            with self.draft.open("wb") as file:
                write_to(file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise RejectsUnwritable(path=self.path, fault=fault.strerror) from None

    def publish(self) -> None:
        """Give the draft its name."""
        self._check_free()
        try:
            self.draft.replace(self.path)
        except OSError as fault:
            raise RejectsUnwritable(path=self.path, fault=fault.strerror) from None
