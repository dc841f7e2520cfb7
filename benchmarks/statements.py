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
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  # the models need the settings

from benchmarks.client import Client, in_turn  # noqa: E402
from benchmarks.data import NOWHERE, Courier  # noqa: E402
from bundles.services import assign_orders, carried_orders, change_courier, complete_order  # noqa: E402

Ways = dict[str, Callable[[], float]]
Statements = list[tuple[str, Any]]


def main() -> None:
    asked = json.load(sys.stdin)
    ways = {"assign": ways_to_assign, "complete": ways_to_complete}[asked["use_case"]]
    calls = ways(Client(asked["url"]), asked["couriers"])
    in_turn(list(calls.values()), 1)
    times = in_turn(list(calls.values()), asked["repetitions"])
    json.dump(dict(zip(calls, times, strict=True)), sys.stdout)


def ways_to_assign(client: Client, couriers: Sequence[Courier]) -> Ways:
    turns = {way: cycle(couriers) for way in ("http", "service", "statements")}

    def assign(courier_id: int) -> None:
        assign_orders(courier_id=courier_id, now=datetime.now(UTC))

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
        return replayed(recorded(lambda: assign(courier_id)))

    return {
        "http": lambda: released_after("http", http),
        "service": lambda: released_after("service", service),
        "statements": lambda: released_after("statements", statements),
    }


def ways_to_complete(client: Client, couriers: Sequence[Courier]) -> Ways:
    """The first courier delivers what he carries."""
    courier_id = couriers[0]["courier_id"]
    order_ids = iter(list(carried_orders(courier_id).values_list("order_id", flat=True)))

    def complete(order_id: int) -> None:
        complete_order(courier_id=courier_id, order_id=order_id, complete_time=datetime.now(UTC))

    def http() -> float:
        asked = {"courier_id": courier_id, "order_id": next(order_ids), "complete_time": datetime.now(UTC).isoformat()}
        return client.post("/orders/complete", asked).seconds

    def service() -> float:
        order_id = next(order_ids)
        return timed(lambda: complete(order_id))

    def statements() -> float:
        order_id = next(order_ids)
        return replayed(recorded(lambda: complete(order_id)))

    return {"http": http, "service": service, "statements": statements}


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def recorded(call: Callable[[], object]) -> Statements:
    """Make the call, keep its statements and roll it back."""
    sent: Statements = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(keep):
            call()
        transaction.set_rollback(True)
    return sent


def replayed(statements: Statements) -> float:
    """Send the statements again in a transaction of their own and return the seconds.

    On SQLite a bundle is formed by a statement of its own; the next one hands it the orders, and names it first.
    """
    formed = None
    started = time.perf_counter()
    with closing(connection.create_cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        for sql, params in statements:
            if formed is not None:
                params = [formed, *params[1:]]
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
            formed = cursor.lastrowid if sql.startswith("INSERT INTO bundles") else None
        cursor.execute("COMMIT")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
