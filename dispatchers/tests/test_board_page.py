"""The admin's first page."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from bundles.services import assign_orders, complete_order
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.tests.pages import words
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

ALL_DAY = ["00:00-23:59"]


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """In the last minute of a day nobody works: no window holds it."""
    now = timezone.now().replace(hour=12, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def day():
    """Courier 5 carries order 1 of two, 6 is idle; of the free orders 3 can be taken, 4 not now, and 5 never."""
    now = timezone.now()
    for courier_id, regions in [(5, [1]), (6, [2])]:
        CourierFactory(courier_id=courier_id, regions=regions, working_hours=ALL_DAY, courier_type="bike")
    for order_id in (1, 2):
        OrderFactory(order_id=order_id, region=1, delivery_hours=ALL_DAY)
    assign_orders(courier_id=5, now=now - timedelta(minutes=95))
    complete_order(courier_id=5, order_id=2, complete_time=now)
    OrderFactory(order_id=3, region=2, weight="1.5", delivery_hours=ALL_DAY)
    OrderFactory(order_id=4, region=2, weight=20, delivery_hours=ALL_DAY)
    OrderFactory(order_id=5, region=7, delivery_hours=ALL_DAY)


def tables(page):
    """The rows of each table as their texts."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page.content.decode(), re.DOTALL)
    rows = [re.findall("<tr.*?</tr>", body, re.DOTALL) for body in bodies]
    return [[" ".join(re.sub("<[^>]*>", " ", row).split()) for row in table] for table in rows]


def test_the_board_is_the_first_page(dispatcher, day):
    page = dispatcher.get("/admin/")

    said = words(page)
    assert "Open orders 3 22.50 kg . 1 of them a courier on shift can take." in said
    assert "No courier can ever take 2 of them: Order 4 , Order 5" in said
    assert "Couriers on shift 2 1 of them carry nothing. Assign orders to them" in said
    assert "Active bundles 1" in said
    assert "Delivered today 1 Earnings of the bundles completed: 0. Mean delivery time: 1 h 35 min" in said
    assert tables(page)[-1] == ["2 2 21.50 kg 1 1", "7 1 1.00 kg 0 1"]
    [carrying] = next(table for table in tables(page) if table[0].startswith("Courier 5"))
    assert re.fullmatch(r"Courier 5 Bundle \d+ 1/2 1 1.00 kg / 15.00 kg 1 h 35 min", carrying)


def test_the_picture_colours_what_waits_without_anybody(dispatcher, day):
    page = dispatcher.get("/admin/").content.decode()

    [row] = re.findall(r'<tr data-region="7">.*?</tr>', page, re.DOTALL)[:1]
    assert row.count('class="lost') == 24
    assert "1 kg wait, 0 kg on shift" in row


def test_the_idle_are_assigned_from_the_board(dispatcher, day):
    page = dispatcher.get("/admin/").content.decode()

    assert '<input type="hidden" name="couriers" value="6">' in page


def test_an_empty_store_has_a_board(dispatcher):
    said = words(dispatcher.get("/admin/"))

    assert "Open orders 0" in said
    assert "Nothing waits." in said


def test_who_may_not_see_it_all_gets_what_he_may_see(client, day, django_user_model):
    staff = django_user_model.objects.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(staff)

    page = client.get("/admin/")

    assert page.status_code == 200
    assert "Couriers on shift" not in words(page)


def test_a_viewer_sees_the_board_and_is_offered_nothing_to_do(client, day, django_user_model):
    viewer = django_user_model.objects.create(username="viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)

    said = words(client.get("/admin/"))

    assert "Couriers on shift 2" in said
    assert "Assign orders" not in said


def test_what_a_list_leaves_out_is_counted_below_it(dispatcher):
    for number in range(1, 53):
        CourierFactory(courier_id=number, regions=[number], working_hours=ALL_DAY)
        OrderFactory(order_id=number, region=number, delivery_hours=["11:00-12:30"])
        assign_orders(courier_id=number, now=timezone.now())
        OrderFactory(order_id=100 + number, region=number, delivery_hours=["11:00-11:30"])

    said = words(dispatcher.get("/admin/"))

    assert "The 20 worst of 52 regions." in said
    assert "and 54 more" in said  # of 52 that close and are carried, and 52 that closed
    assert "and 2 more: Active bundles" in said


def test_earnings_are_written_as_the_reader_writes_numbers(dispatcher):
    CourierFactory(courier_id=5, regions=[1], working_hours=ALL_DAY, courier_type="car")
    OrderFactory(order_id=1, region=1, delivery_hours=ALL_DAY)
    assign_orders(courier_id=5, now=timezone.now())
    complete_order(courier_id=5, order_id=1, complete_time=timezone.now())

    assert "completed: 4,500." in words(dispatcher.get("/admin/"))
    assert "4\xa0500" in dispatcher.get("/admin/", headers={"Accept-Language": "ru"}).content.decode()


@pytest.mark.parametrize("size", [2, 60])
def test_a_page_asks_the_same_of_the_database_in_every_size(dispatcher, size):
    for number in range(1, size + 1):
        CourierFactory(courier_id=number, regions=[number], working_hours=ALL_DAY)
        OrderFactory(order_id=number, region=number, delivery_hours=ALL_DAY)
        OrderFactory(order_id=100 + number, region=number + 500)
    assign_orders(courier_id=1, now=timezone.now())

    with statements_captured() as statements:
        dispatcher.get("/admin/")

    reading = [sql for sql in statements if sql.lstrip().startswith("SELECT")]
    assert len(reading) == 11  # session, user; the board's nine
