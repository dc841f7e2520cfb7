"""The replay finds the order that explains a run, and finds none where none does."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations
from random import Random

import pytest

from bundles.tests import reference, serial
from bundles.tests.replay import Call, Unexplained, explain

pytestmark = pytest.mark.once

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
ALL_DAY = ["09:00-18:00"]


# The serial store against the reference


def random_request(random):
    courier_id, courier_type = random.randint(1, 4), random.choice(list(reference.CAPACITIES))
    regions = random.sample(range(1, 4), random.randint(0, 3))
    hours = random.choice([ALL_DAY, ["09:00-12:00"], ["12:00-13:00"], []])
    fields = {"courier_type": courier_type, "regions": regions, "working_hours": hours}
    orders = [
        {
            "order_id": random.randint(1, 60),
            "weight": random.choice([0.01, 0.1, 0.2, 2.5, 3.33, 9.7, 50]),
            "region": random.randint(1, 3),
            "delivery_hours": hours,
        }
        for _ in range(random.randint(0, 6))
    ]
    moment = NOW + timedelta(minutes=random.randint(-5, 60))
    requests = [
        ("hire", [{"courier_id": courier_id, **fields}]),
        ("take", orders),
        ("assign", courier_id, moment),
        ("complete", courier_id, random.randint(1, 60), moment),
        ("change", courier_id, {name: fields[name] for name in random.sample(list(fields), random.randint(0, 3))}),
        ("courier", courier_id),
    ]
    return random.choices(requests, [1, 6, 12, 40, 4, 4])[0]


@pytest.mark.parametrize("seed", range(20))
def test_the_serial_store_answers_like_the_reference_also_after_undoing(seed):
    random, plain, quick = Random(seed), reference.Store(), serial.Store()

    for _ in range(300):
        mark, before = quick.mark(), quick.fingerprint
        for _ in range(3):
            name, *asked = random_request(random)
            getattr(quick, name)(*asked)
        quick.undo(mark)
        assert quick.fingerprint == before
        name, *asked = random_request(random)
        assert getattr(quick, name)(*asked) == getattr(plain, name)(*asked)


# Histories: ten orders of 4 kg in region 1, one of 6 kg in region 2; two couriers on foot, who carry 10 kg.

COURIERS = [
    {"courier_id": courier_id, "courier_type": "foot", "regions": [1, 2], "working_hours": ALL_DAY}
    for courier_id in (1, 2)
]
ORDERS = [{"order_id": n, "weight": 4, "region": 1, "delivery_hours": ALL_DAY} for n in range(1, 11)]
SIXTH = {"order_id": 20, "weight": 6, "region": 2, "delivery_hours": ALL_DAY}


def history(*requests):
    """Calls of a run. A request is (client, begin, end, name, *asked, answer), an answer (status, body)."""
    opening = [
        Call(0, -4, -3, "hire", (COURIERS,), 201, {"couriers": [{"id": 1}, {"id": 2}]}),
        Call(0, -2, -1, "take", ([*ORDERS, SIXTH],), 201, {"orders": [{"id": n} for n in (*range(1, 11), 20)]}),
    ]
    return opening + [
        Call(client, begin, end, name, tuple(asked), *answer) for client, begin, end, name, *asked, answer in requests
    ]


def handed(*order_ids, at=NOW):
    return 200, {"orders": [{"id": n} for n in order_ids], "assign_time": at}


def changed(courier_id, **fields):
    return 200, COURIERS[courier_id - 1] | fields


def names(calls):
    return [(call.client, call.name) for call in calls if call.begin >= 0]


def test_requests_one_after_another_explain_themselves():
    calls = history(
        (1, 0, 1, "assign", 1, handed(1, 2)),
        (1, 2, 3, "complete", 1, 1, NOW + timedelta(minutes=10), (200, {"order_id": 1})),
        (1, 4, 5, "assign", 1, handed(2)),
        (2, 6, 7, "assign", 2, handed(3, 4)),
    )

    assert explain(calls) == calls


def test_of_requests_side_by_side_the_order_is_found_that_explains_them():
    release, again = (1, 10, 99, "change", 1, {"regions": []}), (3, 50, 60, "assign", 2)
    calls = history(
        (1, 0, 1, "assign", 1, handed(1, 2)),
        (*release, changed(1, regions=[])),
        (2, 12, 20, "assign", 2, handed(3, 4)),
        (2, 21, 30, "change", 2, {"regions": []}, changed(2, regions=[])),
        (2, 31, 40, "change", 2, {"regions": [1]}, changed(2, regions=[1])),
        (*again, handed(1, 2)),
    )

    assert names(explain(calls)) == [
        (1, "assign"),
        (2, "assign"),
        (2, "change"),
        (2, "change"),
        (1, "change"),
        (3, "assign"),
    ]


def test_a_choice_that_leads_nowhere_is_taken_back():
    fresh = [{"order_id": n, "weight": 1, "region": 1, "delivery_hours": ALL_DAY} for n in (30, 31)]
    calls = history(
        (1, 0, 40, "take", fresh[:1], (201, {"orders": [{"id": 30}]})),
        (2, 0, 50, "take", fresh[1:], (201, {"orders": [{"id": 31}]})),
        (3, 0, 60, "assign", 1, handed(31, 1, 2)),
        (4, 0, 60, "assign", 2, handed(30, 3, 4)),
    )

    assert names(explain(calls)) == [(2, "take"), (3, "assign"), (1, "take"), (4, "assign")]


def test_a_change_that_changes_nothing_now_may_have_turned_another_back():
    calls = history(
        (1, 0, 50, "change", 1, {"courier_type": "foot"}, changed(1)),
        (2, 10, 20, "change", 1, {"courier_type": "bike"}, changed(1, courier_type="bike")),
        (1, 51, 60, "assign", 1, handed(1, 2)),
    )

    assert names(explain(calls)) == [(2, "change"), (1, "change"), (1, "assign")]


def rows_of(calls):
    """The rows that the calls lead to in their order."""
    store = serial.Store()
    for call in calls:
        now = [call.body.get("assign_time")] if call.name == "assign" else []
        getattr(store, call.name)(*call.asked, *now)
    return store.rows()


def test_the_rows_tell_which_of_two_completions_came_first():
    early, late = NOW, NOW + timedelta(minutes=5)
    calls = history(
        (1, 0, 1, "assign", 1, handed(1, 2)),
        (1, 2, 9, "complete", 1, 1, early, (200, {"order_id": 1})),
        (2, 2, 9, "complete", 1, 1, late, (200, {"order_id": 1})),
    )
    late_first = [*calls[:-2], calls[-1], calls[-2]]

    assert explain(calls, rows_of(calls)) == calls
    assert explain(calls, rows_of(late_first)) == late_first


# The search against trying out every order


def random_calls(random):
    """Five calls side by side on the opened store, answered in some order, not always one that their times allow."""
    fresh = [{"order_id": n, "weight": random.choice([1, 4]), "region": 1, "delivery_hours": ALL_DAY} for n in (30, 31)]
    requests = [
        ("assign", 1),
        ("assign", 2),
        ("take", fresh),
        ("take", fresh[:1]),
        ("change", 1, {"regions": []}),
        ("change", 1, {"regions": [1], "courier_type": "bike"}),
        ("change", 1, {"courier_type": "foot"}),
        ("change", 2, {"regions": [2]}),
        ("complete", 1, random.choice([1, 2]), NOW + timedelta(minutes=random.randint(0, 1))),
        ("courier", 1),
    ]
    store = opened()
    answers = []
    for client, (name, *asked) in enumerate(random.choices(requests, [4, 4, 2, 2, 3, 3, 3, 2, 4, 3], k=5), 1):
        begin = random.randint(0, 12)
        now = [NOW + timedelta(minutes=begin)] if name == "assign" else []
        end = begin + random.randint(0, 12)
        answers.append(Call(client, begin, end, name, tuple(asked), *getattr(store, name)(*asked, *now)))
    return random.sample(answers, 5)


def opened():
    store = serial.Store()
    for call in history():
        getattr(store, call.name)(*call.asked)
    return store


def explains(calls):
    """Their times allow this order, and their answers are those of it."""
    if any(later.end < earlier.begin for earlier, later in combinations(calls, 2)):
        return False
    store = opened()
    for call in calls:
        now = [call.body.get("assign_time")] if call.name == "assign" else []
        if getattr(store, call.name)(*call.asked, *now) != (call.status, call.body):
            return False
    return True


def test_an_order_is_found_exactly_where_trying_all_finds_one():
    random, found = Random(1), Counter()

    for _ in range(400):
        calls = random_calls(random)
        expected = any(explains(order) for order in permutations(calls))
        try:
            order = explain(history() + calls)[2:]
        except Unexplained:
            assert not expected, calls
        else:
            assert explains(order), calls
        found[expected] += 1

    assert min(found[True], found[False]) > 50


# Histories that nothing explains


@pytest.mark.parametrize(
    ("name", "requests"),
    [
        (
            "an order given twice",
            [(1, 0, 9, "assign", 1, handed(1, 2)), (2, 0, 9, "assign", 2, handed(2, 3))],
        ),
        (
            "a bundle that is not the most",
            [(1, 0, 9, "assign", 1, handed(1))],
        ),
        (
            "a bundle that skips what another never took",
            [(1, 0, 9, "assign", 1, handed(1, 2)), (2, 0, 9, "assign", 2, handed(3, 5))],
        ),
        (
            "a bundle over the capacity",
            [(1, 0, 9, "assign", 1, handed(1, 2, 3))],
        ),
        (
            "a second bundle beside the active one",
            [(1, 0, 9, "assign", 1, handed(1, 2)), (2, 0, 9, "assign", 1, handed(3, 4))],
        ),
        (
            "another assign time for the same bundle",
            [(1, 0, 9, "assign", 1, handed(1, 2)), (2, 0, 9, "assign", 1, handed(1, 2, at=NOW + timedelta(1)))],
        ),
        (
            "a lost release: the next courier gets what lies behind it",
            [
                (1, 0, 1, "assign", 1, handed(1, 2)),
                (1, 2, 3, "change", 1, {"regions": [2]}, changed(1, regions=[2])),
                (2, 4, 9, "assign", 2, handed(3, 4)),
            ],
        ),
        (
            "a lost release: he still has what he gave back",
            [
                (1, 0, 1, "assign", 1, handed(1, 2)),
                (1, 2, 3, "change", 1, {"regions": [2]}, changed(1, regions=[2])),
                (1, 4, 9, "assign", 1, handed(1, 2)),
            ],
        ),
        (
            "a delivery of what was released before",
            [
                (1, 0, 1, "assign", 1, handed(1, 2)),
                (1, 2, 3, "change", 1, {"regions": []}, changed(1, regions=[])),
                (2, 4, 9, "complete", 1, 1, NOW, (200, {"order_id": 1})),
            ],
        ),
        (
            "an answer from before what had ended already",
            [(1, 0, 1, "assign", 1, handed(3, 4)), (2, 2, 3, "assign", 2, handed(1, 2))],
        ),
        (
            "an import taken twice",
            [(1, 0, 9, "take", [ORDERS[0]], (201, {"orders": [{"id": 1}]}))],
        ),
        (
            "a fault of the store",
            [(1, 0, 9, "assign", 1, (503, reference.refusal("database_unavailable")))],
        ),
    ],
)
def test_what_nothing_explains_is_refused(name, requests):
    with pytest.raises(Unexplained, match="no order explains the calls"):
        explain(history(*requests))


def test_what_nothing_explains_is_shown_with_what_would_have_been_right():
    calls = history((1, 0, 9, "assign", 1, handed(1, 2)), (2, 0, 9, "assign", 2, handed(2, 3)))

    with pytest.raises(Unexplained) as unexplained:
        explain(calls)

    text = str(unexplained.value)
    assert "after 3 of 4" in text
    assert "client 2 assign(2,)\n  answered 200 {'orders': [{'id': 2}, {'id': 3}]" in text
    assert "now it would be 200 {'orders': [{'id': 3}, {'id': 4}]" in text


def test_rows_that_the_answers_do_not_lead_to_are_refused():
    calls = history((1, 0, 1, "assign", 1, handed(1, 2)))
    couriers, bundles, orders = rows_of(calls)
    lost = {**orders, 2: orders[2]._replace(bundle=None)}

    with pytest.raises(Unexplained, match=r"orders 2: stored .*bundle=None.*, should be .*bundle="):
        explain(calls, (couriers, bundles, lost))
