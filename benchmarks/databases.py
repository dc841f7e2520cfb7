"""The databases of stores that the benchmarks start: made and dropped, and the limits that they set."""

import io
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg2

DELIVERED_IN_A_BUNDLE = 10
# An order's copies and their bundles are numbered from so many times its id on: beside all others in the store.
BESIDE = 10**9

OpenOrder = tuple[int, float, int, Any]


class Database(Protocol):
    """A store's database, past the store."""

    url: str
    quickest_insert: str
    """What `insert` uses, in the database's own word."""

    def settle(self) -> None:
        """Do what the database's own upkeep does some time after a load."""

    def rows(self, ids: range) -> Any:
        """The stored orders, in the form that `insert` takes; it is `len(ids)` ids further on."""

    def insert(self, rows: Any) -> float:
        """Insert the rows in the quickest way that the database has, commit, and return the seconds."""

    def open_orders(self) -> list[OpenOrder]:
        """All open orders: (order_id, weight, region, delivery_hours)."""

    def add_delivered(self, order_id: int, count: int) -> None:
        """Store copies of a delivered order, ten in a bundle, and book them.

        Nothing else may be in its bundle, and its courier may have no other one.
        """


class PostgreSQL:
    quickest_insert = "COPY"

    def __init__(self, url: str) -> None:
        self.url = url

    def settle(self) -> None:
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")
                cursor.execute("CHECKPOINT")

    def rows(self, ids: range) -> bytes:
        text = io.BytesIO()
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY (SELECT * FROM orders WHERE order_id BETWEEN {ids[0]} AND {ids[-1]}) TO STDOUT", text
            )
        shifted = []
        for line in text.getvalue().splitlines():
            order_id, _, rest = line.partition(b"\t")
            shifted.append(b"%d\t%b\n" % (int(order_id) + len(ids), rest))
        return b"".join(shifted)

    def insert(self, rows: bytes) -> float:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.copy_expert("COPY orders FROM STDIN", io.BytesIO(rows))
            connection.commit()
            return time.perf_counter() - started

    def open_orders(self) -> list[OpenOrder]:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(OPEN_ORDERS)
            found: list[OpenOrder] = cursor.fetchall()
            return found

    def add_delivered(self, order_id: int, count: int) -> None:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            for table, key, copies in copied_tables(count):
                cursor.execute(f"SELECT * FROM {table} LIMIT 0")
                columns = [column.name for column in cursor.description or ()]
                cursor.execute(copying(table, key, columns, order_id, f"generate_series(1, {copies}) AS copy(number)"))
            for statement in booking(order_id, count):
                cursor.execute(statement)
            connection.commit()


class SQLite:
    quickest_insert = "executemany"

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self._path = path

    def _connect(self) -> "closing[sqlite3.Connection]":
        """A connection with the store's own pragmas (sweets_store/environment.py)."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=60)
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        return closing(connection)

    def settle(self) -> None:
        with self._connect() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, ids: range) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            found = connection.execute("SELECT * FROM orders WHERE order_id BETWEEN ? AND ?", (ids[0], ids[-1]))
            return [(order_id + len(ids), *rest) for order_id, *rest in found]

    def insert(self, rows: list[tuple[Any, ...]]) -> float:
        places = ", ".join("?" * len(rows[0]))
        with self._connect() as connection:
            started = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO orders VALUES ({places})", rows)
            connection.execute("COMMIT")
            return time.perf_counter() - started

    def open_orders(self) -> list[OpenOrder]:
        with self._connect() as connection:
            return connection.execute(OPEN_ORDERS).fetchall()

    def add_delivered(self, order_id: int, count: int) -> None:
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for table, key, copies in copied_tables(count):
                columns = [column for column, *_ in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
                numbers = (
                    f"(WITH RECURSIVE copy(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy"
                    f" WHERE number < {copies}) SELECT number FROM copy) AS copy"
                )
                connection.execute(copying(table, key, columns, order_id, numbers))
            for statement in booking(order_id, count):
                connection.execute(statement)
            connection.execute("COMMIT")


OPEN_ORDERS = "SELECT order_id, weight, region, delivery_hours FROM orders WHERE bundle_id IS NULL"


def copied_tables(count: int) -> list[tuple[str, str, int]]:
    """(table, its key, how many copies), parents first."""
    return [("bundles", "bundle_id", copied_bundles(count)), ("orders", "order_id", count)]


def copied_bundles(count: int) -> int:
    return count // DELIVERED_IN_A_BUNDLE + 1


def copying(table: str, key: str, columns: list[str], order_id: int, numbers: str) -> str:
    """The statement that copies the order's row in the table, whatever further columns there are."""
    changed = {key: f"{BESIDE * order_id} + copy.number"}
    if table == "orders":
        changed["bundle_id"] = f"{BESIDE * order_id} + 1 + copy.number / {DELIVERED_IN_A_BUNDLE}"
    values = ", ".join(changed.get(column, f"template.{column}") for column in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
        f" FROM (SELECT {table}.* FROM {table} WHERE bundle_id ="
        f" (SELECT bundle_id FROM orders WHERE order_id = {order_id}) LIMIT 1) AS template, {numbers}"
    )


def booking(order_id: int, count: int) -> list[str]:
    """The statements that book the copies beside the order itself.

    All of a bundle are delivered at once, so each bundle takes the time that the order's own took, and pays the same.
    """
    bundles = copied_bundles(count) + 1
    bundle_id = f"(SELECT bundle_id FROM orders WHERE order_id = {order_id})"
    his = f"WHERE courier_id = (SELECT courier_id FROM bundles WHERE bundle_id = {bundle_id})"
    return [
        f"UPDATE delivery_totals SET deliveries = deliveries + {count},"
        f" seconds = seconds * {bundles} + microseconds * {bundles} / 1000000,"
        f" microseconds = microseconds * {bundles} % 1000000 {his}",
        f"UPDATE couriers SET earnings = earnings * {bundles} {his}",
    ]


def version(given: str) -> str:
    """The database's name and version; `given` as for `own_database`."""
    if given == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with closing(psycopg2.connect(given)) as connection:
        return f"PostgreSQL {connection.server_version // 10_000}.{connection.server_version % 10_000}"


@contextmanager
def own_database(given: str, folder: Path) -> Iterator[Database]:
    """Yield a new, empty database: a file in the folder, or one on the PostgreSQL server of the URL, dropped after."""
    if given == "sqlite":
        yield SQLite(folder / "sweets.sqlite3")
        return
    name = f"sweets_benchmark_{os.getpid()}_{secrets.token_hex(4)}"
    server, mark, options = given.partition("?")
    with closing(psycopg2.connect(given)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield PostgreSQL(f"{server.rpartition('/')[0]}/{name}{mark}{options}")
            finally:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
