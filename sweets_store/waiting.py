"""How long a statement waits for others: LOCK_TIMEOUT, unless what it does is not worth that."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


@contextmanager
def waiting_for_nobody() -> Iterator[None]:
    """Whoever finds SQLite locked inside is told at once."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {settings.LOCK_TIMEOUT * 1000}")
