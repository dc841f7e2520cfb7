from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles.rules import (
    Added,
    CarriedOrder,
    RegionTotal,
    added_by_delivery,
    keep_what_fits,
    pay,
    rating,
    take_while_they_fit,
)
from bundles.tests import reference

pytestmark = pytest.mark.once

ASSIGNED = datetime(2026, 1, 10, 9, tzinfo=UTC)

# Few values each, so that equal weights, touching windows and full loads come up often.
weights = st.sampled_from(
    ["0.01", "0.1", "0.2", "0.3", "2.5", "3.33", "3.34", "5", "9.7", "9.99", "10", "15", "50"]
).map(Decimal)
hours = st.lists(st.sampled_from(["09:00-12:00", "12:00-13:00", "11:59-12:01", "13:01-18:00"]), max_size=2)
regions = st.integers(1, 3)
capacities = st.sampled_from(list(reference.CAPACITIES.values()))
orders = st.lists(
    st.builds(CarriedOrder, st.integers(1, 99), weights, regions, hours, st.just(1)),
    max_size=9,
    unique_by=lambda order: order.order_id,
).map(lambda some: sorted(some, key=lambda order: (order.weight, order.order_id)))


def as_dicts(some_orders):
    return [order._asdict() for order in some_orders]


@pytest.mark.parametrize(
    ("name", "weights", "taken"),
    [
        ("nothing there", "", 0),
        ("all fit", "1 2 3", 3),
        ("exactly full", "2 3 5", 3),
        ("a hundredth too much", "2 3 5.01", 2),
        ("tenths add up exactly", "0.1 0.2 9.7", 3),
        ("the first is too heavy", "10.01 10.02", 0),
        ("stops at the first that is too much", "6 6 6", 1),
    ],
)
def test_takes_from_the_light_end_while_it_fits(name, weights, taken):
    lightest_first = [CarriedOrder(n, Decimal(text), 1, [], 1) for n, text in enumerate(weights.split(), 1)]

    assert take_while_they_fit(lightest_first, capacity=Decimal(10)) == lightest_first[:taken]


def test_reads_no_further_than_the_first_that_is_too_much():
    read = []
    endless = (read.append(n) or CarriedOrder(n, Decimal(4), 1, [], 1) for n in range(1, 100))

    take_while_they_fit(endless, capacity=Decimal(10))

    assert read == [1, 2, 3]


@settings(max_examples=300)
@given(orders, capacities)
def test_what_is_taken_is_the_largest_of_all_subsets(some_orders, capacity):
    taken = take_while_they_fit(some_orders, capacity=capacity)

    assert as_dicts(taken) == reference.most_of_all_subsets(as_dicts(some_orders), capacity)


@settings(max_examples=300)
@given(orders, capacities, st.sets(regions), hours)
def test_what_is_kept_is_the_largest_subset_of_what_fits(some_orders, capacity, his_regions, working_hours):
    courier = {"regions": his_regions, "working_hours": working_hours}
    fitting = [order for order in as_dicts(some_orders) if reference.fits(order, courier)]

    kept = keep_what_fits(some_orders, capacity=capacity, regions=his_regions, working_hours=working_hours)

    assert as_dicts(kept) == reference.most_of_all_subsets(fitting, capacity)


@settings(max_examples=300)
@given(orders, capacities)
def test_both_plain_readings_of_the_most_orders_agree(some_orders, capacity):
    some = as_dicts(some_orders)

    assert reference.most(some, capacity) == reference.most_of_all_subsets(some, capacity)


# Seconds from the assign time, in regions 7 and 8; the delivery that is added is in region 7.
@pytest.mark.parametrize(
    ("name", "before", "seconds", "following", "expected"),
    [
        ("the first", 0, 10, None, {7: (1, 10)}),
        ("from the one before", 10, 25, None, {7: (1, 15)}),
        ("at the same instant", 10, 10, None, {7: (1, 0)}),
        ("before the assign time", 0, -10, None, {7: (1, 0)}),
        ("between two", 10, 25, (8, 40), {7: (1, 15), 8: (0, -15)}),
        ("between two of one region", 10, 25, (7, 40), {7: (1, 0)}),
        ("as late as the next one", 10, 40, (8, 40), {7: (1, 30), 8: (0, -30)}),
        ("the next one counts from before the assign time", 0, -10, (8, 5), {7: (1, 0), 8: (0, 10)}),
        ("the next one took no time, and now some", 0, -10, (8, -4), {7: (1, 0), 8: (0, 6)}),
        ("so in one region", 0, -10, (7, -4), {7: (1, 6)}),
    ],
)
def test_a_delivery_adds_its_own_time_and_changes_that_of_the_next(name, before, seconds, following, expected):
    added = added_by_delivery(
        region=7,
        complete_time=ASSIGNED + timedelta(seconds=seconds),
        before=ASSIGNED + timedelta(seconds=before),
        following=following and (following[0], ASSIGNED + timedelta(seconds=following[1])),
    )

    assert added == {region: (deliveries, timedelta(seconds=time)) for region, (deliveries, time) in expected.items()}


