"""An import takes all its objects into the store or none (contract, "POST /couriers · POST /orders").

So does one from a file, unless it is told where to put the bad ones.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Model

from sweets_store.bulk import insert_rows
from sweets_store.errors import DomainError
from sweets_store.imports.checked import MAX_REPORTED, CheckedImport, Row
from sweets_store.imports.reader import BrokenRow, Reader
from sweets_store.imports.rejects import Rejects, new_rejects
from sweets_store.imports.spool import Spool, new_spool
from sweets_store.retries import retried
from sweets_store.serializers import Faults

ID_IN_USE = "is in use: the store has it already"
MAX_REASON = 1_000
WATCHED_ROWS = 10_000

Watch = Callable[[str, int], None]
Last = Callable[[], None]


def nothing() -> None:
    """What is done last of all before an import commits, where nothing is."""


@retried
def insert_all_or_none(
    model: type[Model], checked: CheckedImport, columns: Sequence[str], *, last: Last = nothing
) -> list[int]:
    """Insert the checked objects and return their ids in the order sent. Raises ValidationFailed, naming every fault.

    Ids that the store has are looked up before the transaction, so that on SQLite all is checked before the write lock
    is taken. Two imports may still race over one id: the slower one meets the primary key, looks again and reports.
    Rows go in by ascending id, so that such imports wait for each other in one order and cannot deadlock. `last` is
    called once they are in, just before the commit.
    """
    ids = checked.usable_ids()
    checked.refuse_ids(ids_in_use(model, ids), ID_IN_USE)
    checked.raise_if_bad()
    try:
        with transaction.atomic():
            insert_rows(model, columns, sorted(checked.rows))
            last()
    except IntegrityError:
        checked.refuse_ids(ids_in_use(model, ids), ID_IN_USE)
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
    message = "{refused} of {read} {objects} refused; nothing was changed."

    def __init__(self, bad_rows: list[ReportedRow], **facts: Any) -> None:
        super().__init__(**facts)
        self.bad_rows = bad_rows


class Outcome(NamedTuple):
    taken: int
    refused: int


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
    last: Last = nothing,
) -> Outcome:
    """Take the objects of a file into the store, all or none, or with `rejects` the good ones; the others go there.

    `rejects` must not exist or be empty, and is not made if nothing is refused. Of rows with one id the first counts.
    Raises ImportRefused, BrokenFile, RejectsUnwritable and SpoolFailed; then nothing was changed.

    All is checked before the transaction, so that on SQLite the write lock is held for the inserts alone. Another
    import may still take an id meanwhile: this one meets the primary key, rolls back, looks again and refuses that
    row. Rows go in by ascending id, as in every import: they wait for each other in one order and cannot deadlock.
    `last` is called once they are in; before the commit follows only that the rejects get their name.
    """
    with ExitStack() as stack:
        draft = stack.enter_context(new_rejects(rejects)) if rejects else None
        spool = stack.enter_context(new_spool(len(columns), keep_texts=draft is not None))
        spool_rows(reader, spool, watch)
        refuse_rows_in_use(model, spool)
        while True:
            refused = spool.count_bad()
            publish = nothing
            if refused:
                if draft is None:
                    raise import_refused(reader, spool)
                write_rejects(reader, spool, draft)
                publish = draft.publish
            try:
                return Outcome(insert_good_rows(model, columns, spool, watch, last, publish), refused)
            except IntegrityError:
                if not refuse_rows_in_use(model, spool):
                    raise


def spool_rows(reader: Reader, spool: Spool, watch: Watch) -> None:
    """Judge each row as the API would; ids that stand twice are refused here, those that the store has are not."""
    judge = reader.serializer.judge()
    for place, text, sent in reader:
        row, faults = judge(sent)
        if not faults:
            spool.add(place, text, row)
        else:
            own = {"__core__": str(sent)} if isinstance(sent, BrokenRow) else faults
            spool.add_bad(place, text, row[0], row_reason(own))
        if place % WATCHED_ROWS == 0:
            watch("checked", place)
    spool.finish(f"{reader.serializer.id_name()}: stands more than once in this file, first in {reader.place}")


def row_reason(faults: Faults) -> str:
    reason = "; ".join(text if name == "__core__" else f"{name}: {text}" for name, text in faults.items())
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"


def refuse_rows_in_use(model: type[Model], spool: Spool) -> int:
    """Refuse the rows whose ids the store has; return how many were not known as such."""
    refused = 0
    for ids in spool.id_batches():
        refused += spool.refuse_in_use(ids_in_use(model, ids), f"{model._meta.pk.name}: {ID_IN_USE}")
    return refused


def import_refused(reader: Reader, spool: Spool) -> ImportRefused:
    bad_rows = [
        ReportedRow(reader.place % row.place, row.object_id, row.reason)
        for row in islice(spool.bad_rows(), MAX_REPORTED)
    ]
    return ImportRefused(bad_rows, refused=spool.count_bad(), read=spool.count(), objects=reader.serializer.list_name)


def write_rejects(reader: Reader, spool: Spool, draft: Rejects) -> None:
    draft.write(lambda file: reader.write_rejects(file, ((row.text, row.reason) for row in spool.bad_rows())))


@retried
@transaction.atomic
def insert_good_rows(
    model: type[Model], columns: Sequence[str], spool: Spool, watch: Watch, last: Last, publish: Last
) -> int:
    """Insert the good rows and return how many."""
    taken = 0

    def watched(rows: Iterable[Row]) -> Iterator[Row]:
        nonlocal taken
        for taken, row in enumerate(rows, 1):
            yield row
            if taken % WATCHED_ROWS == 0:
                watch("stored", taken)

    with closing(spool.good_rows()) as rows:  # before the spool, also where an insert fails
        insert_rows(model, columns, watched(rows))
    watch("stored", taken)
    last()
    publish()  # before the commit: who dies in between leaves rejects and an unchanged store
    return taken
