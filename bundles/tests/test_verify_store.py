import re
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from bundles.stored import snapshot, store_size
from bundles.tests.factories import BundleFactory
from bundles.tests.guards import guards_down
from bundles.tests.scenes import history
from bundles.verification import faults
from couriers.models import Courier
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

# A transaction of the test's own around it would be no snapshot.
pytestmark = pytest.mark.django_db(transaction=True)

COURIERS = [
    # id, type, regions, hours
    (1, "foot", [1, 2, 1], ["09:00-12:10"]),
    (2, "bike", [3], ["00:00-23:59"]),
    (3, "car", [4, 2**63 - 1], ["08:00-08:10", "20:00-21:00"]),
    (4, "foot", [], []),
    (2**63 - 1, "car", [5], ["10:00-18:00"]),
]
ORDERS = [
    # id, weight, region, hours
    (11, 0.1, 1, ["09:00-18:00"]),
    (12, 0.2, 2, ["12:09-13:00"]),
    (13, 9.7, 1, ["06:00-07:00", "09:00-09:01"]),
    (21, 4, 3, ["09:00-18:00"]),
    (22, 5.5, 3, ["09:00-18:00"]),
    (23, 5.5, 3, ["09:00-18:00"]),
    (31, 49.93, 4, ["20:59-23:59"]),
    (51, 20, 5, ["10:00-11:00"]),
    (52, 12, 5, ["10:00-11:00"]),
    (61, 0.01, 6, ["00:00-23:59"]),
    (62, 1, 6, []),
    (2**63 - 1, 0.07, 2**63 - 1, ["20:00-20:01"]),
]
RIDES_NOW = COURIERS[-1][0]


@pytest.fixture
def sound_store(api):
    """A store with some of everything that its clients bring about; returns bundles' ids by the orders in them.

    11, delivered, 12 and 13 fill the bundle of courier 1, who is on foot. 21 was delivered by courier 2, what else he
    carried was released. Bundle "emptied" had 31, which courier 3 got and lost. 51, delivered, and 52 were handed to a
    courier by car who rides a bike now. The other orders are free.
    """
    fields = ("courier_id", "courier_type", "regions", "working_hours")
    api.post("/couriers", {"data": [dict(zip(fields, courier, strict=True)) for courier in COURIERS]})
    fields = ("order_id", "weight", "region", "delivery_hours")
    api.post("/orders", {"data": [dict(zip(fields, order, strict=True)) for order in ORDERS]})
    for courier_id, *_ in COURIERS:
        api.post("/orders/assign", {"courier_id": courier_id})
    for courier_id, order_id in [(1, 11), (2, 21), (RIDES_NOW, 51)]:
        sent = {"courier_id": courier_id, "order_id": order_id, "complete_time": "2021-01-10T10:33:01.42Z"}
        api.post("/orders/complete", sent)
    api.patch("/couriers/2", {"regions": [7]})
    api.patch("/couriers/3", {"working_hours": ["01:00-02:00"]})
    api.patch(f"/couriers/{RIDES_NOW}", {"courier_type": "bike"})
    bundles = dict(Order.objects.filter(bundle__isnull=False).values_list("order_id", "bundle_id"))
    assert list(bundles) == [11, 12, 13, 21, 51, 52]
    return {f"of_{order_id}": bundle_id for order_id, bundle_id in bundles.items()} | {
        "emptied": Bundle.objects.get(courier_id=3).pk
    }


def verified():
    """Run the command; return its exit code and (code, subject) of each fault that it names."""
    out = StringIO()
    try:
        call_command("verify_store", stdout=out)
    except CommandError as unsound:
        return unsound.returncode, [tuple(line.split(": ", 2)[:2]) for line in out.getvalue().splitlines()]
    assert re.fullmatch(r"sound: \d+ couriers, \d+ bundles, \d+ orders\n", out.getvalue())
    return 0, []


def test_a_store_that_clients_filled_is_sound(sound_store):
    out = StringIO()

    call_command("verify_store", stdout=out)

    assert out.getvalue() == "sound: 5 couriers, 4 bundles, 12 orders\n"


def test_an_empty_store_is_sound():
    assert verified() == (0, [])


def test_weights_are_added_exactly():
    bundle = BundleFactory()
    OrderFactory.create_batch(25, bundle=bundle, weight=Decimal("0.4"))  # as floats: 10.000000000000004

    assert verified() == (0, [])


