"""What a courier cannot finish goes to another one, as far as it fits him."""

import pytest

from bundles.dispatch import BundleIsCompleted, CarriesAnother, HisOwnBundle, Moved, NothingFits, move_bundle
from bundles.models import Bundle
from bundles.services import UnknownBundle, assign_orders, complete_order, courier_statement
from bundles.tests.scenes import NOW, rows, what_is_wrong
from couriers.models import UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db

LATER = NOW.replace(hour=11)


@pytest.fixture
def bundle():
    """Courier 5's, by car: order 1 is delivered, 2 and 3 weigh 6 kg, 4 is of region 2, 5 for the night."""
    CourierFactory(courier_id=5, courier_type="car", regions=[1, 2], working_hours=["00:00-23:59"])
    for order_id, weight, region, hours in [
        (1, 3, 1, "09:00-18:00"),
        (2, 6, 1, "09:00-18:00"),
        (3, 6, 1, "09:00-18:00"),
        (4, 1, 2, "09:00-18:00"),
        (5, 1, 1, "22:00-23:00"),
    ]:
        OrderFactory(order_id=order_id, weight=weight, region=region, delivery_hours=[hours])
    assign_orders(courier_id=5, now=NOW)
    complete_order(courier_id=5, order_id=1, complete_time=NOW)
    return Bundle.objects.get()


def move(bundle, courier_id):
    return move_bundle(bundle_id=bundle.pk, courier_id=courier_id, now=LATER)


def test_what_fits_goes_and_the_rest_stays_each_with_its_reason(bundle):
    CourierFactory(courier_id=6, courier_type="foot", regions=[1], working_hours=["08:00-12:00"])

    moved = move(bundle, 6)

    assert moved == Moved(bundle.pk, 6, [2], [(4, "region"), (5, "hours"), (3, "capacity")])
    taken_over = Bundle.objects.get(courier_id=6)
    assert (taken_over.courier_type, taken_over.assign_time, taken_over.is_completed) == ("foot", LATER, False)
    assert list(taken_over.orders.values_list("pk", flat=True)) == [2]
    assert Bundle.objects.values_list("is_completed", "released_orders").get(pk=bundle.pk) == (False, 1)
    assert what_is_wrong() == []


def test_a_bundle_that_moves_whole_is_completed_and_pays_what_it_delivered(bundle):
    CourierFactory(courier_id=6, courier_type="car", regions=[2, 1], working_hours=["00:00-23:59"])

    assert move(bundle, 6) == Moved(bundle.pk, 6, [4, 5, 2, 3], [])

    bundle.refresh_from_db()
    assert bundle.is_completed
    assert courier_statement(courier_id=5).earnings == 4500
    assert Order.objects.get(pk=1).bundle_id == bundle.pk
    assert what_is_wrong() == []


def test_a_move_is_refused_with_its_reason_and_changes_nothing(bundle):
    CourierFactory(courier_id=6, regions=[1])
    CourierFactory(courier_id=7, regions=[9], working_hours=[])
    OrderFactory(order_id=60, region=1)
    assign_orders(courier_id=6, now=NOW)
    completed = Bundle.objects.get(courier_id=6)
    before = rows()

    for refused, bundle_id, courier_id, said in [
        (UnknownBundle, 99, 7, "There is no bundle 99."),
        (UnknownCourier, bundle.pk, 8, "There is no courier 8."),
        (HisOwnBundle, bundle.pk, 5, "Courier 5 carries bundle"),
        (CarriesAnother, bundle.pk, 6, f"Courier 6 carries bundle {completed.pk}: complete or release it first."),
        (NothingFits, bundle.pk, 7, "order 4: region, hours; order 5: region, hours"),
    ]:
        with pytest.raises(refused, match=said):
            move_bundle(bundle_id=bundle_id, courier_id=courier_id, now=LATER)
        assert rows() == before


def test_a_completed_bundle_has_nothing_to_move(bundle):
    CourierFactory(courier_id=6, courier_type="car", regions=[2, 1], working_hours=["00:00-23:59"])
    CourierFactory(courier_id=7, courier_type="car", regions=[2, 1], working_hours=["00:00-23:59"])
    move(bundle, 6)
    before = rows()

    with pytest.raises(BundleIsCompleted):
        move(bundle, 7)

    assert rows() == before
