"""Pausing, resuming and cancelling, while something runs and while nothing does."""

from __future__ import annotations

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import IllegalTransition, InvalidInput
from oyama_tui.core.state import RunStatus
from tests.core.play import ANA, Play, failing, of_type, statuses, workflow


def two_and_a_gate() -> Play:
    """A run with two steps beside each other, a gate, and a step after the first; started."""
    steps = [
        {"id": "a", "run": "true"},
        {"id": "b", "run": "true"},
        {"id": "ask", "gate": {"title": "Sure?"}},
        {"id": "after", "run": "true", "needs": ["a"]},
    ]
    run = Play(workflow(type="graph", steps=steps))
    run.start()
    return run


def report(run: Play, node: str) -> None:
    """The node's attempt succeeds."""
    attempt = run.state.nodes[node].attempt
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node, attempt=attempt, status="succeeded")))
    run.plan()


def test_draining_lets_finish_what_runs_and_starts_nothing() -> None:
    run = two_and_a_gate()
    assert [event.type for event in run.send(c.Pause(at=2, by=ANA, reason="lunch"))] == ["pause_requested"]
    run.plan()
    report(run, "a")
    assert str(run.state.status) == "running"
    assert statuses(run.state) == {"a": "completed", "b": "running", "ask": "waiting", "after": "ready"}
    report(run, "b")
    assert str(run.state.status) == "paused"


def test_pausing_now_interrupts_what_runs_and_resuming_runs_it_again() -> None:
    run = two_and_a_gate()
    run.send(c.Pause(at=2, by=ANA, mode="now"))
    run.plan()
    assert str(run.state.status) == "paused"
    assert [(event.node, event.why) for event in of_type(run.journal, e.StepInterrupted)] == [("a", "paused"), ("b", "paused")]
    run.send(c.Resume(at=3, by=ANA))
    run.plan()
    assert statuses(run.state) == {"a": "running", "b": "running", "ask": "waiting", "after": "pending"}
    assert [run.state.nodes[key].attempt for key in "ab"] == [2, 2]
    assert run.state.nodes["a"].interruptions == 0


def test_a_drain_can_be_hurried_and_not_the_other_way_round() -> None:
    run = two_and_a_gate()
    run.send(c.Pause(at=2, by=ANA))
    with pytest.raises(IllegalTransition, match="being paused already"):
        run.send(c.Pause(at=2, by=ANA))
    run.send(c.Pause(at=3, by=ANA, mode="now"))
    with pytest.raises(IllegalTransition, match="being paused already"):
        run.send(c.Pause(at=4, by=ANA))
    run.plan()
    assert str(run.state.status) == "paused"


def test_a_drain_can_be_called_off() -> None:
    run = two_and_a_gate()
    run.send(c.Pause(at=2, by=ANA))
    report(run, "a")
    run.send(c.Resume(at=3, by=ANA))
    run.plan()
    assert statuses(run.state)["after"] == "running"


def test_gates_stay_decidable_while_the_run_is_paused_and_their_steps_wait_for_the_resume() -> None:
    run = Play(workflow(steps=[{"id": "publish", "run": "true", "gate": {"title": "Publish?"}}]))
    run.start()
    run.send(c.Pause(at=2, by=ANA))
    run.decide(next(iter(run.state.open)))
    run.plan()
    assert (run.state.status, statuses(run.state)) == (RunStatus.PAUSED, {"publish.gate": "ready", "publish": "pending"})
    run.send(c.Resume(at=3, by=ANA))
    assert run.run().status is RunStatus.COMPLETED


def test_a_rejection_ends_a_paused_run() -> None:
    run = Play(workflow(steps=[{"id": "ask", "gate": {"title": "Sure?"}}]), verdict=lambda node, opening: "reject")
    run.start()
    run.send(c.Pause(at=2, by=ANA))
    run.decide(next(iter(run.state.open)))
    run.plan()
    assert str(run.state.status) == "rejected"


def test_a_retry_whose_time_comes_in_a_pause_starts_after_it() -> None:
    run = Play(workflow(steps=[{"id": "a", "run": "true", "retry": {"max_attempts": 2}}]), answer=failing("a", attempts=1))
    run.start()
    run.moves()[0]()
    run.plan()
    run.send(c.Pause(at=2, by=ANA))
    run.moves()[0]()
    run.plan()
    assert (run.state.status, statuses(run.state)) == (RunStatus.PAUSED, {"a": "ready"})
    run.send(c.Resume(at=run.at, by=ANA))
    assert run.run().status is RunStatus.COMPLETED


