"""An import takes all its objects into the store or none (contract, "POST /couriers · POST /orders")."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from sweets_store.bulk import insert_rows
from sweets_store.serializers import CheckedImport

Row = Sequence[Any]


def insert_all_or_none(
    model: type[Model],
    checked: CheckedImport,
    columns: Sequence[str],
    row_of: Callable[[dict[str, Any]], Row],
) -> list[int]:
    """Insert the checked objects and return their ids in the order sent. Raises ValidationFailed, naming every fault.

    Ids that the store has are looked up before the transaction, so that on SQLite all is checked before the write lock
    is taken. Two imports may still race over one id: the slower one meets the primary key, looks again and reports.
    Rows go in by ascending id, so that such imports wait for each other in one order and cannot deadlock.
    """
    refuse_taken(model, checked)
    checked.raise_if_bad()
    rows = sorted(map(row_of, checked.values.values()))
    try:
        with transaction.atomic():
            insert_rows(model, columns, rows)
    except IntegrityError:
        refuse_taken(model, checked)
        checked.raise_if_bad()
        raise
    return list(checked.ids.values())


def refuse_taken(model: type[Model], checked: CheckedImport) -> None:
    taken = taken_ids(model, checked.ids.values())
    if taken:
        checked.refuse_ids(taken, "is taken: the store has it already")


def taken_ids(model: type[Model], ids: Iterable[int]) -> set[int]:
    """Those of the ids that the store has already, by one statement."""
    return set(model._default_manager.filter(pk__among=ids).values_list("pk", flat=True))
