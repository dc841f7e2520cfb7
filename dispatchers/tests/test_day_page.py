"""The page of a day draws what `bundles.day` tells."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = {"day": "2026-01-10"}


@pytest.fixture
def bundle():
    """Courier 5, on shift from 10 to 14, carried a bundle of two orders from 12:00 to 12:30; courier 6 did nothing."""
    CourierFactory(courier_id=5, working_hours=["10:00-14:00"]), CourierFactory(courier_id=6, regions=[])
    OrderFactory.create_batch(2, delivery_hours=["00:00-23:59"])
    for late, order_id in enumerate(assign_orders(courier_id=5, now=NOON).order_ids):
        complete_order(courier_id=5, order_id=order_id, complete_time=NOON + late * timedelta(minutes=30))
    return Bundle.objects.get()


def shapes(page):
    """What is drawn of the first courier: (class, x, width)."""
    line = re.search(r"<svg.*?</svg>", page.content.decode(), re.DOTALL)[0]
    return re.findall(r'<rect class="(\w+)" x="(\d+)" y="\d+" width="(\d+)"', line)


def test_everyones_day(dispatcher, bundle):
    page = dispatcher.get("/admin/day/", DAY)

    assert shapes(page) == [("shift", "600", "240"), ("carried", "720", "30")]
    assert f'<a href="/admin/bundles/bundle/{bundle.pk}/change/"' in page.content.decode()
    assert f"Bundle {bundle.pk}, 12:00–12:30: 2 of 2 delivered" in words(page)
    assert "2 3 h 30 min Courier 6" in words(page)
    assert 'class="present"' not in page.content.decode()


def test_one_couriers_day_names_his_bundles(dispatcher, bundle):
    page = dispatcher.get("/admin/day/", DAY | {"courier": "5"})

    assert f"His bundles Bundle Carried Delivered Bundle {bundle.pk} 12:00–12:30 2/2" in words(page)
    assert "Courier 6" not in words(page)
    assert 'href="?day=2026-01-09&amp;courier=5"' in page.content.decode()


def test_it_begins_with_today(dispatcher, bundle):
    page = dispatcher.get("/admin/day/")

    assert 'class="present"' in page.content.decode()


def test_couriers_come_page_by_page(dispatcher, bundle):
    for courier in Courier.objects.in_bulk().values():
        for courier_id in range(courier.pk * 100, courier.pk * 100 + 30):
            CourierFactory(courier_id=courier_id)

    page = dispatcher.get("/admin/day/", DAY)
    [following] = re.findall(r'href="(\?day=2026-01-10&amp;after=\d+)"', page.content.decode())
    assert page.content.decode().count("<svg") == 50
    page = dispatcher.get(f"/admin/day/{following.replace('&amp;', '&')}")
    assert page.content.decode().count("<svg") == 12
    assert "The next couriers" not in words(page)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x", ""])
def test_no_day(dispatcher, day):
    page = dispatcher.get("/admin/day/", {"day": day})

    assert page.status_code == 200
    assert 'class="errorlist"' in page.content.decode()


@pytest.mark.parametrize("after", ["x", "0", "-1", "9" * 30])
def test_no_courier_to_go_on_after(dispatcher, bundle, after):
    assert "Courier 5" in words(dispatcher.get("/admin/day/", DAY | {"after": after}))


def test_no_courier(dispatcher, bundle):
    assert "There is no such courier." in words(dispatcher.get("/admin/day/", DAY | {"courier": "7"}))
    assert "Give a number, such as 12." in words(dispatcher.get("/admin/day/", DAY | {"courier": "x"}))


def test_who_may_not_see_all_of_it(client, django_user_model, bundle):
    user = django_user_model.objects.create(username="half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_courier"))
    client.force_login(user)

    assert client.get("/admin/day/").status_code == 403
    page = client.get("/admin/couriers/courier/5/change/")
    assert "His day" not in words(page)
    assert "His pay slip" not in words(page)


def test_a_couriers_page_leads_to_his_day_and_his_pay(dispatcher, bundle):
    page = dispatcher.get("/admin/couriers/courier/5/change/").content.decode()

    assert 'href="/admin/day/?courier=5">His day' in page
    assert 'href="/admin/pay/?courier=5">His pay slip' in page
