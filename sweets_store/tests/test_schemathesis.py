"""Schemathesis against the served store: nothing leads to a 5xx, to HTML, or to what the OpenAPI document leaves out:
no input, and no chain of requests that are made from the answers before them.

Single requests run for SCHEMATHESIS_SECONDS, 20 unless told, and for each second there are two chains. The seed is
printed; SCHEMATHESIS_SEED repeats a run.
"""

import os
import secrets

import pytest
import schemathesis
from schemathesis.config import PositiveDataAcceptanceConfig
from schemathesis.engine import events, from_schema

from sweets_store.tests.serving import manage, served_store

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "20"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "0")) or secrets.randbits(32)

# An id that is in use, hours that end before they start: well-formed, and 400 by contract. A key that came before: 422.
ACCEPTED = [*PositiveDataAcceptanceConfig().expected_statuses, "400", "422"]

HIRED, TAKEN = "$response.body#/couriers/0/id", "$response.body#/orders/0/id"
ASSIGNED = {"courier_id": "$request.body#/courier_id", "order_id": TAKEN}
LISTED = {"courier_id": "$response.body#/results/0/courier_id"}
# What follows from an answer: (operation, status, the next operation, its path, its body).
LINKS = [
    ("hire_couriers", 201, "get_courier", {"courier_id": HIRED}, {}),
    ("hire_couriers", 201, "change_courier", {"courier_id": HIRED}, {}),
    ("hire_couriers", 201, "assign_orders", {}, {"courier_id": HIRED}),
    ("hire_couriers", 201, "take_orders", {}, {}),
    ("take_orders", 201, "get_order", {"order_id": TAKEN}, {}),
    ("take_orders", 201, "list_order_events", {"order_id": TAKEN}, {}),
    ("list_couriers", 200, "assign_orders", {}, LISTED),
    ("assign_orders", 200, "complete_order", {}, ASSIGNED),
    ("assign_orders", 200, "change_courier", {"courier_id": ASSIGNED["courier_id"]}, {}),
    ("assign_orders", 200, "list_order_events", {"order_id": TAKEN}, {}),
    ("complete_order", 200, "get_order", {"order_id": "$response.body#/order_id"}, {}),
    ("complete_order", 200, "get_courier", {"courier_id": ASSIGNED["courier_id"]}, {}),
    ("get_order", 200, "get_bundle", {"bundle_id": "$response.body#/bundle_id"}, {}),
]


@pytest.fixture
def busy_store(tmp_path):
    """A store of its own with 50 couriers who may carry one of 500 orders each."""
    shift = ["00:00-23:59"]
    couriers = [
        {"courier_id": n, "courier_type": "bike", "regions": [1, 2], "working_hours": shift} for n in range(1, 51)
    ]
    orders = [{"order_id": n, "weight": 14, "region": n % 2 + 1, "delivery_hours": shift} for n in range(1, 501)]
    with served_store(tmp_path, f"busy_{os.getpid()}") as store:
        assert store.post("/couriers", {"data": couriers}).status == 201
        assert store.post("/orders", {"data": orders}).status == 201
        yield store


def test_nothing_leads_out_of_the_document(store):
    said = run(store, store.get("/schema").body, {"max-time": SECONDS, "phases": {"stateful": {"enabled": False}}})

    assert said["faults"] == [], f"SCHEMATHESIS_SEED={SEED}\n" + "\n\n".join(said["faults"][:10])
    assert said["phases"] >= {"examples", "coverage", "fuzzing"}
    assert {status for *_, status in said["steps"]} >= {200, 201, 400, 404, 405, 422}


def test_no_chain_of_requests_leads_out_of_the_document(busy_store):
    phases = {single: {"enabled": False} for single in ("examples", "coverage", "fuzzing")}
    generation = {"max-examples": 2 * SECONDS, "mode": "positive"}
    phases["stateful"] = {"generation": generation, "inference": {"algorithms": []}}

    said = run(busy_store, linked(busy_store.get("/schema").body), {"phases": phases})

    assert said["faults"] == [], f"SCHEMATHESIS_SEED={SEED}\n" + "\n\n".join(said["faults"][:10])
    led_on = {before for before, _, status in said["steps"] if before and status == 200}
    assert len(led_on) > 2  # which of them is the seed's matter: there are few chains
    verified = manage("verify_store", environment=busy_store.environment)
    assert (verified.returncode, verified.stderr) == (0, "")


def linked(document):
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    for operation, status, following, path, body in LINKS:
        links = operations[operation]["responses"][str(status)].setdefault("links", {})
        links[following] = {"operationId": following, "parameters": path} | ({"requestBody": body} if body else {})
    return document


def run(store, document, options):
    """What came of it: the phases, the steps as (the request before, the request, its status), and the faults."""
    accepted = {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}
    config = schemathesis.Config.from_dict({"seed": SEED, "base-url": store.url, "checks": accepted} | options)
    said = {"phases": set(), "steps": set(), "faults": []}
    for event in from_schema(schemathesis.openapi.from_dict(document, config=config)).execute():
        match event:
            case events.ScenarioFinished():
                said["phases"].add(event.phase.value)
                said["steps"].update(steps(event.recorder))
                said["faults"] += faults_found(event.recorder)
            case events.NonFatalError() | events.FatalError():
                said["faults"].append(str(event))
    return said


def steps(recorder):
    for case_id, sent in recorder.interactions.items():
        node = recorder.cases[case_id]
        before = recorder.cases[node.parent_id].value.operation.label if node.parent_id else None
        if sent.response:
            yield before, node.value.operation.label, sent.response.status_code


def faults_found(recorder):
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                yield f"{recorder.label} {check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
