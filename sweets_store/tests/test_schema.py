"""The OpenAPI document against what the handlers answer: every status that it names is given, in the form it names."""

import json
import re
from contextlib import closing

import pytest
import yaml
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from access.tests.tokens import let_in
from sweets_store.docs import document
from sweets_store.lists import Cursor
from sweets_store.rates import Rate
from sweets_store.tests.client import JSONClient

OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
}
ANSWERS = [
    (name, int(status)) for name, (_, _, operation) in OPERATIONS.items() for status in sorted(operation["responses"])
]
TURNED_AWAY = (401, 403, 429, 503)

HOURS = ["09:00-18:00"]
BODIES = {
    "hire_couriers": {"data": [{"courier_id": 5, "courier_type": "car", "regions": [1], "working_hours": HOURS}]},
    "change_courier": {"regions": [1, 2]},
    "take_orders": {"data": [{"order_id": 50, "weight": 0.07, "region": 1, "delivery_hours": HOURS}]},
    "assign_orders": {"courier_id": 2},
    "complete_order": {"courier_id": 1, "order_id": 11, "complete_time": "2030-01-10T10:33:01.42Z"},
}
QUERIES = {"explain_order": "?courier_id={courier_id}"}
IDS = {"courier_id": 1, "order_id": 10, "bundle_id": 1}
HTML = {"content_type": "text/html"}


@pytest.fixture
def scene(api):
    """Courier 1 has delivered order 10, carries 11 and has a rating; 12 and 13 are free; couriers 2 to 4 are idle."""
    couriers = [
        {"courier_id": n, "courier_type": kind, "regions": [region], "working_hours": HOURS}
        for n, kind, region in [(1, "bike", 7), (2, "foot", 8), (3, "foot", 9), (4, "car", 2**63 - 1)]
    ]
    assert api.post("/couriers", {"data": couriers}).status == 201
    for order_id, region in [(10, 7), (11, 7), (12, 8), (13, 10)]:
        order = {"order_id": order_id, "weight": 0.07, "region": region, "delivery_hours": HOURS}
        assert api.post("/orders", {"data": [order]}).status == 201
        if region == 7:
            assert api.post("/orders/assign", {"courier_id": 1}).body["orders"] == [{"id": order_id}]
        if order_id == 10:
            done = {"courier_id": 1, "order_id": 10, "complete_time": "2030-01-10T10:33:01.42Z"}
            assert api.post("/orders/complete", done).status == 200
    bundle_id = api.get("/orders/10").body["bundle_id"]
    return {**IDS, "bundle_id": bundle_id}


@pytest.fixture
def api_without_database(django_db_blocker):
    """The API while its database is away: the connection leads nowhere."""
    with django_db_blocker.unblock():
        connection.close()
        sound = connection.settings_dict
        connection.settings_dict = sound | {"NAME": "/nowhere/at/all", "HOST": "/nowhere"}
        yield JSONClient(Client(raise_request_exception=False))
        connection.close()
        connection.settings_dict = sound


def check(operation_id, answer):
    """The answer is one of those that the document names for the operation."""
    responses = OPERATIONS[operation_id][2]["responses"]
    assert str(answer.status) in responses, answer.body
    response = responses[str(answer.status)]
    schema = response["content"]["application/json"]["schema"]
    root = {"components": document()["components"], **schema}
    Draft202012Validator(root, format_checker=FormatChecker()).validate(answer.body)
    for name in response.get("headers", {}):
        assert name in answer.headers


# What else, beside the operation's valid body, brings the status about: (parameters of the path or query, body).
BAD_IMPORTS = [
    {},
    {"data": 1, "more": 2},
    {"data": [], "couriers": 1, "orders": 2},
    {"data": [1, {}, {"courier_id": 1}, {"order_id": 10}], "couriers": 1, "orders": 2, "data[0]": 3},
    b"",
    b"[]",
]
BAD_BODIES = {
    "hire_couriers": [*BAD_IMPORTS, {"data": [{}] * 10_002}],
    "take_orders": BAD_IMPORTS,
    "change_courier": [b"", {"courier_id": 1}, {"regions": None, "working_hours": 5, "x": 1}],
    "assign_orders": [b"", {}, {"courier_id": "1", "x": 1}, {"courier_id": 999}],
    "complete_order": [
        *(b"", {}, {"courier_id": 999, "order_id": 10, "complete_time": "2030-01-10T10:33:01Z"}),
        {"courier_id": 1, "order_id": 13, "complete_time": "2030-01-10T10:33:01Z"},
    ],
}
MORE_SUCCESSES = {
    "list_couriers": ["?limit=1", f"?limit=1&cursor={Cursor('after', 1)}", "?courier_type=car&region=1"],
    "list_orders": ["?limit=2", f"?limit=2&cursor={Cursor('before', 13)}", "?status=free&weight_min=0.07"],
    "list_bundles": ["?limit=1", "?is_completed=true&assign_time_from=2020-01-01T00:00:00Z"],
}


