"""Schemathesis against the served store: no input leads to a 5xx, to HTML, or to what the OpenAPI document leaves out.

It runs for SCHEMATHESIS_SECONDS, 30 unless told, and prints its seed; SCHEMATHESIS_SEED repeats a run.
"""

import os
import secrets

import schemathesis
from schemathesis.config import PositiveDataAcceptanceConfig
from schemathesis.engine import events, from_schema

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "30"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "0")) or secrets.randbits(32)

# An id that is in use, hours that end before they start: well-formed, and 400 by contract. A key that came before: 422.
ACCEPTED = [*PositiveDataAcceptanceConfig().expected_statuses, "400", "422"]


def test_nothing_leads_out_of_the_document(store):
    config = schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "max-time": SECONDS,
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    schema = schemathesis.openapi.from_url(f"{store.url}/schema", config=config)

    phases, statuses, faults = set(), set(), []
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                phases.add(event.phase.value)
                statuses |= {
                    sent.response.status_code for sent in event.recorder.interactions.values() if sent.response
                }
                faults += faults_found(event.recorder)
            case events.NonFatalError() | events.FatalError():
                faults.append(str(event))

    assert faults == [], f"SCHEMATHESIS_SEED={SEED}\n" + "\n\n".join(faults[:10])
    assert phases >= {"examples", "coverage", "fuzzing"}
    assert statuses >= {200, 201, 400, 404, 405, 422}


def faults_found(recorder):
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                yield f"{recorder.label} {check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
