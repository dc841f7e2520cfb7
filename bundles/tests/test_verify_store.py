from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bundles.services import assign_orders, complete_order
from bundles.tests.factories import BundleFactory
from bundles.tests.guards import guards_down
from bundles.tests.verifying import COURIERS, RIDES_NOW, verified, verified_after
from bundles.verification import faults, record_faults, snapshot, store_size, take_stock
from couriers.models import Courier
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

# A transaction of the test's own around it would be no snapshot.
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_store_that_clients_filled_is_sound(sound_store):
    out = StringIO()

    call_command("verify_store", stdout=out)

    assert out.getvalue() == "sound: 5 couriers, 4 bundles, 12 orders\n"


def test_an_empty_store_is_sound():
    assert verified() == (0, [])


def test_weights_are_added_exactly():
    bundle = BundleFactory()
    OrderFactory.create_batch(25, bundle=bundle, weight=Decimal("0.4"))  # as floats: 10.000000000000004
    take_stock()

    assert verified() == (0, [])


# Each: name, statements, faults as (code, subject). `%(of_12)s` is the bundle of order 12.
CORRUPTIONS = [
    ("weight too heavy", ["UPDATE orders SET weight = 60 WHERE order_id = 61"], [("bad_value", "order 61")]),
    (
        "ten grams too heavy for the bundle",
        ["UPDATE orders SET weight = weight + 0.01 WHERE order_id = 11"],
        [("over_capacity_when_formed", "bundle %(of_11)s")],
    ),
    ("order id not positive", ["UPDATE orders SET order_id = -5 WHERE order_id = 61"], [("bad_value", "order -5")]),
    ("region not positive", ["UPDATE orders SET region = 0 WHERE order_id = 61"], [("bad_value", "order 61")]),
    (
        "delivery hours backwards",
        ["""UPDATE orders SET delivery_hours = '["18:00-09:00"]' WHERE order_id = 61"""],
        [("bad_value", "order 61")],
    ),
    (
        "delivery hours changed, mask left",
        ["""UPDATE orders SET delivery_hours = '["00:00-01:00"]' WHERE order_id = 61"""],
        [("stale_delivery_mask", "order 61")],
    ),
    (
        "mask changed",
        ["UPDATE orders SET delivery_mask = delivery_mask + 1 WHERE order_id = 21"],
        [("stale_delivery_mask", "order 21")],
    ),
    (
        "carried order moved",
        ["UPDATE orders SET region = 8 WHERE order_id = 12"],
        [("wrong_region", "order 12")],
    ),
    (
        "delivered order freed",
        ["UPDATE orders SET bundle_id = NULL WHERE order_id = 21"],
        [
            ("complete_time_without_bundle", "order 21"),
            ("needless_total", "courier 2 in region 3"),
            ("wrong_earnings", "courier 2"),
        ],
    ),
    (
        "delivered behind the bundle's back",
        ["UPDATE orders SET complete_time = '2026-01-10 10:00:00' WHERE order_id = 52"],
        [("not_completed", "bundle %(of_52)s"), ("wrong_total", f"courier {RIDES_NOW} in region 5")],
    ),
    (
        "orders in bundles that are not there",
        ["UPDATE orders SET bundle_id = 7000000 + order_id WHERE order_id IN (61, 62)", "DELETE FROM bundles"],
        [
            *(("missing_bundle", f"order {order_id}") for order_id in (11, 12, 13, 21, 51, 52, 61, 62)),
            ("needless_total", "courier 1 in region 1"),
            ("needless_total", "courier 2 in region 3"),
            ("needless_total", f"courier {RIDES_NOW} in region 5"),
            ("wrong_earnings", "courier 2"),
        ],
    ),
    (
        "order put into another's bundle",
        ["UPDATE orders SET bundle_id = %(of_12)s WHERE order_id = 62"],
        [
            ("wrong_region", "order 62"),
            ("wrong_hours", "order 62"),
            ("over_capacity_when_formed", "bundle %(of_12)s"),
            ("over_capacity_now", "bundle %(of_12)s"),
        ],
    ),
    (
        "courier type unknown",
        ["UPDATE couriers SET courier_type = 'boat'"],
        [("bad_value", f"courier {courier_id}") for courier_id, *_ in COURIERS],
    ),
    (
        "courier weaker",
        [f"UPDATE couriers SET courier_type = 'foot' WHERE courier_id = {RIDES_NOW}"],
        [("over_capacity_now", "bundle %(of_52)s")],
    ),
    ("regions no list", ["UPDATE couriers SET regions = '{}' WHERE courier_id = 1"], [("bad_value", "courier 1")]),
    ("region no integer", ["UPDATE couriers SET regions = '[1.0]' WHERE courier_id = 4"], [("bad_value", "courier 4")]),
    (
        "too many regions",
        [f"UPDATE couriers SET regions = '{list(range(1, 1002))}' WHERE courier_id = 4"],
        [("bad_value", "courier 4")],
    ),
    (
        "regions narrowed",
        ["UPDATE couriers SET regions = '[1]' WHERE courier_id = 1"],
        [("wrong_region", "order 12")],
    ),
    (
        "working hours no strings",
        ["UPDATE couriers SET working_hours = '[900]' WHERE courier_id = 1"],
        [("bad_value", "courier 1")],
    ),
    (
        "working hours shortened by a minute",
        ["""UPDATE couriers SET working_hours = '["09:00-12:09"]' WHERE courier_id = 1"""],
        [("wrong_hours", "order 12")],
    ),
    (
        "courier gone",
        ["DELETE FROM couriers WHERE courier_id IN (1, 3)"],
        [("missing_courier", "bundle %(of_12)s"), ("missing_courier", "bundle %(emptied)s")],
    ),
    (
        "bundle formed by a weaker type",
        ["UPDATE bundles SET courier_type = 'bike' WHERE bundle_id = %(of_52)s"],
        [("over_capacity_when_formed", "bundle %(of_52)s")],
    ),
    (
        "bundle of an unknown type",
        ["UPDATE bundles SET courier_type = 'boat' WHERE bundle_id = %(of_52)s"],
        [("bad_value", "bundle %(of_52)s")],
    ),
    (
        "completed with undelivered orders",
        ["UPDATE bundles SET is_completed = TRUE WHERE bundle_id = %(of_12)s"],
        [("completed_too_soon", "bundle %(of_12)s"), ("wrong_earnings", "courier 1")],
    ),
    (
        "active with none undelivered",
        ["UPDATE bundles SET is_completed = FALSE WHERE bundle_id IN (%(of_21)s, %(emptied)s)"],
        [
            ("not_completed", "bundle %(of_21)s"),
            ("not_completed", "bundle %(emptied)s"),
            ("wrong_earnings", "courier 2"),
        ],
    ),
    (
        "two active bundles",
        [
            "INSERT INTO bundles (bundle_id, courier_id, courier_type, assign_time, is_completed)"
            " VALUES (7000000, 1, 'foot', '2026-01-10 10:00:00', FALSE)",
            "UPDATE orders SET bundle_id = 7000000 WHERE order_id = 12",
        ],
        [("second_active_bundle", "bundle 7000000")],
    ),
]
ON_POSTGRESQL = [
    ("weight no number", ["UPDATE orders SET weight = 'NaN' WHERE order_id = 12"], [("bad_value", "order 12")]),
    (
        "delivered never",
        ["UPDATE orders SET complete_time = 'infinity' WHERE order_id = 21"],
        [("bad_value", "order 21")],
    ),
    (
        "assigned before our era",
        ["UPDATE bundles SET assign_time = '0044-03-15 12:00:00 BC' WHERE bundle_id = %(of_12)s"],
        [("bad_value", "bundle %(of_12)s")],
    ),
    (
        "assigned in a far year",
        ["UPDATE bundles SET assign_time = '12026-01-10 12:00:00' WHERE bundle_id = %(of_12)s"],
        [("bad_value", "bundle %(of_12)s")],
    ),
]
ON_SQLITE = [
    (
        "weight summed as a float",
        ["UPDATE orders SET weight = 0.1 + 0.2 WHERE order_id = 11"],
        [("bad_value", "order 11")],
    ),
    ("weight no number", ["UPDATE orders SET weight = 'light' WHERE order_id = 12"], [("bad_value", "order 12")]),
    ("weight infinite", ["UPDATE orders SET weight = 9e999 WHERE order_id = 12"], [("bad_value", "order 12")]),
    (
        "mask no number",
        ["UPDATE orders SET delivery_mask = 'x' WHERE order_id = 12"],
        [("stale_delivery_mask", "order 12")],
    ),
    ("bundle no number", ["UPDATE orders SET bundle_id = 'x' WHERE order_id = 61"], [("bad_value", "order 61")]),
    ("regions no JSON", ["UPDATE couriers SET regions = '[1' WHERE courier_id = 1"], [("bad_value", "courier 1")]),
    (
        "regions nested without end",
        [f"UPDATE couriers SET regions = '{'[' * 100_000}' WHERE courier_id = 1"],
        [("bad_value", "courier 1")],
    ),
    (
        "hours no UTF-8",
        ["UPDATE couriers SET working_hours = CAST(X'5B22FF225D' AS TEXT) WHERE courier_id = 1"],
        [("bad_value", "courier 1")],
    ),
    ("hours no text", ["UPDATE orders SET delivery_hours = X'5B5D' WHERE order_id = 61"], [("bad_value", "order 61")]),
    (
        "ids no UTF-8",
        ["UPDATE couriers SET courier_id = CAST(X'FF0A' AS TEXT) WHERE courier_id = 4"],
        [("bad_value", r"courier '\udcff\n'")],
    ),
    (
        "delivered in words",
        ["UPDATE orders SET complete_time = 'yesterday' WHERE order_id = 21"],
        [("bad_value", "order 21")],
    ),
    (
        "delivered on a day that is none",
        ["UPDATE orders SET complete_time = '2026-02-30 10:00:00' WHERE order_id = 21"],
        [("bad_value", "order 21")],
    ),
    (
        "assigned in another notation",
        ["UPDATE bundles SET assign_time = '2026-01-10T10:00:00Z' WHERE bundle_id = %(of_12)s"],
        [("bad_value", "bundle %(of_12)s")],
    ),
    (
        "completed and more",
        ["UPDATE bundles SET is_completed = 7 WHERE bundle_id = %(of_12)s"],
        [("bad_value", "bundle %(of_12)s")],
    ),
]


