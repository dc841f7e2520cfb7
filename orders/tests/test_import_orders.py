"""manage.py import_orders: what it takes and what it refuses, each as the API does."""

import json
from decimal import Decimal

import pytest

from bundles.tests.factories import BundleFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from orders.tests.files import ALL_FORMATS, FORMATS, imported, order, place, stored, written
from sweets_store.hours import delivery_mask
from sweets_store.tests.statements import statements_captured


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_takes_all_orders_as_the_api_would(file, file_format):
    orders = [order(3, 50, 2**63 - 1, []), order(1, 0.01), order(2, 1e1, 7, ["08:00-09:00", "00:00-23:59"])]

    outcome = imported(file(written(orders, file_format), file_format))

    warning = f"No courier can ever take 1 of them: no delivery hours in {place(0, file_format)}\n"
    assert outcome == ("orders: 3 taken, 0 refused\n", warning, None)
    assert stored() == [
        (1, Decimal("0.01"), 1, ["09:00-12:00"]),
        (2, Decimal(10), 7, ["08:00-09:00", "00:00-23:59"]),
        (3, Decimal(50), 2**63 - 1, []),
    ]
    for taken in Order.objects.all():
        assert taken.delivery_mask == delivery_mask(taken.delivery_hours)


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_one_bad_row_stops_all_and_every_bad_row_is_named(file, file_format):
    OrderFactory(order_id=5)
    before = stored()
    orders = [order(1), order(2, 0.001, 0), order(0), order(5), order(1, 51), order(5), order(6)]

    out, err, refusal = imported(file(written(orders, file_format), file_format))

    in_use, twice = (
        "order_id: is in use: the store has it already",
        "order_id: stands more than once in this file, first in",
    )
    kilograms = "weight: must be a number of kilograms from 0.01 to 50"
    number = f"must be an integer from 1 to {2**63 - 1}"
    assert (out, refusal) == ("", "5 of 7 orders refused; nothing was changed.")
    assert err.splitlines() == [
        f"{place(1, file_format)} (id 2): {kilograms}; region: {number}",
        f"{place(2, file_format)}: order_id: {number}",
        f"{place(3, file_format)} (id 5): {in_use}, with another weight, delivery_hours; give this order another id",
        f"{place(4, file_format)} (id 1): {kilograms}; {twice} {place(0, file_format)}",
        f"{place(5, file_format)} (id 5): {twice} {place(3, file_format)}; {in_use}, with another weight,"
        " delivery_hours; give this order another id",
    ]
    assert stored() == before


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_a_file_sent_again_changes_nothing_and_is_no_error(file, file_format):
    orders = [order(3, 50, 2**63 - 1, ["08:00-09:00", "00:00-23:59"]), order(1, 0.1), order(2, 1e1)]
    path = file(written(orders[:2], file_format), file_format)
    imported(path)
    before = list(Order.objects.values())

    assert imported(path) == ("orders: 0 taken, 2 already there, 0 refused\n", "", None)
    assert list(Order.objects.values()) == before
    longer = file(written(orders, file_format), file_format)
    assert imported(longer) == ("orders: 1 taken, 2 already there, 0 refused\n", "", None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weight": 1.51}, "weight"),
        ({"region": 2}, "region"),
        ({"delivery_hours": []}, "delivery_hours"),
        ({"delivery_hours": ["10:00-11:00", "09:00-12:00"]}, "delivery_hours"),
        ({"weight": 2, "region": 3}, "weight, region"),
    ],
)
@pytest.mark.django_db
def test_another_content_for_an_id_is_a_bad_row_that_says_so(file, change, named):
    imported(file(json.dumps(order(1, 1.5, 1, ["09:00-12:00", "10:00-11:00"]))))
    before = list(Order.objects.values())
    other = order(1, 1.5, 1, ["09:00-12:00", "10:00-11:00"]) | change

    out, err, refusal = imported(file(json.dumps(other)))

    assert err == (
        "line 1 (id 1): order_id: is in use: the store has it already,"
        f" with another {named}; give this order another id\n"
    )
    assert (out, refusal) == ("", "1 of 1 orders refused; nothing was changed.")
    assert list(Order.objects.values()) == before


@pytest.mark.django_db
def test_an_order_on_its_way_is_already_there(file):
    carried = OrderFactory(order_id=1, weight="2.50", region=4, bundle=BundleFactory())
    path = file(json.dumps(order(1, 2.5, 4, carried.delivery_hours)))

    assert imported(path) == ("orders: 0 taken, 1 already there, 0 refused\n", "", None)


