"""What a dispatcher releases is free for anyone."""

import pytest

from bundles.dispatch import BundleIsCompleted, NotUndelivered, Released, release_bundle, release_orders
from bundles.models import Bundle
from bundles.services import UnknownBundle, assign_orders, complete_order, courier_statement
from bundles.tests.scenes import NOW, rows, what_is_wrong
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db


@pytest.fixture
def bundle():
    """Courier 5's, with the orders 1 to 4, of which 4 is delivered."""
    CourierFactory(courier_id=5)
    for order_id in range(1, 5):
        OrderFactory(order_id=order_id)
    assign_orders(courier_id=5, now=NOW)
    complete_order(courier_id=5, order_id=4, complete_time=NOW)
    return Bundle.objects.get()


def release(bundle, *order_ids):
    return release_orders(bundle_id=bundle.pk, order_ids=order_ids)


def test_released_orders_are_free_and_the_others_stay(bundle):
    assert release(bundle, 2, 1) == Released(bundle.pk, 5, [1, 2], bundle_completed=False)

    assert list(Order.objects.free().values_list("pk", flat=True)) == [1, 2]
    assert list(bundle.orders.order_by("pk").values_list("pk", flat=True)) == [3, 4]
    assert Bundle.objects.values_list("is_completed", "released_orders").get() == (False, 2)
    assert what_is_wrong() == []


def test_the_last_one_completes_the_bundle_and_what_was_delivered_pays(bundle):
    assert release(bundle, 1, 2, 3).bundle_completed

    assert Bundle.objects.get().is_completed
    assert courier_statement(courier_id=5).earnings == 1000
    assert what_is_wrong() == []


def test_of_no_orders_none_is_released_and_nothing_paid_again(bundle):
    release(bundle, 1, 2, 3)
    before = rows()

    assert release(bundle) == Released(bundle.pk, 5, [], bundle_completed=False)

    assert rows() == before


def test_a_bundle_released_before_any_delivery_pays_nothing():
    CourierFactory(courier_id=5)
    OrderFactory()
    assign_orders(courier_id=5, now=NOW)

    released = release_bundle(bundle_id=Bundle.objects.get().pk)

    assert released.bundle_completed
    assert courier_statement(courier_id=5).earnings == 0
    assert what_is_wrong() == []


def test_a_whole_bundle_is_released(bundle):
    assert release_bundle(bundle_id=bundle.pk) == Released(bundle.pk, 5, [1, 2, 3], bundle_completed=True)

    assert Order.objects.free().count() == 3
    assert Bundle.objects.get().released_orders == 3


@pytest.mark.parametrize(("asked", "others"), [([4], "4"), ([1, 4, 9, 77], "4, 9, 77"), ([77, 4, 1], "4, 77")], ids=str)
def test_all_that_cannot_be_released_is_named_and_nothing_is(bundle, asked, others):
    OrderFactory(order_id=9)
    before = rows()

    with pytest.raises(NotUndelivered, match=f"any more: {others}.$") as refusal:
        release(bundle, *asked)

    assert refusal.value.code == "not_undelivered"
    assert rows() == before


def test_an_unknown_bundle_is_refused(db):
    for use_case in (lambda: release_orders(bundle_id=3, order_ids=[1]), lambda: release_bundle(bundle_id=3)):
        with pytest.raises(UnknownBundle, match="There is no bundle 3"):
            use_case()


def test_a_completed_bundle_is_refused(bundle):
    release_bundle(bundle_id=bundle.pk)
    before = rows()

    with pytest.raises(BundleIsCompleted) as refusal:
        release_bundle(bundle_id=bundle.pk)

    assert refusal.value.code == "bundle_is_completed"
    assert rows() == before


@pytest.mark.parametrize("count", [2, 300])
def test_statements_do_not_grow_with_the_bundle(count):
    CourierFactory(courier_id=5, courier_type="car")
    for order_id in range(count):
        OrderFactory(order_id=order_id + 1, weight="0.1")
    assign_orders(courier_id=5, now=NOW)

    with statements_captured() as statements:
        release_bundle(bundle_id=Bundle.objects.get().pk)

    # the bundle (asked for here), itself, the courier's lock, its orders, released, counted, completed: two
    postgresql_announces = len([sql for sql in statements if "order_arrivals" in sql])
    assert len(statements) - postgresql_announces == 9
