"""Work by hand: who says what became of it, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import AlreadyDecided, InvalidForm, NotAllowed
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from tests.core.play import ANA, Play, of_type, statuses, workflow

HOUR = 3_600_000
TURN = {"id": "turn", "task": "Turn the valve of ${{ inputs.plant }}", "prompt": "It is **red**."}


def working(*others: Mapping[str, object], answer: e.Verdict = "approve", type: str = "sequential", **keys: Any) -> Play:
    """A run of one task and what comes after it, started."""
    steps = [{**TURN, **keys}, *others]
    run = Play(workflow(type=type, inputs={"plant": {"default": "north"}}, steps=steps), verdict=lambda node, opening: answer)
    run.start()
    return run


def test_a_task_is_asked_like_a_gate_and_says_what_it_is() -> None:
    run = working({"id": "after", "run": "true"})
    (request,) = of_type(run.journal, e.ApprovalRequested)
    assert (request.node, request.step_kind, request.on_timeout, request.deadline) == ("turn", "task", "fail", None)
    content = request.content
    assert (content.title, content.prompt, content.kind, content.action) == ("Turn the valve of north", "It is **red**.", "task", "")
    assert (content.yes, content.no) == ("the run goes on, then after", "turn fails and the run stops here")
    assert not of_type(run.journal, e.StepScheduled)


def test_done_lets_the_run_go_on() -> None:
    run = working({"id": "after", "run": "true"})
    end = run.run()
    assert end.status is RunStatus.COMPLETED
    assert statuses(end) == {"turn": "completed", "after": "completed"}
    assert (end.settled_steps, end.total_steps) == (2, 2)
    (decided,) = of_type(run.journal, e.ApprovalDecided)
    assert (decided.kind, decided.verdict) == ("task", "approve")


def test_could_not_do_fails_the_step_and_is_no_rejection() -> None:
    run = working({"id": "after", "run": "true"}, answer="reject")
    end = run.run()
    assert end.status is RunStatus.FAILED
    assert statuses(end)["turn"] == "failed"
    assert not of_type(run.journal, e.StepScheduled)
    assert end.error == e.RunError(kind="step", message="because", node="turn", by="ana")
    assert next(iter(end.approvals.values())).status is ApprovalStatus.REJECTED


def test_could_not_do_follows_on_failure() -> None:
    told = {"id": "tell", "run": 'echo "${{ steps.turn.error }} ${{ steps.turn.status }} ${{ steps.turn.decision.by }}"'}
    run = working(told, answer="reject", on_failure="continue")
    end = run.run()
    assert end.status is RunStatus.COMPLETED
    (order,) = of_type(run.journal, e.StepScheduled)
    assert list(order.input["env"].values()) == ["because", "failed", "ana"]  # type: ignore[union-attr]
    assert of_type(run.journal, e.ApprovalRequested)[0].content.no == "turn fails, and the run goes on, then tell"


@pytest.mark.parametrize(("answer", "ran"), [("approve", "mended"), ("reject", "broke")])
def test_a_conditional_list_goes_by_what_became_of_the_task(answer: e.Verdict, ran: str) -> None:
    broken = {"id": "first", "run": "x"}
    steps = [broken, {**TURN, "if": "always"}, {"id": "broke", "run": "x", "if": "failure"}, {"id": "mended", "run": "x", "if": "success"}]
    run = Play(workflow(type="conditional", inputs={"plant": {"default": "n"}}, steps=steps), verdict=lambda node, opening: answer)
    run.start()
    end = run.run()
    assert statuses(end)[ran] == "completed"
    assert {"broke", "mended"} - {ran} == {key for key, status in statuses(end).items() if status == "skipped"} or ran == "broke"


def test_the_form_of_a_task_is_checked_and_its_values_are_those_of_the_decision() -> None:
    form = {"pressure": {"type": "number", "required": True}}
    run = working(form=form, outputs={"pressure": "${{ steps.turn.decision.form.pressure }}"})
    approval = next(iter(run.state.open))
    done = c.Decide(at=run.at, by=ANA, id=approval, verdict="approve")
    with pytest.raises(InvalidForm, match="pressure"):
        run.send(done)
    run.send(done.model_copy(update={"form": {"pressure": 2.5}}))
    run.plan()
    assert run.state.status is RunStatus.COMPLETED
    assert of_type(run.journal, e.GatePassed)[0].outputs == {"pressure": 2.5}


def test_saying_that_it_could_not_be_done_needs_a_reason() -> None:
    run = working()
    approval = next(iter(run.state.open))
    with pytest.raises(InvalidForm, match="is required when work could not be done"):
        run.send(c.Decide(at=run.at, by=ANA, id=approval, verdict="reject"))


@pytest.mark.parametrize("kind", ["agent", "step"])
def test_only_a_person_says_that_work_is_done(kind: str) -> None:
    run = working()
    other = e.Principal.model_validate({"name": "ana", "kind": kind, "program": run.run_id})
    with pytest.raises(NotAllowed):
        run.send(c.Decide(at=run.at, by=other, id=next(iter(run.state.open)), verdict="approve"))


def test_a_second_answer_is_told_what_was_said_first() -> None:
    run = working(answer="reject")
    approval = next(iter(run.state.open))
    run.decide(approval)
    with pytest.raises(AlreadyDecided, match=r"ana has said already, at .*, that it could not be done"):
        run.send(c.Decide(at=run.at, by=ANA, id=approval, verdict="approve"))


@pytest.mark.parametrize("spared", [False, True])
def test_a_task_that_nobody_did_in_time_has_failed(spared: bool) -> None:
    run = working(timeout="4h", on_failure="continue" if spared else "stop")
    (request,) = of_type(run.journal, e.ApprovalRequested)
    assert request.deadline == run.at + 4 * HOUR
    run.fire(request.deadline, request.id)
    run.plan()
    assert run.state.status is (RunStatus.COMPLETED if spared else RunStatus.FAILED)
    if not spared:
        assert run.state.error == e.RunError(kind="timeout", message="nobody did it in time", node="turn")


def test_every_item_of_a_loop_has_a_task_of_its_own() -> None:
    loop = {"id": "each", "for_each": {"items": ["a", "b"], "as": "host", "concurrency": 2}}
    steps = [{**loop, "steps": [{"id": "plug", "task": "Plug in ${{ host }}"}]}]
    run = Play(workflow(steps=steps), verdict=lambda node, opening: "approve" if node == "each[0].plug" else "reject")
    run.start()
    assert [request.content.title for request in of_type(run.journal, e.ApprovalRequested)] == ["Plug in a", "Plug in b"]
    assert of_type(run.journal, e.ApprovalRequested)[1].content.no == "plug fails and with it its block"
    end = run.run()
    assert end.status is RunStatus.FAILED
    assert end.error is not None
    assert (end.error.node, end.error.message) == ("each[1].plug", "because")


def test_what_a_task_is_about_may_change_while_it_is_open() -> None:
    steps = [{"id": "turn", "task": "Turn ${{ context.valve }}"}]
    run = Play(workflow(context={"valve": "a"}, steps=steps))
    run.start()
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"valve": "b"}))
    run.decide(next(iter(run.state.open)))
    run.plan()
    first, second = of_type(run.journal, e.ApprovalRequested)
    assert (second.content.title, second.previous) == ("Turn b", first.id)
