"""Calls that run side by side, each in a thread or process with a database connection of its own."""

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from threading import Barrier

import django
from django.db import connection
from django.test import Client

from sweets_store.tests.client import JSONClient


def side_by_side(*calls):
    """Start all calls at once; return, in their order, what each returned or the exception that it raised."""
    start = Barrier(len(calls))

    def run(call):
        start.wait(timeout=30)
        return outcome(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def in_processes(call, count, *arguments):
    """Run `call(number, *arguments)` for the numbers from 1 to `count` at once; return, in their order, the results.

    Each has a process of its own, which takes its settings from the environment.
    """
    context = get_context("spawn")
    start = context.Barrier(count)
    with ProcessPoolExecutor(count, context, initializer=_set_up, initargs=(start,)) as pool:
        started = [pool.submit(call, number, *arguments) for number in range(1, count + 1)]
        return [future.result() for future in started]


def _set_up(start):
    django.setup()
    start.wait(timeout=120)


def asks(method, path, body, **headers):
    """A call of the API in this process."""
    return partial(JSONClient(Client(raise_request_exception=False)).request, method, path, body, **headers)


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


def results(futures):
    return [future.result(timeout=30) for future in futures]


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


def deadlocks():
    """How many deadlocks PostgreSQL has ended in this database, by those who are gone; none on SQLite."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        _await_none_beside(cursor)
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def _await_none_beside(cursor, seconds=30):
    """A backend counts its deadlocks in at its end at the latest."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        if cursor.fetchone()[0] == 0:
            return
        time.sleep(0.005)
    raise RuntimeError("others stay connected to the tests' database")
