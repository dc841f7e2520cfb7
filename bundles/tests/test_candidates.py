"""What `assign` picks from a backlog, where the two databases' statements take each of their turns."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.candidates import lightest_that_fit
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


# Each in regions of its own: rows that an earlier test rolled back still lie in the indexes.
@pytest.mark.parametrize(
    ("name", "working_hours", "regions", "light_hours"),
    [
        ("end before he begins", "09:00-18:00", (101, 102), [["06:00-08:30"], ["07:30-09:00"], ["08:00-09:00"]]),
        ("begin after he ends", "09:00-18:00", (103, 104), [["18:00-20:00"], ["18:30-19:00"], ["21:00-23:59"]]),
        ("some of both", "09:00-18:00", (105, 106), [["06:00-07:00", "20:00-21:00"], ["08:00-08:30", "18:00-18:30"]]),
        ("fit", "09:00-18:00", (107, 108), [["09:00-18:00"], ["11:00-12:00"]]),
        ("end within his first half-hour", "09:20-18:00", (109, 110), [["08:00-09:20"], ["09:00-09:05"]]),
        ("begin within his last half-hour", "09:00-18:10", (111, 112), [["18:10-20:00"], ["18:29-18:30"]]),
    ],
)
def test_the_work_does_not_grow_with_the_backlog(name, working_hours, regions, light_hours):
    for region, count in zip(regions, (2_000, 8_000), strict=True):
        some = backlog((count, "0.5", region), (20, "2", region))
        for number, order in enumerate(some):
            order["order_id"] += region * 10_000
            order["delivery_hours"] = light_hours[number % len(light_hours)] if number < count else ["09:00-18:00"]
        add_orders(some)
    refresh_statistics()

    of_two_thousand, of_eight_thousand = (
        work_of(partial(lightest_that_fit, CourierFactory(regions=[region], working_hours=[working_hours])))
        for region in regions
    )

    assert of_eight_thousand < 1.2 * of_two_thousand


def refresh_statistics():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders")


def work_of(call):
    """Index entries that PostgreSQL reads, or hundreds of steps that SQLite's virtual machine takes."""
    if connection.vendor == "postgresql":
        before = index_entries_read()
        call()
        return index_entries_read() - before
    hundreds = []
    connection.connection.set_progress_handler(lambda: hundreds.append(1) and None, 100)
    call()
    connection.connection.set_progress_handler(None, 0)
    return len(hundreds)


def index_entries_read():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index WHERE indrelid = 'orders'::regclass"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("light", [["06:00-08:30"], ["08:00-09:10"], ["18:00-20:00"], ["06:00-07:00", "20:00-21:00"]])
@pytest.mark.parametrize("regions", [1, 40])
def test_a_crowd_of_light_orders_for_other_hours_hides_none_for_his(light, regions):
    courier = CourierFactory(courier_type="car", regions=list(range(1, regions + 1)), working_hours=["09:10-18:00"])
    some = backlog((1_500, "0.3", 1), (30, "0.2", 2), (900, "0.3", 1), (20, "1.5", 1), (5, "0.3", 40), (5, "4", 1))
    for order in some[:1_500] + some[1_530:2_430]:
        order["delivery_hours"] = light
    some[700]["delivery_hours"] = ["09:00-09:11"]
    some[-1]["delivery_hours"] = [*light, "17:59-18:01"]
    add_orders(some)

    assert assigned(courier) == most_that_he_can_carry(courier, some)


def test_more_kinds_of_hours_than_are_worth_parting_hide_none_either():
    courier = CourierFactory(courier_type="foot", working_hours=["00:00-00:30"])
    spread = [f"{n // 2:02d}:{n % 2 * 30:02d}-{n // 2:02d}:{n % 2 * 30 + 10:02d}" for n in range(1, 48)]
    some = backlog((2_600, "0.3", 1), (12, "1.5", 1))
    for number, order in enumerate(some[:2_600], 1):
        order["delivery_hours"] = [window for bit, window in enumerate(spread[-12:]) if number & 1 << bit]
    for order in some[2_600:]:
        order["delivery_hours"] = ["00:10-00:20", "12:00-13:00"]
    add_orders(some)

    assert assigned(courier) == most_that_he_can_carry(courier, some) == list(range(2_601, 2_607))


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


@settings(max_examples=150)
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

    assert lightest_that_fit(courier) == [order.order_id]
