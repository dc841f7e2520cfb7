"""How often a client may call: by his address and, where there are tokens, by his token.

Each worker process counts for itself, so of several the limits are that many times as high, at most.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

MOST_CLIENTS = 10_000
SECOND = 1_000_000_000  # in nanoseconds


class Rate(NamedTuple):
    requests: int
    seconds: int


class Spent(NamedTuple):
    """Where a client stands: how many requests he may still send at once, and in how many seconds all of them again.

    `wait`: in how many seconds he may send the next one; 0 where this one was let through.
    """

    rate: Rate
    remaining: int
    reset: int
    wait: int

    def headers(self) -> dict[str, str]:
        told = {"Limit": self.rate.requests, "Remaining": self.remaining, "Reset": self.reset}
        return {f"RateLimit-{name}": str(number) for name, number in told.items()}


class Meter:
    """Lets through as many requests at once as the rate allows, and then one whenever its share of time has passed."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._lock = Lock()
        self._paid_until: dict[tuple[Rate, str], int] = {}

    def spend(self, rate: Rate, client: str) -> Spent:
        window = rate.seconds * SECOND
        share, now = window // rate.requests, self._clock()
        with self._lock:
            paid = max(self._paid_until.pop((rate, client), now), now)
            wait = paid + share - now - window
            if wait <= 0:
                paid += share
            self._paid_until[rate, client] = paid  # behind all others
            if len(self._paid_until) > MOST_CLIENTS:
                self._forget(now)
        owed = paid - now
        return Spent(rate, (window - owed) // share, -(-owed // SECOND), max(-(-wait // SECOND), 0))

    def _forget(self, now: int) -> None:
        """Whoever owes nothing is as if he had never called; of the others those go who have not called for longest."""
        owing = {client: paid for client, paid in self._paid_until.items() if paid > now}
        self._paid_until = dict(list(owing.items())[-MOST_CLIENTS // 2 :])
