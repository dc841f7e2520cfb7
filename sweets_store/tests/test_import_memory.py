"""What a large body costs the worker in memory: under 100 MB, whatever stands in its 32 MiB."""

import os
import re
from pathlib import Path

import pytest

from sweets_store.tests.serving import served_store

MIB = 1024 * 1024
LONG = "a" * 260_000
WINDOWS = ",".join(['"09:00-18:00"'] * 18)


@pytest.fixture
def worker_store(tmp_path):
    with served_store(tmp_path, f"memory_{os.getpid()}", WORKERS="1") as store:
        yield store


def listed(objects):
    return f'{{"data": [{",".join(objects)}]}}'.encode()


def orders(fields):
    return listed(f'{{"order_id": {number}, {fields}}}' for number in range(1, 100_001))


def unknown_fields(number):
    return ",".join(f'"🍬{number}_{field}":0' for field in range(100))


BODIES = [
    ("good", lambda: orders(f'"weight":1,"region":1,"delivery_hours":[{WINDOWS}]'), 201),
    ("bad", lambda: orders('"weight":0,"region":0,"delivery_hours":[0],"x":1'), 400),
    ("unknown fields", lambda: listed(f"{{{unknown_fields(number)}}}" for number in range(10_000)), 400),
    ("long names", lambda: listed(["{" + ",".join(f'"🍬{n}{LONG}":0' for n in range(120)) + "}"]), 400),
    ("empty lists", lambda: listed(["[]"] * (4 * MIB)), 400),
    ("a list of empty lists", lambda: listed(["[" + ",".join(["[]"] * (4 * MIB)) + "]"]), 400),
    ("a long string", lambda: listed(['"🍬' + "a" * (31 * MIB) + '"']), 400),
]


# What is refused never reaches the database.
@pytest.mark.parametrize(
    ("name", "body", "status"),
    [pytest.param(*each, id=each[0], marks=[] if each[0] == "good" else [pytest.mark.once]) for each in BODIES],
)
def test_a_large_import_takes_less_than_100_megabytes(name, body, status, worker_store):
    worker_store.post("/orders", {"data": [{"order_id": 0}]})
    (worker,) = Path(f"/proc/{worker_store.process.pid}/task/{worker_store.process.pid}/children").read_text().split()
    idle = kilobytes(worker, "VmRSS")

    answer = worker_store.post("/orders", body())

    assert answer.status == status
    assert kilobytes(worker, "VmHWM") - idle < 100_000


OTHERS = [
    ("empty lists", lambda: b'{"courier_id": [' + b",".join([b"[]"] * (10 * MIB)) + b"]}"),
    ("lists of empty lists", lambda: members(range(120), ",".join(["[]"] * 80_000))),
    ("fractions", lambda: b'{"courier_id": [' + b",".join([b"0.1"] * (8 * MIB - 9)) + b"]}"),
    ("names", lambda: members(range(130_000), "0")),
    ("a long string", lambda: b'{"courier_id": "' + b"a" * (31 * MIB) + b'"}'),
]


def members(numbers, value):
    return ("{" + ",".join(f'"{number}":[{value}]' for number in numbers) + "}").encode()


@pytest.mark.once
@pytest.mark.parametrize(("name", "body"), [pytest.param(*each, id=each[0]) for each in OTHERS])
def test_a_large_body_of_another_request_likewise(name, body, worker_store):
    worker_store.post("/orders/assign", {"courier_id": 0})
    (worker,) = Path(f"/proc/{worker_store.process.pid}/task/{worker_store.process.pid}/children").read_text().split()
    idle = kilobytes(worker, "VmRSS")

    answer = worker_store.post("/orders/assign", body())

    assert (answer.status, set(answer.body)) == (400, {"validation_error"})
    assert kilobytes(worker, "VmHWM") - idle < 100_000


def kilobytes(process, name):
    return int(re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())[1]) * 1.024
