"""Runs of a workflow beside each other, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api

STAGES: list[dict[str, Any]] = [
    {"id": "build", "run": "printf '%s\\n' ${{ inputs.version }}"},
    {"id": "check", "run": "exit ${{ inputs.code }}"},
]
INPUTS = {"code": {"type": "integer", "default": 0}, "version": {"type": "string", "default": "v1"}}


async def ended(api: Api, workflow: str, **inputs: Any) -> str:
    """A run that is over."""
    row = await api.studio.runs.start(workflow, inputs)
    async for _ in api.studio.runs.follow(row.id):
        continue
    return row.id


@pytest.fixture
async def runs(api: Api) -> list[str]:
    """A run that went well, and one that did not."""
    await api.json("POST", "/api/workflows", json={"id": "release", "stages": STAGES, "inputs": INPUTS}, status=201)
    return [await ended(api, "release"), await ended(api, "release", code=3, version="v2")]


async def test_newest_runs_stand_beside_each_other_step_by_step(api: Api, runs: list[str]) -> None:
    matrix = await api.json("GET", "/api/workflows/stats/matrix", params={"workflowId": "release"})
    assert (matrix["workflowId"], matrix["total"], matrix["damaged"]) == ("release", 2, [])
    assert [(run["stateId"], run["runNumber"], run["shown"]) for run in matrix["runs"]] == [
        (runs[0], 1, "completed"),
        (runs[1], 2, "failed"),
    ]
    steps = {step["key"]: step for step in matrix["steps"]}
    assert list(steps) == ["build", "check"]
    assert [one["status"] for one in steps["check"]["outcomes"]] == ["completed", "failed"]
    assert (steps["check"]["failed"], steps["build"]["failed"]) == (1, 0)
    assert steps["build"]["medianMs"] <= steps["build"]["slowestMs"]
    newest = await api.json("GET", "/api/workflows/stats/matrix", params={"workflowId": "release", "runs": 1})
    assert ([run["stateId"] for run in newest["runs"]], newest["total"]) == ([runs[1]], 2)


async def test_two_runs_differ_in_steps_output_and_values(api: Api, runs: list[str]) -> None:
    found = await api.json("GET", "/api/workflows/stats/comparison", params={"stateId": runs[0], "otherStateId": "release#2"})
    assert (found["one"]["stateId"], found["other"]["stateId"]) == (runs[0], runs[1])
    assert (found["sameRevision"], found["definition"]) == (True, [])
    steps = {step["key"]: step for step in found["steps"]}
    assert (steps["build"]["oneOutput"].strip(), steps["build"]["otherOutput"].strip()) == ("v1", "v2")
    assert [steps["check"][name]["status"] for name in ("one", "other")] == ["completed", "failed"]
    assert not steps["check"]["alike"]
    inputs = [value for value in found["values"] if value["where"] == "inputs"]
    assert {value["name"]: (value["one"], value["other"]) for value in inputs} == {"code": (0, 3), "version": ("v1", "v2")}


async def test_a_workflow_that_has_never_run_has_an_empty_matrix(api: Api) -> None:
    await api.json("POST", "/api/workflows", json={"id": "idle", "stages": [{"id": "a", "run": "true"}]}, status=201)
    matrix = await api.json("GET", "/api/workflows/stats/matrix", params={"workflowId": "idle"})
    assert (matrix["runs"], matrix["steps"], matrix["total"]) == ([], [], 0)


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("matrix", {}, 422),
        ("matrix", {"workflowId": ""}, 422),
        ("matrix", {"workflowId": "none"}, 404),
        ("matrix", {"workflowId": "release", "runs": 0}, 422),
        ("matrix", {"workflowId": "release", "runs": 61}, 422),
        ("comparison", {"stateId": "release#1"}, 422),
        ("comparison", {"stateId": "release#1", "otherStateId": "release#9"}, 404),
        ("comparison", {"stateId": "release#1", "otherStateId": "release#1"}, 422),
        ("comparison", {"stateId": "release#1", "otherStateId": "other#1"}, 422),
    ],
)
async def test_what_cannot_be_set_side_by_side_is_refused(api: Api, runs: list[str], path: str, given: dict[str, Any], status: int) -> None:
    await api.json("POST", "/api/workflows", json={"id": "other", "stages": [{"id": "a", "run": "true"}]}, status=201)
    await ended(api, "other")
    refused = await api.json("GET", f"/api/workflows/stats/{path}", params=given, status=status)
    assert refused["detail"]