@pytest.mark.parametrize(
    ("name", "times", "expected"),
    [
        ("at once", [(1, 0)], "5.00"),
        ("half an hour", [(1, 1800)], "2.50"),
        ("an hour", [(1, 3600)], "0.00"),
        ("longer than an hour", [(1, 3601)], "0.00"),
        ("days", [(1, 10**6)], "0.00"),
        ("the mean of a region", [(1, 0), (1, 3600)], "2.50"),
        ("the quickest region", [(1, 3600), (2, 360), (3, 3599)], "4.50"),
        ("a region's mean may pass an hour by one order", [(1, 100_000), (1, 0), (2, 900)], "3.75"),
        ("a half goes up", [(1, 3.6)], "5.00"),  # 4.995
        ("just below a half goes down", [(1, Decimal("3.600001"))], "4.99"),
        ("just above a half goes up", [(1, Decimal("3.599999"))], "5.00"),
        ("a half goes up to an odd hundredth, too", [(1, 10.8)], "4.99"),  # 4.985
        ("a half of thirds", [(1, 0), (1, 0), (1, 10.8)], "5.00"),  # a mean of 3.6
        ("just under 5", [(1, 7.2)], "4.99"),
        ("the last half hundredth", [(1, 3596.4)], "0.01"),  # 0.005
        ("below it", [(1, Decimal("3596.400001"))], "0.00"),
    ],
)
def test_rating(name, times, expected):
    given_times = [(region, timedelta(microseconds=int(Fraction(str(t)) * 10**6))) for region, t in times]

    assert str(rating(total(times) for times in by_region(given_times).values())) == expected


def by_region(pairs):
    """The second of each pair, gathered by the first."""
    gathered = defaultdict(list)
    for region, value in pairs:
        gathered[region].append(value)
    return gathered


def total(times):
    time = sum(times, timedelta(0))
    return RegionTotal(len(times), time // timedelta(seconds=1), time.microseconds)


# Seconds from the assign time: few, for ties; in steps of 0.9 s, whose means often end in exactly half a hundredth.
instants = st.one_of(st.integers(-3, 3), st.integers(-100, 5_000).map(lambda n: Fraction(9 * n, 10)))
bundles = st.lists(
    st.lists(st.tuples(instants, st.integers(1, 99), regions), max_size=6, unique_by=lambda delivery: delivery[1]),
    min_size=1,
    max_size=4,
)


def added_one_by_one(deliveries):
    """The (region, what it adds) of each delivery of one bundle, given as (complete time, order id, region)."""
    added, known = [], []
    for delivery in deliveries:
        complete_time, _, region = delivery
        known = sorted([*known, delivery])
        place = known.index(delivery)
        before = known[place - 1][0] if place else ASSIGNED
        following = [(region, time) for time, _, region in known[place + 1 : place + 2]]
        added += added_by_delivery(
            region=region, complete_time=complete_time, before=before, following=following[0] if following else None
        ).items()
    return added


@settings(max_examples=500)
@given(bundles)
def test_totals_and_rating_are_what_the_contract_says_in_whatever_order_complete_times_arrive(some_bundles):
    changes, expected = [], []
    for bundle in some_bundles:
        deliveries = [
            (ASSIGNED + timedelta(microseconds=int(seconds * 10**6)), order_id, region)
            for seconds, order_id, region in bundle
        ]
        changes += added_one_by_one(deliveries)
        expected += reference.delivery_times(ASSIGNED, deliveries)

    totals = {
        region: Added(sum(count for count, _ in added), sum((time for _, time in added), timedelta(0)))
        for region, added in by_region(changes).items()
    }
    assert {region: (count, reference.seconds(time)) for region, (count, time) in totals.items()} == {
        region: (len(times), sum(times)) for region, times in by_region(expected).items()
    }
    if expected:
        rated = rating(RegionTotal(n, time // timedelta(seconds=1), time.microseconds) for n, time in totals.values())
        assert rated == reference.rating(expected)
        assert 0 <= rated <= 5


@pytest.mark.parametrize(("courier_type", "expected"), [("foot", 1000), ("bike", 2500), ("car", 4500)])
def test_pay(courier_type, expected):
    assert pay(courier_type) == expected
