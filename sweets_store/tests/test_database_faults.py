"""The database fails amid writes: 503 until it is back, then on by itself; each write is done, and once."""

import os
from functools import partial
from itertools import cycle, islice
from urllib.parse import urlsplit

import pytest

from sweets_store.tests.servers import own_server
from sweets_store.tests.serving import connected, locked, manage, served, served_store
from sweets_store.tests.writers import WRITERS, amiss, writing

SERIALIZABLE = "options=-c%20default_transaction_isolation%3Dserializable"


@pytest.fixture
def stops(request):
    return request.config.option.kills // 3


@pytest.fixture
def server():
    with own_server() as server:
        yield server


@pytest.fixture
def store(tmp_path):
    with served_store(tmp_path, f"faults_{os.getpid()}", LOCK_TIMEOUT="1") as store:
        yield store


def refused(at_work, times):
    return at_work.heard[503] >= times


def assert_all_done_once(at_work, store):
    """And nobody heard anything but the contract's answers."""
    assert {each for each in at_work.heard if isinstance(each, int)} <= {200, 201, 503}
    assert at_work.heard["nothing"] == 0
    assert amiss(at_work.told, store.url_of_database) == (set(), {})
    verified = manage("verify_store", environment=store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.postgresql
def test_a_server_that_stops_or_crashes_and_comes_back(server, stops, tmp_path):
    with served(tmp_path, server.url) as store:
        with writing(store) as at_work:
            for mode in islice(cycle(["fast", "immediate"]), stops):
                at_work.await_more(100)
                server.stop(mode)
                at_work.await_that(partial(refused, at_work, at_work.heard[503] + 10 * WRITERS))
                assert store.get("/couriers/1").status == 503
                server.start()
                at_work.await_more(WRITERS, seconds=10)

        assert_all_done_once(at_work, store)


@pytest.mark.postgresql
def test_connections_that_are_cut(store):
    name = urlsplit(store.url_of_database).path.removeprefix("/")
    with writing(store) as at_work, connected(os.environ["DATABASE_URL"]) as cursor:
        for _ in range(10):
            at_work.await_more(20)
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    assert_all_done_once(at_work, store)


def test_a_database_that_is_locked_for_longer_than_requests_wait(store):
    with writing(store) as at_work:
        at_work.await_more(100)
        with locked(store, "LOCK events IN SHARE ROW EXCLUSIVE MODE"):
            at_work.await_that(partial(refused, at_work, WRITERS))
        at_work.await_more(WRITERS, seconds=10)

    assert_all_done_once(at_work, store)


@pytest.mark.postgresql
def test_a_database_that_serializes(tmp_path):
    with served_store(tmp_path, f"serializable_{os.getpid()}") as store:
        store.stop()
        store.environment["DATABASE_URL"] += ("&" if "?" in store.url_of_database else "?") + SERIALIZABLE
        store.start()
        with writing(store, 4) as at_work:
            at_work.await_more(200)

        assert "it is tried again: could not serialize access" in store.said()
        assert_all_done_once(at_work, store)


@pytest.mark.postgresql
def test_a_server_that_crashes_and_commits_no_write_at_once_is_found_to_lose_writes(server, tmp_path):
    server.set("synchronous_commit", "off")
    server.set("wal_writer_delay", "10000")
    with served(tmp_path, server.url) as store:
        with writing(store) as at_work:
            at_work.await_more(100)
            server.stop("immediate")
            at_work.await_that(partial(refused, at_work, WRITERS))
            server.start()

        lost, _ = amiss(at_work.told, store.url_of_database)

    assert {what for what, _ in lost} == {"imported", "assigned", "completed"}
