"""Handlers: what runs once everything else is over, and that the run ends as it would without."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.play import ANA, Answer, Play, Verdict, approve, failing, of_type, succeed

Step = dict[str, Any]
HANDLERS: dict[str, list[Step]] = {
    "success": [{"id": "cheer", "run": "x"}],
    "failure": [{"id": "alarm", "run": "./tell.sh ${{ run.failed_step }} ${{ run.error }}"}],
    "cancel": [{"id": "calm", "run": "x"}],
    "exit": [{"id": "tidy", "run": ["tidy", "${{ run.status }}"]}, {"id": "close", "run": ["close", "${{ steps.a.output }}"]}],
}


def play(*steps: Step, handlers: dict[str, list[Step]] | None = None, answer: Answer = succeed, verdict: Verdict = approve) -> Play:
    data = {"id": "w", "steps": list(steps) or [{"id": "a", "run": "x"}], "handlers": HANDLERS if handlers is None else handlers}
    run = Play(Workflow.model_validate(data), answer=answer, verdict=verdict)
    run.start()
    return run


def began(run: Play) -> list[str]:
    return [event.node for event in run.journal if isinstance(event, e.StepScheduled | e.ApprovalRequested)]


def test_a_run_that_completes_runs_its_handlers_for_success_and_exit() -> None:
    run = play()
    run.run()
    assert began(run) == ["a", "cheer", "tidy", "close"]
    assert [event.input.get("argv") for event in of_type(run.journal, e.StepScheduled)][2:] == [
        ["tidy", "completed"],
        ["close", "out of a"],
    ]
    assert run.state.status is RunStatus.COMPLETED
    assert (run.state.settled_steps, run.state.total_steps) == (4, 4)


def test_a_run_that_fails_runs_its_handlers_for_failure_and_exit_and_fails_for_its_own_reason() -> None:
    run = play(answer=failing("a", "alarm"))
    run.run()
    assert began(run) == ["a", "alarm", "tidy", "close"]
    order = of_type(run.journal, e.StepScheduled)[1].input
    assert sorted(order["env"].values()) == ["a", "a broke"]  # type: ignore[union-attr]
    assert run.state.status is RunStatus.FAILED
    assert run.state.error == e.RunError(kind="step", message="a broke", node="a")
    assert summarise(run.state).reason == "a: a broke; its failure handler failed: alarm: alarm broke"


def test_a_rejection_is_no_failure() -> None:
    run = play({"id": "a", "gate": "Go?"}, verdict=lambda node, opening: "reject", handlers={"failure": HANDLERS["failure"],
               "exit": [{"id": "tidy", "run": "x"}]})  # fmt: skip
    run.run()
    assert began(run) == ["a", "tidy"]
    assert run.state.status is RunStatus.REJECTED


def test_the_outputs_of_a_run_are_settled_before_its_handlers_begin() -> None:
    workflow = Workflow.model_validate(
        {
            "id": "w",
            "context": {"n": 1},
            "steps": [{"id": "a", "set": {"n": 2}}],
            "outputs": {"n": "${{ context.n }}"},
            "handlers": {"exit": [{"id": "b", "set": {"n": 3}}]},
        }
    )
    run = Play(
        workflow, answer=lambda node, attempt: c.Outcome(node=node, attempt=attempt, status="succeeded", context={"n": 2 + (node == "b")})
    )
    run.start()
    run.run()
    assert run.state.outputs == {"n": 2}
    assert run.state.context == {"n": 3}


def test_a_cancelled_run_runs_its_handlers_although_nothing_ran() -> None:
    """Nobody but the engine may end such a run."""
    run = play({"id": "g", "gate": "Go?"}, {"id": "a", "run": "x"})
    asked = run.send(c.Cancel(at=run.at, by=ANA, reason="late"))
    assert [event.type for event in asked] == ["cancel_requested"]
    run.plan()
    run.run()
    assert began(run) == ["g", "calm", "tidy", "close"]
    assert of_type(run.journal, e.ApprovalCancelled)
    assert run.state.status is RunStatus.CANCELLED
    assert run.state.by == ANA


def test_what_was_ready_when_the_run_was_cancelled_never_begins() -> None:
    run = play({"id": "a", "run": "x"}, {"id": "b", "run": "x"}, handlers={"cancel": [{"id": "calm", "run": "x"}]})
    run.send(c.ReportOutcome(at=run.at, outcome=succeed("a", 1)))
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    run.run()
    assert began(run) == ["a", "calm"]
    assert run.state.status is RunStatus.CANCELLED


def test_cancelling_once_more_ends_the_handlers_and_changes_nothing_else() -> None:
    run = play(
        answer=failing("a"),
        handlers={"failure": [{"id": "alarm", "run": "x"}, {"id": "b", "run": "x"}], "exit": [{"id": "tidy", "run": "x"}]},
    )
    run.send(c.ReportOutcome(at=run.at, outcome=failing("a")("a", 1)))
    run.plan()
    assert summarise(run.state).reason == "failed, and its failure handler runs"
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["alarm"]
    assert run.state.status is RunStatus.FAILED
    assert began(run) == ["a", "alarm"]


def test_a_run_that_ends_cannot_be_paused_nor_cancelled_twice() -> None:
    run = play(handlers={"cancel": [{"id": "calm", "run": "x"}]})
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    with pytest.raises(IllegalTransition):
        decide(run.state, c.Pause(at=run.at, by=ANA))
    run.send(c.Cancel(at=run.at, by=ANA))
    with pytest.raises(IllegalTransition):
        decide(run.state, c.Cancel(at=run.at, by=ANA))


def test_a_handler_has_retries_blocks_and_gates_of_its_own() -> None:
    steps: list[Step] = [
        {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "tell", "run": "x", "retry": {"max_attempts": 2}}]},
        {"id": "ask", "gate": "Clean up?"},
        {"id": "clean", "run": "x"},
    ]
    once: Answer = lambda node, attempt: failing(node)(node, attempt) if node == "fan[1].tell" and attempt == 1 else succeed(node, attempt)  # noqa: E731
    run = play({"id": "a", "run": "x"}, handlers={"exit": steps}, answer=once)
    run.run()
    assert began(run) == ["a", "fan[0].tell", "fan[1].tell", "fan[1].tell", "ask", "clean"]
    assert run.state.status is RunStatus.COMPLETED


def test_a_no_in_a_handler_ends_that_handler_alone() -> None:
    steps: list[Step] = [{"id": "ask", "gate": "Clean up?"}, {"id": "clean", "run": "x"}]
    run = play({"id": "a", "run": "x"}, handlers={"success": steps, "exit": [{"id": "tidy", "run": "x"}]},
               verdict=lambda node, opening: "reject")  # fmt: skip
    run.run()
    assert began(run) == ["a", "ask", "tidy"]
    assert run.state.status is RunStatus.COMPLETED
    assert "its success handler failed: ask: because" in summarise(run.state).reason


def test_the_time_of_a_run_ends_no_handler() -> None:
    run = Play(Workflow.model_validate({"id": "w", "timeout": "1m", "steps": [{"id": "a", "run": "x"}], "handlers": HANDLERS}))
    run.start()
    run.at += 61_000
    run.send(c.FireTimer(at=run.at, id="the run"))
    run.plan()
    run.at += 600_000
    assert decide(run.state, c.FireTimer(at=run.at, id="the run")) == []
    run.run()
    assert began(run) == ["a", "alarm", "tidy", "close"]
    assert run.state.status is RunStatus.FAILED
