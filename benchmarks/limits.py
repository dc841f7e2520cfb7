"""What no store can beat on this machine: empty applications under the same gunicorn, the bare SQL of a use case."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.data import Courier
from benchmarks.stores import PROJECT, OwnStore, own_environment, served

SETTINGS = {"DJANGO_SETTINGS_MODULE": "sweets_store.settings"}
EMPTY_APPLICATIONS = {"empty WSGI app": "/wsgi", "empty Django view": "/django", "empty DRF view": "/drf"}


def statement_times(
    store: OwnStore, use_case: str, couriers: Sequence[Courier], repetitions: int
) -> dict[str, list[float]]:
    """Measure `assign` or `complete` at the store by `http`, `service` and `statements` (benchmarks/statements.py).

    To complete, the first courier must carry more than `3 * (repetitions + 1)` orders.
    """
    asked = {"url": store.url, "use_case": use_case, "couriers": couriers, "repetitions": repetitions}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.statements"],
        cwd=PROJECT,
        env={**store.environment, **SETTINGS},
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    times: dict[str, list[float]] = json.loads(done.stdout)
    return times


@contextmanager
def empty_applications() -> Iterator[str]:
    """Serve the empty applications as `manage.py serve` serves the store; yield their URL."""
    with tempfile.TemporaryDirectory(prefix="sweets-benchmark-") as folder:
        environment = own_environment(Path(folder), "")
        with served_by_gunicorn("benchmarks.empty:application", environment, path="/wsgi") as url:
            yield url


@contextmanager
def served_by_gunicorn(application: str, environment: Mapping[str, str], *options: str, path: str) -> Iterator[str]:
    """Serve the application with the options beside those of `manage.py serve`, or instead; yield its URL."""
    url = f"http://{environment['HOST']}:{environment['PORT']}"
    command = [sys.executable, "-m", "benchmarks.serve", application, *options]
    with served(command, url, {**environment, **SETTINGS}, path):
        yield url
