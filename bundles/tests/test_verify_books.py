"""What `manage.py verify_store` says of the totals and earnings that are kept of the deliveries."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bundles.tests.guards import guards_down
from bundles.tests.scenes import history
from bundles.tests.verifying import RECORD_CODES, RIDES_NOW, verified, verified_after
from bundles.verification import take_stock

# A transaction of the test's own around it would be no snapshot.
pytestmark = pytest.mark.django_db(transaction=True)


def test_totals_over_many_bundles_with_times_in_any_order_are_sound():
    history()
    take_stock()

    assert verified() == (0, [])


# As in test_verify_store.py.
CORRUPTIONS = [
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
]


@pytest.mark.parametrize(
    ("name", "statements", "expected"),
    [*CORRUPTIONS, *(pytest.param(*corruption, marks=pytest.mark.sqlite) for corruption in ON_SQLITE)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_the_fault_and_nothing_else(sound_store, name, statements, expected):
    code, named = verified_after(statements, sound_store)

    assert code == 1
    assert sorted(named) == sorted((code, subject % sound_store) for code, subject in expected)


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
    lines = out.getvalue().splitlines(keepends=True)
    assert "".join(line for line in lines if not line.startswith(RECORD_CODES)) == (
        "wrong_total: courier 1 in region 1: deliveries, seconds, microseconds are (1, 9, 20000), but his delivered"
        f" orders make (1, 61, 20000): his rating is wrong. {last}, set them to these.\n"
        f"needless_total: courier 2 in region 2: he delivered nothing there. {last}, delete the row of"
        " delivery_totals.\n"
        "missing_total: courier 2 in region 3: it has no row in delivery_totals."
        f" {last}, insert deliveries, seconds, microseconds (1, 61, 20000).\n"
        "wrong_earnings: courier 4: earnings is 7, but his completed bundles that delivered something pay 0."
        f" {last}, set it to 0.\n"
    )
