"""Counts what a use case asks of the database; BEGIN, COMMIT and savepoints do not count."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


class Statements(list):
    """The statements' texts; compare `len()`, and a failing assertion prints them."""


@contextmanager
def statements_captured():
    captured = Statements()
    with CaptureQueriesContext(connection) as queries:
        yield captured
    captured += [query["sql"] for query in queries if not query["sql"].startswith(TRANSACTION)]
