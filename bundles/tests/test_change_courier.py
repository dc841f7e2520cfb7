from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.models import Bundle
from bundles.services import assign_orders, change_courier
from bundles.tests import reference
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import add_orders, rolled_back, rows, what_is_wrong
from couriers.models import UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

DELIVERED = datetime(2026, 1, 10, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def carrying(*orders, **courier):
    """A courier with an active bundle of these orders; each is a dict of what differs from the factory's."""
    bundle = BundleFactory(courier=CourierFactory(**courier))
    for order_id, order in enumerate(orders, 1):
        OrderFactory(**{"order_id": order_id, "bundle": bundle} | order)
    return bundle.courier


def change(courier, **changes):
    return change_courier(courier_id=courier.courier_id, changes=changes).courier


def carried():
    return list(Order.objects.undelivered().lightest_first().values_list("order_id", flat=True))


def free():
    return set(Order.objects.free().values_list("order_id", flat=True))


def test_changes_what_is_named_and_nothing_else():
    courier = CourierFactory(courier_type="foot", regions=[1], working_hours=["09:00-10:00"])
    other = CourierFactory(regions=[3])

    changed = change(courier, regions=[2, 1, 2])

    courier.refresh_from_db()
    other.refresh_from_db()
    assert (courier.courier_type, courier.regions, courier.working_hours) == ("foot", [2, 1, 2], ["09:00-10:00"])
    assert (changed.courier_type, changed.regions, changed.working_hours) == ("foot", [2, 1, 2], ["09:00-10:00"])
    assert other.regions == [3]


@pytest.mark.parametrize(
    ("name", "changes", "kept"),
    [
        ("a region fewer", {"regions": [1]}, [1, 3]),
        ("other regions", {"regions": [3]}, []),
        ("no regions", {"regions": []}, []),
        ("a region more", {"regions": [1, 2, 3]}, [1, 2, 3]),
        ("hours that still overlap", {"working_hours": ["11:59-12:00"]}, [1, 2, 3]),
        ("hours that only touch", {"working_hours": ["12:00-20:00"]}, [3]),
        ("hours that touch from the other side", {"working_hours": ["08:00-09:00", "19:00-20:00"]}, [3]),
        ("no hours", {"working_hours": []}, []),
        ("a smaller capacity", {"courier_type": "foot"}, [1, 2]),
        ("a larger capacity", {"courier_type": "car"}, [1, 2, 3]),
        ("what is left fits the smaller capacity", {"courier_type": "foot", "regions": [1]}, [1, 3]),
        ("everything at once", {"courier_type": "foot", "regions": [2], "working_hours": ["10:00-11:00"]}, [2]),
        ("the same again", {"courier_type": "bike", "regions": [1, 2], "working_hours": ["09:00-20:00"]}, [1, 2, 3]),
    ],
)
def test_releases_what_fits_no_longer(name, changes, kept):
    courier = carrying(
        {"weight": 4, "region": 1, "delivery_hours": ["09:00-12:00"]},
        {"weight": 5, "region": 2, "delivery_hours": ["09:00-12:00"]},
        {"weight": 6, "region": 1, "delivery_hours": ["11:00-20:00"]},
        courier_type="bike",
        regions=[1, 2],
        working_hours=["09:00-20:00"],
    )

    change(courier, **changes)

    assert carried() == kept
    assert free() == {1, 2, 3}.difference(kept)
    assert Bundle.objects.get().is_completed == (not kept)


def test_of_equal_weights_the_smaller_ids_are_kept():
    courier = carrying({"order_id": 9, "weight": 5}, {"order_id": 8, "weight": 5}, {"weight": 5}, courier_type="bike")

    change(courier, courier_type="foot")

    assert (carried(), free()) == ([3, 8], {9})


def test_the_lightest_are_kept_so_that_the_most_remain():
    courier = carrying({"weight": 10}, *[{"weight": 2}] * 6, courier_type="car")

    change(courier, courier_type="foot")

    assert (carried(), free()) == ([2, 3, 4, 5, 6], {1, 7})


def test_delivered_orders_stay_whatever_changes():
    courier = carrying({"complete_time": DELIVERED}, {})

    change(courier, regions=[2], working_hours=[])

    bundle = Bundle.objects.get()
    assert Order.objects.get(order_id=1).bundle == bundle
    assert free() == {2}
    assert bundle.is_completed


def test_delivered_orders_count_towards_the_load_no_more():
    courier = carrying({"weight": 9, "complete_time": DELIVERED}, {"weight": 5}, {"weight": 5}, courier_type="car")

    change(courier, courier_type="foot")

    assert (carried(), free()) == ([2, 3], set())


def test_completed_bundles_and_others_orders_are_left_alone():
    courier = carrying({})
    BundleFactory(courier=courier, is_completed=True)
    OrderFactory(order_id=50, bundle=Bundle.objects.get(is_completed=True), complete_time=DELIVERED)
    OrderFactory(order_id=60, bundle=BundleFactory())
    OrderFactory(order_id=70)

    change(courier, regions=[2])

    assert carried() == [60]
    assert free() == {1, 70}
    assert Order.objects.delivered().get().order_id == 50


def test_the_bundle_keeps_the_type_of_its_forming():
    courier = carrying({}, courier_type="car")

    change(courier, courier_type="foot")

    assert Bundle.objects.get().courier_type == "car"


def test_what_is_released_is_free_for_anyone():
    courier = carrying({}, {"region": 2}, regions=[1, 2])
    other = CourierFactory(regions=[2])

    change(courier, regions=[1])

    assert assign_orders(courier_id=other.courier_id, now=DELIVERED).order_ids == [2]


def test_emptied_he_may_take_a_new_bundle():
    courier = carrying({})
    OrderFactory(order_id=2, region=2)

    change(courier, regions=[2])

    assert assign_orders(courier_id=courier.courier_id, now=DELIVERED) == ([2], DELIVERED)


def test_without_changes_everything_stays():
    courier = carrying({"region": 7}, {"weight": 20})  # would be released by any change
    before = rows()

    unchanged = change(courier)

    assert (unchanged.courier_id, unchanged.regions) == (courier.courier_id, courier.regions)
    assert rows() == before


def test_unknown_courier_is_refused_and_nothing_changed():
    courier = carrying({})
    before = rows()

    with pytest.raises(UnknownCourier) as refused:
        change_courier(courier_id=courier.courier_id + 1, changes={"regions": []})

    assert refused.value.code == "unknown_courier"
    assert rows() == before


hours = st.lists(
    st.sampled_from(["09:00-12:00", "12:00-13:00", "11:59-12:01", "09:10-09:20", "09:20-18:00"]), max_size=2
)
weights = st.sampled_from(["0.01", "0.1", "2.5", "3.33", "3.34", "5", "9.99", "10", "15", "50"]).map(Decimal)
orders = st.lists(
    st.fixed_dictionaries({"weight": weights, "region": st.integers(1, 3), "delivery_hours": hours}),
    min_size=1,
    max_size=9,
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "courier_type": st.sampled_from(list(reference.CAPACITIES)),
        "regions": st.lists(st.integers(1, 3), max_size=3),
        "working_hours": hours,
    },
).filter(bool)