def asked(operation_id, ids):
    method, path, _ = OPERATIONS[operation_id]
    return method, (path + QUERIES.get(operation_id, "")).format(**ids), BODIES.get(operation_id)


@pytest.mark.parametrize(("operation_id", "status"), [given for given in ANSWERS if given[1] not in TURNED_AWAY])
def test_every_documented_answer_is_given(api, scene, settings, operation_id, status):
    method, path, body = asked(operation_id, scene)
    match status:
        case 200 | 201:
            answers = [api.request(method, path, body)]
            answers += [api.get(path + query) for query in MORE_SUCCESSES.get(operation_id, [])]
        case 400 if body is not None:
            answers = [api.request(method, path, bad) for bad in BAD_BODIES[operation_id]]
        case 400 if operation_id.startswith("list_"):
            answers = [api.get(f"{path}?limit=0&cursor=x&more=1")]
        case 400:
            answers = [api.get(path, HTTP_HOST="evil")]
        case 404:
            unknown = asked(operation_id, dict.fromkeys(scene, 2**63 - 1))
            answers = [api.request(*unknown)]
        case 413:
            settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
            answers = [api.request(method, path, body)]
        case 415:
            answers = [api.request(method, path, body, **HTML)]
        case 422:
            api.post("/orders/assign", {}, HTTP_IDEMPOTENCY_KEY="1")
            answers = [api.request(method, path, body, HTTP_IDEMPOTENCY_KEY="1")]

    assert {answer.status for answer in answers} == {status}
    for answer in answers:
        check(operation_id, answer)


@pytest.mark.parametrize("operation_id", list(OPERATIONS))
def test_who_shows_no_token_is_answered_401(api, scene, settings, operation_id):
    settings.API_ACCESS = "token"

    answer = api.request(*asked(operation_id, scene))

    assert answer.status == 401
    check(operation_id, answer)


@pytest.mark.parametrize("operation_id", [name for name, status in ANSWERS if status == 403])
def test_whose_token_is_for_something_else_is_answered_403(api, scene, settings, operation_id):
    of_couriers = operation_id in ("assign_orders", "complete_order")
    token = let_in("integrator") if of_couriers else let_in("courier", courier_id=1)
    settings.API_ACCESS = "token"

    answer = api.request(*asked(operation_id, scene), **token)

    assert answer.status == 403
    check(operation_id, answer)


@pytest.mark.parametrize("operation_id", list(OPERATIONS))
def test_who_calls_too_often_is_answered_429(api, scene, settings, operation_id):
    settings.RATE_PER_ADDRESS = Rate(1, 3600)
    api.get("/couriers", REMOTE_ADDR=operation_id)

    answer = api.request(*asked(operation_id, scene), REMOTE_ADDR=operation_id)

    assert answer.status == 429
    assert answer.headers["Retry-After"] == "3600"
    check(operation_id, answer)


@pytest.mark.parametrize("operation_id", list(OPERATIONS))
def test_without_a_database_every_handler_answers_503(api_without_database, operation_id):
    answer = api_without_database.request(*asked(operation_id, IDS))

    assert answer.status == 503
    check(operation_id, answer)


@pytest.mark.parametrize("status", [401, 429, 503])
def test_every_handler_documents_what_any_may_answer(status):
    assert [name for name, documented in ANSWERS if documented == status] == list(OPERATIONS)


def test_a_courier_without_deliveries_fits_too(api, scene):
    answer = api.get("/couriers/4")

    assert "rating" not in answer.body
    check("get_courier", answer)


def test_an_assignment_of_nothing_fits_too(api, scene):
    answer = api.post("/orders/assign", {"courier_id": 3})

    assert answer.body == {"orders": []}
    check("assign_orders", answer)


def test_the_document_is_valid_and_made_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))

    assert yaml.safe_load((tmp_path / "schema.yaml").read_text()) == json.loads(json.dumps(document()))


def test_all_routes_of_the_api_are_in_it():
    handlers = {(method, path) for method, path, _ in OPERATIONS.values()}

    assert handlers == {
        ("GET", "/couriers"),
        ("POST", "/couriers"),
        ("GET", "/couriers/{courier_id}"),
        ("PATCH", "/couriers/{courier_id}"),
        ("GET", "/orders"),
        ("POST", "/orders"),
        ("GET", "/orders/{order_id}"),
        ("GET", "/orders/{order_id}/events"),
        ("GET", "/orders/{order_id}/explain"),
        ("POST", "/orders/assign"),
        ("POST", "/orders/complete"),
        ("GET", "/bundles"),
        ("GET", "/bundles/{bundle_id}"),
    }


