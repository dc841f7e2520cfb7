import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bundles.models import Bundle
from bundles.services import assign_orders, complete_order
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import NOW
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.pages import words
from sweets_store.tests.statements import statements_captured

LIST = "/admin/bundles/bundle/"
LATER = datetime(2026, 1, 10, 10, 33, tzinfo=UTC)


def listed_ids(response):
    return [bundle.bundle_id for bundle in response.context["cl"].result_list]


def test_a_list_tells_how_far_a_bundle_is(dispatcher):
    bundle = BundleFactory(bundle_id=11, courier=CourierFactory(courier_id=5, courier_type="car"))
    OrderFactory(bundle=bundle, complete_time=LATER), OrderFactory.create_batch(2, bundle=bundle)
    OrderFactory()

    page = dispatcher.get(LIST).content.decode()

    for text in (">1 of 3<", ">active<", ">car<", ">2026-01-10 09:00:00<", f'href="{LIST}11/change/"'):
        assert text in page
    assert 'href="/admin/couriers/courier/5/change/">Courier 5</a>' in page
    assert 'href="/admin/orders/order/?q=bundle+11"' in page


def test_a_bundle_emptied_by_a_change_of_courier_reads(dispatcher):
    BundleFactory(bundle_id=11, is_completed=True)

    in_list, page = (dispatcher.get(path).content.decode() for path in (LIST, f"{LIST}11/change/"))

    assert ">0 of 0<" in in_list
    assert "0 of 0 delivered" in page


def test_a_page_shows_its_orders_lightest_first(dispatcher):
    bundle = BundleFactory(bundle_id=11)
    OrderFactory(order_id=7, bundle=bundle, weight=Decimal("2.50"), complete_time=LATER)
    OrderFactory(order_id=8, bundle=bundle, weight=Decimal("0.30"))
    OrderFactory(order_id=9)

    page = dispatcher.get(f"{LIST}11/change/").content.decode()

    assert "1 of 2 delivered" in page
    assert ">2.80 kg<" in page
    assert ">2026-01-10 10:33:00<" in page
    assert 0 < page.index("Order 8") < page.index("Order 7")
    assert "Order 9" not in page


def test_a_page_shows_the_lightest_of_very_many_orders(dispatcher):
    bundle = BundleFactory(bundle_id=11)
    OrderFactory.create_batch(103, bundle=bundle)

    page = dispatcher.get(f"{LIST}11/change/").content.decode()

    assert "0 of 103 delivered" in page
    assert "The 100 lightest" in page
    assert page.count('href="/admin/orders/order/') == 100 + 2  # the orders', their list's, the menu's


@pytest.mark.parametrize(("state", "found"), [("active", [12]), ("completed", [11]), ("", [12, 11]), ("x", [12, 11])])
def test_a_filter_shows_one_state(dispatcher, state, found):
    BundleFactory(bundle_id=11, is_completed=True), BundleFactory(bundle_id=12)

    response = dispatcher.get(LIST, {"state": state})

    assert listed_ids(response) == found


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ("today", [1]),
        ("yesterday", [2]),
        ("past 7 days", [3, 2, 1]),
        ("past 30 days", [5, 4, 3, 2, 1]),
        ("some day", [6, 5, 4, 3, 2, 1]),
    ],
)
@pytest.mark.parametrize("path", [LIST, "/admin/orders/order/"])
def test_a_filter_shows_days_of_assignment(dispatcher, path, days, found, monkeypatch):
    noon = timezone.now().astimezone(UTC).replace(hour=12)
    monkeypatch.setattr(timezone, "now", lambda: noon)  # a real one may pass midnight on the way
    for number, days_ago in enumerate([0, 1, 6, 7, 29, 30], start=1):
        bundle = BundleFactory(bundle_id=number, assign_time=noon - timedelta(days=days_ago))
        OrderFactory(order_id=number, bundle=bundle)

    response = dispatcher.get(path, {"assigned": days})

    assert [record.pk for record in response.context["cl"].result_list] == found


def test_a_list_asks_the_same_of_the_database_in_every_size(dispatcher):
    OrderFactory(bundle=BundleFactory())
    with statements_captured() as small:
        dispatcher.get(LIST)
    for bundle in BundleFactory.create_batch(110):
        OrderFactory.create_batch(2, bundle=bundle)

    with statements_captured() as large:
        response = dispatcher.get(LIST)

    assert len(listed_ids(response)) == 100
    assert len(large) == len(small) == 5  # session, user, count, ids, rows


def test_a_page_tells_what_happened_the_newest_first_and_page_by_page(dispatcher):
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory.create_batch(80, region=1, weight="0.01")
    assign_orders(courier_id=5, now=NOW)
    bundle_id, order_id = Bundle.objects.get().pk, Order.objects.latest("pk").pk
    complete_order(courier_id=5, order_id=order_id, complete_time=NOW)

    def told(page):
        return re.findall(r'<th scope="row">(\w+)</th><td>(.*?)</td>', page.content.decode(), re.DOTALL)

    page = dispatcher.get(f"{LIST}{bundle_id}/change/")
    assert [what for what, _ in told(page)] == ["Completed"] + ["Assigned"] * 49
    assert f">Order {order_id}<" in told(page)[0][1]
    assert f">Bundle {bundle_id}<" not in told(page)[0][1]
    assert "delivered: 2026-01-10 09:00:00" in words(page)

    [older] = re.findall(r'href="(\?before=[0-9]+)#events">Older', page.content.decode())
    page = dispatcher.get(f"{LIST}{bundle_id}/change/{older}")
    assert [what for what, _ in told(page)] == ["Assigned"] * 31 + ["Formed"]
    assert "Older" not in words(page)


@pytest.mark.parametrize("before", ["0", "-1", "x", "1e3", "9" * 19, "9" * 30, "%00"])
def test_where_there_is_nothing_before_the_last_events_are_told(dispatcher, before):
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory(region=1)
    assign_orders(courier_id=5, now=NOW)

    page = dispatcher.get(f"{LIST}{Bundle.objects.get().pk}/change/?before={before}")

    assert page.status_code == (400 if before == "%00" else 200)
    assert before == "%00" or "Formed" in words(page)


def test_a_page_asks_the_same_of_the_database_in_every_size(dispatcher):
    bundle = BundleFactory(bundle_id=11)
    OrderFactory(bundle=bundle)
    with statements_captured() as small:
        dispatcher.get(f"{LIST}11/change/")
    OrderFactory.create_batch(110, bundle=bundle)

    with statements_captured() as large:
        dispatcher.get(f"{LIST}11/change/")

    assert len(large) == len(small) == 5  # session, user, bundle, its orders with it, the record
