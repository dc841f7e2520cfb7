"""Takes the database's own guards down, so that a test may write into its tables what it would refuse."""

from contextlib import contextmanager

from django.db import connection

INDEX = "one_active_bundle_per_courier"
TABLES = ("events", "delivery_totals", "orders", "bundles", "couriers")


@contextmanager
def guards_down():
    """Yield a cursor that no check, foreign key or unique index holds back. At the end the store's tables are empty."""
    down_and_up = {"postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    with connection.cursor() as cursor:
        down, up = down_and_up(cursor)
        for statement in down:
            cursor.execute(statement)
        try:
            yield cursor
        finally:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")
            for statement in up:
                cursor.execute(statement)


def _postgresql(cursor):
    cursor.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('c', 'f') AND conrelid::regclass::text = ANY(%s)",
        [list(TABLES)],
    )
    constraints = cursor.fetchall()
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [INDEX])
    [[index]] = cursor.fetchall()
    down = [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name, _ in constraints]
    up = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition in constraints]
    return [*down, f"DROP INDEX {INDEX}"], [*up, index]


def _sqlite(cursor):
    cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [INDEX])
    [[index]] = cursor.fetchall()
    down = ["PRAGMA ignore_check_constraints = ON", "PRAGMA foreign_keys = OFF", f"DROP INDEX {INDEX}"]
    return down, ["PRAGMA ignore_check_constraints = OFF", "PRAGMA foreign_keys = ON", index]