def test_requests_are_as_strict_as_the_store():
    schemas = document()["components"]["schemas"]
    order, courier = schemas["Order"]["properties"], schemas["Courier"]["properties"]

    assert all(schemas[name]["additionalProperties"] is False for name in ("Order", "Courier", "Assign", "Complete"))
    assert order["order_id"] == order["region"] == {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    assert order["weight"].items() >= {"minimum": 0.01, "maximum": 50, "multipleOf": 0.01}.items()
    assert courier["regions"]["maxItems"] == courier["working_hours"]["maxItems"] == 1000
    assert re.fullmatch(courier["working_hours"]["items"]["pattern"], "09:00-23:59")
    assert not re.fullmatch(courier["working_hours"]["items"]["pattern"], "09:00-24:00")
    assert schemas["Complete"]["properties"]["complete_time"]["format"] == "date-time"
    assert schemas["OrdersImport"]["properties"]["data"]["maxItems"] == 100_000


def test_the_examples_work_in_their_order(api):
    wanted = {
        "hire_couriers": 201,
        "take_orders": 201,
        "assign_orders": 200,
        "complete_order": 200,
        "change_courier": 200,
    }
    for operation_id, status in wanted.items():
        method, path, operation = OPERATIONS[operation_id]
        example, *_ = operation["requestBody"]["content"]["application/json"]["examples"].values()

        answer = api.request(method, path.format(courier_id=2), example["value"])

        assert answer.status == status, answer.body
        if operation_id != "assign_orders":
            assert answer.body in [example["value"] for example in examples_of(operation, status)]


def examples_of(operation, status):
    return operation["responses"][str(status)]["content"]["application/json"].get("examples", {}).values()


SHOWN = [(name, status) for name, status in ANSWERS if examples_of(OPERATIONS[name][2], status)]


def test_all_answers_have_an_example_but_the_lists_an_order_and_a_bundle():
    assert set(ANSWERS) - set(SHOWN) == {
        ("list_couriers", 200),
        ("list_orders", 200),
        ("list_bundles", 200),
        ("list_order_events", 200),
        ("get_order", 200),
        ("get_bundle", 200),
    }


@pytest.mark.parametrize(("operation_id", "status"), SHOWN)
def test_the_examples_of_answers_fit_their_schema(operation_id, status):
    content = OPERATIONS[operation_id][2]["responses"][str(status)]["content"]["application/json"]
    root = {"components": document()["components"], **content["schema"]}

    for example in examples_of(OPERATIONS[operation_id][2], status):
        Draft202012Validator(root, format_checker=FormatChecker()).validate(example["value"])


# The pages


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/json", "image/png", "x", "a/b;q=x", "\t,;"])
def test_the_document_is_json_by_default(client, accept):
    response = client.get("/schema", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert json.loads(response.content) == json.loads(json.dumps(document()))


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=yaml", "*/*"), ("", "application/yaml"), ("", "application/vnd.oai.openapi")]
)
def test_the_document_is_yaml_where_that_is_asked_for(client, query, accept):
    response = client.get(f"/schema{query}", headers={"accept": accept})

    assert response.status_code == 200
    assert yaml.safe_load(response.content) == json.loads(json.dumps(document()))


@pytest.mark.parametrize("path", ["/schema", "/docs"])
@pytest.mark.parametrize("query", ["?format=exe", "?lang=%00", "?version=..&format=", "?a=1&a=2"])
def test_no_query_breaks_the_pages(client, path, query):
    assert client.get(path + query).status_code == 200


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/json", "image/png", "x"])
def test_the_docs_are_a_page_whatever_is_accepted(client, accept):
    response = client.get("/docs", headers={"accept": accept})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert b"swagger-ui-bundle.js" in response.content


def test_the_pages_need_no_database(api_without_database):
    client = api_without_database.client
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "of-a-dispatcher"

    assert client.get("/schema").status_code == 200
    assert client.get("/docs").status_code == 200


def test_the_docs_load_nothing_from_another_host(client):
    page = client.get("/docs").content.decode()

    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page)
    assert len(loaded) == 5  # the icon, the style and three scripts
    own = loaded.pop()
    script = client.get(own).content.decode()
    assert own == "/docs?script="
    for url in loaded:
        assert url.startswith("/static/drf_spectacular_sidecar/")
        with closing(client.get(url)) as response:
            assert response.status_code == 200
            content = b"".join(response.streaming_content).decode(errors="replace")
        if url.endswith(".css"):
            assert not re.search(r"url\((?![\"']?(data:|#))|@import", content)
    assert not re.search(r"https?://|[\"'(]//", page + script)
    assert 'url: "/schema"' in script
    assert '"validatorUrl": null' in script  # else Swagger UI asks validator.swagger.io
