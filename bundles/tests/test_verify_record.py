"""No row and no event changes behind the record's back without `manage.py verify_store` naming it."""

from io import StringIO
from random import Random

import pytest
from django.core.management import call_command

from bundles.tests.guards import guards_down
from bundles.tests.verifying import RECORD_CODES, verified
from bundles.verification import record_faults, snapshot, take_stock
from record.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

NOT_SO, UNKNOWN, GONE, BROKEN = RECORD_CODES

# Each: the statement, with the id of some row of the table; the table; what is named.
CORRUPTIONS = [
    ("UPDATE orders SET weight = 1.25 WHERE order_id = {}", "order", [NOT_SO]),
    ("UPDATE orders SET weight = 50 WHERE order_id = {}", "order", [NOT_SO]),
    ("UPDATE orders SET region = region + 1 WHERE order_id = {}", "order", [NOT_SO]),
    ("""UPDATE orders SET delivery_hours = '["01:00-01:01"]' WHERE order_id = {}""", "order", [NOT_SO]),
    ("UPDATE orders SET bundle_id = NULL, complete_time = NULL WHERE order_id = {}", "carried", [NOT_SO]),
    ("UPDATE orders SET complete_time = '2021-01-10 10:33:02' WHERE order_id = {}", "order", [NOT_SO]),
    ("UPDATE orders SET order_id = 700 WHERE order_id = {}", "order", [GONE, UNKNOWN]),
    ("DELETE FROM orders WHERE order_id = {}", "order", [GONE]),
    (
        "INSERT INTO orders (order_id, weight, region, delivery_hours, delivery_mask)"
        " SELECT 700, weight, region, delivery_hours, delivery_mask FROM orders WHERE order_id = {}",
        "order",
        [UNKNOWN],
    ),
    ("UPDATE bundles SET courier_id = 4 WHERE bundle_id = {}", "bundle", [NOT_SO]),
    ("UPDATE bundles SET courier_type = 'bike' WHERE bundle_id = {} AND courier_type <> 'bike'", "bundle", [NOT_SO]),
    ("UPDATE bundles SET assign_time = '2021-01-10 10:00:00' WHERE bundle_id = {}", "bundle", [NOT_SO]),
    ("UPDATE bundles SET is_completed = NOT is_completed WHERE bundle_id = {}", "bundle", [NOT_SO]),
    ("UPDATE bundles SET released_orders = released_orders + 1 WHERE bundle_id = {}", "bundle", [NOT_SO]),
    ("DELETE FROM bundles WHERE bundle_id = {}", "bundle", [GONE]),
    (
        "UPDATE couriers SET courier_type = CASE courier_type WHEN 'car' THEN 'foot' ELSE 'car' END"
        " WHERE courier_id = {}",
        "courier",
        [NOT_SO],
    ),
    ("UPDATE couriers SET regions = '[77]' WHERE courier_id = {}", "courier", [NOT_SO]),
    ("""UPDATE couriers SET working_hours = '["03:00-04:00"]' WHERE courier_id = {}""", "courier", [NOT_SO]),
    ("UPDATE couriers SET earnings = earnings + 500 WHERE courier_id = {}", "courier", [NOT_SO]),
    ("DELETE FROM couriers WHERE courier_id = {}", "courier", [GONE]),
    ("DELETE FROM events WHERE event_id = {}", "event", [NOT_SO, UNKNOWN, BROKEN]),
    ("UPDATE events SET what = 'undone' WHERE event_id = {}", "event", [BROKEN]),
    ("UPDATE events SET details = '{{\"weight' WHERE event_id = {}", "told", [BROKEN]),
    ("UPDATE events SET details = '[]' WHERE event_id = {}", "told", [BROKEN]),
    (
        "INSERT INTO events (at, what, door, actor, request_id, courier_id, bundle_id, order_id, details)"
        " SELECT at, what, door, actor, request_id, courier_id, bundle_id, order_id, details"
        " FROM events WHERE event_id = {}",
        "state",
        [BROKEN],
    ),
]
ROWS = {
    "order": "SELECT order_id FROM orders WHERE region < 100 ORDER BY order_id",
    "carried": "SELECT order_id FROM orders WHERE bundle_id IS NOT NULL ORDER BY order_id",
    "bundle": "SELECT bundle_id FROM bundles ORDER BY bundle_id",
    "courier": "SELECT courier_id FROM couriers ORDER BY courier_id",
    "event": "SELECT event_id FROM events ORDER BY event_id",
    "told": "SELECT event_id FROM events WHERE details IS NOT NULL AND what <> 'released' ORDER BY event_id",
    "state": "SELECT event_id FROM events WHERE what <> 'released' OR order_id IS NULL ORDER BY event_id",
}


def named_of(named, kind, row_id):
    """What is named of the row, and of the one that was put in its place."""
    subjects = (f"{kind} {row_id}", f"{kind} 700")
    return [code for code, subject in named if subject in subjects and code in RECORD_CODES]


@pytest.mark.parametrize("seed", range(2 * len(CORRUPTIONS)))
def test_a_corruption_is_named_and_accepted_where_it_is_right(sound_store, seed):
    statement, kind, expected = CORRUPTIONS[seed % len(CORRUPTIONS)]
    with guards_down() as cursor:
        cursor.execute(ROWS[kind])
        row_id = Random(seed).choice([row_id for (row_id,) in cursor.fetchall()])
        cursor.execute(statement.format(row_id))
        assert cursor.rowcount == 1, statement

        code, named = verified()

        found = [code for code, _ in named if code in RECORD_CODES]
        assert code == 1
        if kind in ("event", "told", "state"):
            assert found, row_id
            assert set(found) <= {*expected, NOT_SO, UNKNOWN}
        else:
            assert named_of(named, "order" if kind == "carried" else kind, row_id) == expected

        assert take_stock() > 0
        with snapshot():
            assert [*record_faults()] == []


def test_who_accepts_is_on_record(sound_store):
    with guards_down() as cursor:
        cursor.execute("UPDATE orders SET weight = 0.5 WHERE order_id = 61")
        cursor.execute("DELETE FROM orders WHERE order_id = 62")
        out = StringIO()

        call_command("verify_store", "--accept", stdout=out)

        assert out.getvalue().splitlines()[0] == "put on record as found: 2"
        changed, gone = Event.objects.filter(what="found").order_by("order_id")
    assert (changed.order_id, changed.door) == (61, "verify_store")
    assert changed.told == {
        "weight": 0.5,
        "region": 6,
        "delivery_hours": ["00:00-23:59"],
        "complete_time": None,
    }
    assert (gone.order_id, gone.told) == (62, {})


def test_there_is_nothing_to_accept_in_a_sound_store(sound_store):
    assert take_stock() == 0
