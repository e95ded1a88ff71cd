"""States over the API: how runs are, and what is wanted of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oyama_tui.settings import Settings
from tests.api.conftest import Api, served

STATE = "/api/workflows/state"
ASKS: list[dict[str, Any]] = [{"id": "build", "run": "echo built"}, {"id": "ship", "gate": {"title": "Ship it?"}, "run": "echo shipped"}]


async def started(api: Api, workflow: str, stages: list[dict[str, Any]], shown: str, **more: Any) -> str:
    """The state id of a run that has come to rest like this."""
    await api.json("POST", "/api/workflows", json={"id": workflow, "stages": stages, **more}, status=201)
    run = await api.studio.runs.start(workflow, {})
    await until(api, run.id, shown)
    return run.id


async def until(api: Api, run_id: str, shown: str) -> dict[str, Any]:
    """The state of a run once it is like this."""
    found = await api.until(f"{STATE}?stateId={run_id}", lambda page: page["items"][0]["shown"] == shown)
    state: dict[str, Any] = found["items"][0]
    return state


async def writes(api: Api, run_id: str) -> None:
    """Wait until the step `a` of a run has written something."""
    await api.until(f"/api/workflows/executions/{run_id}/log?step=a", lambda piece: piece["text"])


async def change(api: Api, run_id: str, code: int = 200, /, **wanted: Any) -> dict[str, Any]:
    """What the server answers to a wish."""
    answer: dict[str, Any] = await api.json("PATCH", STATE, json={"stateId": run_id, **wanted}, status=code)
    return answer


async def test_a_state_is_told_whole(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting", context={"channel": "beta"})
    state = await until(api, run_id, "waiting")
    assert (state["stateId"], state["workflowId"], state["runNumber"], state["status"]) == (run_id, "release", 1, "running")
    assert (state["needsYou"], state["currentStep"], state["currentStepIndex"]) == (True, "ship", 1)
    assert (state["completedSteps"], state["totalSteps"], state["context"]) == (["build"], 2, {"channel": "beta"})
    assert [(one["stepId"], one["attempt"], one["status"]) for one in state["executionHistory"]] == [("build", 1, "completed")]
    assert [step["id"] for step in state["workflowSnapshot"]["steps"]] == ["build", "ship"]
    assert (state["endedAt"], state["snapshots"]) == (None, None)
    assert state["startedAt"] <= state["updatedAt"]
    with_points = await api.json("GET", STATE, params={"stateId": run_id, "includeSnapshots": True})
    assert [(one["node"], one["status"]) for one in with_points["items"][0]["snapshots"]] == [("build", "completed")]


async def test_the_definition_of_a_state_stays_what_the_run_was_started_with(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting")
    await api.json("PUT", "/api/workflows/release", json={"stages": [{"id": "other", "run": "true"}]})
    state = await until(api, run_id, "waiting")
    assert [step["id"] for step in state["workflowSnapshot"]["steps"]] == ["build", "ship"]


async def test_a_step_in_a_block_has_the_place_of_the_block(api: Api) -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2], "concurrency": 1}, "steps": [{"id": "copy", "run": "test ${{ item }} = 1"}]}
    run_id = await started(api, "release", [{"id": "first", "run": "true"}, loop], "failed")
    state = await until(api, run_id, "failed")
    assert (state["currentStep"], state["currentStepIndex"], state["completedSteps"]) == ("", 1, ["first"])
    assert state["error"]
    assert state["errorStep"].startswith("fan")


async def test_states_are_listed_by_workflow_and_status(api: Api) -> None:
    asks = await started(api, "release", ASKS, "waiting")
    done = await started(api, "quick", [{"id": "a", "run": "true"}], "completed")
    bad = await started(api, "bad", [{"id": "a", "run": "false"}], "failed")

    async def listed(**params: Any) -> list[str]:
        page = await api.json("GET", STATE, params=params)
        assert page["total"] == len(page["items"])
        assert all(one["executionHistory"] is None and one["workflowSnapshot"] is None for one in page["items"] if "stateId" not in params)
        return [one["stateId"] for one in page["items"]]

    assert await listed() == [bad, done, asks]
    assert await listed(status="running") == [asks]
    assert await listed(status=["completed", "failed"]) == [bad, done]
    assert await listed(workflowId="release") == [asks]
    assert await listed(workflowId="release", status="failed") == []
    assert await listed(stateId="quick#1") == [done]
    assert await listed(stateId=done, status="failed") == []
    assert await listed(stateId=done, workflowId="bad") == []
    with_points = await api.json("GET", STATE, params={"includeSnapshots": True, "workflowId": "quick"})
    assert [one["node"] for one in with_points["items"][0]["snapshots"]] == ["a"]


async def test_parts_of_the_list_stay_while_runs_are_started(api: Api) -> None:
    first = await started(api, "quick", [{"id": "a", "run": "true"}], "completed")
    known = [first]
    for _ in range(3):
        known.insert(0, (await api.studio.runs.start("quick", {})).id)
    part = await api.json("GET", STATE, params={"limit": 2})
    assert ([one["stateId"] for one in part["items"]], part["total"]) == (known[:2], 4)
    await api.studio.runs.start("quick", {})
    rest = await api.json("GET", STATE, params={"limit": 3, "cursor": part["next"]})
    assert ([one["stateId"] for one in rest["items"]], rest["next"], rest["total"]) == (known[2:], None, 5)


async def test_a_run_is_paused_and_goes_on(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting")
    paused = await change(api, run_id, action="pause", reason="lunch")
    assert (paused["status"], paused["reason"]) == ("paused", "lunch")
    assert "paused" in (await change(api, run_id, 409, action="pause"))["detail"]
    assert (await change(api, run_id, action="resume"))["status"] == "running"
    slow = [{"id": "a", "run": "echo begun | tee -a held; while [ ! -e free ]; do sleep 0.05; done"}, {"id": "b", "run": "true"}]
    await api.json("POST", "/api/workflows", json={"id": "slow", "stages": slow}, status=201)
    busy = (await api.studio.runs.start("slow", {})).id
    await writes(api, busy)
    assert (await change(api, busy, action="pause", mode="drain"))["shown"] == "draining"
    Path("free").touch()
    assert (await until(api, busy, "paused"))["completedSteps"] == ["a"]
    await change(api, busy, action="resume")
    await until(api, busy, "completed")
    assert Path("held").read_text().split() == ["begun"]


async def test_a_pause_at_once_cuts_off_what_runs(api: Api) -> None:
    slow = [{"id": "a", "run": "echo begun | tee -a held; while [ ! -e free ]; do sleep 0.05; done"}]
    await api.json("POST", "/api/workflows", json={"id": "slow", "stages": slow}, status=201)
    busy = (await api.studio.runs.start("slow", {})).id
    await writes(api, busy)
    await change(api, busy, action="pause", mode="now")
    await until(api, busy, "paused")
    Path("free").touch()
    await change(api, busy, action="updateStatus", status="running")
    await until(api, busy, "completed")
    assert Path("held").read_text().split() == ["begun", "begun"]


async def test_variables_are_set_and_removed(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting", context={"channel": "beta", "draft": 1})
    changed = await change(api, run_id, action="updateContext", context={"channel": "stable", "n": [1, None]}, unset=["draft"])
    assert changed["context"] == {"channel": "stable", "n": [1, None]}
    assert (await until(api, run_id, "waiting"))["context"] == changed["context"]
    assert (await change(api, run_id, 404, action="updateContext", unset=["chanel"]))["hint"] == "Did you mean channel?"
    assert (await change(api, run_id, 422, action="updateContext", context={"no name": 1}))["title"] == "Invalid input"
    body = b'{"stateId": "release#1", "action": "updateContext", "context": {"n": %s}}'
    for value in (b"NaN", b'"\\ud800"', b"1" + b"0" * 1200, b"[" * 100 + b"]" * 100):
        response = await api.client.patch(STATE, content=body % value, headers={"Content-Type": "application/json"})
        assert response.status_code == 422, response.text
    assert (await until(api, run_id, "waiting"))["context"] == changed["context"]
    events = (await api.json("GET", f"/api/workflows/executions/{run_id}/events"))["items"]
    assert [one["payload"]["by"]["name"] for one in events if one["type"] == "context_changed"] == ["ana"]


async def test_a_status_is_a_wish_in_other_words(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting")
    assert (await change(api, run_id, action="updateStatus", status="paused", reason="wait"))["status"] == "paused"
    assert (await change(api, run_id, action="updateStatus", status="running"))["status"] == "running"
    for status in ("completed", "pending"):
        assert f"Nobody can make a run {status}" in (await change(api, run_id, 409, action="updateStatus", status=status))["detail"]
    await change(api, run_id, action="updateStatus", status="failed", reason="no")
    ended = await until(api, run_id, "cancelled")
    assert (ended["status"], ended["endedAt"] is not None, "ana" in ended["reason"]) == ("failed", True, True)
    for wanted in ({"action": "resume"}, {"action": "pause"}, {"action": "updateStatus", "status": "cancelled"}):
        await change(api, run_id, 409, **wanted)
    await change(api, run_id, 409, action="updateContext", context={"a": 1})


async def test_only_a_run_that_is_over_is_deleted(api: Api) -> None:
    live = await started(api, "release", ASKS, "waiting")
    refused = await api.json("DELETE", STATE, params={"stateId": live}, status=409)
    assert "not over" in refused["detail"]
    await change(api, live, action="updateStatus", status="cancelled")
    await until(api, live, "cancelled")
    await api.studio.keeping.pin(live)
    assert "pinned" in (await api.json("DELETE", STATE, params={"stateId": live}, status=409))["detail"]
    await api.studio.keeping.unpin(live)
    for part in (live[:-1], live[1:], "0", "\x00", "\x00#", "%#"):
        await api.json("DELETE", STATE, params={"stateId": part}, status=404)
    assert await api.json("DELETE", STATE, params={"stateId": live}) == {"stateId": live, "deleted": True, "runs": 1}
    await api.json("DELETE", STATE, params={"stateId": live}, status=404)
    await api.json("GET", STATE, params={"stateId": live}, status=404)
    assert (await api.json("GET", STATE))["items"] == []


async def test_bad_types_are_named_with_their_place(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting")
    before = (await until(api, run_id, "waiting"))["seq"]
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("body", {}),
        ("action", {"action": "stop"}),
        ("action", {"action": 1}),
        ("stateId", {"action": "resume", "stateId": ["x"]}),
        ("stateId", {"action": "resume", "stateId": "x" * 201}),
        ("mode", {"action": "pause", "mode": "later"}),
        ("reason", {"action": "pause", "reason": 1}),
        ("reason", {"action": "resume", "reason": "no"}),
        ("context", {"action": "updateContext", "context": [1]}),
        ("unset", {"action": "updateContext", "unset": "a"}),
        ("unset[0]", {"action": "updateContext", "unset": [1]}),
        ("status", {"action": "updateStatus", "status": "done"}),
        ("status", {"action": "updateStatus"}),
    ]
    for place, body in wrong:
        refused = await api.json("PATCH", STATE, json={"stateId": run_id, **body}, status=422)
        assert any(one["where"] in (place, "body") for one in refused["problems"]), (place, refused)
    for place, params in (("status", {"status": "done"}), ("limit", {"limit": 101}), ("includeSnapshots", {"includeSnapshots": "maybe"})):
        assert (await api.json("GET", STATE, params=params, status=422))["problems"][0]["where"].startswith(place)
    for cursor in ("x", "LTE", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw", "InRleHQi", "MQ==", "' M Q --", "IDE"):
        await api.json("GET", STATE, params={"cursor": cursor}, status=400)
    assert (await api.json("DELETE", STATE, status=422))["problems"][0]["where"] == "stateId"
    assert (await until(api, run_id, "waiting"))["seq"] == before


async def test_a_run_is_steered_where_no_engine_runs(settings: Settings) -> None:
    async with served(settings, drive="none") as api:
        await api.json("POST", "/api/workflows", json={"id": "release", "stages": ASKS}, status=201)
        async with served(settings) as other:
            run_id = (await other.studio.runs.start("release", {})).id
            await until(other, run_id, "waiting")
        assert (await change(api, run_id, action="pause"))["status"] == "paused"
        assert (await change(api, run_id, action="updateStatus", status="cancelled"))["shown"] == "cancelled"


async def test_a_list_of_states_is_read_at_once(api: Api) -> None:
    inline = {"id": "listed", "steps": [{"id": "a", "set": {"k": 1}}, {"id": "b", "run": "exit 3"}]}
    for _ in range(12):
        await api.json("POST", "/api/workflows/execute", json={"workflow": inline, "wait": 20})

    asked: list[str] = []
    sa.event.listen(api.studio._context.store.database.reader._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    async def statements(limit: int) -> int:
        asked.clear()
        page = await api.json("GET", f"/api/workflows/state?limit={limit}")
        assert [one["currentStepIndex"] for one in page["items"]] == [1] * limit
        assert [one["context"] for one in page["items"]] == [{"k": 1}] * limit
        return len(asked)

    async def fewest(limit: int) -> int:
        # Runs that have just ended are still looked at beside it.
        return min([await statements(limit) for _ in range(5)])

    assert await fewest(12) == await fewest(2)
