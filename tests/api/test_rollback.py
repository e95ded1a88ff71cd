"""Rollback and recovery over the API: the runs are real, and what undoes them writes into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Api

ROLLBACK = "/api/workflows/rollback"


def written(step: str, **more: Any) -> dict[str, Any]:
    """A step that writes its name into a file, and another word when it is undone."""
    return {"id": step, "run": f"echo {step} >> out", "compensate": {"run": f"echo undo-{step} >> out"}, **more}


def out() -> list[str]:
    """What the steps have written so far, in order."""
    return Path("out").read_text().split()


FAILS = [written("a"), written("b"), {"id": "c", "run": "test -e ok && echo c >> out"}, written("d")]


async def started(api: Api, stages: list[dict[str, Any]], shown: str, **more: Any) -> str:
    """The state id of a run that has come to rest like this."""
    await api.json("POST", "/api/workflows", json={"id": "release", "stages": stages, **more}, status=201)
    run = await api.studio.runs.start("release", {})
    await rests(api, run.id, shown)
    return run.id


async def rests(api: Api, run_id: str, shown: str) -> dict[str, Any]:
    """The state of a run once it is like this."""
    found = await api.until(f"/api/workflows/state?stateId={run_id}", lambda page: page["items"][0]["shown"] == shown)
    state: dict[str, Any] = found["items"][0]
    return state


async def test_a_run_goes_back_to_a_step_with_the_variables_that_were_there(api: Api) -> None:
    marked = [written("a"), {"id": "mark", "set": {"seen": "b"}}, written("b"), {"id": "c", "run": "false"}]
    run_id = await started(api, marked, "failed", context={"seen": "nothing"})
    wish = {"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": 0, "comment": "wrong tag"}
    plan = await api.json("POST", ROLLBACK, json={**wish, "plan": True})
    assert (plan["done"], plan["undo"]["label"], plan["undo"]["set"]) == (False, "to after a", {"seen": "nothing"})
    assert [(one["step"], one["does"]) for one in plan["undo"]["steps"]] == [("b", "undone"), ("c", "undeclared")]
    assert out() == ["a", "b"]
    done = await api.json("POST", ROLLBACK, json={**wish, "seen": plan["undo"]["seq"]})
    assert (done["done"], done["undo"]) == (True, plan["undo"])
    state = await rests(api, run_id, "paused")
    assert (state["completedSteps"], state["context"], out()) == (["a"], {"seen": "nothing"}, ["a", "b", "undo-b"])
    events = (await api.json("GET", f"/api/workflows/executions/{run_id}/events"))["items"]
    undo = next(one["payload"] for one in events if one["type"] == "undo_started")
    assert (undo["by"]["name"], undo["why"]) == ("ana", "wrong tag")


async def test_a_run_goes_back_to_its_beginning(api: Api) -> None:
    run_id = await started(api, FAILS, "failed")
    done = await api.json("POST", ROLLBACK, json={"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": -1})
    assert done["undo"]["to"] == 0
    assert (await rests(api, run_id, "paused"))["completedSteps"] == []
    assert out() == ["a", "b", "undo-b", "undo-a"]


async def test_a_run_goes_back_to_its_last_success(api: Api) -> None:
    half_done = {**written("c"), "run": "echo c >> out; exit 3"}
    run_id = await started(api, [written("a"), written("b"), half_done], "failed")
    done = await api.json("POST", ROLLBACK, json={"stateId": run_id, "action": "rollbackToLastSuccess"})
    assert (done["undo"]["label"], [one["step"] for one in done["undo"]["steps"]]) == ("to after b", ["c"])
    assert (await rests(api, run_id, "paused"))["completedSteps"] == ["a", "b"]
    assert out() == ["a", "b", "c", "undo-c"]
    again = await api.json("POST", ROLLBACK, json={"stateId": run_id, "action": "rollbackToLastSuccess"}, status=409)
    assert "Nothing of run" in again["detail"]


async def test_without_a_success_there_is_no_last_one(api: Api) -> None:
    run_id = await started(api, [{"id": "a", "run": "exit 1"}], "failed")
    refused = await api.json("POST", ROLLBACK, json={"stateId": run_id, "action": "rollbackToLastSuccess"}, status=409)
    assert "has completed" in refused["detail"]


async def test_what_failed_is_tried_again(api: Api) -> None:
    run_id = await started(api, FAILS, "failed")
    strategy = {"type": "retry", "maxRetries": 2, "retryDelay": 1}
    wish = {"stateId": run_id, "action": "recoverFromError", "failedStep": "c", "recoveryStrategy": strategy}
    plan = await api.json("POST", ROLLBACK, json={**wish, "plan": True})
    assert [(one["node"], one["does"]) for one in plan["recover"]["steps"]] == [("c", "again")]
    await api.json("POST", ROLLBACK, json=wish)
    page = await api.until(f"/api/workflows/executions/{run_id}/steps", lambda found: found["total"] == 5)
    assert [(one["stepId"], one["status"]) for one in page["items"]][:3] == [("a", "completed"), ("b", "completed"), ("c", "failed")]
    await rests(api, run_id, "failed")
    Path("ok").touch()
    await api.json("POST", ROLLBACK, json={**wish, "failedStep": 2})
    await rests(api, run_id, "completed")
    assert out() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("failed", [None, "c", 2])
@pytest.mark.parametrize(
    ("strategy", "was"),
    [
        ({"type": "skip", "outputs": {"url": "none"}}, "skipped"),
        ({"type": "manual", "outputs": {"url": "u"}, "comment": "by hand"}, "completed"),
    ],
)
async def test_what_failed_is_left_out_or_done_by_hand(api: Api, failed: str | int | None, strategy: dict[str, Any], was: str) -> None:
    follows = {"id": "d", "run": "echo ${{ steps.c.outputs.url }} >> out"}
    run_id = await started(api, [written("a"), {"id": "c", "run": "false", "outputs": {"url": "x"}}, follows], "failed")
    index = 1 if failed == 2 else failed
    wish = {"stateId": run_id, "action": "recoverFromError", "failedStep": index, "recoveryStrategy": strategy}
    done = await api.json("POST", ROLLBACK, json=wish)
    assert [(one["node"], one["does"]) for one in done["recover"]["steps"]] == [("c", "skipped" if was == "skipped" else "done")]
    await rests(api, run_id, "completed")
    assert out() == ["a", strategy["outputs"]["url"]]
    tree = (await api.json("GET", f"/api/workflows/executions/{run_id}"))["tree"]
    assert [one["status"] for one in tree if one["depth"] == 0] == ["completed", was, "completed"]


async def test_the_last_steps_are_undone(api: Api) -> None:
    run_id = await started(api, FAILS, "failed")
    wish = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "rollback", "rollbackSteps": 2}}
    done = await api.json("POST", ROLLBACK, json=wish)
    assert done["undo"]["label"] == "to after a"
    assert (await rests(api, run_id, "paused"))["completedSteps"] == ["a"]
    assert out() == ["a", "b", "undo-b"]
    await api.json("POST", ROLLBACK, json={**wish, "recoveryStrategy": {"type": "rollback"}})
    assert (await rests(api, run_id, "paused"))["completedSteps"] == []
    refused = await api.json("POST", ROLLBACK, json=wish, status=409)
    assert "have begun" in refused["detail"]
    Path("ok").touch()
    await api.json("PATCH", "/api/workflows/state", json={"stateId": run_id, "action": "resume"})
    await rests(api, run_id, "completed")
    assert out() == ["a", "b", "undo-b", "undo-a", "a", "b", "c", "d"]


async def test_a_step_that_was_done_by_hand_counts_as_the_last_one(api: Api) -> None:
    run_id = await started(api, [written("a"), written("b"), {"id": "c", "run": "false"}], "failed")
    by_hand = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "manual"}}
    await api.json("POST", ROLLBACK, json=by_hand)
    await rests(api, run_id, "completed")
    wish = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "rollback"}, "plan": True}
    assert (await api.json("POST", ROLLBACK, json=wish))["undo"]["label"] == "to after b"


async def test_an_open_question_counts_as_the_last_step(api: Api) -> None:
    run_id = await started(api, [written("a"), written("b"), {"id": "ask", "gate": {"title": "Go?"}, "run": "true"}], "waiting")
    wish = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "rollback"}, "plan": True}
    assert (await api.json("POST", ROLLBACK, json=wish))["undo"]["label"] == "to after b"
    wish["recoveryStrategy"] = {"type": "rollback", "rollbackSteps": 3}
    assert (await api.json("POST", ROLLBACK, json=wish))["undo"]["to"] == 0


async def test_what_is_permanent_must_be_named(api: Api) -> None:
    stages = [written("a"), {"id": "mail", "run": "echo mail >> out", "effect": "permanent"}, written("c")]
    run_id = await started(api, stages, "completed")
    wish = {"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": 0}
    assert (await api.json("POST", ROLLBACK, json={**wish, "plan": True}))["undo"]["obstacles"] == ["mail"]
    refused = await api.json("POST", ROLLBACK, json=wish, status=409)
    assert "mail" in refused["detail"]
    assert (await api.json("POST", ROLLBACK, json={**wish, "force": ["c"]}, status=404))["title"] == "Not found"
    assert out() == ["a", "mail", "c"]
    await api.json("POST", ROLLBACK, json={**wish, "force": ["mail"]})
    await rests(api, run_id, "paused")
    assert out() == ["a", "mail", "c", "undo-c"]


async def test_a_plan_of_which_the_run_has_moved_on_is_refused(api: Api) -> None:
    run_id = await started(api, FAILS, "failed")
    back = {"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": 0}
    again = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "retry"}}
    seen = (await api.json("POST", ROLLBACK, json={**back, "plan": True}))["undo"]["seq"]
    await api.json("POST", ROLLBACK, json={**again, "seen": seen})
    await api.until(
        f"/api/workflows/state?stateId={run_id}", lambda page: page["items"][0]["seq"] > seen + 1 and page["items"][0]["endedAt"]
    )
    for wish in (back, again):
        refused = await api.json("POST", ROLLBACK, json={**wish, "seen": seen}, status=409)
        assert f"from event {seen} to" in refused["detail"]
    assert out() == ["a", "b"]


async def test_what_is_not_possible_is_refused_and_changes_nothing(api: Api) -> None:
    run_id = await started(api, [written("a"), {"id": "b", "run": "true"}], "completed")
    before = (await rests(api, run_id, "completed"))["seq"]
    recover = {"stateId": run_id, "action": "recoverFromError"}
    refused = await api.json("POST", ROLLBACK, json={**recover, "recoveryStrategy": {"type": "retry"}}, status=409)
    assert "has completed" in refused["detail"]
    skip = await api.json("POST", ROLLBACK, json={**recover, "recoveryStrategy": {"type": "skip"}}, status=422)
    assert "failedStep" in skip["hint"]
    named = {**recover, "failedStep": "a", "recoveryStrategy": {"type": "rollback"}}
    assert "takes no `failedStep`" in (await api.json("POST", ROLLBACK, json=named, status=422))["detail"]
    forced = {**recover, "force": ["a"], "recoveryStrategy": {"type": "retry"}}
    assert "`force` means nothing" in (await api.json("POST", ROLLBACK, json=forced, status=422))["detail"]
    beyond = {"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": 2}
    assert "has 2 steps" in (await api.json("POST", ROLLBACK, json=beyond, status=422))["detail"]
    for unknown in ("nobody-1764240000000", run_id[1:], run_id[:-1]):
        await api.json("POST", ROLLBACK, json={**beyond, "stateId": unknown}, status=404)
        await api.json("GET", ROLLBACK, params={"stateId": unknown}, status=404)
    assert (await rests(api, run_id, "completed"))["seq"] == before


async def test_bad_types_are_named_with_their_place(api: Api) -> None:
    run_id = await started(api, FAILS, "failed")
    step: dict[str, Any] = {"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": 0}
    error: dict[str, Any] = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "retry"}}
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("action", {**step, "action": "undoAll"}),
        ("stateId", {**step, "stateId": 7}),
        ("stateId", {**step, "stateId": ""}),
        ("targetStepIndex", {**step, "targetStepIndex": "0"}),
        ("targetStepIndex", {**step, "targetStepIndex": True}),
        ("targetStepIndex", {**step, "targetStepIndex": -2}),
        ("targetStepIndex", {**step, "targetStepIndex": 0.5}),
        ("plan", {**step, "plan": "yes"}),
        ("seen", {**step, "seen": 10**30}),
        ("force", {**step, "force": "a"}),
        ("force[0]", {**step, "force": [1]}),
        ("comment", {**step, "comment": None}),
        ("colour", {**step, "colour": "red"}),
        ("failedStep", {**error, "failedStep": ["c"]}),
        ("targetStepIndex", {"stateId": run_id, "action": "rollbackToStep"}),
        ("recoveryStrategy", {**error, "recoveryStrategy": {"type": "pray"}}),
        ("recoveryStrategy", {**error, "recoveryStrategy": "retry"}),
        ("recoveryStrategy.maxRetries", {**error, "recoveryStrategy": {"type": "retry", "maxRetries": 0}}),
        ("recoveryStrategy.retryDelay", {**error, "recoveryStrategy": {"type": "retry", "retryDelay": -1}}),
        ("recoveryStrategy.comment", {**error, "recoveryStrategy": {"type": "manual", "comment": 7}}),
        ("recoveryStrategy.outputs", {**error, "recoveryStrategy": {"type": "skip", "outputs": []}}),
        ("recoveryStrategy.rollbackSteps", {**error, "recoveryStrategy": {"type": "rollback", "rollbackSteps": "1"}}),
    ]
    for place, body in wrong:
        refused = await api.json("POST", ROLLBACK, json=body, status=422)
        assert any(one["where"] == place or (one["where"] == "body" and place in one["message"]) for one in refused["problems"]), refused
    assert (await rests(api, run_id, "failed"))["currentStepIndex"] == 2


async def test_compensations_are_listed_with_what_became_of_them(api: Api) -> None:
    fails = written("b")
    fails["compensate"] = {"run": "test -e mended && echo undo-b >> out"}
    run_id = await started(api, [written("a"), fails], "completed")
    before = await api.json("GET", ROLLBACK, params={"stateId": run_id})
    assert [(one["node"], one["does"]) for one in before["plan"]["steps"]] == [("b", "undone"), ("a", "undone")]
    assert before["compensations"]["items"] == []
    await api.json("POST", ROLLBACK, json={"stateId": run_id, "action": "rollbackToStep", "targetStepIndex": -1})
    assert "could not be undone" in (await rests(api, run_id, "paused"))["reason"]
    stuck = await api.json("GET", ROLLBACK, params={"stateId": run_id})
    assert (stuck["plan"], "being undone already" in stuck["refused"]) == (None, True)
    tried = stuck["compensations"]["items"]
    assert [(one["node"], one["attempt"], one["status"], one["error"]) for one in tried] == [("b~undo", 1, "failed", "Exit code 1.")]
    Path("mended").touch()
    retry = {"stateId": run_id, "action": "recoverFromError", "recoveryStrategy": {"type": "retry"}}
    assert [one["node"] for one in (await api.json("POST", ROLLBACK, json=retry))["recover"]["steps"]] == ["b~undo"]
    await api.until(f"/api/workflows/state?stateId={run_id}", lambda page: page["items"][0]["reason"].startswith("undone, back"))
    seen, cursor = [], None
    while True:
        page = await api.json("GET", ROLLBACK, params={"stateId": run_id, "limit": 1, **({"cursor": cursor} if cursor else {})})
        assert page["compensations"]["total"] == 3
        seen += [(one["stepId"], one["status"], one["endedAt"] is not None) for one in page["compensations"]["items"]]
        cursor = page["compensations"]["next"]
        if cursor is None:
            break
    assert seen == [("b", "failed", True), ("b", "completed", True), ("a", "completed", True)]
    assert out() == ["a", "b", "undo-b", "undo-a"]
