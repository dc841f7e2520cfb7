"""What the two databases do each in its own way: many rows in one statement, many ids in one condition."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Lookup, Model
from django.db.models.sql.compiler import SQLCompiler

ROWS_AT_ONCE = 100


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert the rows, in their order, while they come: by one COPY on PostgreSQL, by `executemany` on SQLite.

    There a sequence is one statement, and what is none, and may not fit into memory, goes in a hundred rows at a time.
    The values, of which none may be None, go to the columns as they are; JSON is text. Raises IntegrityError, and what
    `rows` raises; some rows may then be inserted already, which the caller's transaction takes back.
    """
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy_rows(cursor, f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", iter(rows))
        else:
            places = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608  # the names are quoted
            for batch in [rows] if isinstance(rows, Sequence) else batches(rows):
                cursor.executemany(statement, batch)


def batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Django keeps all rows that one `executemany` is given."""
    rows = iter(rows)
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


def copy_rows(cursor: CursorWrapper, statement: str, rows: Iterator[Sequence[Any]]) -> None:
    stream = CSVStream(rows)
    try:
        with connection.wrap_database_errors:  # copy_expert does not wrap its own
            cursor.copy_expert(statement, stream)
    except OperationalError:
        if stream.fault:  # the driver makes a cancelled query of it
            raise stream.fault from None
        raise


class CSVStream:
    """The rows as a file that is written while it is read: neither is whole in memory, and neither side waits.

    `fault` is what the rows raised.
    """

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self._rows = rows
        self.fault: BaseException | None = None

    def read(self, size: int) -> str:
        """Return some rows, which may be more text than `size`; nothing at the end."""
        text = io.StringIO()
        try:
            csv.writer(text).writerows(islice(self._rows, ROWS_AT_ONCE))
        except BaseException as fault:
            self.fault = fault
            raise
        return text.getvalue()


class Among(Lookup):
    """`filter(order_id__among=ids)`: like `__in`, with any number of integers as one parameter."""

    lookup_name = "among"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", [*params, list(self.rhs)]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        condition = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  # Django wrote the column
        return condition, [*params, json.dumps(list(self.rhs))]


class Holds(Lookup):
    """`filter(regions__holds=5)`: the JSON list holds the integer."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} @> %s::jsonb", [*params, str(self.rhs)]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        condition = f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = %s)"  # noqa: S608  # as above
        return condition, [*params, self.rhs]
