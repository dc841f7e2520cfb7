"""Calls that run side by side, each in a thread with a database connection of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def side_by_side(*calls):
    """Start all calls at once; return, in their order, what each returned or the exception that it raised."""
    start = Barrier(len(calls))

    def run(call):
        start.wait(timeout=30)
        return outcome(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def outcome(call):
    try:
        return call()
    except Exception as fault:
        return fault
    finally:
        connection.close()


def started(*calls):
    """Start the calls one after another, each once those before it wait for a lock or are done; return their futures.

    For PostgreSQL: whoever holds the lock meanwhile decides when they go on, so the interleaving is always the same.
    """
    futures = []
    pool = ThreadPoolExecutor(len(calls))
    for call in calls:
        futures.append(pool.submit(outcome, call))
        _await_standstill(futures)
    pool.shutdown(wait=False)
    return futures


def _await_standstill(futures, seconds=30):
    deadline = time.monotonic() + seconds
    while sum(not future.done() for future in futures) > _waiting_for_locks():
        assert time.monotonic() < deadline, "the calls neither end nor wait"
        time.sleep(0.005)


def _waiting_for_locks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]
