"""What the import commands share (README, "Commands"): a file in, one service, what came of it out."""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from django.core.management import BaseCommand, CommandError, CommandParser
from django.core.management.base import DjangoHelpFormatter
from django.utils.translation import gettext

from sweets_store.acting import command_acts
from sweets_store.away import AWAY, lacks_tables, one_line
from sweets_store.errors import DomainError
from sweets_store.imports.checked import ImportedSerializer
from sweets_store.imports.formats import FORMATS, reader_of
from sweets_store.imports.insert import ImportRefused, Outcome
from sweets_store.imports.reader import BrokenFile

STANDARD_INPUT = "-"
EXPLANATION = """\
FILE holds what the API takes, in one of four formats, text in UTF-8:
  json    the API's own body, {"data": [...]}, of any length
  ndjson  an object a line; blank lines do not count
  csv     parted by commas, with a header line that names the fields in any order; regions and hours are joined by ";",
          an empty cell is an empty list, numbers are written as in JSON
  xlsx    the same columns in the one sheet that is not blank, of at most 100,000 rows; cells are texts or numbers, of
          at most 15 digits: no formulas, dates and times
In rejects of csv and xlsx an apostrophe stands before a text that a spreadsheet would take for a formula; it is passed
over when it is read.

A field or column "reason" is passed over, so that mended REJECTS can be fed again. A row is an object, and it is judged
as the API would judge it. One that the store holds just so already is passed over, so that a whole file can be fed
again; one whose id the store has with another content is bad.

A file that cannot be read to its end (a JSON document that is broken, a bad CSV header or quote, another encoding, a
row of more than 1 MB) is refused whole, with --skip-bad too.

Nothing is written before all rows are checked; then all of them go in by one transaction, which on SQLite keeps other
writers waiting. Who waits longer than LOCK_TIMEOUT for another import gives up, and changes nothing.
"""


class HelpFormatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Django's, with the explanation's lines left as they are."""


class ImportCommand(BaseCommand):
    """A subclass names the serializer that judges the rows and the service that takes them."""

    serializer: ClassVar[type[ImportedSerializer]]
    service: ClassVar[Callable[..., Outcome]]
    # They load the API and the admin, of which an import uses nothing.
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs |= {"epilog": EXPLANATION, "formatter_class": HelpFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the file to read; - is standard input")
        parser.add_argument(
            "--format",
            choices=FORMATS,
            help="the format, where the ending (.json, .ndjson, .jsonl, .csv, .xlsx) does not tell it; without either,"
            ' a text that begins with {"data": is taken for json, with another { for ndjson, else for csv',
        )
        parser.add_argument(
            "--skip-bad",
            metavar="REJECTS",
            type=Path,
            help="take the good rows and write the bad ones into this new file, in their own format, with the reasons;"
            " without it one bad row stops the import",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="read and check everything, also against the store, and say what would come of it; store nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, rejects, dry_run = options["file"], options["skip_bad"], options["dry_run"]
        try:
            with opened(name) as file, command_acts(self.name()):
                reader = reader_of(file, self.serializer, name=name, file_format=options["format"])
                outcome = type(self).service(file=reader, rejects=rejects, watch=self.show_progress, dry_run=dry_run)
        except ImportRefused as refused:
            self.show_bad_rows(refused)
            raise CommandError(str(refused)) from None
        except BrokenFile as fault:
            raise CommandError(f"{name}: {fault}") from None
        except DomainError as refused:
            raise CommandError(str(refused)) from None
        except OSError as fault:
            raise CommandError(f"{name} cannot be read: {fault.strerror}. Nothing was changed.") from None
        except AWAY as fault:
            if lacks_tables(fault):
                raise
            raise CommandError(f"The database is away or locked too long ({one_line(fault)}). Try again.") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing was changed.") from None
        finally:
            self.end_progress()
        self.warn(outcome)
        self.report(outcome, rejects, dry_run)

    @classmethod
    def name(cls) -> str:
        return cls.__module__.rpartition(".")[2]

    def show_bad_rows(self, refused: ImportRefused) -> None:
        for row in refused.bad_rows:
            named = f"{row.place} (id {row.object_id})" if row.object_id else row.place
            self.stderr.write(f"{named}: {one_line(row.reason)}")
        if more := refused.facts["refused"] - len(refused.bad_rows):
            self.stderr.write(f"… and {more} more")

    def warn(self, outcome: Outcome) -> None:
        if outcome.never_taken:
            places, more = outcome.never_taken_places, outcome.never_taken - len(outcome.never_taken_places)
            named = ", ".join(places) + (f" and {more} more" if more else "")
            self.stderr.write(f"No courier can ever take {outcome.never_taken} of them: no delivery hours in {named}")

    def report(self, outcome: Outcome, rejects: Path | None, dry_run: bool) -> None:
        would = "would be " if dry_run else ""
        counts = [
            f"{outcome.taken} {would}taken",
            *([f"{outcome.already_there} already there"] if outcome.already_there else []),
            f"{outcome.refused} {would}refused",
        ]
        where = f" (they are in {rejects})" if outcome.refused else ""
        unchanged = "; nothing was changed" if dry_run else ""
        try:
            self.stdout.write(f"{self.serializer.list_name}: {', '.join(counts)}{where}{unchanged}")
            self.stdout.flush()
        except BrokenPipeError:
            # Nobody listens any more. The import is done all the same, so this is no failure.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def show_progress(self, step: str, rows: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{step} {rows:,}", str, ending="")
            self.stderr.flush()

    def end_progress(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", str, ending="")


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    if name != STANDARD_INPUT:
        with open(name, "rb") as file:
            yield file
    elif sys.stdin is None:
        raise BrokenFile(fault=gettext("is closed."))
    else:
        yield sys.stdin.buffer
