from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.timers import RUN_TIMER
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.tables import EventTable
from tests.store.scene import ANA, LEFT_TO_THE_JOURNAL, START, Scene

AT = START


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
    assert found[0].payload == {"v": 2, "node": "test"}
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
