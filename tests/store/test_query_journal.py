from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.evolve import RUN_TIMER
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.queries.event_text import event_text, one_line
from oyama_tui.store.tables import EventTable
from tests.store.scene import ANA, LEFT_TO_THE_JOURNAL, START, Scene

AT = START
SAID: list[tuple[e.Event, str]] = [
    (e.RunStarted(at=AT, revision="r", by=ANA, inputs={"v": 1, "w": 2}), "started by ana (cli) with v, w"),
    (e.PauseRequested(at=AT, by=ANA, mode="now", reason="lunch"), "ana asked for a pause at once: lunch"),
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
    (e.StepInterrupted(at=AT, node="test", attempt=1, why="paused"), "interrupted, because the run was paused; it runs again"),
    (e.StepsReopened(at=AT, nodes=("notes", "check"), why="sent back", by=ANA, feedback="too long"),
     "once more by ana: notes, check: sent back: too long"),
    (e.BlockOpened(at=AT, node="fan", step_kind="for_each", count=3), "goes through 3 items"),
    (e.BlockOpened(at=AT, node="which", step_kind="switch", branch=1), "takes branch 2"),
    (e.BlockOpened(at=AT, node="part", step_kind="steps"), "begins"),
    (e.ScopeOpened(at=AT, node="fan", index=2), "3 begins"),
    (e.ScopeSettled(at=AT, node="fan", index=2, status="failed", error="Exit code 1."), "3 failed: Exit code 1."),
    (e.ScopeSettled(at=AT, node="poll", index=0, again=True), "1 completed; once more"),
    (e.BlockRested(at=AT, node="poll", due=AT + 3000), "the next round follows in 3s"),
    (e.ApprovalRequested(at=AT, node="p.gate", attempt=1, id="a", content=e.ApprovalContent(title="Go?"), digest=""), "asks a person: Go?"),
    (e.VoteCast(at=AT, id="a", principal=ANA, verdict="approve", digest="d"), "ana answered approve"),
    (e.ApprovalDecided(at=AT, id="a", verdict="reject", by=ANA, comment="no\nway"), "rejected by ana: no…"),
    (e.ApprovalExpired(at=AT, id="a", then="fail"), "nobody answered in time: the step fails"),
    (e.ApprovalCancelled(at=AT, id="a", why="cancelled"), "the question was withdrawn: cancelled"),
    (e.GatePassed(at=AT, node="p.gate", id="a"), "the gate is passed: what was approved is what will happen"),
    (e.TimerFired(at=AT, id=RUN_TIMER), "the time of the run is up"),
    (e.TimerFired(at=AT, id="rest"), "its time has come"),
    (e.ContextChanged(at=AT, by=ANA, set={"a": 1}, unset=("b",)), "ana set a and removed b"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "text"), SAID, ids=[event.type for event, _ in SAID])
def test_event_is_told_in_one_line(event: e.Event, text: str) -> None:
    assert event_text(event) == text


def test_every_type_of_event_is_told() -> None:
    assert {type(event) for event, _ in SAID} == set(get_args(e.Event))


@pytest.mark.parametrize(
    ("text", "line"), [("", ""), (" a ", "a"), ("a\nb", "a…"), ("abcdef", "abcdef"), ("abcdefg\nh", "abcde…"), ("\n\nx", "x")]
)
def test_long_texts_are_cut_to_one_line(text: str, line: str) -> None:
    assert one_line(text, 6) == line


def test_events_come_in_order_after_the_last_known(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 1)
    scene.event(run, 1, e.RunStarted(at=AT, revision="r", by=ANA))
    scene.event(run, 2, e.StepScheduled(at=AT, node="test", attempt=1))
    scene.approval(graph, run, "a1")
    scene.event(run, 4, e.ApprovalDecided(at=AT, id="a1", verdict="approve", by=ANA))
    scene.event(run, 5, e.TimerFired(at=AT, id="rest"))
    scene.event(run, 6, e.TimerFired(at=AT, id=RUN_TIMER))
    found = scene.read(queries.events_after, run, after=1)
    assert [(event.seq, event.type, event.node) for event in found] == [
        (2, "step_scheduled", "test"),
        (3, "approval_requested", "publish.gate"),
        (4, "approval_decided", "publish.gate"),
        (5, "timer_fired", "rest"),
        (6, "timer_fired", ""),
    ]
    assert found[0].payload == {"version": 2, "node": "test"}
    assert [event.seq for event in scene.read(queries.events_after, run, limit=2)] == [1, 2]


