"""Claim: lean requests, nothing on their way that their work does not need."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.client import in_turn
from benchmarks.data import UNIFORM, Courier, drawn_couriers, drawn_orders, plain_courier, plain_order
from benchmarks.effort import Effort
from benchmarks.history import Veteran
from benchmarks.limits import EMPTY_APPLICATIONS, empty_applications, statement_times
from benchmarks.load import Request, Script, get_again_and_again, rate
from benchmarks.report import Figure, compared, milliseconds
from benchmarks.stores import OwnStore, Store, Target

CLAIM = "requests"
GET_GOAL = 0.4
STATEMENTS_GOAL = 2.0
LIFE_GOAL = 4.0
# Measured on another day, on a quiet machine with two cores.
OLD_SERVICE_LIFE = 300.0
NOON = "2026-11-24T12:00:00Z"
LIVES_AT_MOST = 1_000
LIFE_IDS = 4


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    with ExitStack() as stack:
        stores = [stack.enter_context(target.opened()) for target in targets]
        empty = stack.enter_context(empty_applications())
        yield from measure_pages(stores, empty, effort)
        yield from measure_lives(stores, effort)
    for target in targets:
        with target.opened() as store:
            if isinstance(store, OwnStore):
                yield from measure_statements(store, effort)


def measure_pages(stores: Sequence[Store], empty: str, effort: Effort) -> Iterator[Figure]:
    """GET /couriers/{id} and the empty applications, in turn."""
    calls = [
        page_rate(store.url, f"/couriers/{Veteran(store, effort, bundles=1).courier_id}", effort) for store in stores
    ]
    calls += [page_rate(empty, path, effort) for path in EMPTY_APPLICATIONS.values()]
    measured = in_turn(calls, effort.rounds)
    limits = dict(zip(EMPTY_APPLICATIONS, measured[len(stores) :], strict=True))
    for store, rates in zip(stores, measured, strict=False):
        compared_with = [
            compared(name, rates, limit, at_least=GET_GOAL if "Django" in name else None)
            for name, limit in limits.items()
        ]
        name = f"GET /couriers/{{id}}, {effort.connections} connections"
        yield Figure(CLAIM, name, store.name, "requests/s", rates, compared_with)


def measure_lives(stores: Sequence[Store], effort: Effort) -> Iterator[Figure]:
    measured = in_turn([life_rate(store, effort) for store in stores], effort.rounds)
    for store, rates in zip(stores, measured, strict=True):
        old = compared("the old service, another day", rates, [OLD_SERVICE_LIFE], at_least=LIFE_GOAL)
        name = f"a courier's whole life, {effort.connections} connections"
        yield Figure(CLAIM, name, store.name, "requests/s", rates, [old])


def page_rate(url: str, path: str, effort: Effort) -> Callable[[], float]:
    script = partial(get_again_and_again, path)
    return partial(rate, url, script, connections=effort.connections, seconds=effort.round_seconds)


def life_rate(store: Store, effort: Effort, *, url: str = "") -> Callable[[], float]:
    """`url`: of another server of the same store."""

    def measure() -> float:
        ids = store.new_ids(effort.connections * LIVES_AT_MOST * LIFE_IDS)
        script = partial(lives, ids.start)
        return rate(url or store.url, script, connections=effort.connections, seconds=effort.round_seconds)

    return measure


def lives(first_id: int, number: int) -> Script:
    """One courier after another: import him and four orders, assign, complete all, look at his page."""
    first = first_id + number * LIVES_AT_MOST * LIFE_IDS
    for courier_id in range(first, first + LIVES_AT_MOST * LIFE_IDS, LIFE_IDS):
        order_ids = range(courier_id, courier_id + LIFE_IDS)
        yield post("/couriers", {"data": [plain_courier(courier_id, region=courier_id)]})
        yield post("/orders", {"data": [plain_order(order_id, region=courier_id) for order_id in order_ids]})
        yield post("/orders/assign", {"courier_id": courier_id})
        for order_id in order_ids:
            delivery = {"courier_id": courier_id, "order_id": order_id, "complete_time": NOON}
            yield post("/orders/complete", delivery)
        yield Request("GET", f"/couriers/{courier_id}")


def post(path: str, body: object) -> Request:
    return Request("POST", path, json.dumps(body).encode())


def measure_statements(store: OwnStore, effort: Effort) -> Iterator[Figure]:
    """Assign and complete by HTTP and by the service in process, each against the service's bare SQL."""
    for use_case, couriers in (
        ("assign", couriers_of_a_backlog(store, effort)),
        ("complete", [laden_courier(store, 3 * (effort.statement_repetitions + 2))]),
    ):
        times = statement_times(store, use_case, couriers, effort.statement_repetitions)
        bare = milliseconds(times["statements"])
        for way, name in (("http", f"POST /orders/{use_case}"), ("service", f"{use_case} in process")):
            values = milliseconds(times[way])
            limit = compared("bare SQL", values, bare, at_most=STATEMENTS_GOAL)
            yield Figure(CLAIM, name, store.name, "ms", values, [limit])


def couriers_of_a_backlog(store: Store, effort: Effort) -> list[Courier]:
    regions = store.new_ids(UNIFORM.regions)
    couriers = drawn_couriers(UNIFORM, store.new_ids(effort.couriers), regions)
    store.hire(couriers)
    store.import_orders(drawn_orders(UNIFORM, store.new_ids(effort.statement_backlog), regions))
    return couriers


def laden_courier(store: Store, orders: int) -> Courier:
    """Hire a courier who carries so many orders, of 10 g each."""
    [courier_id, region] = store.new_ids(2)
    courier = plain_courier(courier_id, region, courier_type="car")
    store.hire([courier])
    store.import_orders(plain_order(order_id, region, weight=0.01) for order_id in store.new_ids(orders))
    store.client.post("/orders/assign", {"courier_id": courier_id})
    return courier
