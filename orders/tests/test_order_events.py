"""GET /orders/{order_id}/events tells what happened to an order."""

import pytest

from bundles.models import Bundle
from bundles.services import assign_orders, change_courier, complete_order
from bundles.tests.scenes import NOW
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

ORDER = {"order_id": 7, "weight": 1.25, "region": 1, "delivery_hours": ["09:00-18:00"]}


def test_the_life_of_an_order(api):
    CourierFactory(courier_id=5, regions=[1])
    api.post("/orders", {"data": [ORDER]}, HTTP_X_REQUEST_ID="shop-1")
    api.post("/orders/assign", {"courier_id": 5}, HTTP_X_REQUEST_ID="phone-1")
    api.patch("/couriers/5", {"regions": []}, HTTP_X_REQUEST_ID="shop-2")
    api.patch("/couriers/5", {"regions": [1]})
    api.post("/orders/assign", {"courier_id": 5}, HTTP_X_REQUEST_ID="phone-2")
    sent = {"courier_id": 5, "order_id": 7, "complete_time": "2026-01-10T10:33:01.42Z"}
    api.post("/orders/complete", sent, HTTP_X_REQUEST_ID="phone-3")

    answer = api.get("/orders/7/events")

    first, second = Bundle.objects.order_by("pk").values_list("pk", flat=True)
    told = [
        (each["what"], each["courier_id"], each["bundle_id"], each["request_id"]) for each in answer.body["results"]
    ]
    assert (answer.status, answer.body["next"], answer.body["previous"]) == (200, None, None)
    assert told == [
        ("imported", None, None, "shop-1"),
        ("assigned", 5, first, "phone-1"),
        ("released", 5, first, "shop-2"),
        ("assigned", 5, second, "phone-2"),
        ("completed", 5, second, "phone-3"),
    ]
    assert [each["details"] for each in answer.body["results"]] == [
        {name: ORDER[name] for name in ("weight", "region", "delivery_hours")},
        {},
        {"why": ["region"]},
        {},
        {"complete_time": "2026-01-10T10:33:01.420000Z"},
    ]
    last = answer.body["results"][-1]
    assert list(last) == [
        *("event_id", "at", "what", "door", "actor", "request_id", "courier_id", "bundle_id", "details")
    ]
    assert (last["door"], last["actor"]) == ("api", "")


def test_pages(api):
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory(order_id=7, region=1)
    for _ in range(3):
        assign_orders(courier_id=5, now=NOW)
        change_courier(courier_id=5, changes={"regions": []})
        change_courier(courier_id=5, changes={"regions": [1]})
    ids = list(Event.objects.filter(order_id=7).values_list("pk", flat=True))
    assert len(ids) == 6

    seen, url = [], "/orders/7/events?limit=4"
    while url:
        with statements_captured() as statements:
            page = api.get(url).body
        assert len(statements) == 2  # the order, its events
        seen += [each["event_id"] for each in page["results"]]
        url = page["next"]

    assert seen == ids


def test_only_the_orders_own(api):
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory(order_id=7, region=1), OrderFactory(order_id=8, region=1)
    assign_orders(courier_id=5, now=NOW)
    complete_order(courier_id=5, order_id=8, complete_time=NOW)

    assert [each["what"] for each in api.get("/orders/7/events").body["results"]] == ["assigned"]


def test_an_unknown_order(api):
    answer = api.get("/orders/7/events")

    assert (answer.status, answer.body["code"]) == (404, "unknown_order")


@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "what=completed", "limit=1&limit=2"])
def test_bad_parameters(api, query):
    OrderFactory(order_id=7)

    answer = api.get(f"/orders/7/events?{query}")

    assert (answer.status, answer.body["code"]) == (400, "bad_parameters")


@pytest.mark.parametrize("path", ["/orders/0/events", "/orders/x/events", "/orders/7/events/"])
def test_unknown_urls(api, path):
    assert api.get(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_events_are_only_read(api, method):
    assert api.request(method, "/orders/7/events", {}).status == 405
