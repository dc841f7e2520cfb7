from datetime import UTC, datetime

import pytest

from bundles.tests.factories import BundleFactory
from couriers.tests.factories import CourierFactory
from orders.models import Order, OrderStatus
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

LIST = "/admin/orders/order/"
LATER = datetime(2026, 1, 10, 10, 33, 1, 420_000, tzinfo=UTC)


@pytest.fixture
def three_orders(db):
    """Order 1 is free, 2 is assigned, 3 and 4 are delivered: in bundle 1012 and, before, in bundle 1011."""
    courier = CourierFactory(courier_id=5)
    before = BundleFactory(bundle_id=1011, courier=courier, is_completed=True)
    bundle = BundleFactory(bundle_id=1012, courier=courier)
    OrderFactory(order_id=1, weight="0.25", region=3, delivery_hours=["09:00-12:00", "16:00-21:30"])
    OrderFactory(order_id=2, bundle=bundle)
    OrderFactory(order_id=3, bundle=bundle, complete_time=LATER)
    OrderFactory(order_id=4, bundle=before, complete_time=LATER)


@pytest.mark.parametrize("path", [LIST, f"{LIST}1/change/"])
def test_a_free_order_reads(dispatcher, three_orders, path):
    page = dispatcher.get(path, {"status": "free"}).content.decode()

    for text in (
        ">0.25 kg<",
        ">09:00-12:00</span>, ",
        ">16:00-21:30</span>",
        "free",
        'href="/admin/orders/order/?q=region+3"',
    ):
        assert text in page
    assert "None" not in page


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_shows_the_status_by_which_it_is_found(three_orders, status):
    found = Order.objects.in_status(status)

    assert {order.status for order in found} == {status}


@pytest.mark.parametrize("path", [f"{LIST}?q=3", f"{LIST}3/change/"])
def test_a_delivered_order_reads(dispatcher, three_orders, path):
    page = dispatcher.get(path).content.decode()

    assert "delivered" in page
    assert ">2026-01-10 10:33:01<" in page
    assert 'href="/admin/bundles/bundle/1012/change/">Bundle 1012</a>' in page
    assert 'href="/admin/couriers/courier/5/change/">Courier 5</a>' in page


def test_a_page_tells_when_it_was_assigned(dispatcher, three_orders):
    page = dispatcher.get(f"{LIST}2/change/").content.decode()

    assert ">2026-01-10 09:00:00<" in page


@pytest.mark.parametrize(
    ("status", "found"),
    [("free", [1]), ("assigned", [2]), ("delivered", [4, 3]), ("lost", [4, 3, 2, 1]), ("", [4, 3, 2, 1])],
)
def test_a_filter_shows_one_status_the_newest_first(dispatcher, three_orders, status, found):
    response = dispatcher.get(LIST, {"status": status})

    assert [order.order_id for order in response.context["cl"].result_list] == found


def test_filters_and_search_narrow_together(dispatcher, three_orders):
    response = dispatcher.get(LIST, {"status": "delivered", "q": "bundle 1011"})

    assert [order.order_id for order in response.context["cl"].result_list] == [4]


@pytest.mark.parametrize("status", ["", "free", "assigned", "delivered"])
def test_a_list_asks_the_same_of_the_database_in_every_size(dispatcher, three_orders, status):
    with statements_captured() as small:
        dispatcher.get(LIST, {"status": status})
    for _ in range(35):
        bundle = BundleFactory(is_completed=True)
        OrderFactory.create_batch(1, bundle=bundle)
        OrderFactory.create_batch(3, bundle=bundle, complete_time=LATER)
        OrderFactory.create_batch(3)

    with statements_captured() as large:
        response = dispatcher.get(LIST, {"status": status})

    assert len(response.context["cl"].result_list) > 30
    assert len(large) == len(small) == 5  # session, user, count, ids, rows
