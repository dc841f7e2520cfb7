"""An import takes all its objects into the store or none (contract, "POST /couriers · POST /orders").

So does one from a file, unless it is told where to put the bad ones.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sweets_store.bulk import insert_rows
from sweets_store.errors import DomainError
from sweets_store.imports.checked import MAX_REPORTED, CheckedImport, ImportedSerializer, Row
from sweets_store.imports.reader import BrokenFile, BrokenRow, Reader, Unreadable
from sweets_store.imports.rejects import Rejects, new_rejects
from sweets_store.imports.spool import Spool, new_spool
from sweets_store.retries import retried
from sweets_store.serializers import Faults

ID_IN_USE = _("is in use: the store has it already")
MAX_REASON = 1_000
WATCHED_ROWS = 10_000
# Of so many rows what the store holds is compared at once: a row's lists may be 30 kB.
COMPARED_ROWS = 1_000
MAX_PLACES = 1_000
NONE = "0"  # the SQL condition that holds of no row

Watch = Callable[[str, int], None]
Taken = Callable[[Iterable[Row]], None]


def nothing() -> None:
    """What is done where no rejects are to be published."""


@retried
def insert_all_or_none(
    model: type[Model], checked: CheckedImport, columns: Sequence[str], *, taken: Taken
) -> list[int]:
    """Insert the checked objects and return their ids in the order sent. Raises ValidationFailed, naming every fault.

    Ids that the store has are looked up before the transaction, so that on SQLite all is checked before the write lock
    is taken. Two imports may still race over one id: the slower one meets the primary key, looks again and reports.
    Rows go in by ascending id, so that such imports wait for each other in one order and cannot deadlock. `taken` is
    given them once they are in, just before the commit.
    """
    ids = checked.usable_ids()
    checked.refuse_ids(ids_in_use(model, ids), str(ID_IN_USE))
    checked.raise_if_bad()
    try:
        with transaction.atomic():
            rows = sorted(checked.rows)
            insert_rows(model, columns, rows)
            taken(rows)
    except IntegrityError:
        checked.refuse_ids(ids_in_use(model, ids), str(ID_IN_USE))
        checked.raise_if_bad()
        raise
    return ids


def ids_in_use(model: type[Model], ids: Collection[int]) -> set[int]:
    """Those of the ids that the store has already."""
    # New ids mostly lie where the store has none at all: one look then spares one for each.
    if not ids or not model._default_manager.filter(pk__range=(min(ids), max(ids))).exists():
        return set()
    return set(model._default_manager.filter(pk__among=ids).values_list("pk", flat=True))


class ReportedRow(NamedTuple):
    """`place` is the line, or the index in a JSON document's data; `object_id` is None where there is no usable one."""

    place: str
    object_id: int | None
    reason: str


class ImportRefused(DomainError):
    """Rows of the file are bad and nothing was taken. `bad_rows` holds the first 10,000 of them."""

    code = "import_refused"
    message = _("{refused} of {read} {objects} refused; nothing was changed.")

    def __init__(self, bad_rows: list[ReportedRow], **facts: Any) -> None:
        super().__init__(**facts)
        self.bad_rows = bad_rows


@dataclass(frozen=True)
class Outcome:
    """What came of a file, or in a dry run what would have.

    `taken` are new, `already_there` the store holds with the same content. `bad_rows` are the first 10,000 of those
    refused. Of the orders taken, no courier can ever take `never_taken`; `never_taken_places` are the first 1,000.
    """

    taken: int
    already_there: int
    refused: int
    bad_rows: list[ReportedRow]
    never_taken: int
    never_taken_places: list[str]


def unwatched(step: str, rows: int) -> None:
    """Who watches is told every 10,000 rows which step they have gone through.

    Rows that are being stored occupy the connection: whoever queries then takes another one.
    """


def import_file(
    model: type[Model],
    reader: Reader,
    columns: Sequence[str],
    *,
    rejects: Path | None = None,
    watch: Watch = unwatched,
    taken: Taken,
    never_taken: str = NONE,
    dry_run: bool = False,
    most: int = sys.maxsize,
) -> Outcome:
    """Take the objects of a file into the store, all or none, or with `rejects` the good ones; the others go there.

    An object that the store holds with the same content is passed over, so that a file may be sent again; with another
    content it is refused. Of rows with one id the first counts. `rejects` must not exist or be empty, and is not made
    if nothing is refused. A dry run does all of this but the storing. A file of more than `most` rows is broken.
    `never_taken` is an SQL condition on the columns. Raises ImportRefused, BrokenFile, RejectsUnwritable and
    SpoolFailed; then nothing was changed.

    All is checked before the transaction, so that on SQLite the write lock is held for the inserts alone. Another
    import may still take an id meanwhile: this one meets the primary key, rolls back, looks again and passes over or
    refuses that row. Rows go in by ascending id, as in every import: they wait for each other in one order and cannot
    deadlock. `taken` is given them once they are in; before the commit follows only that the rejects get their name.
    """
    with ExitStack() as stack:
        draft = stack.enter_context(new_rejects(rejects)) if rejects else None
        spool = stack.enter_context(new_spool(columns, keep_texts=draft is not None))
        spool_rows(reader, spool, watch, most)
        compare_with_store(model, reader.serializer, columns, spool)
        while True:
            found = outcome(reader, spool, never_taken)  # after the commit nothing may fail any more
            publish = nothing
            if found.refused:
                if draft is None:
                    raise import_refused(reader, spool)
                write_rejects(reader, spool, draft)
                publish = draft.publish
            try:
                if dry_run:
                    publish()
                else:
                    insert_good_rows(model, columns, spool, watch, taken, publish)
            except IntegrityError:
                if not compare_with_store(model, reader.serializer, columns, spool):
                    raise
            else:
                return found


