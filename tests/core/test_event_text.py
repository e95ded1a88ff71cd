"""What events say to people, in one line each."""

from __future__ import annotations

from typing import get_args

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.event_text import event_text
from oyama_tui.core.format import near_minute
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER

ANA = e.Principal(name="ana")
AT = 1_770_127_512_000
TURNING = e.ApprovalRequested(at=AT, node="p", step_kind="task", attempt=1, id="a", content=e.ApprovalContent(title="Turn it"), digest="")
SAID: list[tuple[e.Event, str]] = [
    (e.RunStarted(at=AT, revision="r", by=ANA, inputs={"v": 1, "w": 2}), "started by ana (cli) with v, w"),
    (e.PauseRequested(at=AT, by=ANA, mode="now", reason="lunch"), "ana asked for a pause at once: lunch"),
    (e.PauseRequested(at=AT, by=ANA, step="publish"), "pauses before publish, as ana wanted"),
    (e.BreakpointSet(at=AT, by=ANA, step="publish"), "ana wants it to pause before publish"),
    (e.BreakpointsCleared(at=AT, by=ANA, steps=("publish", "tidy")), "ana wants no pause before publish, tidy any more"),
    (e.UndoStarted(at=AT, by=ANA, to=0, label="to its beginning", why="wrong tag", forced=("tell",)),
     "ana takes it back to its beginning: nothing is there that undoes a step, tell left as it is: wrong tag"),
    (e.UndoStarted(at=AT, by=e.SYSTEM, to=0, label="to its beginning", error=e.RunError(kind="step", message="m"),
                   compensations=(e.CompensationOrder(of="a", step="a", kind="run", begun=1, settled=2),)),
     "the workflow takes it back to its beginning: 1 step is undone"),
    (e.UndoFinished(at=AT, by=ANA, nodes=("a",), why="undone, back to its beginning"), "undone, back to its beginning"),
    (e.UndoFinished(at=AT, by=ANA), "everything that was to be undone is"),
    (e.RunUndone(at=AT, by=ANA), "undone by ana"),
    (e.RunUndone(at=AT, by=e.SYSTEM, error=e.RunError(kind="step", message="it broke")), "undone: it broke"),
    (e.StepReused(at=AT, node="test", origin="test#2"), "is done already, in the run that this one is forked from"),
    (e.StepReused(at=AT, node="test", origin="test", status="skipped"),
     "is left out already, in the run that this one is forked from"),
    (e.RunPaused(at=AT), "paused: nothing runs any more"),
    (e.RunResumed(at=AT, by=ANA), "resumed by ana"),
    (e.CancelRequested(at=AT, by=ANA), "ana asked to cancel it"),
    (e.RunCompleted(at=AT, outputs={"tag": "v1"}), "completed with tag"),
    (e.RunFailed(at=AT, error=e.RunError(kind="step", message="exit code 2", node="test")), "failed at test: exit code 2"),
    (e.RunFailed(at=AT, error=e.RunError(kind="rejected", message="no", by="ana")), "rejected by ana: no"),
    (e.RunCancelled(at=AT, by=ANA, reason="late"), "cancelled by ana: late"),
    (e.StepScheduled(at=AT, node="test", attempt=1), "starts"),
    (e.StepScheduled(at=AT, node="test", attempt=2), "starts (attempt 2)"),
    (e.StepSucceeded(at=AT, node="test", attempt=1, output="a\nb", duration=1500), "completed in 1s500ms: b"),
    (e.StepFailed(at=AT, node="test", attempt=2, kind="exit", message="exit code 1", retryable=True),
     "failed (attempt 2): exit code 1; it will be tried again"),
    (e.RetryScheduled(at=AT, node="test", attempt=2, due=AT + 3000), "attempt 2 follows in 3s"),
    (e.StepSkipped(at=AT, node="test", why="if is false"), "skipped: if is false"),
    (e.StepCancelled(at=AT, node="test", attempt=1), "cancelled"),
    (e.StepInterrupted(at=AT, node="test", attempt=1), "interrupted, because its engine ended; it runs again"),
    (e.StepInterrupted(at=AT, node="test", attempt=1, why="engine_stopped"), "interrupted, because its engine was stopped; it runs again"),
    (e.StepInterrupted(at=AT, node="test", attempt=1, asks=True), "interrupted, because its engine ended; a person is asked what is so"),
    (e.StepInterrupted(at=AT, node="test", attempt=1, why="paused"), "interrupted, because the run was paused; it runs again"),
    (e.ChildStarted(at=AT, node="deploy", run="deploy-17", workflow="deploy", number=3), "is run deploy #3 (deploy-17)"),
    (e.BlockOpened(at=AT, node="fan", step_kind="for_each", count=3), "goes through 3 items"),
    (e.BlockOpened(at=AT, node="which", step_kind="switch", branch=1), "takes branch 2"),
    (e.BlockOpened(at=AT, node="part", step_kind="steps"), "begins"),
    (e.ScopeOpened(at=AT, node="fan", index=2), "3 begins"),
    (e.ScopeSettled(at=AT, node="fan", index=2, status="failed", error="Exit code 1."), "3 failed: Exit code 1."),
    (e.ScopeSettled(at=AT, node="poll", index=0, again=True), "1 completed; once more"),
    (e.BlockRested(at=AT, node="poll", due=AT + 3000), "the next round follows in 3s"),
    (e.HandlerStarted(at=AT, handler="failure", outcome="failed", error=e.RunError(kind="step", message="it broke")),
     "is about to fail: it broke; its failure handler begins"),
    (e.HandlerSettled(at=AT, handler="exit"), "its exit handler completed"),
    (e.HandlerSettled(at=AT, handler="exit", status="failed", error="no room", cause="tidy"), "its exit handler failed at tidy: no room"),
    (e.StepsReopened(at=AT, nodes=("a", "b#2"), source="b#2", why="b failed"), "goes back to a, 2 steps begin anew: b failed"),
    (e.StepsRestarted(at=AT, by=ANA, nodes=("b",), why="the disk is empty"), "ana: b begins once more: the disk is empty"),
    (e.StepsRestarted(at=AT, by=ANA, nodes=("b", "c")), "ana: 2 steps begin once more"),
    (e.StepsRestarted(at=AT, by=ANA), "ana: it goes on"),
    (e.StepsRestarted(at=AT, by=ANA, nodes=("b", "c"), supplied=(e.Supplied(node="b#2", step="b", step_kind="run", outcome="done"),)),
     "ana: 1 step begins once more, b is done"),
    (e.ApprovalRequested(at=AT, node="p.gate", attempt=1, id="a", content=e.ApprovalContent(title="Go?"), digest=""), "asks a person: Go?"),
    (e.VoteCast(at=AT, id="a", principal=ANA, verdict="approve", digest="d"), "ana answered approve"),
    (e.ApprovalDecided(at=AT, id="a", verdict="reject", by=ANA, comment="no\nway"), "rejected by ana: no…"),
    (e.ApprovalExpired(at=AT, id="a", then="fail"), "nobody answered in time: the step fails"),
    (e.ApprovalCancelled(at=AT, id="a", why="cancelled"), "the question was withdrawn: cancelled"),
    (e.ApprovalDecided(at=AT, id="a", verdict="send_back", by=ANA, comment="shorter"), "sent back by ana: shorter"),
    (e.ApprovalCommented(at=AT, id="a", by=ANA, comment="a\nb"), "ana says: a…"),
    (e.ApprovalDelegated(at=AT, id="a", by=ANA, to="group:ops", comment="yours"), "ana asks group:ops to answer: yours"),
    (e.ApprovalSnoozed(at=AT, id="a", by=ANA, until=AT), "ana wants to see it again"),
    (e.ApprovalSnoozed(at=AT, id="a", by=ANA, until=AT + 60_000), f"ana does not want to see it until {near_minute(AT + 60_000, AT)}"),
    (e.ApprovalExtended(at=AT, id="a", by=ANA, deadline=AT + 60_000), f"ana gives it time until {near_minute(AT + 60_000, AT)}"),
    (e.ApprovalEscalated(at=AT, id="a", step=0, to=("ben",)), "nobody has answered: ben may answer too"),
    (e.LookWanted(at=AT, id="a", by=ANA, comment="old"), "ana wants the evidence anew, and to be asked once more: old"),
    (e.ApprovalEscalated(at=AT, id="a", step=0), "nobody has answered: a reminder"),
    (e.GatePassed(at=AT, node="p.gate", id="a"), "the gate is passed: what was approved is what will happen"),
    (TURNING, "waits for work by hand: Turn it"),
    (e.ApprovalDecided(at=AT, id="a", verdict="approve", by=ANA, kind="task"), "done by ana"),
    (e.ApprovalDecided(at=AT, id="a", verdict="reject", by=ANA, comment="stuck", kind="task"), "ana could not do it: stuck"),
    (e.EventReceived(at=AT, name="up", payload={"v": 2}, by=ANA), 'event up from ana: {"v": 2}'),
    (e.EventReceived(at=AT, name="up", by=ANA), "event up from ana"),
    (e.StepSuspended(at=AT, node="w", waits_for="up"), "waits for event up"),
    (e.StepResumed(at=AT, node="w", event=7), "goes on with event 7"),
    (e.RetryRequested(at=AT, node="w", by=ANA), "ana wants no further pause"),
    (e.TimerFired(at=AT, id=RUN_TIMER), "the time of the run is up"),
    (e.TimerFired(at=AT, id=TOTAL_TIMER), "all the time of the run is up"),
    (e.TimerFired(at=AT, id="rest"), "its time has come"),
    (e.RunAdmitted(at=AT, limit=3), "its turn has come: it has one of 3 places"),
    (e.PlaceReleased(at=AT), "only people are waited for: the next run gets its place"),
    (e.PlaceRequested(at=AT), "there is something to do again: it queues for a place"),
    (e.ContextChanged(at=AT, by=ANA, set={"a": 1}, unset=("b",)), "ana set a and removed b"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "text"), SAID, ids=[event.type for event, _ in SAID])
def test_event_is_told_in_one_line(event: e.Event, text: str) -> None:
    assert event_text(event) == text


def test_every_type_of_event_is_told() -> None:
    assert {type(event) for event, _ in SAID} == set(get_args(e.Event))
