"""The pages that tell a dispatcher why an order is, or is not, a courier's."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from bundles.models import Bundle
from bundles.services import assign_orders
from bundles.tests.scenes import NOW, rows
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.admin.why import MAX_EXPLAINED
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

ORDER, COURIER = "/admin/orders/order/7/why/", "/admin/couriers/courier/5/why/"


@pytest.fixture
def scene():
    """Order 7, which 5 would get; 6 does not work there, 8 is busy, and 9 has no room for 7 in any vehicle."""
    CourierFactory(courier_id=8)
    OrderFactory(order_id=1)
    assign_orders(courier_id=8, now=NOW)
    CourierFactory(courier_id=5)
    CourierFactory(courier_id=6, regions=[2], working_hours=["08:00-08:30"])
    CourierFactory(courier_id=9, courier_type="car", regions=[1, 3])
    for order_id in range(30, 80):
        OrderFactory(order_id=order_id, region=3, weight=Decimal("1"))
    OrderFactory(order_id=7, weight=Decimal("1.5"))


def table(answer):
    """The rows of the page's table, each as the texts of its cells."""
    assert answer.status_code == 200
    body = "".join(re.findall(r'<table id="explained">.*?<tbody>(.*?)</table>', answer.content.decode(), re.DOTALL))
    found = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in found]
    return [[" ".join(re.sub("<.*?>", " ", cell).split()) for cell in row] for row in cells]


def test_an_order_tells_of_every_courier(dispatcher, scene):
    assert table(dispatcher.get(ORDER)) == [
        ["Courier 5", "An assign now gives it to him."],
        [
            "Courier 6",
            "region : He does not work in region 1. hours : He works 08:00-08:30, and it is to be delivered"
            " 09:00-18:00: 31 minutes more would do. would do : region 1, hours 08:00-09:01",
        ],
        [
            "Courier 8",
            f"busy : He carries bundle {Bundle.objects.get().pk} since 2026-01-10 09:00:00+00:00, and gets nothing"
            " new until it is completed.",
        ],
        [
            "Courier 9",
            "capacity : It weighs 1.5 kg, and of the 50 kg that he carries at once 50 kg go to orders that are lighter,"
            " or as heavy with a smaller id: " + ", ".join(map(str, range(30, 50))) + " and 30 more.",
        ],
    ]


def test_a_courier_tells_of_the_orders_asked_for(dispatcher, scene):
    assert table(dispatcher.get(COURIER)) == []
    assert table(dispatcher.get(f"{COURIER}?numbers=30,+7")) == [
        ["Order 30", "region : He does not work in region 3. would do : region 3"],
        ["Order 7", "An assign now gives it to him."],
    ]


def test_both_pages_are_found_from_the_records(dispatcher, scene):
    for url in (ORDER, COURIER):
        record = url.replace("why/", "change/")
        assert 'href="../why/"' in dispatcher.get(record).content.decode()


def test_many_couriers_come_page_by_page(dispatcher):
    OrderFactory(order_id=7)
    CourierFactory.create_batch(MAX_EXPLAINED + 2)

    first = dispatcher.get(ORDER)
    (after,) = re.findall(r'href="\?(after=[0-9]+)"', first.content.decode())
    second = dispatcher.get(f"{ORDER}?{after}")

    assert (len(table(first)), len(table(second))) == (MAX_EXPLAINED, 2)
    assert "?after=" not in second.content.decode()


def test_a_page_that_is_just_full_is_the_only_one(dispatcher):
    OrderFactory(order_id=7)
    CourierFactory.create_batch(MAX_EXPLAINED)

    answer = dispatcher.get(ORDER)

    assert len(table(answer)) == MAX_EXPLAINED
    assert "?after=" not in answer.content.decode()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{ORDER}?numbers=99", "There is no courier 99."),
        (f"{ORDER}?numbers=five", "Give numbers, such as 12, or several: 12, 15."),
        (f"{ORDER}?numbers={'1,' * 26}", "Ask for at most 25 numbers at once."),
        (f"{ORDER}?after=x", "Must be an integer from 1 to"),
        (f"{COURIER}?numbers=%3Cscript%3E", "Give numbers"),
    ],
)
def test_what_makes_no_sense_is_told(dispatcher, scene, url, said):
    answer = dispatcher.get(url)

    assert table(answer) == []
    assert said in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()


def test_an_unknown_number_is_told_beside_the_answers_for_the_others(dispatcher, scene):
    answer = dispatcher.get(f"{COURIER}?numbers=99,7,98")

    assert [row[0] for row in table(answer)] == ["Order 7"]
    assert [str(message) for message in answer.context["messages"]] == [
        "There is no order 99.",
        "There is no order 98.",
    ]


def test_asking_changes_nothing(dispatcher, scene):
    before = rows()

    dispatcher.get(ORDER)
    dispatcher.get(f"{COURIER}?numbers=7,30,1")

    assert rows() == before


@pytest.mark.parametrize("url", [ORDER, COURIER])
def test_who_may_see_only_one_of_the_two_is_refused(client, scene, django_user_model, url):
    viewer = django_user_model.objects.create(username="viewer", is_staff=True)
    client.force_login(viewer)
    for codename, status in [("view_order", 403), ("view_courier", 200)]:
        viewer.user_permissions.add(Permission.objects.get(codename=codename))
        assert client.get(url).status_code == status
    client.logout()
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("count", [1, MAX_EXPLAINED])
def test_statements_do_not_grow_with_couriers_whom_it_does_not_fit(dispatcher, count):
    OrderFactory(order_id=7, delivery_hours=[])
    CourierFactory.create_batch(count)

    # The session, the user, the order, the couriers' page, these, then of one moment the order, who is busy and who
    # they are.
    with statements_captured() as statements:
        dispatcher.get(ORDER)
    assert len(statements) == 8
