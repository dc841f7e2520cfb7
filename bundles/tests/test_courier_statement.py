from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bundles.services import change_courier, complete_order, courier_statement
from bundles.tests.factories import BundleFactory
from couriers.models import UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

ASSIGNED = datetime(2026, 1, 10, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def bundle_of(courier, *deliveries, undelivered=0, **fields):
    """A bundle whose orders were delivered (seconds after its assign time, in region)."""
    bundle = BundleFactory(courier=courier, **{"assign_time": ASSIGNED} | fields)
    orders = [OrderFactory(bundle=bundle, region=region) for _, region in deliveries]
    OrderFactory.create_batch(undelivered, bundle=bundle)
    for order, (seconds, _) in zip(orders, deliveries, strict=True):
        complete_time = bundle.assign_time + timedelta(seconds=seconds)
        complete_order(courier_id=courier.courier_id, order_id=order.order_id, complete_time=complete_time)
    return bundle


def earnings_and_rating(courier):
    statement = courier_statement(courier_id=courier.courier_id)
    return statement.earnings, statement.rating


def test_a_new_courier_has_earned_nothing_and_is_not_rated():
    courier = CourierFactory()

    assert courier_statement(courier_id=courier.courier_id) == (courier, 0, None)


def test_an_active_bundle_pays_nothing_yet_and_is_not_rated():
    courier = CourierFactory()
    bundle_of(courier, (60, 1), undelivered=1)

    assert earnings_and_rating(courier) == (0, None)


@pytest.mark.parametrize(("courier_type", "earnings"), [("foot", 1000), ("bike", 2500), ("car", 4500)])
def test_a_completed_bundle_pays_by_the_type(courier_type, earnings):
    courier = CourierFactory(courier_type=courier_type)
    bundle_of(courier, (360, 1))

    assert earnings_and_rating(courier) == (earnings, Decimal("4.50"))


def test_the_type_when_the_bundle_was_formed_sets_the_pay():
    courier = CourierFactory(courier_type="car")
    bundle_of(courier, (360, 1), courier_type="foot")
    bundle_of(courier, (360, 1), courier_type="bike")

    assert earnings_and_rating(courier)[0] == 1000 + 2500


def test_a_bundle_emptied_by_a_change_pays_nothing_and_brings_no_rating():
    courier = CourierFactory()
    bundle_of(courier, undelivered=2)

    change_courier(courier_id=courier.courier_id, changes={"regions": [2]})

    assert earnings_and_rating(courier) == (0, None)


def test_a_bundle_emptied_after_a_delivery_pays():
    courier = CourierFactory()
    bundle_of(courier, (720, 1), undelivered=1)

    change_courier(courier_id=courier.courier_id, changes={"regions": [2]})

    assert earnings_and_rating(courier) == (1000, Decimal("4.00"))


def test_deliveries_of_the_active_bundle_count_once_one_is_completed():
    courier = CourierFactory()
    bundle_of(courier, (3600, 1))
    bundle_of(courier, (0, 1), undelivered=1, assign_time=ASSIGNED + timedelta(hours=2))

    assert earnings_and_rating(courier) == (1000, Decimal("2.50"))


def test_times_count_within_a_bundle_and_means_across_bundles():
    courier = CourierFactory()
    bundle_of(courier, (100, 1), (400, 2))  # 100, 300
    bundle_of(courier, (500, 2), (200, 1), assign_time=ASSIGNED + timedelta(days=1))  # 300, 200

    # Means: region 1 has (100 + 200) / 2, region 2 has (300 + 300) / 2.
    assert earnings_and_rating(courier) == (2000, Decimal("4.79"))


def test_bundles_that_overlap_in_time_are_reckoned_apart():
    courier = CourierFactory()
    bundle_of(courier, (1000, 1))
    bundle_of(courier, (1001, 1))

    # 1000 and 1001, not 1000 and 1.
    assert earnings_and_rating(courier)[1] == Decimal("3.61")


def test_what_others_delivered_does_not_count():
    courier, other = CourierFactory.create_batch(2)
    bundle_of(other, (60, 1))

    assert earnings_and_rating(courier) == (0, None)


def test_a_complete_time_that_comes_late_takes_its_place_among_the_others():
    courier = CourierFactory()
    bundle_of(courier, (1800, 1), undelivered=1)
    late = Order.objects.undelivered().get()

    complete_order(
        courier_id=courier.courier_id, order_id=late.order_id, complete_time=ASSIGNED + timedelta(seconds=600)
    )

    assert earnings_and_rating(courier) == (1000, Decimal("3.75"))  # 600 and 1200


def test_unknown_courier_is_refused():
    with pytest.raises(UnknownCourier) as refused:
        courier_statement(courier_id=2)

    assert refused.value.code == "unknown_courier"


def test_answers_the_four_fields_and_earnings(api):
    CourierFactory(courier_id=2, courier_type="bike", regions=[3, 1, 3], working_hours=["12:00-13:00", "09:00-10:00"])

    answer = api.get("/couriers/2")

    assert (answer.status, answer.body) == (
        200,
        {
            "courier_id": 2,
            "courier_type": "bike",
            "regions": [3, 1, 3],
            "working_hours": ["12:00-13:00", "09:00-10:00"],
            "earnings": 0,
        },
    )


@pytest.mark.parametrize(("seconds", "rating"), [(0, 5.0), (361, 4.5), (360 * 7 + 1, 1.5), (3600, 0.0), (10**6, 0.0)])
def test_answers_the_rating_as_a_number(api, seconds, rating):
    bundle_of(CourierFactory(courier_id=2), (seconds, 1))

    answer = api.get("/couriers/2")

    assert answer.body["rating"] == rating
    assert type(answer.body["rating"]) is float
    assert answer.body["earnings"] == 1000


def test_answers_404_to_an_unknown_courier(api):
    answer = api.get("/couriers/2")

    assert (answer.status, answer.body["code"]) == (404, "unknown_courier")


@pytest.mark.parametrize("size", [1, 30])
def test_statements_do_not_grow_with_his_history(api, size):
    courier = CourierFactory(courier_id=2)
    for _ in range(size):
        bundle_of(courier, (60, 1), (120, 2))

    with statements_captured() as statements:
        api.get("/couriers/2")
    assert len(statements) == 1
