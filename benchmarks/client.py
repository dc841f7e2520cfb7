"""One keep-alive connection to a store, timed."""

import json
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

# Beyond that a server may have closed the connection.
IDLE_SECONDS = 1.0

Measured = TypeVar("Measured")


class Answer(NamedTuple):
    status: int
    body: Any
    seconds: float


class Client:
    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=900)
        self._used = 0.0

    def send(self, method: str, path: str, body: object = None, *, expected: Sequence[int] = (200, 201)) -> Answer:
        """Send the request and read the answer; its seconds leave out making and reading the JSON.

        Raises RuntimeError at any status but the expected ones.
        """
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
            self._connection.connect()
        started = time.perf_counter()
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        text = response.read()
        seconds = time.perf_counter() - started
        self._used = time.monotonic()
        if response.status not in expected:
            raise RuntimeError(f"{method} {path} answered {response.status}: {text[:300]!r}")
        return Answer(response.status, json.loads(text) if text else None, seconds)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: object) -> Answer:
        return self.send("POST", path, body)

    def patch(self, path: str, body: object) -> Answer:
        return self.send("PATCH", path, body)

    def close(self) -> None:
        self._connection.close()


def in_turn(calls: Sequence[Callable[[], Measured]], repetitions: int) -> list[list[Measured]]:
    """Make the calls one after another, again and again; return what each returned, in the order of the calls.

    So whatever slows the machine down for a while slows all of them down.
    """
    rounds = [[call() for call in calls] for _ in range(repetitions)]
    return [list(measured) for measured in zip(*rounds, strict=True)]
