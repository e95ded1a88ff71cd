"""Starting runs over the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.api.conftest import Api

STAGES = [{"id": "say", "run": 'echo "${{ inputs.word }}" > said.txt'}]
WORD = {"word": {"type": "string", "required": True}}


async def test_a_kept_workflow_runs_in_the_name_of_the_token(api: Api) -> None:
    await api.json("POST", "/api/workflows", json={"id": "say", "stages": STAGES, "inputs": WORD}, status=201)
    started = await api.client.post("/api/workflows/execute", json={"workflowId": "say", "input": {"word": "hello"}, "wait": 20})
    assert started.status_code == 200, started.text
    run = started.json()
    assert (run["status"], run["shown"], run["ended"], run["runNumber"], run["ignoredOptions"]) == ("completed", "completed", True, 1, [])
    assert started.headers["location"].endswith(run["stateId"])
    assert Path("said.txt").read_text() == "hello\n"
    row = (await api.studio.runs.get(run["stateId"])).row
    assert row.started_by == "ana"
    [past] = (await api.studio.history.page(api.studio.history.parse("workflow:say"))).rows
    assert past.trigger == "api"


async def test_an_inline_workflow_is_kept_by_its_content(api: Api) -> None:
    inline = {"type": "parallel", "steps": [{"id": "a", "run": "echo a"}, {"id": "b", "run": "exit 3"}]}
    first = await api.json("POST", "/api/workflows/execute", json={"workflow": inline, "wait": 20})
    assert (first["shown"], first["status"]) == ("failed", "failed")
    assert first["reason"].startswith("b: ")
    again = await api.json("POST", "/api/workflows/execute", json={"workflow": inline, "wait": 20})
    assert (again["workflowId"], again["runNumber"]) == (first["workflowId"], 2)
    kept = await api.json("GET", f"/api/workflows/{first['workflowId']}")
    assert (kept["type"], kept["steps"]) == ("parallel", 2)
    named = {"id": kept["id"], "steps": [{"id": "other", "run": "true"}]}
    await api.json("POST", "/api/workflows/execute", json={"workflow": named}, status=409)


async def test_a_text_is_the_value_of_the_only_input(api: Api) -> None:
    await api.json("POST", "/api/workflows", json={"id": "say", "stages": STAGES, "inputs": WORD}, status=201)
    await api.json("POST", "/api/workflows/execute", json={"workflowId": "say", "input": "alone", "wait": 20})
    assert Path("said.txt").read_text() == "alone\n"
    await api.json("POST", "/api/workflows", json={"id": "none", "stages": [{"id": "a", "run": "true"}]}, status=201)
    refused = await api.json("POST", "/api/workflows/execute", json={"workflowId": "none", "input": "x"}, status=422)
    assert "it has none" in refused["detail"]


async def test_waiting_ends_as_soon_as_somebody_is_asked(api: Api) -> None:
    busy = {"id": "busy", "run": "while [ ! -e free ]; do sleep 0.05; done"}
    asks = {"id": "asks", "type": "parallel", "steps": [busy, {"id": "g", "gate": "Go?"}]}
    outer = {"id": "outer", "steps": [{"id": "inner", "workflow": "asks"}]}
    async with asyncio.timeout(60):
        started = await api.json("POST", "/api/workflows/execute", json={"workflow": asks, "wait": 300}, status=202, timeout=70)
        below = await api.json("POST", "/api/workflows/execute", json={"workflow": outer, "wait": 300}, status=202, timeout=70)
    assert (started["ended"], len(started["openApprovals"])) == (False, 1)
    assert (below["ended"], len(below["openApprovals"])) == (False, 1)
    assert below["openApprovals"] != started["openApprovals"]
    Path("free").touch()


async def test_waiting_ends_after_the_time_that_was_said(api: Api) -> None:
    slow = {"id": "slow", "steps": [{"id": "a", "run": "while [ ! -e free ]; do sleep 0.05; done"}]}
    started = await api.json("POST", "/api/workflows/execute", json={"workflow": slow, "wait": 0.3}, status=202)
    assert (started["shown"], started["ended"], started["openApprovals"]) == ("running", False, [])
    Path("free").touch()
    await api.until(f"/api/workflows/executions/{started['stateId']}", lambda found: found["shown"] == "completed")


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({}, 422, "not clear what to start"),
        ({"workflowId": "say", "workflow": {"steps": [{"id": "a", "run": "true"}]}}, 422, "not clear what to start"),
        ({"workflowId": "none"}, 404, "no workflow"),
        ({"workflowId": "../evil.yaml"}, 422, "workflowId"),
        ({"workflowId": "-"}, 422, "workflowId"),
        ({"workflowId": 3}, 422, "workflowId"),
        ({"workflow": {"steps": []}}, 422, "workflow.steps"),
        ({"workflow": {"steps": [{"id": "a", "gate": 3}]}}, 422, "steps[0]"),
        ({"workflow": {"steps": [{"id": "a", "run": "true"}], "colour": 1}}, 422, "workflow.colour"),
        ({"workflowId": "say", "input": [1]}, 422, "input"),
        ({"workflowId": "say", "input": {"other": 1}}, 422, "other"),
        ({"workflowId": "say", "wait": 1e9}, 422, "wait"),
        ({"workflowId": "say", "priority": 101}, 422, "priority"),
    ],
    ids=str,
)
async def test_what_does_not_fit_starts_nothing(api: Api, given: dict[str, object], status: int, said: str) -> None:
    await api.json("POST", "/api/workflows", json={"id": "say", "stages": STAGES, "inputs": WORD}, status=201)
    refused = await api.json("POST", "/api/workflows/execute", json=given, status=status)
    assert said in refused["detail"] + str(refused["problems"])
    assert (await api.studio.runs.list()).total == 0


async def test_options_that_nothing_follows_are_named(api: Api) -> None:
    inline = {"steps": [{"id": "a", "run": "true"}]}
    given = {"workflow": inline, "options": {"temperature": 0.2, "model": "m"}, "wait": 20}
    assert (await api.json("POST", "/api/workflows/execute", json=given))["ignoredOptions"] == ["model", "temperature"]
