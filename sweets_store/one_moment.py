"""Several reads that see the store of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is of one moment; nothing can be written, nobody is waited for and nobody waits.

    Inside a transaction it is that one's matter what its reads see.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Django's own transactions take SQLite's write lock at once (BEGIN IMMEDIATE).
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            try:
                cursor.execute("BEGIN")
                yield
            finally:
                try:
                    if connection.connection.in_transaction:  # SQLite ends it itself after some faults
                        cursor.execute("ROLLBACK")
                finally:
                    cursor.execute("PRAGMA query_only = OFF")
