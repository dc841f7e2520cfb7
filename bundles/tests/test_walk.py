"""A walk through the API beside the reference: after every step both must have answered the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone as clock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bundles.tests import reference
from bundles.tests.scenes import what_is_wrong, without_messages
from orders.models import Order
from sweets_store.tests.client import JSONClient

BEGIN = datetime.now(UTC)

# Few ids and regions, so that the steps meet each other; three couriers are hired at the start.
courier_ids = st.sampled_from([1, 2, 3, 1, 2, 3, 4, 5])
order_ids = st.integers(1, 60)
regions = st.sampled_from([[1, 2, 3], [3, 1], [2], [1, 2], [2, 3, 2], []])
hours = st.one_of(
    st.just(["09:00-18:00"]),
    st.sampled_from(
        [["09:00-12:00"], ["12:00-13:00"], ["11:59-12:01"], ["08:20-18:00", "07:00-08:00"], ["08:10-08:20"]]
    ),
    st.just([]),
)
weights = st.sampled_from([0.01, 0.1, 0.2, 1, 2.5, 3.33, 3.34, 5, 9.7, 1e1, 12.5, 50])
types = st.sampled_from(["foot", "bike", "car"])

good_couriers = st.fixed_dictionaries(
    {"courier_id": courier_ids, "courier_type": types, "regions": regions, "working_hours": hours}
)
good_orders = st.fixed_dictionaries(
    {"order_id": order_ids, "weight": weights, "region": st.integers(1, 3), "delivery_hours": hours}
)
anything = st.one_of(
    st.sampled_from([None, True, 0, -1, 1, 1.0, 1.5, 2**63, 2**63 - 1, 50.01, 0.009, 0.011, "", "1", "foot", "Foot"]),
    st.sampled_from([[], [0], [1], {}, ["9:00-10:00"], ["09:00-24:00"], ["09:00-10:00", 5], ["18:00-09:00"]]),
)


@st.composite
def spoiled(draw, good):
    """A good object with a field lost, added or of another value; or no object at all."""
    item = dict(draw(good))
    name = draw(st.sampled_from([*item, "shoe_size"]))
    match draw(st.sampled_from(["lose", "set", "set", "replace"])):
        case "lose":
            item.pop(name, None)
        case "set":
            item[name] = draw(anything)
        case "replace":
            return draw(anything)
    return item


def imports(good, id_name, *, size):
    """Mostly such as may be taken: an import with a bad object or an id sent twice changes nothing."""
    unique = st.lists(good, max_size=size, unique_by=lambda item: item[id_name])
    return st.one_of(unique, unique, unique, st.lists(good | spoiled(good), max_size=5))


changes = st.fixed_dictionaries({}, optional={"courier_type": types, "regions": regions, "working_hours": hours})
bad_changes = st.dictionaries(
    st.sampled_from(["courier_type", "regions", "working_hours", "courier_id", "shoe_size"]), anything, max_size=3
)
# Whole minutes for ties; around the assign times, which are the clock's.
moments = st.one_of(
    st.integers(-5, 5).map(lambda n: timedelta(minutes=n)),
    st.timedeltas(timedelta(hours=-1), timedelta(hours=2)),
)
offsets = st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=11, minutes=30))])


class Walk(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.api = JSONClient(Client(raise_request_exception=False))
        self.reference = reference.Store()

    def teardown(self):
        try:
            assert what_is_wrong() == []
            assert {
                order.order_id: (order.bundle_id is None, order.complete_time) for order in Order.objects.all()
            } == {
                order_id: (order["bundle"] is None, order["complete_time"])
                for order_id, order in self.reference.orders.items()
            }
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def same(self, answer, expected):
        body = answer.body if answer.status in (200, 201) else without_messages(answer.body)
        assert (answer.status, body) == expected

    @initialize(
        couriers=st.tuples(*[good_couriers] * 3),
        orders=st.lists(good_orders, min_size=15, max_size=30, unique_by=lambda item: item["order_id"]),
    )
    def open(self, couriers, orders):
        self.hire([courier | {"courier_id": place} for place, courier in enumerate(couriers, 1)])
        self.take(orders)
        for courier_id in (1, 2, 3):
            self.assign(courier_id)

    @rule(data=imports(good_couriers, "courier_id", size=2))
    def hire(self, data):
        self.same(self.api.post("/couriers", {"data": data}), self.reference.hire(data))

    @rule(data=imports(good_orders, "order_id", size=6))
    def take(self, data):
        self.same(self.api.post("/orders", {"data": data}), self.reference.take(data))

    @rule(courier_id=courier_ids)
    def assign(self, courier_id):
        before = clock.now()
        answer = self.api.post("/orders/assign", {"courier_id": courier_id})
        after = clock.now()

        told = reference.instant(answer.body["assign_time"]) if "assign_time" in answer.body else None
        known = len(self.reference.bundles)
        expected = self.reference.assign(courier_id, told)
        assert len(self.reference.bundles) == known or before <= told <= after
        if told is not None:
            answer.body["assign_time"] = told
        self.same(answer, expected)

    @rule(courier_id=courier_ids, order_id=order_ids, moment=moments, offset=offsets)
    def complete(self, courier_id, order_id, moment, offset):
        complete_time = BEGIN + moment
        answer = self.api.post(
            "/orders/complete",
            {
                "courier_id": courier_id,
                "order_id": order_id,
                "complete_time": complete_time.astimezone(offset).isoformat(timespec="microseconds"),
            },
        )
        self.same(answer, self.reference.complete(courier_id, order_id, complete_time))

    def all_carried(self):
        """Every order that was handed out, also the delivered ones."""
        return [order for order in self.reference.orders.values() if order["bundle"] is not None]

    def active(self):
        return [bundle for bundle in self.reference.bundles if not bundle["is_completed"]]

    @precondition(all_carried)
    @rule(place=st.integers(0, 39), moment=moments, offset=offsets)
    def complete_what_is_carried(self, place, moment, offset):
        carried = self.all_carried()
        order = carried[place % len(carried)]
        self.complete(
            courier_id=self.reference.bundles[order["bundle"]]["courier_id"],
            order_id=order["order_id"],
            moment=moment,
            offset=offset,
        )

    @rule(courier_id=courier_ids, moment=moments)
    def complete_all_that_he_carries(self, courier_id, moment):
        for order in self.reference.carried(self.reference.active_bundle(courier_id)):
            self.complete(courier_id=courier_id, order_id=order["order_id"], moment=moment, offset=UTC)
            moment += timedelta(minutes=7)
        self.look(courier_id)

    @rule(courier_id=courier_ids, sent=changes | changes | changes | bad_changes)
    def change(self, courier_id, sent):
        self.same(self.api.patch(f"/couriers/{courier_id}", sent), self.reference.change(courier_id, sent))

    @precondition(active)
    @rule(place=st.integers(0, 2), sent=changes)
    def change_who_carries(self, place, sent):
        active = self.active()
        self.change(active[place % len(active)]["courier_id"], sent)

    @precondition(active)
    @rule(place=st.integers(0, 2), moment=moments)
    def empty_a_bundle(self, place, moment):
        """He delivers one of his orders and loses the others."""
        active = self.active()
        courier_id = active[place % len(active)]["courier_id"]
        order = self.reference.carried(self.reference.active_bundle(courier_id))[0]
        self.complete(courier_id=courier_id, order_id=order["order_id"], moment=moment, offset=UTC)
        self.change(courier_id, {"regions": []})
        self.look(courier_id)

    @rule(changes=st.tuples(*[good_couriers] * 3))
    def next_round(self, changes):
        """All come back to work and ask for orders."""
        for courier_id, courier in enumerate(changes, 1):
            self.change(courier_id, {name: courier[name] for name in ("courier_type", "regions", "working_hours")})
            self.assign(courier_id)
            self.look(courier_id)

    @rule(courier_id=courier_ids)
    def look(self, courier_id):
        self.same(self.api.get(f"/couriers/{courier_id}"), self.reference.courier(courier_id))


@pytest.mark.django_db
def test_the_store_answers_like_the_reference_whatever_the_way():
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=45,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
