from datetime import UTC, datetime

import pytest

from bundles.services import complete_order
from bundles.tests.factories import BundleFactory
from couriers.models import CourierType
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

LIST = "/admin/couriers/courier/"


def test_a_list_reads_like_a_roster(dispatcher):
    CourierFactory(courier_id=5, courier_type="bike", regions=[3, 12], working_hours=["09:00-13:00", "14:00-18:00"])

    page = dispatcher.get(LIST).content.decode()

    for text in ("bike, 15 kg", ">3</span>, ", ">12</span>", ">09:00-13:00</span>, ", ">14:00-18:00</span>"):
        assert text in page
    assert f'href="{LIST}5/change/"' in page
    assert 'href="/admin/bundles/bundle/?q=courier+5"' in page
    assert 'href="/admin/orders/order/?q=courier+5"' in page


def test_a_list_shows_the_first_of_many_regions_and_a_page_all(dispatcher):
    CourierFactory(courier_id=5, regions=list(range(2001, 3001)))

    in_list = dispatcher.get(LIST).content.decode()
    on_page = dispatcher.get(f"{LIST}5/change/").content.decode()

    assert ">2004</span></span> and 996 more" in in_list
    assert ">2005</span>" not in in_list
    assert ">3000</span>" in on_page


def test_a_page_tells_what_he_earned_and_carries(dispatcher):
    courier = CourierFactory(courier_id=5, courier_type="car")
    delivered = OrderFactory(bundle=BundleFactory(courier=courier))
    complete_order(courier_id=5, order_id=delivered.order_id, complete_time=datetime(2026, 1, 10, 9, 30, tzinfo=UTC))
    active = BundleFactory(courier=courier)
    OrderFactory(bundle=active, weight="2.50"), OrderFactory(bundle=active, weight="0.25")

    page = dispatcher.get(f"{LIST}5/change/").content.decode()

    assert "earned 4,500, rating 2.50 of 5" in page
    assert f'href="/admin/bundles/bundle/{active.bundle_id}/change/"' in page
    assert ": 2 to deliver, " in page
    assert ">2.75 kg<" in page


def test_a_page_of_a_new_courier_says_so(dispatcher):
    CourierFactory(courier_id=5, regions=[], working_hours=[])

    page = dispatcher.get(f"{LIST}5/change/").content.decode()

    assert "earned 0, no rating yet" in page
    assert "None" not in page


@pytest.mark.parametrize("courier_type", CourierType.values)
def test_a_filter_shows_one_type(dispatcher, courier_type):
    couriers = {kind: CourierFactory(courier_type=kind) for kind in CourierType.values}

    response = dispatcher.get(LIST, {"type": courier_type})

    assert response.context["cl"].result_list == [couriers[courier_type]]


def test_a_list_asks_the_same_of_the_database_in_every_size(dispatcher):
    CourierFactory.create_batch(2)
    with statements_captured() as small:
        dispatcher.get(LIST)
    CourierFactory.create_batch(120)

    with statements_captured() as large:
        response = dispatcher.get(LIST)

    assert len(response.context["cl"].result_list) == 100
    assert len(large) == len(small) == 5  # session, user, count, ids, rows


def test_a_page_asks_the_same_of_the_database_in_every_size(dispatcher):
    courier = CourierFactory(courier_id=5)
    bundle = BundleFactory(courier=courier)
    OrderFactory(bundle=bundle)
    with statements_captured() as small:
        dispatcher.get(f"{LIST}5/change/")
    OrderFactory.create_batch(20, bundle=bundle)
    for _ in range(5):
        OrderFactory(bundle=BundleFactory(courier=courier, is_completed=True), complete_time=bundle.assign_time)

    with statements_captured() as large:
        dispatcher.get(f"{LIST}5/change/")

    assert len(large) == len(small) == 6  # session, user, courier, his statement, what he carries, the record
