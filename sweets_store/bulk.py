"""What the two databases do each in its own way: many rows in one statement, many ids in one condition."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Lookup, Model
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert the rows, in their order, as one statement: COPY on PostgreSQL, `executemany` on SQLite.

    The values go to the columns as they are; JSON is text. Raises IntegrityError; then none is inserted.
    """
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            text.seek(0)
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv)", text)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608


class Among(Lookup):
    """`filter(order_id__among=ids)`: like `__in`, with any number of integers as one parameter."""

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Iterable[int], connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        ids = list(value)
        return "%s", [ids if connection.vendor == "postgresql" else json.dumps(ids)]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        place, ids = self.process_rhs(compiler, connection)
        return f"{column} = ANY({place}::bigint[])", [*params, *ids]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        place, ids = self.process_rhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each({place}))", [*params, *ids]  # noqa: S608


class Holds(Lookup):
    """`filter(regions__holds=5)`: the JSON list holds the integer."""

    lookup_name = "holds"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: int, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "%s", [str(value) if connection.vendor == "postgresql" else value]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        place, number = self.process_rhs(compiler, connection)
        return f"{column} @> {place}::jsonb", [*params, *number]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        place, number = self.process_rhs(compiler, connection)
        return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {place})", [*params, *number]  # noqa: S608
