"""Assign and complete by HTTP, by the service in process, and by the service's bare SQL, in turn on the same store.

A process of its own with the store's settings (benchmarks/limits.py starts it), for only there are the services. The
statements of a call are recorded while the service makes it in a transaction that is rolled back; then they are sent
again by a bare cursor, in a transaction that commits. What lies between the two is Python: Django's and the service's.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, NamedTuple

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  # the models need the settings

from benchmarks.client import Client, in_turn  # noqa: E402
from benchmarks.data import NOWHERE, Courier  # noqa: E402
from bundles.models import Bundle  # noqa: E402
from bundles.services import assign_orders, carried_orders, change_courier, complete_order  # noqa: E402

Ways = dict[str, Callable[[], float]]


class Recording(NamedTuple):
    """What one call of a service sent to the database."""

    statements: list[tuple[str, Any]]
    rows: int
    """No statement is read further than this: `assign` stops reading candidates once the bundle is full."""

    bundle_id: int | None
    """The courier's active bundle after the call; if the call formed it, sending the statements again forms another."""


def main() -> None:
    asked = json.load(sys.stdin)
    ways = {"assign": ways_to_assign, "complete": ways_to_complete}[asked["use_case"]]
    calls = ways(Client(asked["url"]), asked["couriers"])
    in_turn(list(calls.values()), 1)
    times = in_turn(list(calls.values()), asked["repetitions"])
    json.dump(dict(zip(calls, times, strict=True)), sys.stdout)


def ways_to_assign(client: Client, couriers: Sequence[Courier]) -> Ways:
    turns = {way: cycle(couriers) for way in ("http", "service", "statements")}

    def assign(courier_id: int) -> int:
        return len(assign_orders(courier_id=courier_id, now=datetime.now(UTC)).order_ids)

    def released_after(way: str, measure: Callable[[int], float]) -> float:
        courier = next(turns[way])
        seconds = measure(courier["courier_id"])
        for regions in (NOWHERE, courier["regions"]):
            change_courier(courier_id=courier["courier_id"], changes={"regions": regions})
        return seconds

    def http(courier_id: int) -> float:
        return client.post("/orders/assign", {"courier_id": courier_id}).seconds

    def service(courier_id: int) -> float:
        return timed(lambda: assign(courier_id))

    def statements(courier_id: int) -> float:
        # The order that is too much is read, too.
        return replayed(recorded(lambda: assign(courier_id) + 1, courier_id))

    return {
        "http": lambda: released_after("http", http),
        "service": lambda: released_after("service", service),
        "statements": lambda: released_after("statements", statements),
    }


def ways_to_complete(client: Client, couriers: Sequence[Courier]) -> Ways:
    """The first courier delivers what he carries."""
    courier_id = couriers[0]["courier_id"]
    order_ids = iter(list(carried_orders(courier_id).values_list("order_id", flat=True)))

    def complete(order_id: int) -> int:
        complete_order(courier_id=courier_id, order_id=order_id, complete_time=datetime.now(UTC))
        return 1

    def http() -> float:
        asked = {"courier_id": courier_id, "order_id": next(order_ids), "complete_time": datetime.now(UTC).isoformat()}
        return client.post("/orders/complete", asked).seconds

    def service() -> float:
        order_id = next(order_ids)
        return timed(lambda: complete(order_id))

    def statements() -> float:
        order_id = next(order_ids)
        return replayed(recorded(lambda: complete(order_id), courier_id))

    return {"http": http, "service": service, "statements": statements}


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def recorded(call: Callable[[], int], courier_id: int) -> Recording:
    """Make the call, which returns how many rows it read at most, keep its statements and roll it back."""
    sent: list[tuple[str, Any]] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(keep):
            rows = call()
        bundle = Bundle.objects.active().filter(courier_id=courier_id).first()
        transaction.set_rollback(True)
    return Recording(sent, rows, bundle.bundle_id if bundle else None)


def replayed(recording: Recording) -> float:
    """Send the statements again in a transaction of their own and return the seconds."""
    formed = recording.bundle_id
    started = time.perf_counter()
    with closing(connection.create_cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        for sql, params in recording.statements:
            if formed != recording.bundle_id:
                params = [formed if param == recording.bundle_id else param for param in params]
            cursor.execute(sql, params)
            if cursor.description:
                rows = cursor.fetchmany(recording.rows)
                if sql.startswith('INSERT INTO "bundles"'):
                    formed = rows[0][0]
        cursor.execute("COMMIT")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