@pytest.mark.django_db
def test_a_comparison_with_the_store_takes_a_thousand_rows_at_once(file):
    def statements(count):
        imported(file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, count + 1))))
        with statements_captured() as found:
            imported(file("".join(json.dumps(order(order_id)) + "\n" for order_id in range(1, count + 1))))
        return [sql for sql in found if sql.startswith("SELECT")]

    assert len(statements(10)) == len(statements(1_000)) == 3  # any in that range, which, and their content
    assert len(statements(2_001)) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ALL_FORMATS)
def test_a_dry_run_tells_all_and_stores_nothing(file, tmp_path, file_format):
    imported(file(json.dumps(order(5))))
    before = list(Order.objects.values())
    rejects = tmp_path / "rejects"
    good = file(written([order(1), order(5), order(6, delivery_hours=[])], file_format), file_format)

    assert imported(good, "--dry-run") == (
        "orders: 2 would be taken, 1 already there, 0 would be refused; nothing was changed\n",
        f"No courier can ever take 1 of them: no delivery hours in {place(2, file_format)}\n",
        None,
    )
    bad = file(written([order(1), order(5, 3), order(0)], file_format), file_format)
    out, err, refusal = imported(bad, "--dry-run")
    assert (out, len(err.splitlines()), refusal) == ("", 2, "2 of 3 orders refused; nothing was changed.")
    assert imported(bad, "--dry-run", "--skip-bad", rejects)[0] == (
        f"orders: 1 would be taken, 2 would be refused (they are in {rejects}); nothing was changed\n"
    )
    assert rejects.exists()
    assert list(Order.objects.values()) == before


BAD_VALUES = [
    {"order_id": 2**63},
    {"order_id": -1},
    {"order_id": 1.0},
    {"order_id": "one"},
    {"weight": 0},
    {"weight": 50.01},
    {"weight": 1.005},
    {"weight": "heavy"},
    {"region": 0},
    {"delivery_hours": ["9:00-18:00"]},
    {"delivery_hours": ["10:00-10:00"]},
    {"delivery_hours": ["09:00-18:00", "24:00-24:01"]},
    {"delivery_hours": ["09:00-18:00"] * 1_001},
    {"weight": 0, "region": "", "delivery_hours": [""] * 2},
]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "file_format"),
    [
        pytest.param(bad, file_format, id=f"{bad}-{file_format}")
        for bad in BAD_VALUES
        for file_format in ALL_FORMATS
        if (bad, file_format) != ({"order_id": 1.0}, "xlsx")  # a spreadsheet has no integers
    ],
)
def test_a_row_is_judged_as_the_api_judges_it(api, file, bad, file_format):
    (faults,) = [
        faults
        for name, faults in api.post("/orders", {"data": [order(1) | bad]}).body["validation_error"].items()
        if name != "orders"
    ]

    _, err, _ = imported(file(written([order(1) | bad], file_format), file_format))

    named = place(0, file_format) + ("" if "order_id" in bad else " (id 1)")
    assert err == f"{named}: {'; '.join(f'{name}: {message}' for name, message in faults.items())}\n"
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_lines_that_are_no_objects_are_named_among_the_others(file):
    lines = ["{", json.dumps(order(1)), "[1]", '{"order_id": 2, "order_id": 2}', json.dumps(order(3) | {"x": 1})]

    _, err, _ = imported(file("\n".join(lines)))

    assert err.splitlines() == [
        "line 1: cannot be read as JSON: Expecting property name enclosed in double quotes at column 2",
        "line 3: must be an object",
        "line 4: cannot be read as JSON: a key stands twice in one object",
        "line 5 (id 3): x: is unknown; known: order_id, weight, region, delivery_hours",
    ]


@pytest.mark.django_db
def test_the_report_ends_after_10_000_rows(file):
    _, err, refusal = imported(file("1\n" * 10_007))

    *named, more = err.splitlines()
    assert (len(named), named[-1], more) == (10_000, "line 10000: must be an object", "… and 7 more")
    assert refusal == "10007 of 10007 orders refused; nothing was changed."


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_more_objects_than_a_body_may_hold_are_taken(file, file_format):
    orders = [order(order_id) for order_id in range(100_001, 0, -1)]

    assert imported(file(written(orders, file_format), file_format))[0] == "orders: 100001 taken, 0 refused\n"
    assert Order.objects.count() == 100_001


@pytest.mark.django_db
def test_what_is_no_file_is_one_clear_line(tmp_path):
    assert imported(tmp_path)[2] == f"{tmp_path} cannot be read: Is a directory. Nothing was changed."
    assert (
        imported(tmp_path / "no")[2] == f"{tmp_path}/no cannot be read: No such file or directory. Nothing was changed."
    )