def test_totals_over_many_bundles_with_times_in_any_order_are_sound():
    history()

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
    (
        "a delivery too many in a total",
        ["UPDATE delivery_totals SET deliveries = deliveries + 1 WHERE courier_id = 1"],
        [("wrong_total", "courier 1 in region 1")],
    ),
    (
        "a total off by a second",
        ["UPDATE delivery_totals SET seconds = seconds + 1 WHERE courier_id = 2"],
        [("wrong_total", "courier 2 in region 3")],
    ),
    (
        "a total off by a microsecond",
        [f"UPDATE delivery_totals SET microseconds = microseconds - 1 WHERE courier_id = {RIDES_NOW}"],
        [("wrong_total", f"courier {RIDES_NOW} in region 5")],
    ),
    (
        "totals lost",
        ["DELETE FROM delivery_totals WHERE courier_id < 3"],
        [("missing_total", "courier 1 in region 1"), ("missing_total", "courier 2 in region 3")],
    ),
    (
        "totals of nothing",
        [
            "INSERT INTO delivery_totals (courier_id, region, deliveries, seconds, microseconds)"
            " VALUES (1, 2, 1, 60, 0), (4, 1, 0, 0, 0), (77, 1, 1, 60, 0)"
        ],
        [
            ("needless_total", "courier 1 in region 2"),
            ("needless_total", "courier 4 in region 1"),
            ("needless_total", "courier 77 in region 1"),
        ],
    ),
    (
        "a total of no region",
        ["INSERT INTO delivery_totals (courier_id, region, deliveries, seconds, microseconds) VALUES (1, 0, 1, 60, 0)"],
        [("bad_value", "courier 1 in region 0")],
    ),
    (
        "delivered order moved",
        ["UPDATE orders SET region = 8 WHERE order_id = 11"],
        [("needless_total", "courier 1 in region 1"), ("missing_total", "courier 1 in region 8")],
    ),
    (
        "delivered later",
        ["UPDATE orders SET complete_time = '2036-01-10 10:00:00' WHERE order_id = 11"],
        [("wrong_total", "courier 1 in region 1")],
    ),
    ("paid too much", ["UPDATE couriers SET earnings = 1 WHERE courier_id = 4"], [("wrong_earnings", "courier 4")]),
    (
        "paid for an active bundle",
        [f"UPDATE couriers SET earnings = 4500 WHERE courier_id = {RIDES_NOW}"],
        [("wrong_earnings", f"courier {RIDES_NOW}")],
    ),
    ("not paid", ["UPDATE couriers SET earnings = 0 WHERE courier_id = 2"], [("wrong_earnings", "courier 2")]),
    (
        "completed bundle of another type",
        ["UPDATE bundles SET courier_type = 'car' WHERE bundle_id = %(of_21)s"],
        [("wrong_earnings", "courier 2")],
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
        "total no number",
        ["UPDATE delivery_totals SET seconds = 'long' WHERE courier_id = 1"],
        [("wrong_total", "courier 1 in region 1")],
    ),
    (
        "total of whom",
        ["UPDATE delivery_totals SET courier_id = 'x' WHERE courier_id = 1"],
        [("bad_value", "courier 'x' in region 1"), ("missing_total", "courier 1 in region 1")],
    ),
    (
        "earnings no number",
        ["UPDATE couriers SET earnings = 'much' WHERE courier_id = 1"],
        [("wrong_earnings", "courier 1")],
    ),
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
    with guards_down() as cursor:
        for statement in statements:
            cursor.execute(statement % sound_store)
            assert cursor.rowcount > 0

        code, named = verified()

    assert code == 1
    assert sorted(named) == sorted((code, subject % sound_store) for code, subject in expected)


def test_says_what_is_wrong_and_what_to_do(sound_store):
    out = StringIO()
    with guards_down() as cursor:
        cursor.execute("UPDATE orders SET weight = 9.71 WHERE order_id = 13")
        cursor.execute("UPDATE orders SET delivery_mask = 5 WHERE order_id = 62")

        with pytest.raises(CommandError) as unsound:
            call_command("verify_store", stdout=out)

    assert str(unsound.value) == "unsound: 2 faults in 5 couriers, 4 bundles, 12 orders"
    assert out.getvalue() == (
        "stale_delivery_mask: order 62: delivery_mask is 5, but its delivery_hours make 0: it is offered to the wrong"
        " couriers. Set delivery_mask to 0.\n"
        f"over_capacity_when_formed: bundle {sound_store['of_13']}: its 3 orders weigh 10.01 kg, but foot, his type"
        " when it was formed, carries 10 kg. Correct its courier_type or the orders' weight, or set bundle_id of what"
        " he never carried to NULL.\n"
    )


def test_says_what_totals_and_earnings_should_be(sound_store):
    out = StringIO()
    with guards_down() as cursor:
        cursor.execute("UPDATE bundles SET assign_time = '2021-01-10 10:32:00.4'")
        cursor.execute("UPDATE delivery_totals SET seconds = 61, microseconds = 20000")
        cursor.execute("UPDATE delivery_totals SET seconds = 9 WHERE courier_id = 1")
        cursor.execute("UPDATE delivery_totals SET region = 2 WHERE courier_id = 2")
        cursor.execute("UPDATE couriers SET earnings = 7 WHERE courier_id = 4")

        with pytest.raises(CommandError):
            call_command("verify_store", stdout=out)

    last = "Once no fault of his orders and bundles is left"
    assert out.getvalue() == (
        "wrong_total: courier 1 in region 1: deliveries, seconds, microseconds are (1, 9, 20000), but his delivered"
        f" orders make (1, 61, 20000): his rating is wrong. {last}, set them to these.\n"
        f"needless_total: courier 2 in region 2: he delivered nothing there. {last}, delete the row of"
        " delivery_totals.\n"
        "missing_total: courier 2 in region 3: it has no row in delivery_totals."
        f" {last}, insert deliveries, seconds, microseconds (1, 61, 20000).\n"
        "wrong_earnings: courier 4: earnings is 7, but his completed bundles that delivered something pay 0."
        f" {last}, set it to 0.\n"
    )


def test_a_store_at_work_does_not_look_corrupt(sound_store):
    """Nor does its verification keep it from working."""
    courier_id = Courier.objects.create(
        courier_id=9, courier_type="foot", regions=[6], working_hours=["08:00-09:00"]
    ).pk
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
        assert list(faults()) == []
    assert store_size() == before._replace(bundles=before.bundles + 1)
    assert verified() == (0, [])


@pytest.mark.parametrize("bundles", [1, 50])
def test_statements_do_not_grow_with_the_store(bundles):
    for _ in range(bundles):
        OrderFactory(bundle=BundleFactory())

    # The beginning and the sizes; couriers; orders; bundles and the orders in them; active bundles;
    # totals; each courier's earnings, totals and deliveries.
    with statements_captured() as statements:
        assert verified() == (0, [])
    reads = [statement for statement in statements if "SELECT" in statement]
    assert len(reads) == 10
