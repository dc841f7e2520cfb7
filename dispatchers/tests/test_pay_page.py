"""What couriers are paid, on a page and as CSV."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
JANUARY = {"first": "2026-01-01", "last": "2026-01-31"}


@pytest.fixture
def paid():
    """Courier 5 was paid on 11 January for a bundle of the 10th; 6 carries one of the 10th."""
    CourierFactory(courier_id=5), CourierFactory(courier_id=6, courier_type="car", regions=[2])
    OrderFactory(order_id=1), OrderFactory(order_id=2, region=2)
    for courier_id in (5, 6):
        assign_orders(courier_id=courier_id, now=NOON)
    complete_order(courier_id=5, order_id=1, complete_time=NOON + timedelta(days=1))
    return Bundle.objects.get(courier_id=5).pk


def test_all_couriers_are_summed_up(dispatcher, paid):
    said = words(dispatcher.get("/admin/pay/", JANUARY))

    assert "2026-01-01 – 2026-01-31. In all: 1000" in said
    assert "Courier 5 1 1000 Slip Courier 6 1 0 Slip" in said


def test_a_slip_shows_each_bundle_and_why(dispatcher, paid):
    said = words(dispatcher.get("/admin/pay/", JANUARY | {"courier": "5"}))

    assert f"Bundle {paid} 2026-01-10 12:00:00 2026-01-11 12:00:00 foot, 2 1/1 0 1000 paid" in said
    assert "Courier 6" not in said
    assert "not completed yet" in words(dispatcher.get("/admin/pay/", JANUARY | {"courier": "6"}))


def test_the_csv_holds_the_bundles(dispatcher, paid):
    answer = dispatcher.get("/admin/pay/", JANUARY | {"csv": "1"})

    assert answer["Content-Disposition"] == 'attachment; filename="pay-2026-01-01-2026-01-31.csv"'
    lines = answer.content.decode().splitlines()
    assert lines[1] == (
        f"5,{paid},foot,2,2026-01-10T12:00:00.000000+00:00,2026-01-11T12:00:00.000000+00:00,1,1,0,1000,paid"
    )
    assert len(lines) == 3


def test_it_begins_with_this_month(dispatcher, db, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 1, 31, 23, 59, tzinfo=UTC))

    page = dispatcher.get("/admin/pay/")

    assert re.search('name="first" value="2026-01-01"', page.content.decode())
    assert "No bundle counts in these days." in words(page)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "2026-02-01", "last": "2026-01-01"}, "The first day is after the last."),
        ({"first": "x"}, "Enter a valid date."),
        ({"last": "9999-12-31"}, "The days must be of the years 1 to 9999."),
        ({"courier": "0"}, "Give a number, such as 12."),
        ({"courier": "<script>"}, "Give a number, such as 12."),
    ],
)
@pytest.mark.parametrize("csv", [{}, {"csv": "1"}])
def test_what_makes_no_sense_is_told(dispatcher, paid, asked, said, csv):
    answer = dispatcher.get("/admin/pay/", JANUARY | asked | csv)

    assert answer.status_code == 200
    assert said in words(answer)
