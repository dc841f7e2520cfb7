"""Claim: the time of an assign does not know the backlog."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import NamedTuple

from benchmarks import data
from benchmarks.client import in_turn
from benchmarks.data import NOWHERE, Shape, drawn_couriers, drawn_orders, plain_courier, plain_order
from benchmarks.effort import Effort
from benchmarks.limits import statement_times
from benchmarks.old_way import seconds_to_choose
from benchmarks.report import Figure, Limit, compared, milliseconds
from benchmarks.stores import OwnStore, Store, Target

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
        self.samples: list[Sample] = []
        """Those of the last measurement."""

        store.hire(self.couriers)
        store.import_orders(drawn_orders(shape, store.new_ids(size), self.regions))
        if isinstance(store, OwnStore):
            store.database.settle()
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

    @property
    def times(self) -> list[float]:
        return milliseconds(sample.seconds for sample in self.samples)

    def compared_with(self, other: "Backlog", *, goal: float | None) -> Limit:
        return compared(f"{other.size:,} open", self.times, other.times, at_most=goal)


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
    enough = min(shape.smallest_backlog, effort.backlogs[-1])
    smallest_size, *larger_sizes = sorted({max(size, enough) for size in sizes})
    with ExitStack() as stack:
        smallest = [stack.enter_context(backlog(target, shape, smallest_size, effort)) for target in targets]
        measure_in_turn(smallest, effort)
        for small in smallest:
            yield figure(small, limits_of_own(small, effort))
        for size in larger_sizes:
            goal = shape.goal if size == larger_sizes[-1] else None
            with ExitStack() as stage:
                larger = [stage.enter_context(backlog(target, shape, size, effort)) for target in targets]
                measure_in_turn([*larger, *(small for small in smallest if isinstance(small.store, OwnStore))], effort)
                for large, small in zip(larger, smallest, strict=True):
                    yield figure(large, [large.compared_with(small, goal=goal), *limits_of_own(large, effort)])


def measure_in_turn(backlogs: Sequence[Backlog], effort: Effort) -> None:
    measured = in_turn([place.assign for place in backlogs], effort.assigns)
    for place, samples in zip(backlogs, measured, strict=True):
        place.samples = samples


def measure_while_imports_run(target: Target, effort: Effort) -> Iterator[Figure]:
    with backlog(target, data.UNIFORM, effort.backlogs[-1], effort) as place:
        measure_in_turn([place], effort)
        quiet = place.times
        with importing(place, effort.import_orders):
            measure_in_turn([place], effort)
        limit = compared("no imports", place.times, quiet)
        yield figure(place, [limit], f" while imports of {effort.import_orders:,} run")


def measure_beside_delivered(target: Target, effort: Effort) -> Iterator[Figure]:
    """The largest backlog beside delivered orders, in turn with the smallest without. Own stores only."""
    with ExitStack() as stack:
        store = stack.enter_context(target.opened())
        if not isinstance(store, OwnStore):
            return
        add_delivered(store, effort.delivered_beside)
        large = Backlog(store, data.UNIFORM, effort.backlogs[-1], effort)
        small = stack.enter_context(backlog(target, data.UNIFORM, effort.backlogs[0], effort))
        measure_in_turn([large, small], effort)
        limit = large.compared_with(small, goal=data.UNIFORM.goal)
        yield figure(large, [limit], f" beside {effort.delivered_beside:,} delivered")


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
    store = Store(place.store.name, place.store.url, first_id=ids.start)
    while not stopped.is_set():
        store.import_orders(drawn_orders(place.shape, store.new_ids(orders_each), place.regions))


def add_delivered(store: OwnStore, count: int) -> None:
    """Have an order delivered, and store copies of it, past the API: a million would take hours."""
    [courier_id, order_id, region] = store.new_ids(3)
    store.hire([plain_courier(courier_id, region)])
    store.import_orders([plain_order(order_id, region)])
    store.client.post("/orders/assign", {"courier_id": courier_id})
    store.client.post("/orders/complete", {"courier_id": courier_id, "order_id": order_id, "complete_time": NOON})
    store.database.add_delivered(order_id, count)


def figure(place: Backlog, limits: Sequence[Limit], circumstances: str = "") -> Figure:
    orders = sum(sample.orders for sample in place.samples)
    facts = {"orders": orders / len(place.samples)}
    if orders:
        facts["µs/order"] = 1000 * sum(place.times) / orders
    name = f"{place.shape.name}, {place.size:,} open{circumstances}"
    return Figure(CLAIM, name, place.store.name, "ms", place.times, limits, facts)


def limits_of_own(place: Backlog, effort: Effort) -> list[Limit]:
    """The bare SQL of the same assigns and the old way, measured on uniform backlogs of own stores."""
    if place.shape is not data.UNIFORM or not isinstance(place.store, OwnStore):
        return []
    times = statement_times(place.store, "assign", place.couriers, effort.assigns)
    http = milliseconds(times["http"])
    repetitions = min(30, max(3, effort.old_way_rows // place.size))
    turns = cycle(place.couriers)
    old = [seconds_to_choose(place.store.database, next(turns)) for _ in range(repetitions)]
    return [
        compared("bare SQL", http, milliseconds(times["statements"])),
        compared("the old way", http, milliseconds(old)),
    ]
