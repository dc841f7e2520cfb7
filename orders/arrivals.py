"""Orders become free, by an import or a release, while others choose among the free ones.

Who must read several times to choose shuts arrivals out first; who brings some announces it last of all. The two kinds
exclude each other and not themselves: so it is a table that is locked, an empty one, and not an advisory lock. Where
both wait, PostgreSQL serves them in the order of their coming.
On SQLite the transaction itself is the lock: nothing here locks there.
"""

from django.db import connection


def announce_arrivals() -> None:
    """Wait until no one shuts arrivals out; until the transaction ends, no one else can begin to.

    Nothing slow may follow, nor be left for the commit to do: those who choose wait meanwhile.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; LOCK TABLE order_arrivals IN ROW EXCLUSIVE MODE")


def shut_out_arrivals() -> bool:
    """Let no order become free until the transaction ends; return whether some may have since it began."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE order_arrivals IN SHARE MODE")
    return True
