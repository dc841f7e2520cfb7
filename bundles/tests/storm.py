"""A storm: clients who assign, complete, change, import and look at once, and write down what they were answered."""

from collections import defaultdict
from datetime import timedelta
from random import Random
from time import monotonic_ns

from django.test import Client as InProcess
from django.utils import timezone

from bundles.dispatch import move_bundle, release_bundle, release_orders
from bundles.models import Bundle
from bundles.tests import reference
from bundles.tests.replay import Call
from bundles.tests.scenes import without_messages
from orders.models import Order
from sweets_store.errors import DomainError
from sweets_store.tests.client import JSONClient

COURIERS, REGIONS = 24, 8
# Whoever works in so many takes several reads to choose; in the more he locks all regions.
MANY_REGIONS = [list(range(1, 91)), list(range(1, 161))]
TYPES = ["foot", "foot", "bike", "car"]
HOURS = [["09:00-18:00"]] * 4 + [["09:00-12:00"], ["11:30-13:00", "15:10-15:40"], ["08:00-20:00"], []]
WEIGHTS = [0.01, 2.5, 3.33, 4, 4, 5.5, 8, 9.99, 16]

# What a client sends for a handler of `reference.Store`.
REQUESTS = {
    "hire": lambda sent: ("POST", "/couriers", {"data": sent}),
    "take": lambda sent: ("POST", "/orders", {"data": sent}),
    "assign": lambda courier_id: ("POST", "/orders/assign", {"courier_id": courier_id}),
    "complete": lambda courier_id, order_id, complete_time: (
        "POST",
        "/orders/complete",
        {"courier_id": courier_id, "order_id": order_id, "complete_time": complete_time.isoformat()},
    ),
    "change": lambda courier_id, sent: ("PATCH", f"/couriers/{courier_id}", sent),
    "courier": lambda courier_id: ("GET", f"/couriers/{courier_id}", None),
}


class Client:
    """One of several who work on the same couriers; what he does next depends on what he is told."""

    def __init__(self, api, number):
        self.api, self.number = api, number
        self.random = Random(number)
        self.calls = []
        self.heard = defaultdict(list)  # by courier: the orders that he was last told to carry
        self.imported = 0

    def ask(self, name, *asked):
        method, path, body = REQUESTS[name](*asked)
        begin = monotonic_ns()
        answer = self.api.request(method, path, body)
        end = monotonic_ns()
        told = answer.body if answer.status in (200, 201) else without_messages(answer.body)
        if "assign_time" in told:
            told["assign_time"] = reference.instant(told["assign_time"])
        self.calls.append(Call(self.number, begin, end, name, asked, answer.status, told))
        return told

    def open_the_store(self):
        self.ask("hire", [self.courier(courier_id) for courier_id in range(1, COURIERS + 1)])
        self.ask("take", self.fresh_orders(200))

    def work(self, assigns):
        for turn in range(assigns):
            courier_id = self.random.randint(1, COURIERS)
            told = self.ask("assign", courier_id)
            self.heard[courier_id] = [order["id"] for order in told.get("orders", [])]
            for order_id in self.some(self.heard[courier_id]):
                self.ask("complete", courier_id, order_id, self.some_time())
            self.random.choices(
                [
                    self.change,
                    self.import_orders,
                    self.race,
                    self.complete_anothers,
                    self.look,
                    self.hire_again,
                    self.dispatch,
                ],
                [24, 56, 6, 6, 6, 2, 12],
            )[0](turn)
        return self.calls

    def some(self, orders):
        """Mostly all of them, in any order."""
        left = self.random.choice([0, 0, 0, 0, 1, 2])
        return self.random.sample(orders, max(0, len(orders) - left))

    def some_time(self):
        """Phones' clocks differ: before the assign time, in the future, the same minute twice."""
        minutes = timedelta(minutes=self.random.randint(-3, 30))
        return timezone.now().replace(second=0, microsecond=self.random.choice([0, 0, 1])) + minutes

    def change(self, turn):
        fields = self.courier(self.random.randint(1, COURIERS))
        courier_id = fields.pop("courier_id")
        some = self.random.sample(list(fields), self.random.randint(0, 3))
        self.ask("change", courier_id, {name: fields[name] for name in some})

    def import_orders(self, turn):
        self.ask("take", self.fresh_orders(self.random.randint(1, 8)))

    def race(self, turn):
        """All clients who come here about the same time import the same orders, each in an order of his own."""
        ids = range(10**12 + turn // 8 * 3, 10**12 + turn // 8 * 3 + 3)
        self.ask("take", [self.order(order_id) for order_id in self.random.sample(ids, 3)])

    def complete_anothers(self, turn):
        """What a courier carried, carries, or never saw."""
        order_id = self.random.choice([order for orders in self.heard.values() for order in orders] or [1])
        self.ask("complete", self.random.randint(1, COURIERS + 1), order_id, self.some_time())

    def look(self, turn):
        self.ask("courier", self.random.randint(1, COURIERS + 1))

    def hire_again(self, turn):
        """One who works here already and one who may be new."""
        first = COURIERS + 1 + turn // 8
        self.ask("hire", [self.courier(self.random.choice([1, first])), self.courier(first + 1)])

    def dispatch(self, turn):
        """What a dispatcher does to a bundle that he saw a moment ago: by the use case itself, in this process."""
        seen = list(Bundle.objects.active().values_list("bundle_id", "courier_id"))
        if not seen:
            return
        bundle_id, courier_id = self.random.choice(seen)
        orders = list(Order.objects.undelivered().filter(bundle_id=bundle_id).values_list("order_id", flat=True))
        other_id, now = self.random.choice([n for n in range(1, COURIERS + 1) if n != courier_id]), timezone.now()
        some = sorted(self.random.sample(orders, min(len(orders), self.random.randint(1, 2))))
        do, asked = self.random.choice(
            [
                (release_orders, {"order_ids": some}),
                (release_bundle, {}),
                (move_bundle, {"courier_id": other_id, "now": now}),
            ]
        )
        begin = monotonic_ns()
        try:
            outcome = do(bundle_id=bundle_id, **asked)
        except DomainError as refusal:
            status, told = 400, without_messages(refusal.body())
        else:
            status = 200
            moved = do is move_bundle
            told = (
                {"moved": outcome.order_ids}
                if moved
                else {"released": outcome.order_ids, "completed": outcome.bundle_completed}
            )
        call = (do.__name__, (courier_id, bundle_id, *asked.values()), status, told)
        self.calls.append(Call(self.number, begin, monotonic_ns(), *call))

    def courier(self, courier_id):
        regions = self.random.sample(range(1, REGIONS + 1), self.random.choice([0, 1, 2, 2, 3, 3, 3, 5]))
        return {
            "courier_id": courier_id,
            "courier_type": self.random.choice(TYPES),
            "regions": self.random.choice([regions] * 18 + MANY_REGIONS),
            "working_hours": self.random.choice(HOURS),
        }

    def order(self, order_id):
        return {
            "order_id": order_id,
            "weight": self.random.choice(WEIGHTS),
            "region": self.random.randint(1, REGIONS),
            "delivery_hours": self.random.choice(HOURS),
        }

    def fresh_orders(self, count):
        first = self.number * 10**6 + self.imported + 1
        self.imported += count
        return [self.order(order_id) for order_id in range(first, first + count)]


def work_in_process(number, assigns):
    """The API called in this process, which is one of several."""
    return Client(JSONClient(InProcess(raise_request_exception=False, SERVER_NAME="localhost")), number).work(assigns)
