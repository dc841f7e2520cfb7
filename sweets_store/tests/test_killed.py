"""Workers are killed while clients write: what was acknowledged is there, and nothing is there twice.

`--writes=20000` makes it long.
"""

import os
import signal
import time
from collections import Counter
from functools import partial
from http.client import HTTPException
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
from django.db import connection

from orders.models import Order
from record.models import Event
from sweets_store.tests.serving import manage, served, url_of
from sweets_store.tests.side_by_side import side_by_side

CLIENTS = 8
EVERY = 0.8  # seconds, in which a worker may just have begun to work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def writes(request):
    return request.config.option.writes


@pytest.fixture
def killed_store(tmp_path):
    """A store of which a worker is killed every moment; the count of those killed."""
    over, killed = Flag(), Counter()
    with served(tmp_path, url_of(connection.settings_dict["NAME"])) as store:

        def kill():
            while not over.wait(EVERY):
                for worker in workers_of(store.process.pid)[:1]:
                    os.kill(worker, signal.SIGKILL)
                    killed["workers"] += 1

        killer = Thread(target=kill)
        killer.start()
        yield store, killed
        over.set()
        killer.join()


def workers_of(master):
    """The processes that it has started; it may be between two of them."""
    return [int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def write(store, number, count):
    """Send so many orders, each again until it is answered; return how often each answer came."""
    answers = Counter()
    for order_id in range(number * 10**6 + 1, number * 10**6 + count + 1):
        body = {"data": [{"order_id": order_id, "weight": 1, "region": 1, "delivery_hours": []}]}
        key = {"Idempotency-Key": f"order-{order_id}"}
        while True:
            try:
                answer = store.post("/orders", body, **key)
            except (OSError, HTTPException):
                answers["sent again"] += 1
                time.sleep(0.02)
                continue
            if answer.status != 503:
                answers[answer.status] += 1
                break
    return answers


def test_a_write_with_a_key_is_done_once_whoever_is_killed(killed_store, writes):
    store, killed = killed_store

    each = side_by_side(*[partial(write, store, n, writes // CLIENTS) for n in range(1, CLIENTS + 1)])

    answers = sum(each, Counter())
    sent_again = answers.pop("sent again", 0)
    assert killed["workers"] > 2
    assert sent_again > 0
    assert answers == {201: writes // CLIENTS * CLIENTS}
    assert Order.objects.count() == Event.objects.filter(what="imported").count() == answers[201]
    verified = manage("verify_store", environment=store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")
