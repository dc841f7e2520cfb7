"""Claim: the time of an assign does not know the backlog."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import NamedTuple

from benchmarks import data
from benchmarks.client import Client, in_turn
from benchmarks.data import NOWHERE, Shape, drawn_couriers, drawn_orders
from benchmarks.effort import Effort
from benchmarks.limits import statement_times
from benchmarks.old_way import seconds_to_choose
from benchmarks.report import Figure, Limit, compared, milliseconds
from benchmarks.stores import Store, Target

CLAIM = "assign"
NOON = "2026-11-24T12:00:00Z"
IMPORTED_AT_MOST = 10_000_000


class Sample(NamedTuple):
    seconds: float
    orders: int


class Backlog:
    """Open orders of one shape in a store, and couriers who take turns at them."""

    def __init__(self, store: Store, shape: Shape, size: int, effort: Effort) -> None:
        self.store = store
        self.shape = shape
        self.size = size
        self.regions = store.new_ids(shape.regions)
        self.couriers = drawn_couriers(shape, store.new_ids(effort.couriers), self.regions)
        store.hire(self.couriers)
        store.import_orders(drawn_orders(shape, store.new_ids(size), self.regions))
        if store.own:
            store.own.database.settle()
        self._turns = cycle(self.couriers)
        for _ in self.couriers:
            self.assign()

    def assign(self) -> Sample:
        """Assign to the courier whose turn it is; then take everything from him again, untimed."""
        courier = next(self._turns)
        courier_id = courier["courier_id"]
        answer = self.store.client.post("/orders/assign", {"courier_id": courier_id})
        for regions in (NOWHERE, courier["regions"]):
            self.store.client.patch(f"/couriers/{courier_id}", {"regions": regions})
        return Sample(answer.seconds, len(answer.body["orders"]))


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    ends = (effort.backlogs[0], effort.backlogs[-1])
    yield from measure_shape(data.UNIFORM, effort.backlogs, targets, effort)
    for shape in data.OTHER_SHAPES:
        yield from measure_shape(shape, ends, targets, effort)
    for target in targets:
        yield from measure_while_imports_run(target, effort)
        yield from measure_beside_delivered(target, effort)


def measure_shape(shape: Shape, sizes: Iterable[int], targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    """Measure each backlog in turn with the smallest one, which stays open in a store of its own.

    A store that ran already has one backlog after another, each in regions of its own; there the smallest is measured
    once, before the others are there.
    """
    smallest_size, *larger_sizes = sorted({max(size, shape.smallest_backlog) for size in sizes})
    with ExitStack() as stack:
        smallest = [stack.enter_context(backlog(target, shape, smallest_size, effort)) for target in targets]
        at_first = in_turn([place.assign for place in smallest], effort.assigns)
        for place, samples in zip(smallest, at_first, strict=True):
            yield figure(place, samples, limits_of_own(place, effort))
        for size in larger_sizes:
            with ExitStack() as stage:
                larger = [stage.enter_context(backlog(target, shape, size, effort)) for target in targets]
                measured = in_turn(
                    [place.assign for place in larger + [p for p in smallest if p.store.own]], effort.assigns
                )
                again = iter(measured[len(larger) :])
                for place, samples, before in zip(larger, measured, at_first, strict=False):
                    small = next(again) if place.store.own else before
                    limit = compared(
                        f"{smallest_size:,} open",
                        times_of(samples),
                        times_of(small),
                        at_most=shape.goal if size == larger_sizes[-1] else None,
                    )
                    yield figure(place, samples, [limit, *limits_of_own(place, effort)])


def measure_while_imports_run(target: Target, effort: Effort) -> Iterator[Figure]:
    with backlog(target, data.UNIFORM, effort.backlogs[-1], effort) as place:
        [quiet] = in_turn([place.assign], effort.assigns)
        with importing(place, effort.import_orders):
            [busy] = in_turn([place.assign], effort.assigns)
        limit = compared("no imports", times_of(busy), times_of(quiet))
        yield figure(place, busy, [limit], f" while imports of {effort.import_orders:,} run")


def measure_beside_delivered(target: Target, effort: Effort) -> Iterator[Figure]:
    """The largest backlog beside delivered orders, in turn with the smallest without. Own stores only."""
    largest, smallest = effort.backlogs[-1], effort.backlogs[0]
    with (
        backlog(target, data.UNIFORM, smallest, effort) as small,
        backlog(target, data.UNIFORM, largest, effort) as large,
    ):
        if not large.store.own:
            return
        large.store.own.database.add_delivered(delivered_order(large.store), effort.delivered_beside)
        large.store.own.database.settle()
        samples, at_small = in_turn([large.assign, small.assign], effort.assigns)
        limit = compared(f"{smallest:,} open", times_of(samples), times_of(at_small), at_most=data.UNIFORM.goal)
        yield figure(large, samples, [limit], f" beside {effort.delivered_beside:,} delivered")


@contextmanager
def backlog(target: Target, shape: Shape, size: int, effort: Effort) -> Iterator[Backlog]:
    with target.opened() as store:
        yield Backlog(store, shape, size, effort)


@contextmanager
def importing(place: Backlog, orders_each: int) -> Iterator[None]:
    """While the block lasts a process imports orders of the backlog's shape and regions, without a pause."""
    context = get_context("fork")
    stopped = context.Event()
    ids = place.store.new_ids(IMPORTED_AT_MOST)
    process = context.Process(target=import_until, args=(stopped, place, ids, orders_each))
    process.start()
    try:
        yield
    finally:
        stopped.set()
        process.join()
    if process.exitcode:
        raise RuntimeError("the imports beside the assigns failed")


