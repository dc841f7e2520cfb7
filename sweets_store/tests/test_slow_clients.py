"""Slow clients hold no thread for long, and those who send nothing hold none."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from sweets_store.tests.serving import served_store

pytestmark = pytest.mark.once

THREADS = 2
HEAD = b"POST /orders/assign HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slow")
    with served_store(folder, "slow", WORKERS="1", THREADS=str(THREADS), REQUEST_SECONDS="2") as served:
        yield served


@pytest.fixture
def connected(store):
    with ExitStack() as stack:

        def connect():
            return stack.enter_context(socket.create_connection(("127.0.0.1", store.port), timeout=20))

        yield connect


def answer_on(connection):
    """Return (status, body) of what comes until the connection is closed."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_who_connects_and_sends_nothing_holds_no_thread(store, connected):
    for _ in range(10 * THREADS):
        connected()
    started = time.monotonic()

    assert store.get("/couriers").status == 200
    assert time.monotonic() - started < 5  # gunicorn's own threads would wait as long for each two of them


def test_who_sends_nothing_takes_nobody_s_place(tmp_path):
    room = {"GUNICORN_CMD_ARGS": "--worker-connections=20", "REQUEST_SECONDS": "60"}
    with served_store(tmp_path, "crowded", WORKERS="1", **room) as store, ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", store.port)))
        started = time.monotonic()

        assert store.get("/couriers").status == 200
        assert time.monotonic() - started < 30


def test_who_has_only_just_come_makes_no_room(tmp_path):
    asked = b"GET /couriers?limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def asks(_):
        with socket.create_connection(("127.0.0.1", store.port), timeout=20) as client:
            client.sendall(asked)
            return client.recv(12)

    room = {"THREADS": "2", "GUNICORN_CMD_ARGS": "--worker-connections=10"}
    with served_store(tmp_path, "full", WORKERS="1", **room) as store, ExitStack() as stack:
        for _ in range(8):  # as many as are kept, in turn
            kept = stack.enter_context(socket.create_connection(("127.0.0.1", store.port), timeout=20))
            kept.sendall(asked)
            assert kept.recv(12) == b"HTTP/1.1 200"
        with ThreadPoolExecutor(12) as clients:
            assert set(clients.map(asks, range(300))) == {b"HTTP/1.1 200"}


@pytest.mark.parametrize("begun", [b"P", b"POST /orders HTTP/1.1\r\nHost: ", HEAD, HEAD + b'\r\n{"courier'])
def test_who_stops_in_the_middle_is_told_so_and_his_thread_is_free_again(store, connected, begun):
    slow = [connected() for _ in range(THREADS)]
    for connection in slow:
        connection.sendall(begun)

    assert store.get("/couriers").status == 200  # as soon as a thread is free
    assert [answer_on(connection)[0] for connection in slow] == [408] * THREADS


def test_who_sends_a_byte_now_and_then_gains_nothing(store, connected):
    slow, started, sent = connected(), time.monotonic(), HEAD + b"\r\n" + b"{" * 50
    slow.settimeout(0.2)
    status = None
    for place in range(len(sent)):
        slow.sendall(sent[place : place + 1])
        try:
            status = int(slow.recv(65536).split()[1])
            break
        except TimeoutError:
            continue

    assert status == 408
    assert time.monotonic() - started < 20  # the 200 bytes at this pace would take 40 seconds


def test_the_refusal_says_what_to_do(connected):
    slow = connected()
    slow.sendall(HEAD)

    status, body = answer_on(slow)

    assert (status, set(body), body["code"]) == (408, {"code", "detail"}, "request_timeout")


@pytest.mark.parametrize(
    "sent", [b"GET /couriers?limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", b"rubbish\r\n\r\n"]
)
def test_who_does_not_close_after_his_answer_holds_up_nobody(store, connected, sent):
    answered = [connected() for _ in range(4 * THREADS)]
    for connection in answered:
        connection.sendall(sent)
        assert connection.recv(9) == b"HTTP/1.1 "
    started = time.monotonic()

    assert [store.get("/couriers?limit=1").status for _ in range(5)] == [200] * 5
    assert time.monotonic() - started < 6  # of sixteen that gunicorn would take, one after another
    for connection in answered:
        assert b"".join(iter(lambda connection=connection: connection.recv(65536), b"")).endswith(b"}")


def test_a_body_that_trickles_is_waited_for_no_longer_than_four_times(store, connected):
    slow, started = connected(), time.monotonic()
    slow.settimeout(0.1)
    slow.sendall(HEAD.replace(b"Content-Length: 50", b"Content-Length: 33000000") + b"\r\n")
    status = None
    while status is None and time.monotonic() - started < 20:
        slow.sendall(b"[" * 20_000)
        try:
            status = int(slow.recv(65536).split()[1])
        except TimeoutError:
            continue

    assert status == 408
    assert 6 < time.monotonic() - started < 14


def test_a_stop_does_not_wait_for_who_sends_nothing_or_does_not_close(tmp_path):
    with served_store(tmp_path, "stopped", REQUEST_SECONDS="30") as store, ExitStack() as stack:
        for sent in (b"", b"rubbish\r\n\r\n"):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", store.port), timeout=20))
            client.sendall(sent)
        time.sleep(0.3)  # until they are where they wait
        started = time.monotonic()

        store.stop()

        assert time.monotonic() - started < 10


def test_a_large_body_has_its_time(store, connected):
    order = {"weight": 1, "region": 1, "delivery_hours": ["09:00-18:00"]}
    orders = [order | {"order_id": n} for n in range(1, 2001)]
    body = json.dumps({"data": orders}).encode()
    slow = connected()
    slow.sendall(
        b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    for place in range(0, len(body), len(body) // 6 + 1):  # in three seconds, which is longer than a thread waits
        slow.sendall(body[place : place + len(body) // 6 + 1])
        time.sleep(0.5)

    assert answer_on(slow)[0] == 201


def test_who_takes_no_answer_is_let_go(store, connected):
    """The answer, of 16 MB, is more than what the connection itself holds of it."""
    regions = list(range(2**62, 2**62 + 1000))
    couriers = [
        {"courier_id": n, "courier_type": "car", "regions": regions, "working_hours": []} for n in range(1, 801)
    ]
    assert store.post("/couriers", {"data": couriers}).status == 201
    greedy = [connected() for _ in range(THREADS)]
    for connection in greedy:
        connection.sendall(b"GET /couriers?limit=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        connection.recv(1, socket.MSG_PEEK)

    assert store.get("/couriers?limit=1").status == 200
    taken = sum(len(piece) for piece in iter(lambda: greedy[0].recv(65536), b""))
    assert taken < 16_000_000
