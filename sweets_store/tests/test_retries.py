"""A script that locks in an order of its own beside the store: no client sees whom PostgreSQL rolled back for it."""

import json
from contextlib import contextmanager
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from bundles.models import Bundle
from bundles.services import assign_orders
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import rows, what_is_wrong
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.retries import DEADLOCK_DETECTED, SERIALIZATION_FAILURE, TRIES, retried
from sweets_store.tests.side_by_side import asks, started

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

COMPLETE_TIME = "2026-01-10T10:33:01Z"

with_and_without_a_key = pytest.mark.parametrize(
    "headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "a"}], ids=["without a key", "with a key"]
)


def answer(futures):
    return futures[0].result(timeout=30)


def let_it_wait_first():
    """PostgreSQL looks for a deadlock a second after a wait has begun: so the request finds it, never the script."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.4)")


def tries_again(caplog):
    return [record.message for record in caplog.records if record.name == "sweets_store.retries"]


# A script that locks an order first and then its courier, while a request holds the courier and waits for the order:
# PostgreSQL ends the one who has waited longest, the request.


@with_and_without_a_key
@pytest.mark.parametrize(
    ("name", "request_of", "handed"),
    [
        ("assign", partial(asks, "POST", "/orders/assign", {"courier_id": 1}), False),
        (
            "complete",
            partial(asks, "POST", "/orders/complete", {"courier_id": 1, "order_id": 1, "complete_time": COMPLETE_TIME}),
            True,
        ),
        ("change", partial(asks, "PATCH", "/couriers/1", {"regions": [2]}), True),
    ],
)
def test_a_request_that_a_script_drives_into_a_deadlock_is_answered_and_done_once(
    name, request_of, handed, headers, caplog
):
    courier = CourierFactory(courier_id=1, regions=[1])
    OrderFactory(order_id=1, region=1, bundle=BundleFactory(courier=courier) if handed else None)

    with transaction.atomic():
        Order.objects.select_for_update().get(order_id=1)
        asked = started(request_of(**headers))
        let_it_wait_first()
        Courier.objects.select_for_update().get(courier_id=1)
    answered = answer(asked)

    assert answered.status == 200
    assert tries_again(caplog)  # once, or twice where it has the courier again before the script has
    assert all("deadlock detected" in tried for tried in tries_again(caplog))
    assert Bundle.objects.count() == 1
    order = Order.objects.get()
    assert (order.bundle_id is None, order.complete_time is None) == {
        "assign": (False, True),
        "complete": (False, False),
        "change": (True, True),
    }[name]
    assert what_is_wrong() == []


def test_what_is_done_again_counts_what_the_script_did_meanwhile():
    CourierFactory(courier_id=1, regions=[1])
    OrderFactory(order_id=1, region=1)
    OrderFactory(order_id=2, region=1)

    with transaction.atomic():
        Order.objects.filter(order_id=1).update(region=2)
        asked = started(asks("POST", "/orders/assign", {"courier_id": 1}))
        let_it_wait_first()
        Courier.objects.select_for_update().get(courier_id=1)

    assert answer(asked).body["orders"] == [{"id": 2}]


@with_and_without_a_key
def test_an_import_that_a_script_drives_into_a_deadlock_is_told_which_ids_are_in_use(headers, caplog):
    sent = [{"order_id": n, "weight": 1, "region": 1, "delivery_hours": []} for n in (1, 2, 3)]

    with transaction.atomic():
        OrderFactory(order_id=3)
        asked = started(asks("POST", "/orders", {"data": sent}, **headers))
        let_it_wait_first()
        OrderFactory(order_id=1)
    answered = answer(asked)

    assert answered.status == 400
    assert answered.body["validation_error"]["orders"] == [{"id": 1}, {"id": 3}]
    assert tries_again(caplog)  # once, or twice: it may have its rows again before the script has
    assert set(Order.objects.values_list("order_id", flat=True)) == {1, 3}


def test_a_file_that_a_script_drives_into_a_deadlock_is_read_once_and_taken(tmp_path, caplog):
    file, rejects = tmp_path / "orders.ndjson", tmp_path / "rejects.ndjson"
    sent = [{"order_id": n, "weight": 1, "region": 1, "delivery_hours": []} for n in (1, 2, 3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in [*sent, {"order_id": 4}]))

    with transaction.atomic():
        OrderFactory(order_id=3)
        asked = started(partial(call_command, "import_orders", str(file), skip_bad=rejects, stdout=StringIO()))
        let_it_wait_first()
        OrderFactory(order_id=1)
        transaction.set_rollback(True)

    assert answer(asked) is None
    assert tries_again(caplog)  # once, or twice: it may have its rows again before the script has
    assert set(Order.objects.values_list("order_id", flat=True)) == {1, 2, 3}
    assert len(rejects.read_text().splitlines()) == 1


def test_a_database_that_asks_for_serialization_is_obeyed(monkeypatch, caplog):
    CourierFactory(courier_id=1, regions=[1])
    OrderFactory(order_id=1, region=2)
    options = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "isolation_level", ISOLATION_LEVEL_REPEATABLE_READ)

    with transaction.atomic():
        Courier.objects.filter(courier_id=1).update(regions=[2])
        asked = started(asks("POST", "/orders/assign", {"courier_id": 1}))
    answered = answer(asked)

    assert answered.status == 200
    assert answered.body["orders"] == [{"id": 1}]
    assert len(tries_again(caplog)) == 1
    assert "could not serialize access" in tries_again(caplog)[0]


@contextmanager
def first_commit_of_an_order_refused():
    """As PostgreSQL refuses one of two transactions that do not serialize, with all their statements done."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE commits")
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('commits') = 1 THEN RAISE SQLSTATE '40001'; END IF; RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP TRIGGER refuse ON orders")
            cursor.execute("DROP FUNCTION refuse")
            cursor.execute("DROP SEQUENCE commits")


