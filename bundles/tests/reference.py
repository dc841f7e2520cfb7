"""A plain reading of the contract, to hold the store against. It imports nothing from the project.

Slow and simple on purpose: hours are sets of minutes, choices are tried out, nothing is kept that can be reckoned.
"""

import re
from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from itertools import combinations

CAPACITIES = {"foot": Decimal(10), "bike": Decimal(15), "car": Decimal(50)}
COEFFICIENTS = {"foot": 2, "bike": 5, "car": 9}


@cache
def minutes(window):
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in window.split("-"))
    return frozenset(range(start, end))


def overlap(some_hours, other_hours):
    """Two windows that share more than a point share a minute."""
    return any(minutes(some) & minutes(other) for some in some_hours for other in other_hours)


def by_weight(order):
    return order["weight"], order["order_id"]


def fits(order, courier):
    return order["region"] in courier["regions"] and overlap(order["delivery_hours"], courier["working_hours"])


def most_of_all_subsets(orders, capacity):
    """The largest subset within the capacity; of several the one whose orders are lighter, then smaller by id."""
    lightest_first = sorted(orders, key=by_weight)
    for size in range(len(lightest_first), 0, -1):
        for chosen in combinations(
            lightest_first, size
        ):  # in the order of their places: the lightest combination first
            if sum(order["weight"] for order in chosen) <= capacity:
                return list(chosen)
    return []


def most(orders, capacity):
    """The same for many orders: the longest run of the lightest."""
    lightest_first = sorted(orders, key=by_weight)
    while sum(order["weight"] for order in lightest_first) > capacity:
        lightest_first.pop()
    return lightest_first


def seconds(interval):
    return interval.days * 86_400 + interval.seconds + Decimal(interval.microseconds) / 1_000_000


def delivery_times(assign_time, delivered):
    """[(region, seconds)] of one bundle; `delivered` are (complete time, order id, region), in any order."""
    times, before = [], assign_time
    for complete_time, _, region in sorted(delivered):
        times.append((region, max(Decimal(0), seconds(complete_time - before))))
        before = complete_time
    return times


def rating(times):
    by_region = defaultdict(list)
    for region, time in times:
        by_region[region].append(time)
    with localcontext(prec=80):
        t = min(sum(taken) / len(taken) for taken in by_region.values())
        return ((3600 - min(t, Decimal(3600))) / 3600 * 5).quantize(Decimal("0.01"), ROUND_HALF_UP)


def is_id(value):
    return type(value) is int and 1 <= value < 2**63


def is_window(value):
    if type(value) is not str or not re.fullmatch("[0-9]{2}:[0-5][0-9]-[0-9]{2}:[0-5][0-9]", value):
        return False
    start, end = value.split("-")
    return start < end <= "23:59"


def is_list_of(is_item):
    return lambda value: type(value) is list and len(value) <= 1_000 and all(map(is_item, value))


def is_weight(value):
    return type(value) in (int, float) and 0.01 <= value <= 50 and Decimal(str(value)) * 100 % 1 == 0


CHANGEABLE = {
    "courier_type": lambda value: type(value) is str and value in CAPACITIES,
    "regions": is_list_of(is_id),
    "working_hours": is_list_of(is_window),
}
COURIER = {"courier_id": is_id} | CHANGEABLE
ORDER = {"order_id": is_id, "weight": is_weight, "region": is_id, "delivery_hours": is_list_of(is_window)}


def bad_fields(sent, rules):
    """Of an object of which all fields are required."""
    return {name for name in {*rules, *sent} if name not in rules or name not in sent or not rules[name](sent[name])}


def refusal(code):
    return {"code": code, "detail": "…"}


