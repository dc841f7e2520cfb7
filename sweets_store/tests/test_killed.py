"""Workers and masters are killed while clients write: what was acknowledged is there, and nothing is there twice.

`--writes=20000 --kills=100 --log-cli-level=INFO` makes it long and tells how it went.
"""

import json
import logging
import os
import signal
import socket
import time
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace

import pytest

from sweets_store.tests.serving import can_listen, configured, connected, manage, served_store
from sweets_store.tests.writers import amiss, writing

WORKER, MASTER = "a worker", "the master"
KILLS = [
    (WORKER, signal.SIGKILL),
    (WORKER, signal.SIGTERM),
    (WORKER, signal.SIGKILL),
    (MASTER, signal.SIGKILL),
    (WORKER, signal.SIGKILL),
    (MASTER, signal.SIGTERM),
]

logger = logging.getLogger(__name__)


@pytest.fixture
def asked(request):
    options = request.config.option
    return SimpleNamespace(writes=options.writes, kills=options.kills)


@pytest.fixture
def store(tmp_path):
    with served_store(tmp_path, f"killed_{os.getpid()}") as store:
        yield store


def workers_of(master):
    """The processes that it has started, the eldest first; it may be between two of them."""
    return [int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def await_that(comes, seconds=20):
    deadline = time.monotonic() + seconds
    while not comes():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


def kill(store, whom, how):
    """A worker, whom the master replaces; or the master, who is started again once nobody holds the port."""
    if whom == WORKER:
        await_that(lambda: workers_of(store.process.pid))
        os.kill(workers_of(store.process.pid)[0], how)
        return
    store.process.send_signal(how)
    store.process.wait(timeout=60)
    await_that(lambda: can_listen(store.port))
    store.start()


def test_what_is_acknowledged_is_done_once_whoever_is_killed(store, asked):
    begun, longest = time.monotonic(), 0.0

    with writing(store) as at_work:
        for number, (whom, how) in enumerate(islice(cycle(KILLS), asked.kills), 1):
            at_work.await_acknowledged(asked.writes * number // (asked.kills + 1))
            killed = time.monotonic()
            kill(store, whom, how)
            at_work.await_more(1)
            longest = max(longest, time.monotonic() - killed)
        at_work.await_acknowledged(asked.writes)

    acknowledged, heard = at_work.acknowledged, at_work.heard
    lost, doubled = amiss(at_work.told, store.url_of_database)
    logger.info(
        "%d writes acknowledged and %d kills in %.0f s: %d lost, %d doubled; %.1f s without an answer at most; %s",
        *(acknowledged, asked.kills, time.monotonic() - begun, len(lost), len(doubled), longest, dict(heard)),
    )
    assert (lost, doubled) == (set(), {})
    assert {each for each in heard if isinstance(each, int)} == {200, 201}
    assert heard["nothing"] > 0
    assert heard["replayed"] > 0
    assert_sound(store)


def test_orphaned_workers_leave_the_port_and_answer_what_they_have_begun(store):
    body = json.dumps({"data": [{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}]}).encode()
    head = (
        "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    orphans = workers_of(store.process.pid)
    with socket.create_connection(("127.0.0.1", store.port), timeout=60) as client:
        client.sendall(head.encode())
        assert b"100 Continue" in client.recv(1000)

        store.process.kill()
        store.process.wait()
        await_that(lambda: can_listen(store.port))
        store.start()
        client.sendall(body)
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
    assert store.get("/orders/1").status == 200
    await_that(lambda: not any(map(is_running, orphans)))


# The test itself is tried: of a store that is broken it must say so.


@pytest.mark.once
def test_a_store_that_sees_no_keys_is_found_to_do_writes_twice(tmp_path):
    with served_store(tmp_path, f"no_keys_{os.getpid()}", **configured("without_keys")) as store:
        with writing(store) as at_work:
            at_work.await_that(lambda: at_work.heard["lost on the way"] >= 30)

        lost, doubled = amiss(at_work.told, store.url_of_database)

    assert lost == set()
    assert {what for what, _ in doubled} == {"imported", "assigned"}


@pytest.mark.once
def test_a_store_that_acknowledges_before_it_commits_is_found_to_lose_writes(tmp_path):
    with served_store(tmp_path, f"hasty_{os.getpid()}", **configured("hasty")) as store:
        with writing(store) as at_work:
            at_work.await_more(100)
            for worker in workers_of(store.process.pid):
                os.kill(worker, signal.SIGKILL)
        store.stop()

        lost, doubled = amiss(at_work.told, store.url_of_database)

    assert {what for what, _ in lost} == {"imported"}
    assert doubled == {}


def assert_sound(store):
    verified = manage("verify_store", environment=store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")
    if store.url_of_database.startswith("sqlite"):
        with connected(store.url_of_database) as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert cursor.execute("PRAGMA foreign_key_check").fetchall() == []
