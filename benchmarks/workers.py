"""No claim, a choice: the kind and number of gunicorn's workers, their threads, and whether connections are kept."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product

from benchmarks.client import in_turn
from benchmarks.effort import Effort
from benchmarks.history import Veteran
from benchmarks.limits import served_by_gunicorn
from benchmarks.rates import life_rate, page_rate
from benchmarks.report import Figure, compared
from benchmarks.stores import OwnStore, Store, Target, free_port

CLAIM = "workers"
STORE_APPLICATION = "sweets_store.wsgi:application"
STORE_WORKER = "sweets_store.worker.Worker"


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
        with ExitStack() as stack:
            store = stack.enter_context(target.opened())
            if not isinstance(store, OwnStore):
                continue
            path = f"/couriers/{Veteran(store, effort, bundles=1).courier_id}"
            urls = [store.url]
            for options in settings(effort).values():
                environment = {**store.environment, "PORT": str(free_port())}
                urls.append(
                    stack.enter_context(served_by_gunicorn(STORE_APPLICATION, environment, *options, path=path))
                )
            yield from measure_settings(store, urls, path, effort)


def measure_settings(store: Store, urls: Sequence[str], path: str, effort: Effort) -> Iterator[Figure]:
    pages = in_turn([page_rate(url, path, effort) for url in urls], effort.rounds)
    lives = in_turn([life_rate(store, effort, url=url) for url in urls], effort.rounds)
    for request, (served, *measured) in (("GET /couriers/{id}", pages), ("a courier's whole life", lives)):
        for name, rates in zip(settings(effort), measured, strict=True):
            limit = compared("manage.py serve", rates, served)
            yield Figure(CLAIM, f"{request}, {name}", store.name, "requests/s", rates, [limit])
