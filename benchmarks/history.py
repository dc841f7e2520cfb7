"""Claim: a courier's page and his next delivery cost the same after ten deliveries and after ten thousand."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from benchmarks.client import in_turn
from benchmarks.data import plain_courier, plain_order
from benchmarks.effort import Effort
from benchmarks.report import Figure, compared, milliseconds
from benchmarks.stores import Store, Target

CLAIM = "history"
GOAL = 2.0
FOOT_CAPACITY = 10
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Veteran:
    """A courier with a history: bundles of as many equal orders as fill him."""

    def __init__(self, store: Store, effort: Effort, bundles: int) -> None:
        self.store = store
        self.delivered = bundles * effort.bundle_orders
        [self.courier_id, region] = store.new_ids(2)
        self._clock = START
        self._carried: list[int] = []
        store.hire([plain_courier(self.courier_id, region)])
        to_deliver_later = effort.history_requests + 1
        weight = FOOT_CAPACITY / effort.bundle_orders
        store.import_orders(
            plain_order(order_id, region, weight=weight)
            for order_id in store.new_ids(self.delivered + to_deliver_later)
        )
        for _ in range(self.delivered):
            self.complete()

    def page(self) -> float:
        return self.store.client.get(f"/couriers/{self.courier_id}").seconds

    def complete(self) -> float:
        """Deliver the next order, after having the next bundle assigned, untimed, where nothing is left."""
        if not self._carried:
            assigned = self.store.client.post("/orders/assign", {"courier_id": self.courier_id})
            self._carried = [order["id"] for order in assigned.body["orders"]]
        self._clock += timedelta(minutes=1)
        delivery = {
            "courier_id": self.courier_id,
            "order_id": self._carried.pop(),
            "complete_time": self._clock.isoformat(),
        }
        return self.store.client.post("/orders/complete", delivery).seconds


def measure(targets: Sequence[Target], effort: Effort) -> Iterator[Figure]:
    with ExitStack() as stack:
        stores = [stack.enter_context(target.opened()) for target in targets]
        pairs = [
            [Veteran(store, effort, bundles) for bundles in (effort.short_history_bundles, effort.long_history_bundles)]
            for store in stores
        ]
        veterans = [veteran for pair in pairs for veteran in pair]
        for name, calls in (
            ("GET /couriers/{id}", [veteran.page for veteran in veterans]),
            ("POST /orders/complete", [veteran.complete for veteran in veterans]),
        ):
            in_turn(calls, 1)
            measured = iter(in_turn(calls, effort.history_requests))
            for newcomer, veteran in pairs:
                few, many = milliseconds(next(measured)), milliseconds(next(measured))
                limit = compared(f"{newcomer.delivered:,} delivered", many, few, at_most=GOAL)
                yield Figure(CLAIM, f"{name}, {veteran.delivered:,} delivered", veteran.store.name, "ms", many, [limit])
