from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bundles.tests.factories import BundleFactory
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
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
def test_a_filter_shows_days_of_assignment(dispatcher, path, days, found):
    noon = timezone.now().astimezone(UTC).replace(hour=12)
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


def test_a_page_asks_the_same_of_the_database_in_every_size(dispatcher):
    bundle = BundleFactory(bundle_id=11)
    OrderFactory(bundle=bundle)
    with statements_captured() as small:
        dispatcher.get(f"{LIST}11/change/")
    OrderFactory.create_batch(110, bundle=bundle)

    with statements_captured() as large:
        dispatcher.get(f"{LIST}11/change/")

    assert len(large) == len(small) == 4  # session, user, bundle, its orders with it