def test_an_import_with_a_key_whose_commit_is_refused_reads_its_body_again(caplog):
    sent = {"data": [{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}]}

    with first_commit_of_an_order_refused():
        answered = asks("POST", "/orders", sent, HTTP_IDEMPOTENCY_KEY="a")()

    assert (answered.status, answered.body) == (201, {"orders": [{"id": 1}]})
    assert len(tries_again(caplog)) == 1
    assert Order.objects.count() == 1
    assert what_is_wrong() == []


# Bounds


@contextmanager
def every_handover_refused(sqlstate):
    """Whoever hands an order out is told by the database to try again; yields a function that counts how often."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE handovers")
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM nextval('handovers'); RAISE SQLSTATE '{sqlstate}'; END $$"
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE UPDATE ON orders EXECUTE FUNCTION refuse()")

        def count():
            cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM handovers")
            return cursor.fetchone()[0]

        try:
            yield count
        finally:
            cursor.execute("DROP TRIGGER refuse ON orders")
            cursor.execute("DROP FUNCTION refuse")
            cursor.execute("DROP SEQUENCE handovers")


@with_and_without_a_key
@pytest.mark.parametrize(
    ("name", "sqlstate", "tries"),
    [
        ("deadlock detected", DEADLOCK_DETECTED, TRIES),
        ("serialization failure", SERIALIZATION_FAILURE, TRIES),
        ("out of memory", "53200", 1),
    ],
)
def test_a_fault_that_stays_is_answered_as_unavailable_after_a_few_tries(name, sqlstate, tries, headers):
    CourierFactory(courier_id=1, regions=[1])
    OrderFactory(region=1)
    before = rows()

    with every_handover_refused(sqlstate) as count:
        answered = asks("POST", "/orders/assign", {"courier_id": 1}, **headers)()
        counted = count()

    assert answered.status == 503
    assert int(answered.headers["Retry-After"]) >= 1
    assert counted == tries
    assert rows() == before


def test_within_a_transaction_nothing_is_tried_again():
    CourierFactory(courier_id=1, regions=[1])
    OrderFactory(region=1)

    with every_handover_refused(DEADLOCK_DETECTED) as count:
        with pytest.raises(OperationalError), transaction.atomic():
            assign_orders(courier_id=1, now=timezone.now())
        counted = count()

    assert counted == 1


def test_the_first_try_that_goes_through_is_the_last():
    tried = []

    @retried
    @transaction.atomic
    def sell_out():
        tried.append("sell")
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$" if len(tried) < TRIES else "SELECT 1")
        return "sold"

    assert sell_out() == "sold"
    assert len(tried) == TRIES
