"""The store's clock is set back: what was before may then be later, and nothing comes of it."""

import os
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bundles.tests.factories import BundleFactory
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.instants import parse_instant
from sweets_store.tests.pages import words
from sweets_store.tests.serving import configured, connected, manage, served_store
from sweets_store.tests.writers import amiss, writing

HOUR = 3600


class Clock:
    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(0)

    def set(self, seconds):
        """As much before or behind the machine's; at once, for whoever reads it."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.rename(self.file)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def store(clock, tmp_path):
    environment = {"CLOCK": str(clock.file)} | configured("clock")
    with served_store(tmp_path, f"set_back_{os.getpid()}", **environment) as store:
        yield store


def assert_sound(store):
    verified = manage("verify_store", environment=store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")


def after(instant, **later):
    return (parse_instant(instant) + timedelta(**later)).isoformat()


def test_a_courier_goes_on_though_his_next_bundle_is_assigned_before_the_last_one(store, clock):
    order = {"weight": 10, "region": 1, "delivery_hours": ["09:00-18:00"]}
    courier = {"courier_id": 1, "courier_type": "foot", "regions": [1], "working_hours": ["09:00-18:00"]}
    store.post("/couriers", {"data": [courier]})
    store.post("/orders", {"data": [order | {"order_id": order_id} for order_id in (1, 2, 3)]})

    def assign(key):
        return store.post("/orders/assign", {"courier_id": 1}, **{"Idempotency-Key": key})

    def complete(order_id, complete_time):
        completion = {"courier_id": 1, "order_id": order_id, "complete_time": complete_time}
        assert store.post("/orders/complete", completion).body == {"order_id": order_id}

    first = assign("first")
    clock.set(-2 * HOUR)
    again = assign("first")
    complete(1, after(first.body["assign_time"], hours=-2))
    second = assign("second")
    complete(2, after(second.body["assign_time"], minutes=30))
    clock.set(-48 * HOUR)
    third = assign("third")
    complete(3, after(third.body["assign_time"], minutes=30))

    times = [parse_instant(answer.body["assign_time"]) for answer in (first, second, third)]
    assert times == sorted(times, reverse=True)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")
    # Delivered two hours before its assign the first took no time, the others half an hour: twenty minutes on average.
    assert store.get("/couriers/1").body == courier | {"earnings": 3000, "rating": 3.33}
    for order_id in (1, 2, 3):
        happened = [event["what"] for event in store.get(f"/orders/{order_id}/events").body["results"]]
        assert happened == ["imported", "assigned", "completed"]
    assert [bundle["bundle_id"] for bundle in store.get("/bundles").body["results"]] == [1, 2, 3]
    slips = manage("pay_slips", "--from", "2000-01-01", "--to", "2200-01-01", environment=store.environment)
    assert "3000" in slips.stdout
    assert_sound(store)


def test_writers_are_answered_and_done_once_however_the_clock_is_set(store, clock):
    with writing(store) as at_work:
        for seconds in (-HOUR, 20 * HOUR, -20 * HOUR, 0):
            at_work.await_more(80)
            clock.set(seconds)

    assert {each for each in at_work.heard if isinstance(each, int)} == {200, 201}
    assert amiss(at_work.told, store.url_of_database) == (set(), {})
    assert_sound(store)
    with connected(store.url_of_database) as cursor:
        cursor.execute(
            "SELECT count(*) FROM bundles JOIN bundles AS next ON next.courier_id = bundles.courier_id"
            " AND next.bundle_id > bundles.bundle_id AND next.assign_time < bundles.assign_time"
        )
        assert cursor.fetchone()[0] > 0
    delivered = 0
    for writer in at_work.writers:
        his = sum(what == "completed" for what, _ in writer.told)
        statement = store.get(f"/couriers/{writer.number}").body
        assert statement["earnings"] == 1000 * his
        assert ("rating" in statement) == (his > 0)
        assert 0 <= statement.get("rating", 0) <= 5
        delivered += his
    assert delivered > 0


@pytest.mark.parametrize("page", ["index", "day", "bundles_bundle_changelist", "orders_order_changelist"])
def test_pages_show_what_is_assigned_and_delivered_later_than_now(page, dispatcher):
    later = timezone.now() + timedelta(hours=1)
    bundle = BundleFactory(courier=CourierFactory(courier_id=4711), assign_time=later)
    OrderFactory(bundle=bundle)
    OrderFactory(bundle=bundle, complete_time=later)

    answer = dispatcher.get(reverse(f"admin:{page}"))

    assert answer.status_code == 200
    assert "Courier 4711" in words(answer)
