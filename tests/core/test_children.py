"""Runs that steps start: ordered, named, followed to their end, and never left behind."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.children import children_to_end
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.evolve.joins import NOT_NEEDED
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.play import ANA, Play, child_of, of_type, statuses, workflow

DEPLOY: dict[str, Any] = {"id": "deploy", "workflow": "./deploy.yaml", "with": {"count": "${{ 3 }}"}}
LAST: dict[str, Any] = {"id": "last", "run": 'echo "${{ steps.deploy.outputs.url }}"'}


def begun(*steps: dict[str, Any], known: bool = True, **values: Any) -> Play:
    """A run whose children have been ordered, and are there."""
    run = Play(workflow(steps=list(steps), **values))
    run.start()
    for node in list(run.state.children) if known else ():
        run.tell(child_of(node))
    return run


def ended(run: Play, status: Literal["succeeded", "failed", "cancelled"], node: str = "deploy", **said: Any) -> list[e.Event]:
    """Report the end of a child and plan; returns what followed."""
    before = len(run.journal)
    attempt = run.state.nodes[node].attempt
    run.tell(c.Outcome(node=node, attempt=attempt, status=status, kind="child", **said))
    run.plan()
    return run.journal[before:]


def test_the_order_holds_the_workflow_and_its_inputs_with_their_types() -> None:
    run = begun(DEPLOY, known=False)
    [order] = of_type(run.journal, e.StepScheduled)
    assert order.input == {"workflow": "./deploy.yaml", "inputs": {"count": 3}}
    assert order.timeout is None
    assert not run.state.running
    assert [node.key for node in run.state.children] == ["deploy"]


def test_the_run_that_exists_is_named_once() -> None:
    run = begun(DEPLOY)
    assert [event.label for event in of_type(run.journal, e.ChildStarted)] == ["deploy #1"]
    assert run.state.nodes["deploy"].child == run.journal[-1]
    assert run.tell(child_of(run.state.nodes["deploy"])) == []


def test_its_outputs_are_those_of_the_step() -> None:
    run = begun(DEPLOY, LAST, outputs={"all": "${{ steps.deploy.result }}"})
    ended(run, "succeeded", outputs={"url": "http://x"}, result={"url": "http://x"})
    assert of_type(run.journal, e.StepScheduled)[-1].input["env"] == {"OYAMA_V1": "http://x"}
    assert run.run().outputs == {"all": {"url": "http://x"}}


def test_named_outputs_of_the_step_are_made_from_its_result() -> None:
    run = begun({**DEPLOY, "outputs": {"place": "${{ result.url + '/index' }}"}}, outputs={"all": "${{ steps.deploy.outputs }}"})
    ended(run, "succeeded", outputs={"url": "x"}, result={"url": "x"})
    assert run.state.outputs == {"all": {"url": "x", "place": "x/index"}}


def test_its_failure_is_that_of_the_step_and_of_the_run() -> None:
    run = begun(DEPLOY, LAST)
    ended(run, "failed", message="deploy #1 failed: exit code 1")
    assert run.state.status is RunStatus.FAILED
    assert run.state.error == e.RunError(kind="step", message="deploy #1 failed: exit code 1", node="deploy")
    assert [event.node for event in of_type(run.journal, e.StepScheduled)] == ["deploy"]


def test_a_failure_may_be_borne() -> None:
    run = begun({**DEPLOY, "on_failure": "continue"}, LAST)
    ended(run, "failed", message="broke")
    assert statuses(run.state) == {"deploy": "failed", "last": "running"}


def test_a_retry_is_another_run() -> None:
    run = begun({**DEPLOY, "retry": {"max_attempts": 2, "interval": "0s", "on": ["child"]}})
    ended(run, "failed", message="broke")
    run.run()
    assert [event.run for event in of_type(run.journal, e.ChildStarted)] == ["deploy-deploy/1", "deploy-deploy/2"]
    assert run.state.status is RunStatus.COMPLETED


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_what_a_person_has_ended_is_not_tried_again(status: Literal["failed", "cancelled"]) -> None:
    run = begun({**DEPLOY, "retry": {"max_attempts": 5, "interval": "0s"}})
    [failed, _] = ended(run, status, message="deploy #1 was ended by ana", final=True)
    assert isinstance(failed, e.StepFailed)
    assert not failed.retryable
    assert run.state.status is RunStatus.FAILED


def test_defaults_for_programs_start_no_run_again() -> None:
    run = begun(DEPLOY, defaults={"retry": {"max_attempts": 5}, "timeout": {"attempt": "5s"}})
    assert of_type(run.journal, e.StepScheduled)[0].timeout is None
    ended(run, "failed", message="broke")
    assert run.state.status is RunStatus.FAILED


def test_nothing_interrupts_it() -> None:
    run = begun(DEPLOY)
    outcome = c.Outcome(node="deploy", attempt=1, status="interrupted")
    assert run.send(c.ReportOutcome(at=run.at, outcome=outcome)) == []
    with pytest.raises(CorruptJournal, match="run of its own"):
        evolve(run.state, e.StepInterrupted(at=run.at, node="deploy", attempt=1))
    run.send(c.Pause(at=run.at, by=ANA, mode="now"))
    run.plan()
    assert run.state.status is RunStatus.PAUSED
    assert not of_type(run.journal, e.StepInterrupted)


def test_a_paused_run_learns_of_its_end_and_starts_nothing() -> None:
    run = begun(DEPLOY, LAST)
    run.send(c.Pause(at=run.at, by=ANA))
    run.plan()
    ended(run, "succeeded", outputs={"url": "x"})
    assert statuses(run.state) == {"deploy": "completed", "last": "ready"}
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert statuses(run.state)["last"] == "running"


def test_only_an_engine_ends_or_pauses_a_run_that_has_one() -> None:
    run = begun(DEPLOY)
    assert [event.type for event in run.send(c.Pause(at=run.at, by=ANA))] == ["pause_requested"]
    assert [event.type for event in run.send(c.Cancel(at=run.at, by=ANA))] == ["cancel_requested"]


def test_a_cancelled_run_ends_after_it() -> None:
    run = begun(DEPLOY)
    run.send(c.Cancel(at=run.at, by=ANA, reason="late"))
    assert run.plan() == []
    assert [node.key for node in children_to_end(run.state)] == ["deploy"]
    cancelled, over = ended(run, "cancelled", message="deploy #1 was cancelled by oyama")
    assert isinstance(cancelled, e.StepCancelled)
    assert isinstance(over, e.RunCancelled)
    assert over.reason == "late"


def test_a_run_that_is_left_goes_on_alone() -> None:
    run = begun({**DEPLOY, "on_parent_cancel": "leave"})
    run.send(c.Cancel(at=run.at, by=ANA))
    assert [event.type for event in run.plan()] == ["step_cancelled", "run_cancelled"]


def test_one_that_ended_well_before_it_was_reached_counts() -> None:
    run = begun(DEPLOY)
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    ended(run, "succeeded", outputs={"url": "x"})
    assert statuses(run.state) == {"deploy": "completed"}
    assert run.state.status is RunStatus.CANCELLED


def test_a_failure_that_ends_what_runs_beside_it_waits_for_it() -> None:
    steps = [{**DEPLOY, "needs": []}, {"id": "other", "run": "false", "needs": []}, {**DEPLOY, "id": "free", "on_parent_cancel": "leave"}]
    run = begun(*steps, type="parallel", fail_fast=True)
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="other", attempt=1, status="failed", kind="exit", message="broke")))
    run.plan()
    assert statuses(run.state) == {"deploy": "running", "other": "failed", "free": "cancelled"}
    assert [node.key for node in children_to_end(run.state)] == ["deploy"]
    ended(run, "cancelled", message="deploy #1 was cancelled by oyama")
    assert statuses(run.state)["deploy"] == "cancelled"
    assert run.state.status is RunStatus.FAILED


def test_a_failure_beside_it_lets_it_finish() -> None:
    run = begun({**DEPLOY, "needs": []}, {"id": "other", "run": "false", "needs": []}, type="parallel")
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="other", attempt=1, status="failed", kind="exit", message="broke")))
    run.plan()
    assert children_to_end(run.state) == []
    ended(run, "succeeded")
    assert statuses(run.state)["deploy"] == "completed"
    assert run.state.status is RunStatus.FAILED


def test_its_time_is_its_own() -> None:
    run = begun({"id": "first", "run": "true"}, DEPLOY, timeout="1h")
    run.at += 1_000
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="first", attempt=1, status="succeeded")))
    run.plan()
    run.at += 7_200_000
    ended(run, "succeeded")
    assert run.state.status is RunStatus.COMPLETED
    assert (run.state.worked, run.state.waited) == (1_000, 0)


def test_the_summary_counts_it_as_running() -> None:
    summary = summarise(begun(DEPLOY).state)
    assert (summary.phase, summary.running, summary.current_step) == ("running", 1, "deploy")


def test_each_item_of_a_loop_may_have_one() -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2, 3], "concurrency": 2}, "steps": [DEPLOY]}
    run = begun(loop)
    assert [node.key for node in run.state.children] == ["fan[0].deploy", "fan[1].deploy"]
    ended(run, "succeeded", node="fan[0].deploy")
    assert [node.key for node in run.state.children] == ["fan[1].deploy", "fan[2].deploy"]
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    for node in list(run.state.children):
        ended(run, "cancelled", node=node.key)
    assert run.state.status is RunStatus.CANCELLED
    assert not run.state.blocks


def test_one_that_only_a_join_needs_is_ended_when_that_has_enough() -> None:
    steps = [
        {**DEPLOY, "needs": []},
        {**DEPLOY, "id": "free", "on_parent_cancel": "leave", "needs": []},
        {"id": "quick", "run": "true", "needs": []},
        {"id": "last", "run": "true", "needs": ["deploy", "free", "quick"], "join": "any"},
    ]
    run = begun(*steps, type="graph")
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="quick", attempt=1, status="succeeded")))
    run.plan()
    assert statuses(run.state) == {"deploy": "running", "free": "cancelled", "quick": "completed", "last": "running"}
    assert [node.key for node in children_to_end(run.state)] == ["deploy"]
    ended(run, "cancelled", message="deploy #1 was cancelled by oyama")
    [cancelled] = [event for event in of_type(run.journal, e.StepCancelled) if event.node == "deploy"]
    assert cancelled.why == NOT_NEEDED
    assert run.run().status is RunStatus.COMPLETED


def test_a_step_that_begins_anew_starts_another_one() -> None:
    steps = [DEPLOY, {"id": "check", "run": "false", "on_failure": {"goto": "deploy", "max": 2}}]
    run = begun(*steps)
    ended(run, "succeeded", outputs={"url": "x"})
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="check", attempt=1, status="failed", kind="exit", message="broke")))
    run.plan()
    assert [(node.key, node.attempt, node.child) for node in run.state.children] == [("deploy#2", 1, None)]


def test_a_handler_may_start_one_which_only_a_second_cancel_ends() -> None:
    run = begun(DEPLOY, handlers={"cancel": [{"id": "clean", "workflow": "clean"}]})
    run.send(c.Cancel(at=run.at, by=ANA))
    assert run.plan() == [], "a handler waits for what is cancelled"
    ended(run, "cancelled", message="deploy #1 was cancelled by oyama")
    assert [node.key for node in run.state.children] == ["clean"]
    assert children_to_end(run.state) == []
    run.send(c.Cancel(at=run.at, by=ANA))
    assert run.plan() == []
    assert [node.key for node in children_to_end(run.state)] == ["clean"]
    ended(run, "cancelled", node="clean", message="clean #1 was cancelled by oyama")
    assert [event.type for event in run.journal[-3:]] == ["step_cancelled", "handler_settled", "run_cancelled"]
