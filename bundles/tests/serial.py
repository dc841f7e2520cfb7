"""The contract once more, as fast as a replay needs it: every request can be undone, and free orders lie sorted.

Like `reference.py`, whose words it uses, it imports nothing from the project; `test_replay.py` holds the two together.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from functools import cache
from heapq import merge
from typing import NamedTuple

from bundles.tests import reference
from bundles.tests.reference import CAPACITIES, COEFFICIENTS, refusal


class Courier(NamedTuple):
    courier_id: int
    courier_type: str
    regions: tuple
    working_hours: tuple

    def sent(self):
        return self._asdict() | {"regions": list(self.regions), "working_hours": list(self.working_hours)}


class Order(NamedTuple):
    """Sorts lightest first. `bundle` is (courier's id, how many bundles he had before), or None while it is free."""

    weight: Decimal
    order_id: int
    region: int
    delivery_hours: tuple
    bundle: tuple | None = None
    complete_time: datetime | None = None


class Bundle(NamedTuple):
    courier_type: str
    assign_time: datetime
    is_completed: bool = False


overlap = cache(reference.overlap)
delivery_times = cache(reference.delivery_times)


def fits(order, courier):
    return order.region in courier.regions and overlap(order.delivery_hours, courier.working_hours)


def most(lightest_first, capacity):
    """The longest run of the lightest."""
    taken, load = [], Decimal(0)
    for order in lightest_first:
        load += order.weight
        if load > capacity:
            break
        taken.append(order)
    return taken


class Store:
    """The six handlers of `reference.Store`, for well-formed requests, with `undo`.

    `fingerprint` is equal for equal rows, whatever way led to them.
    """

    def __init__(self):
        self.couriers, self.orders, self.bundles = {}, {}, {}
        self.fingerprint = 0
        self._formed = {}  # how many bundles each courier had
        self._contents = {}  # of each bundle: the ids of its orders
        self._free = defaultdict(list)  # by region, sorted
        self._journal = []

    # Rows change here alone.

    def _put(self, table, key, row):
        self._journal.append((table, key, table.get(key)))
        self._set(table, key, row)

    def _set(self, table, key, row):
        old = table.pop(key, None)
        if row is not None:
            table[key] = row
        self.fingerprint ^= hash((key, old)) ^ hash((key, row))
        if table is self.orders:
            if old is not None and old.bundle is None:
                lightest_first = self._free[old.region]
                del lightest_first[bisect_left(lightest_first, old)]
            if row is not None and row.bundle is None:
                insort(self._free[row.region], row)

    def mark(self):
        return len(self._journal)

    def undo(self, mark):
        """Take back all since the mark."""
        while len(self._journal) > mark:
            self._set(*self._journal.pop())

    def changed(self, mark):
        return len(self._journal) > mark

    def freed(self, mark):
        """The ids of the orders that became free since the mark."""
        changed = {key for table, key, _ in self._journal[mark:] if table is self.orders}
        return {order_id for order_id in changed if self.is_free(order_id)}

    def is_free(self, order_id):
        return order_id in self.orders and self.orders[order_id].bundle is None

    # The handlers

    def hire(self, sent):
        return self._import("couriers", "courier_id", self.couriers, sent, self._hired)

    def take(self, sent):
        return self._import("orders", "order_id", self.orders, sent, self._taken)

    @staticmethod
    def _hired(sent):
        return Courier(sent["courier_id"], sent["courier_type"], tuple(sent["regions"]), tuple(sent["working_hours"]))

    @staticmethod
    def _taken(sent):
        return Order(Decimal(str(sent["weight"])), sent["order_id"], sent["region"], tuple(sent["delivery_hours"]))

    def _import(self, list_name, id_name, table, sent, row_of):
        ids = [item[id_name] for item in sent]
        bad = [object_id for object_id, times in Counter(ids).items() if times > 1 or object_id in table]
        if bad:
            report = {str(object_id): {id_name: "…"} for object_id in bad}
            return 400, {"validation_error": {list_name: [{"id": object_id} for object_id in bad], **report}}
        for item in sent:
            self._put(table, item[id_name], row_of(item))
        return 201, {list_name: [{"id": object_id} for object_id in ids]}

    def active_bundle(self, courier_id):
        last = (courier_id, self._formed.get(courier_id, 0) - 1)
        return last if last in self.bundles and not self.bundles[last].is_completed else None

    def carried(self, bundle):
        """The undelivered orders of the bundle, lightest first."""
        orders = (self.orders[order_id] for order_id in self._contents.get(bundle, ()))
        return sorted(order for order in orders if order.complete_time is None)

    def assign(self, courier_id, now):
        courier = self.couriers.get(courier_id)
        if courier is None:
            return 400, refusal("unknown_courier")
        bundle = self.active_bundle(courier_id)
        if bundle is None:
            lightest_first = merge(*(self._free[region] for region in {*courier.regions}))
            chosen = most((order for order in lightest_first if fits(order, courier)), CAPACITIES[courier.courier_type])
            if not chosen:
                return 200, {"orders": []}
            bundle = (courier_id, self._formed.get(courier_id, 0))
            self._put(self._formed, courier_id, bundle[1] + 1)
            self._put(self._contents, bundle, frozenset(order.order_id for order in chosen))
            self._put(self.bundles, bundle, Bundle(courier.courier_type, now))
            for order in chosen:
                self._put(self.orders, order.order_id, order._replace(bundle=bundle))
        carried = [{"id": order.order_id} for order in self.carried(bundle)]
        return 200, {"orders": carried, "assign_time": self.bundles[bundle].assign_time}

    def complete(self, courier_id, order_id, complete_time):
        if courier_id not in self.couriers:
            return 400, refusal("unknown_courier")
        order = self.orders.get(order_id)
        if order is None or order.bundle is None or order.bundle[0] != courier_id:
            return 400, refusal("not_carried")
        if order.complete_time is None:
            self._put(self.orders, order_id, order._replace(complete_time=complete_time))
            self._complete_if_nothing_left(order.bundle)
        return 200, {"order_id": order_id}

    def change(self, courier_id, sent):
        courier = self.couriers.get(courier_id)
        if courier is None:
            return 404, refusal("unknown_courier")
        changed = self._hired(courier.sent() | sent)
        if changed != courier:
            self._put(self.couriers, courier_id, changed)
        bundle = self.active_bundle(courier_id)
        carried = self.carried(bundle)
        kept = most((order for order in carried if fits(order, changed)), CAPACITIES[changed.courier_type])
        if released := [order for order in carried if order not in kept]:
            self._take_out(bundle, released)
        return 200, changed.sent()

    def _take_out(self, bundle, orders, *, into=None):
        for order in orders:
            self._put(self.orders, order.order_id, order._replace(bundle=into))
        left = self._contents[bundle] - {order.order_id for order in orders}
        self._put(self._contents, bundle, left)
        self._complete_if_nothing_left(bundle)

    def _complete_if_nothing_left(self, bundle):
        if not self.carried(bundle):
            self._put(self.bundles, bundle, self.bundles[bundle]._replace(is_completed=True))

    def courier(self, courier_id):
        if courier_id not in self.couriers:
            return 404, refusal("unknown_courier")
        earnings, times, rated = 0, [], False
        for number in range(self._formed.get(courier_id, 0)):
            bundle = self.bundles[courier_id, number]
            orders = (self.orders[order_id] for order_id in self._contents[courier_id, number])
            delivered = [(order.complete_time, order.order_id, order.region) for order in orders if order.complete_time]
            if delivered:
                times += delivery_times(bundle.assign_time, tuple(sorted(delivered)))
                if bundle.is_completed:
                    rated = True
                    earnings += 500 * COEFFICIENTS[bundle.courier_type]
        statement = self.couriers[courier_id].sent() | {"earnings": earnings}
        return 200, statement | ({"rating": float(reference.rating(times))} if rated else {})

    # What dispatchers do. A bundle is meant whoever may have it; `courier_id` is whose it is.

    def release_orders(self, courier_id, bundle, order_ids):
        carried = self.carried(bundle)
        if not order_ids:
            return 200, {"released": [], "completed": False}
        released = [order for order in carried if order.order_id in order_ids]
        if len(released) < len(order_ids):
            return 400, refusal("not_undelivered")
        self._take_out(bundle, released)
        return 200, {"released": sorted(order_ids), "completed": len(released) == len(carried)}

    def release_bundle(self, courier_id, bundle):
        carried = self.carried(bundle)
        if not carried:
            return 400, refusal("bundle_is_completed")
        self._take_out(bundle, carried)
        return 200, {"released": [order.order_id for order in carried], "completed": True}

    def move_bundle(self, courier_id, bundle, other_id, now):
        carried = self.carried(bundle)
        if other_id not in self.couriers:
            return 400, refusal("unknown_courier")
        if not carried:
            return 400, refusal("bundle_is_completed")
        if self.active_bundle(other_id) is not None:
            return 400, refusal("carries_another")
        other = self.couriers[other_id]
        moved = most((order for order in carried if fits(order, other)), CAPACITIES[other.courier_type])
        if not moved:
            return 400, refusal("nothing_fits")
        into = (other_id, self._formed.get(other_id, 0))
        self._put(self._formed, other_id, into[1] + 1)
        self._put(self._contents, into, frozenset(order.order_id for order in moved))
        self._put(self.bundles, into, Bundle(other.courier_type, now))
        self._take_out(bundle, moved, into=into)
        return 200, {"moved": [order.order_id for order in moved]}

    def rows(self):
        return self.couriers, self.bundles, self.orders
