"""The stores that are measured: some that run already, others started for the purpose."""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from benchmarks.client import Client
from benchmarks.data import Courier, Order
from benchmarks.databases import Database, own_database

PROJECT = Path(__file__).resolve().parent.parent
LARGEST_BATCH, SMALLEST_BATCH = 10_000, 100


class Store:
    """A server of the contract. Ids and regions are handed out so that nothing sent before has the same."""

    def __init__(self, name: str, url: str, *, first_id: int) -> None:
        self.name = name
        self.url = url
        self.client = Client(url)
        self.first_id = self._next_id = first_id
        self._batch = LARGEST_BATCH

    def new_ids(self, number: int) -> range:
        first, self._next_id = self._next_id, self._next_id + number
        return range(first, self._next_id)

    def hire(self, couriers: Sequence[Courier]) -> None:
        self.client.post("/couriers", {"data": couriers})

    def import_orders(self, orders: Iterable[Order]) -> None:
        """Import the orders in batches as large as the server takes."""
        left = iter(orders)
        while batch := list(islice(left, self._batch)):
            while batch:
                answer = self.client.send("POST", "/orders", {"data": batch[: self._batch]}, expected=(201, 413))
                if answer.status == 201:
                    del batch[: self._batch]
                elif self._batch > SMALLEST_BATCH:
                    self._batch //= 10
                else:
                    raise RuntimeError(f"{self.url} takes not even {SMALLEST_BATCH} orders at once")


class OwnStore(Store):
    """A store that was started here, so that there is more to it than its API. `pid` is gunicorn's master."""

    def __init__(self, name: str, url: str, database: Database, environment: Mapping[str, str], pid: int) -> None:
        super().__init__(name, url, first_id=1)
        self.database = database
        self.environment = environment
        self.pid = pid


class Target(Protocol):
    """Opens a store of one kind whenever a measurement asks for one."""

    @property
    def name(self) -> str: ...

    def opened(self) -> AbstractContextManager[Store]: ...


class OneStore:
    """Always the same store, so that all measurements meet in it."""

    def __init__(self, store: Store) -> None:
        self.name = store.name
        self._store = store

    def opened(self) -> AbstractContextManager[Store]:
        return nullcontext(self._store)


def foreign_store(url: str) -> Store:
    """A server that runs already. What is sent to it stays there."""
    # Small enough for servers whose ids have 32 bits.
    return Store(urlsplit(url).netloc, url, first_id=random.randrange(10**9, 2 * 10**9))


class OwnTarget:
    """This project's store, started by `manage.py serve` on a database of its own for each measurement.

    `database` is `sqlite` or the URL of a PostgreSQL database whose user may create others.
    """

    def __init__(self, database: str) -> None:
        self.name = "SQLite" if database == "sqlite" else "PostgreSQL"
        self._database = database

    @contextmanager
    def opened(self) -> Iterator[Store]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sweets-benchmark-")))
            database = stack.enter_context(own_database(self._database, folder))
            environment = own_environment(folder, database.url)
            url = f"http://{environment['HOST']}:{environment['PORT']}"
            process = stack.enter_context(
                served([sys.executable, "manage.py", "serve"], url, environment, "/couriers?limit=1")
            )
            store = OwnStore(self.name, url, database, environment, process.pid)
            stack.callback(store.client.close)
            yield store


def own_environment(folder: Path, database_url: str) -> dict[str, str]:
    """The environment of a store that has nothing in common with another one of the machine."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "ENV_FILE": os.devnull,
        "PRODUCTION": "false",
        "ALLOWED_HOSTS": "",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(
    command: Sequence[str], url: str, environment: Mapping[str, str], path: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server while the block lasts; the block begins once the server answers at the path."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            if not answers(process, url, path):
                output.seek(0)
                raise RuntimeError(f"{' '.join(command)} does not answer: {output.read().decode()}")
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def answers(process: "subprocess.Popen[bytes]", url: str, path: str, *, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        client = Client(url)
        try:
            client.get(path)
        except OSError:
            time.sleep(0.05)
        else:
            return True
        finally:
            client.close()
    return False