def test_resuming_what_is_not_paused_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="is not paused"):
        two_and_a_gate().send(c.Resume(at=2, by=ANA))


def test_a_run_that_is_ending_is_not_paused() -> None:
    run = Play(workflow(steps=[{"id": "a", "run": "true"}, {"id": "b", "run": "true", "needs": []}]), answer=failing("a"))
    run.start()
    run.moves()[0]()
    run.plan()
    with pytest.raises(IllegalTransition, match="is ending"):
        run.send(c.Pause(at=2, by=ANA))


def test_cancelling_ends_what_runs_and_withdraws_what_is_asked() -> None:
    run = two_and_a_gate()
    assert [event.type for event in run.send(c.Cancel(at=2, by=ANA, reason="wrong tag"))] == ["cancel_requested"]
    run.plan()
    assert str(run.state.status) == "cancelled"
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["a", "b"]
    assert len(of_type(run.journal, e.ApprovalCancelled)) == 1
    end = run.journal[-1]
    assert isinstance(end, e.RunCancelled)
    assert (end.by, end.reason) == (ANA, "wrong tag")


def test_cancelling_a_run_that_only_waits_ends_it_without_an_engine() -> None:
    steps = [{"id": "nap", "wait": {"for": "1h"}}, {"id": "ask", "gate": {"title": "Sure?"}}]
    run = Play(workflow(type="parallel", steps=steps))
    run.start()
    events = run.send(c.Cancel(at=2, by=ANA))
    assert [event.type for event in events] == ["cancel_requested", "step_cancelled", "approval_cancelled", "run_cancelled"]
    assert str(run.state.status) == "cancelled"
    assert statuses(run.state) == {"nap": "cancelled", "ask": "cancelled"}


@pytest.mark.parametrize("mode", ["drain", "now"])
def test_pausing_a_run_that_only_waits_pauses_it_without_an_engine(mode: e.PauseMode) -> None:
    run = Play(workflow(steps=[{"id": "ask", "gate": {"title": "Sure?"}}]))
    run.start()
    assert [event.type for event in run.send(c.Pause(at=2, by=ANA, mode=mode))] == ["pause_requested", "run_paused"]


def test_a_paused_and_a_draining_run_can_be_cancelled() -> None:
    for mode in ("drain", "now"):
        run = two_and_a_gate()
        run.send(c.Pause.model_validate({"at": 2, "by": ANA, "mode": mode}))
        run.plan()
        run.send(c.Cancel(at=3, by=ANA))
        run.plan()
        assert str(run.state.status) == "cancelled"


def test_an_outcome_that_comes_after_the_cancel_counts_for_nothing() -> None:
    run = two_and_a_gate()
    run.send(c.Cancel(at=2, by=ANA))
    run.plan()
    assert run.send(c.ReportOutcome(at=3, outcome=c.Outcome(node="a", attempt=1, status="succeeded"))) == []


@pytest.mark.parametrize("command", [c.Pause(at=9, by=ANA), c.Resume(at=9, by=ANA), c.Cancel(at=9, by=ANA), c.ChangeContext(at=9, by=ANA)])
def test_what_is_over_or_has_not_begun_is_neither_paused_nor_resumed_cancelled_or_changed(command: c.Command) -> None:
    run = two_and_a_gate()
    run.send(c.Cancel(at=2, by=ANA))
    with pytest.raises(IllegalTransition, match="is being cancelled, so"):
        run.send(command)
    run.plan()
    with pytest.raises(IllegalTransition, match="is cancelled, so"):
        run.send(command)
    with pytest.raises(IllegalTransition, match="has not started"):
        Play(run.workflow).send(command)


@pytest.mark.parametrize("reason", ["half \udc80", "x" * 10_001])
def test_a_reason_that_cannot_be_kept_is_refused(reason: str) -> None:
    run = two_and_a_gate()
    for command in (c.Pause(at=2, by=ANA, reason=reason), c.Cancel(at=2, by=ANA, reason=reason)):
        with pytest.raises(InvalidInput, match="The reason"):
            run.send(command)
