"""Claim: imports near the database's own limit, in bounded memory."""

import csv
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.client import in_turn
from benchmarks.data import UNIFORM, Order, bad_orders, drawn_orders
from benchmarks.databases import Database
from benchmarks.effort import Effort
from benchmarks.memory import Workers, peak_of_command
from benchmarks.report import Figure, Limit, compared, milliseconds
from benchmarks.stores import OwnStore, Store, Target

logger = logging.getLogger(__name__)

CLAIM = "imports"
REQUEST_GOAL = 3.0
# Half the rate of the rows alone.
FILE_GOAL = 2.0
MEMORY_GOAL = 100.0


class Sample(NamedTuple):
    """An import's seconds, and the megabytes that it took a worker over idle; 0 where they cannot be seen."""

    seconds: float
    memory: float = 0.0


class Importer:
    """Imports the same number of orders into a store again and again, good ones and bad ones."""

    def __init__(self, store: Store, orders_each: int) -> None:
        self.store = store
        self._orders_each = orders_each
        self._regions = store.new_ids(UNIFORM.regions)
        store.import_orders(drawn_orders(UNIFORM, store.new_ids(1), self._regions))
        self._workers = Workers(store.pid) if isinstance(store, OwnStore) else None

    def is_possible(self) -> bool:
        """Whether the store takes so many orders at once."""
        orders = drawn_orders(UNIFORM, self.store.new_ids(self._orders_each), self._regions)
        answer = self.store.client.send("POST", "/orders", {"data": list(orders)}, expected=(201, 413))
        return answer.status == 201

    def good(self) -> Sample:
        ids = self.store.new_ids(2 * self._orders_each)
        self._last_sent = ids[: self._orders_each]
        return self._sent(list(drawn_orders(UNIFORM, self._last_sent, self._regions)), status=201)

    def bad(self) -> Sample:
        return self._sent(bad_orders(self.store.new_ids(self._orders_each)), status=400)

    def alone(self, database: Database) -> Sample:
        """The rows of the last good import, alone, into the same table."""
        return Sample(database.insert(database.rows(self._last_sent)))

    def _sent(self, orders: list[Order], *, status: int) -> Sample:
        body = json.dumps({"data": orders}).encode()
        if self._workers:
            self._workers.forget_peaks()
        seconds = self.store.client.send("POST", "/orders", body, expected=[status]).seconds
        return Sample(seconds, self._workers.peak_over_idle() if self._workers else 0)


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    for orders_each, repetitions, has_goals in (
        (effort.import_orders, effort.imports, True),
        (effort.large_import_orders, effort.large_imports, False),
    ):
        with ExitStack() as stack:
            stores = [stack.enter_context(target.opened()) for target in targets]
            for figure in measure_requests(stores, orders_each, repetitions):
                yield figure if has_goals else figure.without_goals()
    for target in targets:
        with target.opened() as store:
            if isinstance(store, OwnStore):
                yield from measure_command(store, effort.file_lines)


def measure_requests(stores: Sequence[Store], orders_each: int, repetitions: int) -> Iterator[Figure]:
    importers, calls = [], []
    for store in stores:
        importer = Importer(store, orders_each)
        if not importer.is_possible():
            logger.warning("%s does not take %s orders at once: left out.", store.name, f"{orders_each:,}")
            continue
        importers.append(importer)
        calls += [importer.good, importer.bad]
        if isinstance(importer.store, OwnStore):
            calls.append(partial(importer.alone, importer.store.database))
    in_turn(calls, 1)
    measured = iter(in_turn(calls, repetitions))
    for importer in importers:
        good, bad = next(measured), next(measured)
        limit = next(measured) if isinstance(importer.store, OwnStore) else []
        for name, samples in (("good", good), ("bad, with the report", bad)):
            yield from figures(
                f"one request of {orders_each:,}, all {name}", importer.store, orders_each, samples, limit
            )


def figures(
    name: str, store: Store, orders_each: int, samples: Sequence[Sample], limit: Sequence[Sample]
) -> Iterator[Figure]:
    times = milliseconds(sample.seconds for sample in samples)
    facts = {"rows/s": 1000 * orders_each * len(times) / sum(times)}
    limits: list[Limit] = []
    if isinstance(store, OwnStore):
        alone = milliseconds(sample.seconds for sample in limit)
        limits = [compared(store.database.quickest_insert, times, alone, at_most=REQUEST_GOAL)]
    yield Figure(CLAIM, name, store.name, "ms", times, limits, facts)
    if isinstance(store, OwnStore):
        yield memory_figure(name, store, [sample.memory for sample in samples])


def memory_figure(name: str, store: Store, megabytes: Sequence[float]) -> Figure:
    allowed = compared("allowed", megabytes, [MEMORY_GOAL], at_most=1)
    return Figure(CLAIM, f"{name}: memory over idle", store.name, "MB", megabytes, [allowed])


def measure_command(store: OwnStore, lines: int) -> Iterator[Figure]:
    """`import_orders` as a process, and then the same rows alone; its memory is over that of an import of one line."""
    regions = store.new_ids(UNIFORM.regions)
    with tempfile.TemporaryDirectory(prefix="sweets-benchmark-") as folder:
        for ending, write in (("csv", write_csv), ("ndjson", write_ndjson)):
            file = Path(folder) / f"orders.{ending}"
            write(file, drawn_orders(UNIFORM, store.new_ids(1), regions))
            idle, _ = import_file(file, store)
            ids = store.new_ids(2 * lines)[:lines]
            write(file, drawn_orders(UNIFORM, ids, regions))
            peak, seconds = import_file(file, store)
            alone = store.database.insert(store.database.rows(ids))
            name = f"import_orders, {lines:,} lines of {ending}"
            limit = compared(store.database.quickest_insert, [seconds], [alone], at_most=FILE_GOAL)
            yield Figure(CLAIM, name, store.name, "s", [seconds], [limit], {"rows/s": lines / seconds})
            yield memory_figure(name, store, [peak - idle])


def import_file(file: Path, store: OwnStore) -> tuple[float, float]:
    """Return (the megabytes that the command held at most, its seconds)."""
    started = time.perf_counter()
    peak = peak_of_command([sys.executable, "manage.py", "import_orders", str(file)], store.environment)
    return peak, time.perf_counter() - started


def write_csv(file: Path, orders: Iterable[Order]) -> None:
    with file.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["order_id", "weight", "region", "delivery_hours"])
        rows.writerows((*list(order.values())[:3], ";".join(order["delivery_hours"])) for order in orders)


def write_ndjson(file: Path, orders: Iterable[Order]) -> None:
    with file.open("w") as text:
        text.writelines(f"{json.dumps(order)}\n" for order in orders)