@pytest.mark.parametrize(
    ("name", "statements", "expected"),
    [
        *CORRUPTIONS,
        *(pytest.param(*corruption, marks=pytest.mark.postgresql) for corruption in ON_POSTGRESQL),
        *(pytest.param(*corruption, marks=pytest.mark.sqlite) for corruption in ON_SQLITE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_the_fault_and_nothing_else(sound_store, name, statements, expected):
    code, named = verified_after(statements, sound_store)

    assert code == 1
    assert sorted(named) == sorted((code, subject % sound_store) for code, subject in expected)


def test_says_what_is_wrong_and_what_to_do(sound_store):
    out = StringIO()
    with guards_down() as cursor:
        cursor.execute("UPDATE orders SET weight = 9.71 WHERE order_id = 13")
        cursor.execute("UPDATE orders SET delivery_mask = 5 WHERE order_id = 62")

        with pytest.raises(CommandError) as unsound:
            call_command("verify_store", stdout=out)

    assert str(unsound.value) == "unsound: 3 faults in 5 couriers, 4 bundles, 12 orders"
    assert out.getvalue() == (
        "stale_delivery_mask: order 62: delivery_mask is 5, but its delivery_hours make 0: it is offered to the wrong"
        " couriers. Set delivery_mask to 0.\n"
        f"over_capacity_when_formed: bundle {sound_store['of_13']}: its 3 orders weigh 10.01 kg, but foot, his type"
        " when it was formed, carries 10 kg. Correct its courier_type or the orders' weight, or set bundle_id of what"
        " he never carried to NULL.\n"
        "off_the_record: order 13: weight is 9.71, on record it is 9.7. Set it to what is on record. If the store is"
        " right as it is, `manage.py verify_store --accept` puts it on record so.\n"
    )


def test_a_store_at_work_does_not_look_corrupt(sound_store):
    """Nor does its verification keep it from working."""
    courier_id = Courier.objects.create(
        courier_id=9, courier_type="foot", regions=[6], working_hours=["08:00-09:00"]
    ).pk
    take_stock()
    failures = []

    def work():
        try:
            assert assign_orders(courier_id=courier_id, now=NOW).order_ids == [61]
            complete_order(courier_id=1, order_id=12, complete_time=NOW)
            complete_order(courier_id=1, order_id=13, complete_time=NOW)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    with snapshot():
        before = store_size()
        worker = Thread(target=work)
        worker.start()
        worker.join()

        assert failures == []
        assert store_size() == before
        assert [*faults(), *record_faults()] == []
    assert store_size() == before._replace(bundles=before.bundles + 1)
    assert verified() == (0, [])


@pytest.mark.parametrize("bundles", [1, 50])
def test_statements_do_not_grow_with_the_store(bundles):
    for _ in range(bundles):
        OrderFactory(bundle=BundleFactory())
    take_stock()

    # The beginning and the sizes; couriers; orders; bundles and the orders in them; active bundles;
    # totals; each courier's earnings, totals and deliveries; of each kind the events and the rows.
    with statements_captured() as statements:
        assert verified() == (0, [])
    reads = [statement for statement in statements if "SELECT" in statement]
    assert len(reads) == 16