@settings(max_examples=100)
@given(orders, changes)
def test_keeps_the_largest_of_all_subsets_that_fit(some_orders, some_changes):
    with rolled_back():
        courier = CourierFactory(courier_type="car", regions=[1, 2, 3], working_hours=["09:00-18:00"])
        bundle = BundleFactory(courier=courier)
        some = [order | {"order_id": n} for n, order in enumerate(some_orders, 1)]
        add_orders(order | {"bundle": bundle} for order in some)

        changed = change(courier, **some_changes)

        fitting = [order for order in some if reference.fits(order, vars(changed))]
        expected = reference.most_of_all_subsets(fitting, reference.CAPACITIES[changed.courier_type])
        assert carried() == [order["order_id"] for order in expected]
        assert what_is_wrong() == []


def test_answers_the_four_fields(api):
    CourierFactory(courier_id=2, courier_type="foot", regions=[3, 1], working_hours=["09:00-18:00"])

    answer = api.patch("/couriers/2", {"courier_type": "car", "working_hours": []})

    assert (answer.status, answer.body) == (
        200,
        {"courier_id": 2, "courier_type": "car", "regions": [3, 1], "working_hours": []},
    )


def test_answers_200_to_no_changes(api):
    CourierFactory(courier_id=2, courier_type="foot", regions=[1], working_hours=[])

    answer = api.patch("/couriers/2", {})

    assert (answer.status, answer.body) == (
        200,
        {"courier_id": 2, "courier_type": "foot", "regions": [1], "working_hours": []},
    )


@pytest.mark.parametrize("body", [{}, {"regions": None}, {"shoe_size": 44}, b"{"])
def test_answers_404_to_an_unknown_courier_before_the_body_is_judged(api, body):
    answer = api.patch("/couriers/2", body)

    assert (answer.status, answer.body["code"]) == (404, "unknown_courier")


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("unknown field", {"shoe_size": 44}, ["shoe_size"]),
        ("the id", {"courier_id": 2}, ["courier_id"]),
        ("bad values", {"courier_type": "ship", "regions": [0], "working_hours": ["9-18"]}, None),
        ("one good, one bad", {"regions": [1], "courier_type": 1}, ["courier_type"]),
        ("nulls", {"regions": None, "working_hours": None}, ["__core__"]),
        (
            "null and bad and unknown",
            {"regions": None, "courier_type": "x", "y": None},
            ["courier_type", "y", "__core__"],
        ),
    ],
)
def test_a_bad_change_answers_the_report_and_changes_nothing(api, name, body, fields):
    courier = carrying({}, courier_id=2)
    before = rows()

    answer = api.patch("/couriers/2", body)

    assert answer.status == 400
    report = answer.body["validation_error"]
    assert report.keys() == {"couriers", "2"}
    assert report["couriers"] == [{"id": courier.courier_id}]
    assert report["2"].keys() == set(fields or body)
    assert rows() == before


def test_nulls_are_named_under_core(api):
    CourierFactory(courier_id=2)

    answer = api.patch("/couriers/2", {"working_hours": None, "regions": None})

    assert answer.body["validation_error"]["2"]["__core__"].endswith(": regions, working_hours")


@pytest.mark.parametrize("size", [2, 400])
def test_statements_do_not_grow_with_the_bundle(api, size):
    bundle = BundleFactory(courier__courier_type="car", courier__courier_id=2)
    Order.objects.bulk_create(
        OrderFactory.build(order_id=n, bundle=bundle, weight=Decimal("0.1")) for n in range(1, size + 1)
    )

    # Is he there? The courier, his change, what he carries, what he does no longer, how many these are, the bundle,
    # read and completed; on PostgreSQL the announcement of what is free now.
    with statements_captured() as statements:
        answer = api.patch("/couriers/2", {"regions": [2]})
    assert answer.status == 200
    assert len(statements) == {"postgresql": 11, "sqlite": 10}[connection.vendor]
