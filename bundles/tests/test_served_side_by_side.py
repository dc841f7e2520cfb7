"""The same through HTTP, on both databases: requests meet in the processes and threads of a served store."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random

import pytest

from bundles.tests import reference

# Ids and regions that no other test of the served store uses.
FIRST = 7_000_000


def in_parallel(calls, clients=12):
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda call: call(), calls))


def open_store(store, seed, couriers, orders):
    """Hire couriers and take orders at random; return both by id, as sent."""
    random, first = Random(seed), FIRST + seed * 10_000
    hired = {
        first + n: {
            "courier_id": first + n,
            "courier_type": random.choice(list(reference.CAPACITIES)),
            "regions": [first + region for region in random.sample(range(5), random.randint(1, 5))],
            "working_hours": [random.choice(["09:00-12:00", "11:30-13:00", "09:00-18:00"])],
        }
        for n in range(couriers)
    }
    taken = {
        first + n: {
            "order_id": first + n,
            "weight": random.randint(1, 1_000) / 100,
            "region": first + random.randrange(5),
            "delivery_hours": [random.choice(["09:00-12:00", "12:00-15:00", "09:00-18:00"])],
        }
        for n in range(orders)
    }
    assert store.post("/couriers", {"data": list(hired.values())}).status == 201
    assert store.post("/orders", {"data": list(taken.values())}).status == 201
    return hired, taken


def exact(orders):
    return [order | {"weight": Decimal(str(order["weight"]))} for order in orders]


def asks(store, courier_id):
    return lambda: store.post("/orders/assign", {"courier_id": courier_id})


def test_couriers_over_one_backlog_each_get_the_most_at_their_turn(store):
    couriers, orders = open_store(store, seed=1, couriers=24, orders=250)

    answers = in_parallel([asks(store, courier_id) for courier_id in [*couriers, *couriers]])

    assert {answer.status for answer in answers} == {200}
    first, again = answers[: len(couriers)], answers[len(couriers) :]
    assert [answer.body for answer in first] == [answer.body for answer in again]
    handed = {
        courier_id: [order["id"] for order in answer.body["orders"]]
        for courier_id, answer in zip(couriers, first, strict=True)
    }
    turns = {
        bundle["bundle_id"]: courier_id
        for courier_id in couriers
        for bundle in store.get(f"/bundles?courier_id={courier_id}").body["results"]
    }
    in_turn = [turns[bundle_id] for bundle_id in sorted(turns)]
    in_turn += [courier_id for courier_id in couriers if courier_id not in in_turn]
    for courier_id in in_turn:
        courier = couriers[courier_id]
        fitting = [order for order in exact(orders.values()) if reference.fits(order, courier)]
        most = reference.most(fitting, reference.CAPACITIES[courier["courier_type"]])
        assert handed[courier_id] == [order["order_id"] for order in most]
        for order in most:
            del orders[order["order_id"]]


def test_one_courier_who_asks_many_times_at_once_gets_one_bundle(store):
    couriers, _ = open_store(store, seed=2, couriers=1, orders=100)
    courier_id = next(iter(couriers))

    answers = in_parallel([asks(store, courier_id)] * 24)

    assert {answer.status for answer in answers} == {200}
    assert answers[0].body["orders"]
    assert all(answer.body == answers[0].body for answer in answers)
    assert len(store.get(f"/bundles?courier_id={courier_id}").body["results"]) == 1


def test_after_assigns_changes_and_completions_at_once_everything_is_in_its_place(store):
    couriers, orders = open_store(store, seed=3, couriers=4, orders=150)

    def shift(number):
        """What one of many clients does in a row; returns (statuses, completions that were answered well)."""
        random, statuses, delivered = Random(number), set(), set()
        for _ in range(6):
            courier_id = random.choice(list(couriers))
            answer = asks(store, courier_id)()
            statuses.add(answer.status)
            for order in answer.body["orders"][:3]:
                body = {"courier_id": courier_id, "order_id": order["id"], "complete_time": "2026-01-10T10:33:01Z"}
                answer = store.post("/orders/complete", body)
                statuses.add((answer.status, answer.body.get("code")))
                if answer.status == 200:
                    delivered.add((order["id"], courier_id))
            changes = {
                "courier_type": random.choice(list(reference.CAPACITIES)),
                "regions": random.choice(list(couriers.values()))["regions"],
            }
            statuses.add(store.patch(f"/couriers/{courier_id}", changes).status)
        return statuses, delivered

    shifts = in_parallel([lambda number=number: shift(number) for number in range(8)], clients=8)

    assert set().union(*[statuses for statuses, _ in shifts]) <= {200, (200, None), (400, "not_carried")}
    delivered = set().union(*[some for _, some in shifts])
    rows = [store.get(f"/orders/{order_id}").body for order_id in orders]
    assert {(row["order_id"], row["courier_id"]) for row in rows if row["complete_time"]} == delivered
    for courier_id in couriers:
        courier = store.get(f"/couriers/{courier_id}").body
        carried = [row for row in rows if row["courier_id"] == courier_id and row["complete_time"] is None]
        assert [row for row in carried if not reference.fits(row, courier)] == []
        assert sum(row["weight"] for row in exact(carried)) <= reference.CAPACITIES[courier["courier_type"]]
        active = store.get(f"/bundles?courier_id={courier_id}&is_completed=false").body["results"]
        assert {bundle["bundle_id"] for bundle in active} == {row["bundle_id"] for row in carried}


@pytest.mark.parametrize("seed", [4, 5])
def test_of_twin_imports_exactly_one_wins(store, seed):
    ids = list(range(FIRST + seed * 10_000, FIRST + seed * 10_000 + 1_000))
    twins = [ids, ids[::-1]] * 3

    def sends(twin):
        orders = [{"order_id": n, "weight": 1, "region": FIRST, "delivery_hours": ["09:00-10:00"]} for n in twin]
        return lambda: store.post("/orders", {"data": orders})

    answers = in_parallel([sends(twin) for twin in twins])

    assert sorted(answer.status for answer in answers) == [201] + [400] * 5
    for twin, answer in zip(twins, answers, strict=True):
        report = answer.body if answer.status == 201 else answer.body["validation_error"]
        assert report["orders"] == [{"id": n} for n in twin]