def spool_rows(reader: Reader, spool: Spool, watch: Watch, most: int) -> None:
    """Judge each row as the API would; ids that stand twice are refused here, those that the store has are not."""
    judge = reader.serializer.judge()
    for number, (place, text, sent) in enumerate(reader, 1):
        if number > most:
            raise BrokenFile(fault=gettext("holds more than %(most)s rows: send it in parts.") % {"most": f"{most:,}"})
        row, faults = judge(sent)
        if not faults:
            spool.add(place, text, row)
        else:
            spool.add_bad(place, text, row[0], row_reason(own_faults(sent, faults)))
        if number % WATCHED_ROWS == 0:
            watch("checked", number)
    told = {"id": reader.serializer.id_name(), "place": reader.place}
    spool.finish(gettext("%(id)s: stands more than once in this file, first in %(place)s") % told)


def own_faults(sent: Any, faults: Faults) -> Faults:
    """The faults that were found, in the words of the file's format where it knows better."""
    if isinstance(sent, BrokenRow):
        return {"__core__": str(sent)}
    if type(sent) is not dict:
        return faults
    return faults | {name: value.reason for name, value in sent.items() if isinstance(value, Unreadable)}


def row_reason(faults: Faults) -> str:
    reason = "; ".join(text if name == "__core__" else f"{name}: {text}" for name, text in faults.items())
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"


def compare_with_store(
    model: type[Model], serializer: type[ImportedSerializer], columns: Sequence[str], spool: Spool
) -> int:
    """Pass over the rows that the store holds, refuse those whose ids it has with another content.

    Return how many were not known as either.
    """
    changed = 0
    for ids in spool.id_batches():
        in_use = sorted(ids_in_use(model, ids))
        for start in range(0, len(in_use), COMPARED_ROWS):
            held = held_rows(model, serializer, in_use[start : start + COMPARED_ROWS])
            same, others = [], []
            for place, *row in spool.rows_with(held):
                kept = held[row[0]]
                if tuple(row) == kept:
                    same.append(place)
                else:
                    others.append((place, differs(serializer, columns, row, kept)))
            changed += spool.pass_over(same) + spool.refuse_in_use(others)
    return changed


def held_rows(model: type[Model], serializer: type[ImportedSerializer], ids: Collection[int]) -> dict[int, Row]:
    """What the store holds under the ids, as the rows that an import would make of the same objects."""
    held = model._default_manager.filter(pk__among=ids).values_list(*serializer.declared())
    return {values[0]: serializer.row_of(*values) for values in held}


def differs(serializer: type[ImportedSerializer], columns: Sequence[str], row: Sequence[Any], held: Row) -> str:
    """Why the row is refused, whose id the store has; a bad row is only told that."""
    reason = f"{serializer.id_name()}: {ID_IN_USE}"
    if row[1] is None:
        return reason
    names = [name for name, sent, kept in zip(columns, row, held, strict=True) if sent != kept]
    named = ", ".join(name for name in names if name in serializer.declared())
    told = {"reason": reason, "names": named, "other_way": serializer.other_way}
    return gettext("%(reason)s, with another %(names)s; %(other_way)s") % told


def outcome(reader: Reader, spool: Spool, never_taken: str) -> Outcome:
    bad, there = spool.count_bad(), spool.count_already_there()
    return Outcome(
        taken=spool.count() - bad - there,
        already_there=there,
        refused=bad,
        bad_rows=reported(reader, spool),
        never_taken=spool.count_good(never_taken),
        never_taken_places=[reader.place % place for place in islice(spool.good_places(never_taken), MAX_PLACES)],
    )


def reported(reader: Reader, spool: Spool) -> list[ReportedRow]:
    return [
        ReportedRow(reader.place % row.place, row.object_id, row.reason)
        for row in islice(spool.bad_rows(), MAX_REPORTED)
    ]


def import_refused(reader: Reader, spool: Spool) -> ImportRefused:
    return ImportRefused(
        reported(reader, spool),
        refused=spool.count_bad(),
        read=spool.count(),
        objects=reader.serializer.list_name,
        already_there=spool.count_already_there(),
    )


def write_rejects(reader: Reader, spool: Spool, draft: Rejects) -> None:
    draft.write(lambda file: reader.write_rejects(file, ((row.text, row.reason) for row in spool.bad_rows())))


@retried
@transaction.atomic
def insert_good_rows(
    model: type[Model],
    columns: Sequence[str],
    spool: Spool,
    watch: Watch,
    taken: Taken,
    publish: Callable[[], None],
) -> None:
    def watched(rows: Iterable[Row]) -> Iterator[Row]:
        stored = 0
        for stored, row in enumerate(rows, 1):
            yield row
            if stored % WATCHED_ROWS == 0:
                watch("stored", stored)
        watch("stored", stored)

    with closing(spool.good_rows()) as rows:  # before the spool, also where an insert fails
        insert_rows(model, columns, watched(rows))
    with closing(spool.good_rows()) as rows:
        taken(rows)
    publish()  # before the commit: who dies in between leaves rejects and an unchanged store
