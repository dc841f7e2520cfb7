"""Where the rows of a file lie between being checked and being stored: on disk, in a database of their own."""

import json
import sqlite3
import tempfile
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from sweets_store.errors import DomainError

BATCH_ROWS = 10_000
BATCH_CHARACTERS = 2 * 1024 * 1024
CACHE_KIB = 4 * 1024
OWN, TWICE, IN_USE = range(3)  # the kinds of faults, in the order in which a row's are told


class BadRow(NamedTuple):
    """`text` is empty unless the spool keeps texts, `object_id` is None where the row has no usable one."""

    place: int
    text: str
    object_id: int | None
    reason: str


class SpoolFailed(DomainError):
    code = "spool_failed"
    message = "The temporary file in {folder} failed: {fault}. Nothing was changed. TMPDIR may name another folder."


@contextmanager
def new_spool(columns: Sequence[str], *, keep_texts: bool) -> Iterator["Spool"]:
    """Yield an empty spool for rows of these columns. Raises SpoolFailed when the disk is full."""
    try:
        with closing(_private_database()) as connection:
            yield Spool(connection, columns, keep_texts=keep_texts)
    except sqlite3.Error as fault:
        raise SpoolFailed(folder=tempfile.gettempdir(), fault=fault) from None


def _private_database() -> sqlite3.Connection:
    """Open a database that has no name any more once it is open: it goes with the process, however that ends."""
    try:
        with tempfile.NamedTemporaryFile(prefix="sweets-import-") as file:
            connection = sqlite3.connect(file.name, isolation_level=None)
            connection.executescript(
                f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                f"PRAGMA temp_store=FILE; PRAGMA cache_size=-{CACHE_KIB}; BEGIN EXCLUSIVE"
            )
            return connection
    except OSError as fault:
        raise SpoolFailed(folder=tempfile.gettempdir(), fault=fault.strerror) from None


class Spool:
    """The rows of one file, the good ones with their columns, the faults of the bad ones, and which the store has.

    The first column is the id. Nothing here needs memory that grows with the file: sorting happens on disk too.
    """

    _GOOD = (
        "FROM rows WHERE NOT EXISTS (SELECT 1 FROM faults WHERE faults.place = rows.place)"
        " AND NOT EXISTS (SELECT 1 FROM already_there WHERE already_there.place = rows.place)"
    )

    def __init__(self, connection: sqlite3.Connection, columns: Sequence[str], *, keep_texts: bool) -> None:
        self._connection = connection
        self._keep_texts = keep_texts
        self._no_columns = (None,) * (len(columns) - 1)
        self._columns = ", ".join(["id", *columns[1:]])
        self._rows: list[Sequence[Any]] = []
        self._faults: list[tuple[int, int, str]] = []
        self._characters = 0
        # Places have a type in both: SQLite uses no index to compare what has one with what has none.
        connection.execute(f"CREATE TABLE rows (place INTEGER PRIMARY KEY, text, {self._columns})")
        connection.execute("CREATE TABLE faults (place INTEGER, kind, reason, PRIMARY KEY (place, kind)) WITHOUT ROWID")
        connection.execute("CREATE TABLE already_there (place INTEGER PRIMARY KEY)")
        self._insert = f"INSERT INTO rows VALUES (?, ?, {', '.join('?' * len(columns))})"  # noqa: S608

    def add(self, place: int, text: str, columns: Sequence[Any]) -> None:
        self._rows.append((place, text if self._keep_texts else "", *columns))
        self._characters += len(text)
        if len(self._rows) == BATCH_ROWS or self._characters > BATCH_CHARACTERS:
            self._flush()

    def add_bad(self, place: int, text: str, object_id: int | None, reason: str) -> None:
        self._faults.append((place, OWN, reason))
        self.add(place, text, (object_id, *self._no_columns))

    def _flush(self) -> None:
        self._connection.executemany(self._insert, self._rows)
        self._connection.executemany("INSERT INTO faults VALUES (?, ?, ?)", self._faults)
        self._rows, self._faults, self._characters = [], [], 0

    def finish(self, twice: str) -> None:
        """Take no more rows, and refuse those whose id an earlier one has; `%d` in `twice` is that one's place."""
        self._flush()
        self._connection.execute("CREATE INDEX rows_by_id ON rows (id)")
        self._connection.execute(
            "INSERT INTO faults SELECT place, ?, printf(?, first) FROM rows JOIN ("
            "SELECT id AS same, min(place) AS first FROM rows WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1"
            ") ON id = same AND place > first",
            (TWICE, twice),
        )

    def id_batches(self) -> Iterator[list[int]]:
        """Yield all ids, those of bad rows too, in ascending order."""
        ids = self._connection.execute("SELECT DISTINCT id FROM rows WHERE id IS NOT NULL ORDER BY id")
        while batch := ids.fetchmany(BATCH_ROWS):
            yield [object_id for (object_id,) in batch]

    def rows_with(self, ids: Collection[int]) -> list[tuple[Any, ...]]:
        """Return the place and the columns of all rows that have these ids; those of a bad row may be None."""
        return self._connection.execute(
            f"SELECT place, {self._columns} FROM rows WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(list(ids)),),
        ).fetchall()

    def refuse_in_use(self, rows: Iterable[tuple[int, str]]) -> int:
        """Refuse the rows, each a place and the reason; return how many had not been refused for this yet."""
        return self._connection.executemany(
            "INSERT OR IGNORE INTO faults VALUES (?, ?, ?)", ((place, IN_USE, reason) for place, reason in rows)
        ).rowcount

    def pass_over(self, places: Iterable[int]) -> int:
        """Count the rows as already there; return how many had not been counted yet."""
        return self._connection.executemany(
            "INSERT OR IGNORE INTO already_there VALUES (?)", ((place,) for place in places)
        ).rowcount

    def count(self) -> int:
        return self._number("SELECT count(*) FROM rows")

    def count_bad(self) -> int:
        return self._number("SELECT count(DISTINCT place) FROM faults")

    def count_already_there(self) -> int:
        return self._number("SELECT count(*) FROM already_there WHERE place NOT IN (SELECT place FROM faults)")

    def count_good(self, condition: str) -> int:
        """How many good rows there are of whose columns the SQL condition holds."""
        return self._number(f"SELECT count(*) {self._GOOD} AND {condition}")

    def good_places(self, condition: str) -> Iterator[int]:
        """Yield the places of those rows in the order of the file."""
        for (place,) in self._connection.execute(f"SELECT place {self._GOOD} AND {condition} ORDER BY place"):
            yield place

    def _number(self, query: str) -> int:
        number: int = self._connection.execute(query).fetchone()[0]
        return number

    def good_rows(self) -> Generator[tuple[Any, ...], None, None]:
        """Yield the columns of the good rows by ascending id."""
        yield from self._connection.execute(f"SELECT {self._columns} {self._GOOD} ORDER BY id")

    def bad_rows(self) -> Iterator[BadRow]:
        """Yield the bad rows in the order of the file."""
        found = self._connection.execute(
            "SELECT place, text, id, group_concat(reason, '; ') FROM faults JOIN rows USING (place)"
            " GROUP BY place ORDER BY place"
        )
        yield from map(BadRow._make, found)