def import_until(stopped: Event, place: Backlog, ids: range, orders_each: int) -> None:
    client = Client(place.store.url)
    for first in range(0, len(ids), orders_each):
        if stopped.is_set():
            return
        batch = drawn_orders(place.shape, ids[first : first + orders_each], place.regions)
        client.post("/orders", {"data": list(batch)})


def delivered_order(store: Store) -> int:
    """Have an order delivered and return its id."""
    [courier_id, order_id, region] = store.new_ids(3)
    hours = ["10:00-18:00"]
    store.hire([{"courier_id": courier_id, "courier_type": "foot", "regions": [region], "working_hours": hours}])
    store.import_orders([{"order_id": order_id, "weight": 1, "region": region, "delivery_hours": hours}])
    store.client.post("/orders/assign", {"courier_id": courier_id})
    store.client.post("/orders/complete", {"courier_id": courier_id, "order_id": order_id, "complete_time": NOON})
    return order_id


def figure(place: Backlog, samples: Sequence[Sample], limits: Sequence[Limit], circumstances: str = "") -> Figure:
    orders = sum(sample.orders for sample in samples)
    facts = {"orders": orders / len(samples)}
    if orders:
        facts["µs/order"] = 1000 * sum(times_of(samples)) / orders
    name = f"{place.shape.name}, {place.size:,} open{circumstances}"
    return Figure(CLAIM, name, place.store.name, "ms", times_of(samples), limits, facts)


def times_of(samples: Sequence[Sample]) -> list[float]:
    return milliseconds(sample.seconds for sample in samples)


def limits_of_own(place: Backlog, effort: Effort) -> list[Limit]:
    """The bare SQL of the same assigns and the old way, measured on uniform backlogs of own stores."""
    if place.shape is not data.UNIFORM or not place.store.own:
        return []
    times = statement_times(place.store, place.store.own, "assign", place.couriers, effort.assigns)
    http = milliseconds(times["http"])
    repetitions = min(30, max(3, effort.old_way_rows // place.size))
    turns = cycle(place.couriers)
    old = [seconds_to_choose(place.store.own.database, next(turns)) for _ in range(repetitions)]
    return [
        compared("bare SQL", http, milliseconds(times["statements"])),
        compared("the old way", http, milliseconds(old)),
    ]