class Store:
    """The six handlers: each takes what a client sends and returns (status, body); every message reads "…"."""

    def __init__(self):
        self.couriers = {}
        self.orders = {}  # as sent, and `bundle` and `complete_time`
        self.bundles = []  # `courier_id`, `courier_type`, `assign_time`, `is_completed`

    def hire(self, sent):
        return self._import("couriers", COURIER, self.couriers, sent, {})

    def take(self, sent):
        return self._import("orders", ORDER, self.orders, sent, {"bundle": None, "complete_time": None})

    def _import(self, list_name, rules, known, sent, fresh):
        id_name = next(iter(rules))
        usable = [item[id_name] for item in sent if type(item) is dict and is_id(item.get(id_name))]
        listed, faults = [], defaultdict(dict)
        for place, item in enumerate(sent):
            if type(item) is not dict:
                faults[f"data[{place}]"] = {"__core__": "…"}
                continue
            bad, object_id = bad_fields(item, rules), item.get(id_name)
            if usable.count(object_id) > 1 or (is_id(object_id) and object_id in known):
                bad.add(id_name)
            if bad and is_id(object_id):
                faults[str(object_id)] |= dict.fromkeys(bad, "…")
                if {"id": object_id} not in listed:
                    listed.append({"id": object_id})
            elif bad:
                faults[f"data[{place}]"] = dict.fromkeys(bad, "…")
        if faults:
            return 400, {"validation_error": {list_name: listed, **faults}}
        for item in sent:
            known[item[id_name]] = item | fresh | ({"weight": Decimal(str(item["weight"]))} if "weight" in item else {})
        return 201, {list_name: [{"id": object_id} for object_id in usable]}

    def active_bundle(self, courier_id):
        active = [
            place
            for place, bundle in enumerate(self.bundles)
            if bundle["courier_id"] == courier_id and not bundle["is_completed"]
        ]
        return active[0] if active else None

    def carried(self, bundle):
        """The undelivered orders of the bundle."""
        return [
            order
            for order in self.orders.values()
            if bundle is not None and order["bundle"] == bundle and order["complete_time"] is None
        ]

    def assign(self, courier_id, now):
        if courier_id not in self.couriers:
            return 400, refusal("unknown_courier")
        courier = self.couriers[courier_id]
        bundle = self.active_bundle(courier_id)
        if bundle is None:
            free = [order for order in self.orders.values() if order["bundle"] is None and fits(order, courier)]
            chosen = most(free, CAPACITIES[courier["courier_type"]])
            if not chosen:
                return 200, {"orders": []}
            bundle = len(self.bundles)
            self.bundles.append(
                {
                    "courier_id": courier_id,
                    "courier_type": courier["courier_type"],
                    "assign_time": now,
                    "is_completed": False,
                }
            )
            for order in chosen:
                order["bundle"] = bundle
        carried = [{"id": order["order_id"]} for order in sorted(self.carried(bundle), key=by_weight)]
        return 200, {"orders": carried, "assign_time": self.bundles[bundle]["assign_time"]}

    def complete(self, courier_id, order_id, complete_time):
        if courier_id not in self.couriers:
            return 400, refusal("unknown_courier")
        order = self.orders.get(order_id)
        if order is None or order["bundle"] is None or self.bundles[order["bundle"]]["courier_id"] != courier_id:
            return 400, refusal("not_carried")
        if order["complete_time"] is None:
            order["complete_time"] = complete_time
            self._complete_if_nothing_left(order["bundle"])
        return 200, {"order_id": order_id}

    def change(self, courier_id, sent):
        if courier_id not in self.couriers:
            return 404, refusal("unknown_courier")
        nulls = {name for name in sent if name in CHANGEABLE and sent[name] is None}
        bad = {name for name in sent if name not in nulls and not CHANGEABLE.get(name, lambda _: False)(sent[name])}
        if bad or nulls:
            faults = dict.fromkeys(bad | ({"__core__"} if nulls else set()), "…")
            return 400, {"validation_error": {"couriers": [{"id": courier_id}], str(courier_id): faults}}
        courier = self.couriers[courier_id]
        courier.update(sent)
        bundle = self.active_bundle(courier_id)
        carried = self.carried(bundle)
        kept = most([order for order in carried if fits(order, courier)], CAPACITIES[courier["courier_type"]])
        for order in carried:
            if order not in kept:
                order["bundle"] = None
        if bundle is not None:
            self._complete_if_nothing_left(bundle)
        return 200, dict(courier)

    def _complete_if_nothing_left(self, bundle):
        if not self.carried(bundle):
            self.bundles[bundle]["is_completed"] = True

    def courier(self, courier_id):
        if courier_id not in self.couriers:
            return 404, refusal("unknown_courier")
        earnings, times, rated = 0, [], False
        for place, bundle in enumerate(self.bundles):
            delivered = [
                (order["complete_time"], order["order_id"], order["region"])
                for order in self.orders.values()
                if order["bundle"] == place and order["complete_time"] is not None
            ]
            if bundle["courier_id"] == courier_id and delivered:
                times += delivery_times(bundle["assign_time"], delivered)
                if bundle["is_completed"]:
                    rated = True
                    earnings += 500 * COEFFICIENTS[bundle["courier_type"]]
        statement = self.couriers[courier_id] | {"earnings": earnings}
        return 200, statement | ({"rating": float(rating(times))} if rated else {})


def instant(text):
    """An instant as the store gives it: in UTC, ended by `Z`."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text)
