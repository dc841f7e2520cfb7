"""Many clients at once: some order one after another explains every answer and every row.

With `--assigns=2000 --log-cli-level=INFO` the storms are long and tell how they went.
"""

import logging
import time
from collections import Counter
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from bundles.models import Bundle
from bundles.tests import serial
from bundles.tests.replay import explain
from bundles.tests.storm import Client, work_in_process
from couriers.models import Courier
from orders.models import Order
from sweets_store.tests.client import JSONClient
from sweets_store.tests.serving import served, url_of
from sweets_store.tests.side_by_side import deadlocks, in_processes, side_by_side

CLIENTS = 8
DISPATCHED = ("release_orders", "release_bundle", "move_bundle")

logger = logging.getLogger(__name__)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def assigns(request):
    return request.config.option.assigns


@pytest.fixture
def database_url():
    return url_of(connection.settings_dict["NAME"])


@pytest.fixture
def opened(client):
    """The calls that open the store."""
    opener = Client(JSONClient(client), 0)
    opener.open_the_store()
    return opener.calls


def stored_rows():
    """Every row, as `serial.Store.rows` has them, and the key of each bundle's id."""
    couriers = {
        row.courier_id: serial.Courier(row.courier_id, row.courier_type, tuple(row.regions), tuple(row.working_hours))
        for row in Courier.objects.all()
    }
    keys, bundles, formed = {None: None}, {}, Counter()
    for row in Bundle.objects.order_by("bundle_id"):
        keys[row.bundle_id] = key = (row.courier_id, formed[row.courier_id])
        bundles[key] = serial.Bundle(row.courier_type, row.assign_time, row.is_completed)
        formed[row.courier_id] += 1
    orders = {
        row.order_id: serial.Order(
            row.weight, row.order_id, row.region, tuple(row.delivery_hours), keys[row.bundle_id], row.complete_time
        )
        for row in Order.objects.all()
    }
    return (couriers, bundles, orders), keys


def with_keys(call, keys):
    """The call with the bundle's key in place of its id."""
    if call.name not in DISPATCHED:
        return call
    courier_id, bundle_id, *others = call.asked
    return call._replace(asked=(courier_id, keys[bundle_id], *others))


def assert_explained(calls):
    faults = Counter((call.name, call.status, call.body["code"]) for call in calls if call.status >= 500)
    assert faults == {}
    rows, keys = stored_rows()
    calls = [with_keys(call, keys) for call in calls]
    begun = time.monotonic()
    explain(calls, rows)
    tell(calls, bundles=len(rows[1]), explained_in=time.monotonic() - begun)
    active = [courier_id for (courier_id, _), bundle in rows[1].items() if not bundle.is_completed]
    assert len(active) == len(set(active))
    call_command("verify_store", stdout=StringIO())


def tell(calls, *, bundles, explained_in):
    seconds = (max(call.end for call in calls) - min(call.begin for call in calls if call.client)) / 1e9
    logger.info(
        "%d requests and %d bundles in %.1f s, %.0f and %.1f a second; explained in %.1f s; %s",
        *(len(calls), bundles, seconds, len(calls) / seconds, bundles / seconds, explained_in),
        dict(sorted(Counter(f"{call.name} {call.status}" for call in calls).items())),
    )


@pytest.mark.postgresql
def test_what_processes_are_answered_is_explained_by_an_order_one_after_another(
    opened, assigns, database_url, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    before = deadlocks()

    works = in_processes(work_in_process, CLIENTS, assigns)

    assert_explained(sum(works, opened))
    assert deadlocks() == before


def test_what_a_served_store_answers_is_explained_by_an_order_one_after_another(
    opened, assigns, database_url, tmp_path
):
    before = deadlocks()

    with served(tmp_path, database_url) as store:
        works = side_by_side(*[partial(Client(store, number).work, assigns) for number in range(1, CLIENTS + 1)])

    assert [fault for fault in works if isinstance(fault, Exception)] == []
    assert_explained(sum(works, opened))
    assert deadlocks() == before
