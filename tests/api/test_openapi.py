"""What the OpenAPI document says is so: generated requests get answers that it describes, and never a failure of the server."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from oyama_tui.api.app import endpoints
from tests.api.program import Serving

REQUESTS = int(os.environ.get("OYAMA_TEST_REQUESTS", "250"))
"""Generated requests in all; more for a long soak."""
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDLESS: Final = "/api/events"
NAMES: Final = frozenset(
    {"workflow_id", "workflowId", "gate_id", "gateId", "stateId", "otherStateId", "state_id", "execution_id", "executionId"}
)
"""Parameters that name something which must be there."""
GATED: Final = {"id": "gated", "steps": [{"id": "a", "run": "echo a"}, {"id": "g", "gate": "Go?"}]}
FAILED: Final = {"id": "failed", "steps": [{"id": "a", "run": "echo a"}, {"id": "b", "run": "exit 3"}]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    with closing(Serving(tmp_path)) as made:
        made.start()
        yield made


def known(server: Serving) -> list[str]:
    """Ids of what is there: a run that asks, its question, a run that failed, and both workflows."""
    with server.client() as client:
        runs = [client.post("/api/workflows/execute", json={"workflow": one, "wait": 1}).json() for one in (GATED, FAILED)]
    assert [run["shown"] for run in runs] == ["waiting", "failed"]
    return ["gated", "failed", *(run["stateId"] for run in runs), *runs[0]["openApprovals"]]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")
def test_generated_requests_are_answered_as_the_document_says(server: Serving, seed: int) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    described = list(schema.get_all_operations())
    assert [one for one in described if not isinstance(one, Ok)] == [], "operations whose description cannot be read"
    found: list[Any] = [one.ok() for one in described if isinstance(one, Ok)]
    operations = [operation for operation in found if operation.path != ENDLESS]
    assert len(operations) >= 11
    chance, ids = random.Random(seed), known(server)
    asked = 0

    for operation, mode in product(operations, GenerationMode):

        @seeded(seed)
        @settings(
            max_examples=max(5, REQUESTS // len(operations) // 2),
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            nonlocal asked
            asked += 1
            for place in (case.path_parameters, case.query, case.body):
                for name in NAMES & place.keys() if isinstance(place, dict) else ():
                    if chance.random() < 0.6:
                        place[name] = chance.choice(ids)
            if isinstance(case.body, dict) and isinstance(case.body.get("wait"), float | int):
                # As long as the document allows is longer than a test has.
                case.body["wait"] = min(case.body["wait"], 0.1)
            response = case.call(headers={"Authorization": f"Bearer {server.token}"})
            case.validate_response(response, checks=CHECKS)

        check()
    print(f"{asked} requests to {len(operations)} operations")
    assert "Traceback" not in server.errors


def test_all_that_the_document_names_is_in_it_and_bounds_are_those_of_json_schema() -> None:
    document = endpoints().openapi()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            assert {"ge", "gt", "le", "lt"}.isdisjoint(part), part
            if isinstance(part.get("$ref"), str):
                assert part["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"], part
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(document)
