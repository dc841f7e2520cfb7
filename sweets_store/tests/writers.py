"""Writers: clients who send each write, under its key, until it is answered, and keep what they were told was done.

Each is a courier in a region of his own who can carry one of its orders at a time: he imports one, assigns, delivers.
Some answers are lost on the way. Before he sends an assign again he delivers, from another phone, what he carries: a
store that did the assign twice would hand him a second order.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from random import Random
from threading import Event as Flag
from typing import NamedTuple

from sweets_store.tests.client import Answer
from sweets_store.tests.serving import connected

WRITERS = 8
SPARE = 20  # orders that wait for each writer from the beginning
LOST_ON_THE_WAY = 0.05  # of all answers
PAUSE = 0.02  # seconds, before a write is sent again
PATIENCE = 60  # seconds, for the answer of one write


class Writer:
    def __init__(self, store, number):
        self.number = number
        self.connection = HTTPConnection("127.0.0.1", store.port, timeout=PATIENCE)
        self.random = Random(number)
        self.keys, self.order_ids = count(1), count(number * 10**6 + 1)
        self.acknowledged = 0
        self.told = set()  # (what, order id)
        self.heard = (
            Counter()
        )  # statuses; "nothing"; "lost on the way"; "replayed", of these "done unheard": never lost on the way

    def work(self, over):
        courier = {"courier_id": self.number, "courier_type": "foot", "regions": [self.number]}
        self.write("/couriers", {"data": [courier | {"working_hours": ["09:00-18:00"]}]})
        self.take(SPARE)
        while not over.is_set():
            self.take(1)
            self.deliver(self.assign())
        self.connection.close()

    def take(self, how_many):
        order = {"weight": 10, "region": self.number, "delivery_hours": ["09:00-18:00"]}
        sent = [order | {"order_id": next(self.order_ids)} for _ in range(how_many)]
        self.is_told("imported", self.write("/orders", {"data": sent}).get("orders", []))

    def assign(self):
        asked = {"courier_id": self.number}
        return self.is_told("assigned", self.write("/orders/assign", asked, self.deliver_carried).get("orders", []))

    def deliver_carried(self):
        found = self.ask("GET", f"/orders?status=assigned&courier_id={self.number}")
        if found is not None:
            self.deliver([order["order_id"] for order in found.body["results"]])

    def deliver(self, order_ids):
        for order_id in order_ids:
            now = datetime.now(UTC).isoformat()
            completion = {"courier_id": self.number, "order_id": order_id, "complete_time": now}
            if self.write("/orders/complete", completion) == {"order_id": order_id}:
                self.is_told("completed", [{"id": order_id}])

    def is_told(self, what, orders):
        order_ids = [order["id"] for order in orders]
        self.told.update((what, order_id) for order_id in order_ids)
        return order_ids

    def write(self, path, body, before_again=lambda: None):
        """Send it until it is answered; return the answer's body."""
        key = f"{self.number}-{next(self.keys)}"
        deadline, lost = time.monotonic() + PATIENCE, 0
        while time.monotonic() < deadline:
            answer = self.ask("POST", path, body, **{"Idempotency-Key": key})
            if answer is not None and self.random.random() < LOST_ON_THE_WAY:
                lost += 1
            elif answer is not None:
                replayed = "Idempotency-Replayed" in answer.headers
                self.heard[answer.status] += 1
                self.heard["lost on the way"] += lost
                self.heard["replayed"] += replayed
                self.heard["done unheard"] += replayed and not lost
                self.acknowledged += answer.status in (200, 201)
                return answer.body
            before_again()
        raise TimeoutError(f"{path} is not answered within {PATIENCE} s: {self.heard}")

    def ask(self, method, path, body=None, **headers):
        """Return the answer, which must be JSON; None, a moment later, where there was none or the store is away."""
        content = None if body is None else json.dumps(body)
        try:
            self.connection.request(method, path, content, {"Content-Type": "application/json"} | headers)
            response = self.connection.getresponse()
            answer = Answer(response.status, response.read(), dict(response.getheaders()))
        except (OSError, HTTPException):
            self.connection.close()
            self.heard["nothing"] += 1
            time.sleep(PAUSE)
            return None
        assert answer.headers["Content-Type"] == "application/json", answer
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            self.heard[503] += 1
            time.sleep(PAUSE)
            return None
        answer.body = json.loads(answer.body)
        return answer


class Writing:
    """Writers at work."""

    def __init__(self, writers, futures):
        self.writers, self.futures = writers, futures

    @property
    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.writers)

    @property
    def told(self):
        return set().union(*(writer.told for writer in self.writers))

    @property
    def heard(self):
        return sum((Counter(writer.heard) for writer in self.writers), Counter())

    def await_more(self, writes, seconds=PATIENCE):
        """Wait until so many more writes are acknowledged."""
        self.await_acknowledged(self.acknowledged + writes, seconds)

    def await_acknowledged(self, writes, seconds=PATIENCE):
        self.await_that(lambda: self.acknowledged >= writes, seconds)

    def await_that(self, comes, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not comes():
            for future in self.futures:
                if future.done():  # no writer ends by himself
                    future.result()
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.heard}"
            time.sleep(0.005)


@contextmanager
def writing(store, count=WRITERS):
    """Let so many writers loose on the store until the block ends; each then is answered his last write."""
    over = Flag()
    writers = [Writer(store, number) for number in range(1, count + 1)]
    with ThreadPoolExecutor(count) as pool:
        at_work = Writing(writers, [pool.submit(writer.work, over) for writer in writers])
        try:
            yield at_work
        finally:
            over.set()
    for future in at_work.futures:
        future.result()


class Amiss(NamedTuple):
    """`lost`: told to be done, and not; `doubled`: done more often than told."""

    lost: set
    doubled: Counter


def amiss(told, url):
    """Hold what writers were told against the record in the database of this URL."""
    with connected(url) as cursor:
        cursor.execute("SELECT what, order_id FROM events WHERE order_id IS NOT NULL")
        done = Counter(map(tuple, cursor.fetchall()))
    return Amiss(told - done.keys(), done - Counter(told))
