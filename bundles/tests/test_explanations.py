"""Why not: every reason is true, and the changes that are named help."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.explanations import CODES, Reason, explain_order
from bundles.services import assign_orders, change_courier, complete_order
from bundles.tests import reference
from bundles.tests.factories import BundleFactory
from bundles.tests.scenes import add_orders, rolled_back
from couriers.models import Courier, UnknownCourier
from couriers.tests.factories import CourierFactory
from orders.models import Order, UnknownOrder
from orders.tests.factories import OrderFactory
from sweets_store.tests.statements import statements_captured

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def explained(order, courier):
    return explain_order(order_id=order.order_id, courier_id=courier.courier_id)


def changes(explanation):
    return {reason.code: reason.change for reason in explanation.reasons}


def assigned(courier):
    return assign_orders(courier_id=courier.courier_id, now=NOW).order_ids


# Brute force


hours = st.lists(
    st.sampled_from(["09:00-10:00", "09:30-11:00", "12:00-12:01", "00:00-00:30", "23:00-23:59"]), max_size=2
)
orders = st.fixed_dictionaries(
    {
        "weight": st.sampled_from(["0.01", "3", "4", "9.99", "10", "12", "15", "20", "50"]).map(Decimal),
        "region": st.integers(1, 3),
        "delivery_hours": hours,
    }
)
couriers = st.fixed_dictionaries(
    {
        "courier_type": st.sampled_from(list(reference.CAPACITIES)),
        "regions": st.lists(st.integers(1, 3), max_size=3),
        "working_hours": hours,
    }
)


@st.composite
def scenes(draw):
    """Couriers, and orders of which some are handed out and some of these delivered."""
    given_to = draw(st.lists(st.sampled_from([1, 2]), max_size=2, unique=True))
    backlog = [
        order
        | {"order_id": n, "bundle_of": draw(st.sampled_from([None, None, *given_to])), "done": draw(st.booleans())}
        for n, order in enumerate(draw(st.lists(orders, min_size=1, max_size=9)), 1)
    ]
    return [draw(couriers) for _ in range(2)], backlog


def stored(scene):
    some, backlog = scene
    courier, other = [CourierFactory(courier_id=n, **fields) for n, fields in enumerate(some, 1)]
    for holder in (courier, other):
        his = [order for order in backlog if order["bundle_of"] == holder.courier_id]
        if his:
            is_completed = all(order["done"] for order in his)
            bundle = BundleFactory(courier=holder, assign_time=NOW, is_completed=is_completed)
        for order in his:
            order |= {"bundle": bundle, "complete_time": NOW if order["done"] else None}
    add_orders({k: v for k, v in order.items() if k not in ("bundle_of", "done")} for order in backlog)
    return courier, backlog


def true_reasons(order, courier, backlog):
    """What the contract says stands in the way."""
    if order["bundle_of"]:
        return ["delivered" if order["done"] else "taken"]
    capacity = reference.CAPACITIES[courier.courier_type]
    reasons = []
    if order["region"] not in courier.regions:
        reasons.append("region")
    if not reference.overlap(order["delivery_hours"], courier.working_hours):
        reasons.append("hours")
    if order["weight"] > capacity:
        reasons.append("weight")
    fitting = [some for some in backlog if not some["bundle_of"] and reference.fits(some, vars(courier))]
    if not reasons and order not in reference.most(fitting, capacity):
        reasons.append("capacity")
    if any(some["bundle_of"] == courier.courier_id and not some["done"] for some in backlog):
        reasons.append("busy")
    return reasons


@settings(max_examples=300)
@given(scenes())
def test_each_reason_is_true_and_none_is_missing(scene):
    with rolled_back():
        courier, backlog = stored(scene)
        explanations = {order["order_id"]: explain_order(order_id=order["order_id"], courier_id=1) for order in backlog}

        for order in backlog:
            explanation = explanations[order["order_id"]]
            assert [reason.code for reason in explanation.reasons] == true_reasons(order, courier, backlog)
            assert {reason.code for reason in explanation.reasons} <= set(CODES)
            assert all(reason.detail.endswith(".") for reason in explanation.reasons)
        answered = assigned(courier)
        assert [n for n, explanation in explanations.items() if explanation.can_take] == sorted(answered)


@settings(max_examples=300)
@given(scenes(), st.data())
def test_who_makes_the_changes_and_assigns_gives_him_the_order(scene, data):
    with rolled_back():
        courier, backlog = stored(scene)
        order = data.draw(st.sampled_from(backlog))
        explanation = explain_order(order_id=order["order_id"], courier_id=1)
        named = changes(explanation)

        if not named or None in named.values():
            return
        for change in named.values():
            change_courier(courier_id=1, changes=change)
        assert order["order_id"] in assigned(courier)


@settings(max_examples=200)
@given(scenes(), st.data())
def test_where_no_vehicle_is_named_none_would_do(scene, data):
    """Nothing but the region and the hours can be changed then, and a car does not help either."""
    with rolled_back():
        courier, backlog = stored(scene)
        order = data.draw(st.sampled_from(backlog))
        named = changes(explain_order(order_id=order["order_id"], courier_id=1))
        named.pop("busy", None)
        if order["bundle_of"] or not named or any(named.values()):
            return
        changed = {
            "courier_type": "car",
            "regions": [*courier.regions, order["region"]],
            "working_hours": ["00:00-23:59"] if "hours" in named else courier.working_hours,
        }
        Order.objects.undelivered().update(complete_time=NOW)
        change_courier(courier_id=1, changes=changed)
        Courier.objects.get(courier_id=1).bundles.update(is_completed=True)
        assert order["order_id"] not in assigned(courier)


# Each reason, as the API tells it


def test_nothing_stands_in_the_way(api):
    CourierFactory(courier_id=2)
    OrderFactory(order_id=1)

    answer = api.get("/orders/1/explain?courier_id=2")

    assert answer.status == 200
    assert answer.body == {"order_id": 1, "courier_id": 2, "can_take": True, "reasons": []}


def test_region_hours_and_weight_are_told_at_once(api):
    CourierFactory(courier_id=2, regions=[4, 7], working_hours=["09:00-12:00", "15:00-18:00"])
    OrderFactory(order_id=1, weight=Decimal("12.5"), region=5, delivery_hours=["19:00-20:00", "12:20-13:00"])

    answer = api.get("/orders/1/explain?courier_id=2")

    assert answer.body == {
        "order_id": 1,
        "courier_id": 2,
        "can_take": False,
        "reasons": [
            {
                "code": "region",
                "detail": "He does not work in region 5.",
                "change": {"regions": [4, 7, 5], "courier_type": "bike"},
            },
            {
                "code": "hours",
                "detail": "He works 09:00-12:00, 15:00-18:00, and it is to be delivered 19:00-20:00, 12:20-13:00:"
                " 21 minutes more would do.",
                "change": {"working_hours": ["09:00-12:21", "15:00-18:00"], "courier_type": "bike"},
            },
            {
                "code": "weight",
                "detail": "It weighs 12.5 kg, and he carries 10 kg at once.",
                "change": {"courier_type": "bike"},
            },
        ],
    }


def test_the_lighter_orders_that_fill_him_are_named(api):
    CourierFactory(courier_id=2)
    add_orders({"order_id": n, "weight": Decimal(4)} for n in (3, 4, 5))

    [reason] = api.get("/orders/5/explain?courier_id=2").body["reasons"]

    assert reason == {
        "code": "capacity",
        "detail": "It weighs 4 kg, and of the 10 kg that he carries at once 8 kg go to orders that are lighter, or as"
        " heavy with a smaller id: 3, 4.",
        "change": {"courier_type": "bike"},
    }


def test_of_many_lighter_orders_some_are_named():
    courier = CourierFactory(courier_type="car")
    add_orders({"order_id": n, "weight": Decimal(2)} for n in range(1, 31))

    [reason] = explain_order(order_id=30, courier_id=courier.courier_id).reasons

    assert reason.detail.endswith(" 18, 19, 20 and 5 more.")
    assert reason.change is None


def test_an_order_without_hours_is_for_nobody():
    [reason] = explained(OrderFactory(delivery_hours=[]), CourierFactory()).reasons

    assert reason == Reason("hours", "The order has no delivery hours: no courier can ever take it.", None)


def test_who_has_no_hours_needs_a_minute():
    courier = CourierFactory(working_hours=[])

    [reason] = explained(OrderFactory(delivery_hours=["23:00-23:59", "08:00-09:00"]), courier).reasons

    assert reason.detail.startswith("He has no working hours, and")
    assert reason.detail.endswith(": 1 minute more would do.")
    assert reason.change == {"working_hours": ["08:00-08:01"]}


def test_where_a_region_more_would_not_do_it_is_said_why():
    courier = CourierFactory(courier_type="car", regions=[3])
    add_orders({"order_id": n, "weight": Decimal(1)} for n in range(1, 61))

    [reason] = explained(OrderFactory(order_id=99, weight=2), courier).reasons

    assert reason == Reason(
        "region",
        "He does not work in region 1. And even a car would then be full of orders that come before it.",
    )


def test_of_orders_as_heavy_the_smaller_ids_come_first():
    courier = CourierFactory()
    add_orders({"order_id": n, "weight": Decimal(4)} for n in (2**63 - 1, 3, 2**63 - 2))

    last = explain_order(order_id=2**63 - 1, courier_id=courier.courier_id)

    assert changes(last) == {"capacity": {"courier_type": "bike"}}
    assert explain_order(order_id=2**63 - 2, courier_id=courier.courier_id).can_take


def test_what_costs_a_search_costs_one():
    courier = CourierFactory()
    add_orders({"order_id": n, "weight": Decimal(4)} for n in range(1, 8))

    # Of one moment the order, who is busy, the courier; then his search.
    with statements_captured() as statements:
        explain_order(order_id=7, courier_id=courier.courier_id)
    assert len(statements) == 4


def test_a_thousand_regions_leave_room_for_none():
    courier = CourierFactory(regions=list(range(2, 1_002)))

    [reason] = explained(OrderFactory(region=1, weight=Decimal(1)), courier).reasons

    assert (reason.code, reason.change) == ("region", None)


def test_who_carries_a_bundle_gets_nothing_new():
    bundle = BundleFactory(assign_time=NOW)
    OrderFactory(bundle=bundle)

    [reason] = explained(OrderFactory(), bundle.courier).reasons

    bundle_id = bundle.bundle_id
    assert reason == Reason(
        "busy",
        f"He carries bundle {bundle_id} since 2026-01-10 09:30:00+00:00, and gets nothing new until it is completed.",
    )


def test_an_order_that_is_carried_is_named_with_its_carrier():
    bundle = BundleFactory(assign_time=NOW)
    order = OrderFactory(bundle=bundle)

    his, anothers = explained(order, bundle.courier), explained(order, CourierFactory())

    detail = f"Courier {bundle.courier_id} carries it since 2026-01-10 09:30:00+00:00, in bundle {bundle.bundle_id}."
    assert his.reasons == anothers.reasons == [Reason("taken", detail)]
    assert (his.can_take, anothers.can_take) == (True, False)


def test_an_order_that_is_delivered_is_named_with_its_time():
    bundle = BundleFactory(assign_time=NOW)
    order = OrderFactory(bundle=bundle)
    complete_order(courier_id=bundle.courier_id, order_id=order.order_id, complete_time=NOW)

    explanation = explained(order, bundle.courier)

    assert not explanation.can_take
    assert explanation.reasons == [
        Reason("delivered", f"Courier {bundle.courier_id} delivered it at 2026-01-10 09:30:00+00:00.")
    ]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "courier_id: is required."),
        ("?courier_id=", "courier_id: is empty."),
        ("?courier_id=01", "courier_id: must be an integer from 1 to 9223372036854775807."),
        ("?courier_id=2&courier_id=2", "courier_id: stands more than once."),
        ("?courier=2", "courier_id: is required; courier: is unknown; known: courier_id."),
    ],
)
def test_bad_parameters_are_named(api, query, detail):
    OrderFactory(order_id=1)

    answer = api.get(f"/orders/1/explain{query}")

    assert (answer.status, answer.body) == (400, {"code": "bad_parameters", "detail": detail})


def test_unknown_ones_are_not_found(api):
    OrderFactory(order_id=1)

    order, courier = api.get("/orders/2/explain?courier_id=2"), api.get("/orders/1/explain?courier_id=2")

    assert (order.status, order.body["code"]) == (404, "unknown_order")
    assert (courier.status, courier.body["code"]) == (404, "unknown_courier")


def test_the_services_say_so_too():
    with pytest.raises(UnknownOrder):
        explain_order(order_id=1, courier_id=1)
    OrderFactory(order_id=1)
    with pytest.raises(UnknownCourier):
        explain_order(order_id=1, courier_id=1)
