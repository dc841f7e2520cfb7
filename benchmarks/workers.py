"""No claim, a choice: the kind and number of gunicorn's workers, their threads, and whether connections are kept."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from benchmarks.client import in_turn
from benchmarks.effort import Effort
from benchmarks.history import Veteran
from benchmarks.limits import served_by_gunicorn
from benchmarks.rates import life_rate, page_rate
from benchmarks.report import Figure, compared
from benchmarks.stores import OwnStore, Target, free_port

CLAIM = "workers"
STORE_APPLICATION = "sweets_store.wsgi:application"
STORE_WORKER = "sweets_store.worker.Worker"


class Rates(NamedTuple):
    page: float
    life: float


SHOWN = {"page": "GET /couriers/{id}", "life": "a courier's whole life"}


def settings(effort: Effort) -> dict[str, list[str]]:
    """Gunicorn's options by the name that the table shows."""
    named = {}
    for workers in effort.workers:
        named[f"sync, {workers} workers"] = ["--worker-class", "sync", "--workers", str(workers), "--threads", "1"]
    for workers, threads, kept in product(effort.workers, effort.threads, (75, 0)):
        name = f"gthread, {workers} workers of {threads} threads, connections {'kept' if kept else 'closed'}"
        named[name] = [
            *("--worker-class", STORE_WORKER, "--workers", str(workers)),
            *("--threads", str(threads), "--keep-alive", str(kept)),
        ]
    return named


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    """All settings in turn, beside those of `manage.py serve`. Own stores only."""
    for target in targets:
        with target.opened() as store:
            if isinstance(store, OwnStore):
                yield from measure_settings(store, effort)


def measure_settings(store: OwnStore, effort: Effort) -> Iterator[Figure]:
    path = f"/couriers/{Veteran(store, effort, bundles=1).courier_id}"
    named = settings(effort)
    calls = [partial(rates_under, options, store, path, effort) for options in ([], *named.values())]
    served, *measured = in_turn(calls, effort.worker_rounds)
    for request in Rates._fields:
        as_served = [getattr(rates, request) for rates in served]
        for name, all_rates in zip(named, measured, strict=True):
            values = [getattr(rates, request) for rates in all_rates]
            limit = compared("manage.py serve", values, as_served)
            yield Figure(CLAIM, f"{SHOWN[request]}, {name}", store.name, "requests/s", values, [limit])


def rates_under(options: Sequence[str], store: OwnStore, path: str, effort: Effort) -> Rates:
    """Serve the store a second time with the options. All settings at once would take too many connections."""
    environment = {**store.environment, "PORT": str(free_port())}
    with served_by_gunicorn(STORE_APPLICATION, environment, *options, path=path) as url:
        return Rates(page_rate(url, path, effort)(), life_rate(store, effort, url=url)())