def test_event_that_cannot_be_read_does_not_hide_the_others(scene: Scene) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.add(
        EventTable(run=run, seq=1, at=AT, type="run_started", payload="not json", hash=b""),
        EventTable(run=run, seq=2, at=AT, type="unheard_of", payload='{"node": "x"}', hash=b""),
    )
    scene.event(run, 3, e.RunPaused(at=AT))
    found = scene.read(queries.events_after, run)
    assert "cannot be read" in found[0].text
    assert "cannot be read" in found[1].text
    assert found[2].text.startswith("paused")


def test_variables_come_by_name(scene: Scene) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.variable(run, "b", {"x": [1]}, seq=4)
    scene.variable(run, "a", None)
    found = scene.read(queries.context_view, run)
    assert [(one.name, one.value, one.seq) for one in found] == [("a", None, 1), ("b", {"x": [1]}, 4)]


@pytest.mark.parametrize("value", [1, 1.0, 10**30, 0.1, "1", "", True, [], {"a": None}])
def test_variable_keeps_its_exact_value_and_type(scene: Scene, value: object) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.variable(run, "a", value)
    (found,) = scene.read(queries.context_view, run)
    assert (found.value, type(found.value)) == (value, type(value))


@pytest.mark.parametrize(
    "event",
    [
        e.ContextChanged(at=AT, set={"a": ["x" * 5000], "b": 1}, by=e.SYSTEM),
        e.StepSucceeded(at=AT, node="test", attempt=1, context={"a": ["x" * 5000]}),
    ],
    ids=lambda event: event.type,
)
def test_a_large_variable_is_taken_from_the_event_that_set_it(scene: Scene, event: e.Event) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.event(run, 2, event)
    scene.variable(run, "a", LEFT_TO_THE_JOURNAL, seq=2)
    (found,) = scene.read(queries.context_view, run)
    assert found.value == ["x" * 5000]


def test_a_variable_that_no_event_has_is_damage(scene: Scene) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.variable(run, "a", LEFT_TO_THE_JOURNAL, seq=9)
    with pytest.raises(DatabaseProblem, match="row a of workflow_context"):
        scene.read(queries.context_view, run)


def test_attempt_takes_large_values_from_the_journal(scene: Scene, tmp_path: Path) -> None:
    run = scene.run(scene.workflow("release"), 1)
    run_id = f"release-{START + 1000}"
    large = "x" * 5000
    scene.event(run, 2, e.StepScheduled(at=AT, node="test", attempt=1, input={"script": large}))
    scene.event(run, 3, e.StepSucceeded(at=AT, node="test", attempt=1, output=large, result=[large], outputs={"o": large}))
    scene.attempt(run, "test", settled_seq=3, finished_at=AT + 20, duration_ms=15, exit_code=0)
    log = queries.log_path(tmp_path, run_id, "test", 1)
    found = scene.read(queries.attempt_view, run_id, "test", None, tmp_path)
    assert found is not None
    assert (found.input, found.output, found.result, found.outputs) == ({"script": large}, large, [large], {"o": large})
    assert (found.status, found.exit_code, found.duration_ms, found.log) == ("completed", 0, 15, "")
    log.parent.mkdir()
    log.touch()
    again = scene.read(queries.attempt_view, run_id, "test", 1, tmp_path)
    assert again is not None
    assert again.log == str(log)


def test_attempt_without_an_outcome_or_row(scene: Scene, tmp_path: Path) -> None:
    run = scene.run(scene.workflow("release"), 1)
    run_id = f"release-{START + 1000}"
    scene.attempt(run, "publish.gate", "failed", 1, scheduled_seq=2, error="no such file", error_kind="start")
    scene.attempt(run, "publish.gate", "running", 2, scheduled_seq=5, input={"files": ["a"]})
    newest = scene.read(queries.attempt_view, run_id, "publish.gate", None, tmp_path)
    assert newest is not None
    assert (newest.attempt, newest.step_id, newest.input, newest.output, newest.ended_at) == (2, "publish", {"files": ["a"]}, "", None)
    first = scene.read(queries.attempt_view, run_id, "publish.gate", 1, tmp_path)
    assert first is not None
    assert (first.error, first.error_kind) == ("no such file", "start")
    assert scene.read(queries.attempt_view, run_id, "test", None, tmp_path) is None
