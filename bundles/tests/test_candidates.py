"""What `assign` picks from a backlog, where the two databases' statements take each of their turns."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.candidates import candidates
from bundles.services import assign_orders
from bundles.tests import reference
from bundles.tests.scenes import add_orders, rolled_back
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def backlog(*groups):
    """Orders with ids from 1; a group is (how many, kilograms, region)."""
    some = []
    for count, weight, region in groups:
        some += [
            {"order_id": len(some) + n, "weight": Decimal(weight), "region": region, "delivery_hours": ["09:00-18:00"]}
            for n in range(1, count + 1)
        ]
    return some


def scattered(some):
    """The same orders with ids that run neither with weight nor with region."""
    return [order | {"order_id": (order["order_id"] * 7_919) % 100_003} for order in some]


def assigned(courier):
    return assign_orders(courier_id=courier.courier_id, now=NOW).order_ids


def most_that_he_can_carry(courier, some):
    fitting = [order for order in some if reference.fits(order, vars(courier))]
    return [order["order_id"] for order in reference.most(fitting, courier.capacity)]


@pytest.mark.parametrize("order_ids", [list, scattered], ids=["ids in order", "ids scattered"])
@pytest.mark.parametrize(
    ("name", "courier_type", "regions", "groups"),
    [
        ("thousands in one region, nothing that bounds them", "car", 3, [(5_010, "0.01", 1), (3, "1", 2)]),
        ("thousands in one region, bound by another", "car", 3, [(900, "0.01", 1), (2, "20", 2), (3, "25", 3)]),
        ("the bound is in the crowded region itself", "foot", 3, [(400, "0.05", 1), (5, "0.04", 2)]),
        ("as heavy as the bound, before it by id", "car", 40, [(30, "2", 1), (30, "2", 2)]),
        ("two crowded regions", "car", 2, [(1_500, "0.03", 1), (1_500, "0.02", 2)]),
        ("the only region, more than the few", "car", 1, [(600, "0.05", 1), (10, "9", 1)]),
        ("exactly the few of 40 regions", "car", 40, [(16, "0.5", 1), (5, "1", 40)]),
        ("one more than the few", "car", 40, [(17, "0.5", 1), (5, "1", 40)]),
        ("one less than the few", "car", 40, [(15, "0.5", 1), (5, "1", 40)]),
        ("the few fill him to the gram", "bike", 40, [(15, "1", 1), (1, "1", 2)]),
        ("the few and the rest fill him to the gram", "car", 40, [(16, "1", 1), (4, "1", 1), (6, "5", 2)]),
        ("behind the few it grows heavy", "car", 40, [(16, "0.01", 1), (40, "2", 1), (12, "2", 2)]),
        ("the rest is limited by its weight", "foot", 40, [(16, "0.01", 1), (990, "0.01", 1), (300, "0.02", 2)]),
        ("crowded in some of a hundred regions", "car", 100, [(n * 3, "0.3", n) for n in range(1, 30)]),
        ("nothing but what is too heavy", "foot", 2, [(40, "10.01", 1), (3, "50", 2)]),
        ("one in each of a thousand regions", "car", 1_000, [(1, "0.05", n) for n in range(1, 1_001)]),
    ],
)
def test_a_crowded_backlog_is_searched_far_enough(name, courier_type, regions, groups, order_ids):
    courier = CourierFactory(courier_type=courier_type, regions=list(range(regions, 0, -1)))
    some = order_ids(backlog(*groups))
    add_orders(some)

    assert assigned(courier) == most_that_he_can_carry(courier, some)


@pytest.mark.postgresql
def test_behind_the_order_that_is_too_much_no_more_is_read():
    courier = CourierFactory(courier_type="foot", regions=list(range(1, 41)))
    add_orders(backlog((2_000, "1", 1), (2_000, "2", 2)))

    # The few of both regions; the eleventh of the first is too much.
    assert len(list(candidates(courier))) == 2 * 16


@pytest.mark.sqlite
@pytest.mark.parametrize("where", ["inside his hours", "outside his hours"])
def test_the_walk_passes_each_order_once_however_many_are_of_one_weight(where):
    courier = CourierFactory()
    add_orders(
        order | {"delivery_hours": ["09:00-18:00" if where == "inside his hours" or n % 100 == 0 else "20:00-23:59"]}
        for n, order in enumerate(backlog((4_000, "1", 1), (1_000, "1", 2)))
    )

    courier.regions = [2]
    steps_of_a_thousand = steps_of_the_database(lambda: list(candidates(courier)))
    courier.regions = [1]
    steps_of_four_thousand = steps_of_the_database(lambda: list(candidates(courier)))

    assert steps_of_four_thousand < 5 * steps_of_a_thousand


def steps_of_the_database(call):
    """How many hundreds of steps of its virtual machine SQLite takes."""
    hundreds = []
    connection.connection.set_progress_handler(lambda: hundreds.append(1) and None, 100)
    call()
    connection.connection.set_progress_handler(None, 0)
    return len(hundreds)


def test_the_light_orders_outside_his_hours_do_not_hide_those_inside():
    courier = CourierFactory(courier_type="foot", regions=list(range(1, 41)), working_hours=["09:10-09:20"])
    at_night = [order | {"delivery_hours": ["20:00-23:59"]} for order in backlog((500, "0.01", 1))]
    nearly = [
        order | {"order_id": 1_000 + order["order_id"], "delivery_hours": ["09:00-09:10", "09:20-09:30"]}
        for order in backlog((500, "0.01", 1))
    ]
    inside = [
        order | {"order_id": 2_000 + order["order_id"], "delivery_hours": ["09:19-09:21"]}
        for order in backlog((40, "0.3", 1))
    ]
    add_orders(at_night + nearly + inside)

    assert assigned(courier) == list(range(2_001, 2_034))


@st.composite
def windows(draw):
    """Whole hours, half-hours and any minute; close together, so that many touch."""
    step = draw(st.sampled_from([60, 30, 1, 1]))
    start = draw(st.integers(9 * 60 // step, 10 * 60 // step)) * step
    end = start + draw(st.integers(1, {60: 2, 30: 3, 1: 15}[step])) * step
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


hours = st.one_of(st.just(["09:00-18:00"]), st.lists(windows(), min_size=1, max_size=3))


@st.composite
def scenes(draw):
    """A courier and a backlog in groups of one region, weight and hours, some larger than the few of each region."""
    count = draw(st.sampled_from([0, 1, 2, 3, 35, 60]))
    courier = {
        "courier_type": draw(st.sampled_from(list(reference.CAPACITIES))),
        "regions": draw(st.permutations(range(1, count + 1))) + draw(st.sampled_from([[], [1], [2**63 - 1]])),
        "working_hours": draw(hours),
    }
    near = st.one_of(st.integers(1, 3), st.integers(1, 60), st.just(2**63 - 1))
    weights = st.sampled_from(
        ["0.01", "0.02", "0.1", "0.29", "0.3", "0.5", "1", "2.5", "3.33", "5", "9.99", "10", "15", "50"]
    )
    groups = draw(st.lists(st.tuples(st.integers(1, 40), weights, near, hours), max_size=8))
    some = []
    for size, weight, region, delivery_hours in groups:
        some += [
            order | {"order_id": len(some) + n, "delivery_hours": delivery_hours}
            for n, order in enumerate(backlog((size, weight, region)), 1)
        ]
    return courier, scattered(some) if draw(st.booleans()) else some


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scenes())
def test_assigns_what_a_search_through_everything_finds(scene):
    courier_fields, some = scene
    with rolled_back():
        courier = CourierFactory(**courier_fields)
        add_orders(some)

        assert assigned(courier) == most_that_he_can_carry(courier, some)


def test_windows_of_a_minute_are_told_apart_however_many():
    """Compared pair by pair they would hold the lock for minutes: 719 of his with 720 of each of 300 orders."""
    minutes = [f"{n // 60:02d}:{n % 60:02d}" for n in range(1440)]
    his = [f"{start}-{end}" for start, end in zip(minutes[1:1440:2], minutes[2::2], strict=False)]
    theirs = [f"{start}-{end}" for start, end in zip(minutes[0:1440:2], minutes[1::2], strict=True)]
    courier = CourierFactory(working_hours=his)
    order = OrderFactory(delivery_hours=[his[-1]], weight=2)
    Order.objects.bulk_create(OrderFactory.build(order_id=10_000 + n, delivery_hours=theirs) for n in range(300))

    assert [candidate.order_id for candidate in candidates(courier)] == [order.order_id]
