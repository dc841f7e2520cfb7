"""Who may do what by the API: scope by handler by whose object, every cell."""

import pytest

from access.tests.tokens import let_in
from bundles.tests.scenes import rows
from couriers.tests.factories import CourierFactory
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db

HIS, ANOTHERS, NOBODYS = 1, 2, 3  # couriers; 3 is known to no store
COURIER = {"courier_id": 9, "courier_type": "car", "regions": [], "working_hours": []}
ORDER = {"order_id": 9, "weight": 1, "region": 1, "delivery_hours": []}
DELIVERED = {"complete_time": "2026-01-10T10:33:01.42Z"}
HANDLERS = {
    "hire": lambda whose: ("POST", "/couriers", {"data": [COURIER]}),
    "take": lambda whose: ("POST", "/orders", {"data": [ORDER]}),
    "change": lambda whose: ("PATCH", f"/couriers/{whose}", {"regions": [7]}),
    "assign": lambda whose: ("POST", "/orders/assign", {"courier_id": whose}),
    "complete": lambda whose: ("POST", "/orders/complete", {"courier_id": whose, "order_id": whose} | DELIVERED),
    "courier": lambda whose: ("GET", f"/couriers/{whose}", None),
    "couriers": lambda whose: ("GET", "/couriers", None),
    "order": lambda whose: ("GET", f"/orders/{whose}", None),
    "orders": lambda whose: ("GET", "/orders", None),
    "bundle": lambda whose: ("GET", f"/bundles/{whose}", None),
    "bundles": lambda whose: ("GET", "/bundles", None),
    "explain": lambda whose: ("GET", f"/orders/{whose}/explain?courier_id={whose}", None),
    "events": lambda whose: ("GET", f"/orders/{whose}/events", None),
}
BY_PATH = ("change", "courier", "order", "bundle", "explain", "events")
BY_BODY = ("assign", "complete")
OF_A_COURIER = ("assign", "complete", "courier")
OF_AN_INTEGRATOR = [name for name in HANDLERS if name not in ("change", "assign", "complete")]
CELLS = [
    (scope, name, whose)
    for scope in ("integrator", "courier", "dispatcher", None, "unknown")
    for name in HANDLERS
    for whose in ((HIS, ANOTHERS, NOBODYS) if name in (*BY_PATH, *BY_BODY) else (HIS,))
]


def expected(scope, name, whose):
    """The status, as the matrix of who may do what has it."""
    if scope in (None, "unknown"):
        return 401
    allowed = {"integrator": OF_AN_INTEGRATOR, "courier": OF_A_COURIER, "dispatcher": HANDLERS}[scope]
    if name not in allowed:
        return 403
    if whose == NOBODYS or (scope == "courier" and whose != HIS):
        return 404 if name in BY_PATH else 400
    return 201 if name in ("hire", "take") else 200


@pytest.fixture
def store(api, settings):
    """Couriers 1 and 2 carry the orders 1 and 2 in the bundles 1 and 2, at a store that asks for tokens."""
    for number in (HIS, ANOTHERS):
        CourierFactory(courier_id=number, regions=[number])
        OrderFactory(order_id=number, region=number)
        api.post("/orders/assign", {"courier_id": number})
    [first, second] = api.get("/bundles").body["results"]
    settings.API_ACCESS = "token"
    return {HIS: first["bundle_id"], ANOTHERS: second["bundle_id"], NOBODYS: 2**62}


@pytest.mark.parametrize(("scope", "name", "whose"), CELLS)
def test_each_may_do_what_is_his(api, store, scope, name, whose):
    method, path, body = HANDLERS[name](store[whose] if name == "bundle" else whose)
    headers = {} if scope is None else {"HTTP_AUTHORIZATION": "Token sweets_x"}
    if scope not in (None, "unknown"):
        headers = let_in(scope, courier_id=HIS if scope == "courier" else None)
    before = rows()

    answer = api.request(method, path, body, **headers)

    assert answer.status == expected(scope, name, whose), answer.body
    if answer.status in (401, 403):
        assert set(answer.body) == {"code", "detail"}
        assert ("WWW-Authenticate" in answer.headers) == (answer.status == 401)
    if answer.status >= 400:
        assert rows() == before


@pytest.mark.parametrize("name", OF_A_COURIER)
def test_to_a_courier_another_one_is_as_if_he_were_not(api, store, name):
    token = let_in("courier", courier_id=HIS)

    anothers = api.request(*HANDLERS[name](ANOTHERS), **token)
    nobodys = api.request(*HANDLERS[name](NOBODYS), **token)

    assert anothers.status == nobodys.status
    assert anothers.body["detail"].replace(str(ANOTHERS), "?") == nobodys.body["detail"].replace(str(NOBODYS), "?")
    assert anothers.body["code"] == nobodys.body["code"] == "unknown_courier"


@pytest.mark.parametrize("scope", ["integrator", "courier", "dispatcher"])
def test_a_wrong_method_is_one_to_everybody(api, store, scope):
    token = let_in(scope, courier_id=HIS if scope == "courier" else None)

    for method in ("PATCH", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert api.request(method, "/orders", {}, **token).status == 405
    assert api.request("OPTIONS", "/couriers/1", **token).status == 405
    assert api.get("/nowhere", **token).status == 404


def test_what_a_token_did_is_on_record_under_its_owners_name(api, store):
    done = api.post("/orders/complete", {"courier_id": 1, "order_id": 1} | DELIVERED, **let_in(owner="Anna's phone"))

    assert done.status == 200
    last = api.get("/orders/1/events", **let_in()).body["results"][-1]
    assert (last["what"], last["door"], last["actor"]) == ("completed", "api", "Anna's phone")


def test_a_key_is_one_tokens_alone(api, store):
    asked = ("/orders/assign", {"courier_id": HIS})
    one, other = let_in(), let_in()

    first = api.post(*asked, HTTP_IDEMPOTENCY_KEY="a", **one)

    assert "Idempotency-Replayed" not in api.post(*asked, HTTP_IDEMPOTENCY_KEY="a", **other).headers
    again = api.post(*asked, HTTP_IDEMPOTENCY_KEY="a", **one)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")


def test_a_key_does_not_answer_who_is_not_let_in(api, store):
    asked = ("/orders/assign", {"courier_id": HIS})
    api.post(*asked, HTTP_IDEMPOTENCY_KEY="a", **let_in())

    assert api.post(*asked, HTTP_IDEMPOTENCY_KEY="a").status == 401
    assert api.post(*asked, HTTP_IDEMPOTENCY_KEY="b").status == 401
    assert "Idempotency-Replayed" not in api.post(*asked, HTTP_IDEMPOTENCY_KEY="b", **let_in()).headers
