"""When nodes worked, how long they usually take, and how workflows have done lately."""

from __future__ import annotations

from datetime import UTC, datetime

from oyama_tui.store.queries import times
from tests.store.scene import START, Scene


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp((START + milliseconds) / 1000, UTC)


def test_spans_tell_work_from_failed_attempts_and_from_the_time_of_people(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 1, "waiting", open_approvals=1)
    scene.attempt(run, "test", "failed", started_at=START + 10, finished_at=START + 20)
    scene.attempt(run, "test", attempt=2, started_at=START + 30, finished_at=START + 50)
    scene.attempt(run, "later", "pending")
    scene.attempt(run, "other", "running", scheduled_at=START + 60, scheduled_seq=5)
    scene.approval(graph, run, "a1", node="publish.gate", requested_at=START + 70)
    with scene.engine.connect() as connection:
        spans = times.spans_of(connection, run, ["test", "later", "publish.gate", "other", "gone"])
    assert [(span.node, span.attempt, span.kind, span.began, span.ended) for span in spans] == [
        ("test", 1, "failed", at(10), at(20)),
        ("test", 2, "worked", at(30), at(50)),
        ("other", 1, "worked", at(60), None),
        ("publish.gate", 0, "person", at(70), None),
    ]


def test_usual_times_are_those_of_other_runs_that_completed(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number, (phase, took) in enumerate([("completed", 1000), ("completed", 3000), ("failed", 9000), ("completed", 500)], 1):
        run = scene.run(graph, number, phase, duration_ms=took)
        scene.attempt(run, "test", duration_ms=took, settled_seq=3)
        scene.attempt(run, "quick", duration_ms=1, settled_seq=3)
    with scene.engine.connect() as connection:
        usual = times.usual_times(connection, "release", run, ["test", "quick", "never"])
    assert usual.runs == 2
    assert usual.nodes == {"test": 2000}
    assert usual.work_p95_ms is None, "two tell too little"


def test_nearly_all_runs_are_told_of_by_five(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number in range(1, 7):
        scene.run(graph, number, "completed", duration_ms=1000 * number)
    with scene.engine.connect() as connection:
        assert times.usual_times(connection, "release", 0, []).work_p95_ms == 5750


def test_what_happened_lately_is_in_order_and_in_sum(scene: Scene) -> None:
    release, other = scene.workflow("release"), scene.workflow("other")
    for number, phase in enumerate(["completed", "failed", "rejected", "completed"], 1):
        scene.run(release, number, phase, duration_ms=1000 * number)
    scene.run(release, 5, "running", working_since=START + 1000, open_approvals=1)
    scene.run(other, 1, "completed")
    with scene.engine.connect() as connection:
        lately = times.lately(connection, "release", 4, START + 4000)
        every = times.runs_since(connection, at(3500), 100, START + 9000)
        none = times.lately(connection, "nobody", 4, START)
    assert [(run.number, run.status, run.needs_you) for run in lately.runs] == [
        (2, "failed", False),
        (3, "rejected", False),
        (4, "completed", False),
        (5, "running", True),
    ]
    assert lately.runs[-1].worked_ms == 3000
    assert lately.success_rate == 0.5
    assert lately.usual_ms == 4000
    assert [(run.workflow_id, run.number) for run in every] == [("release", 4), ("release", 5), ("other", 1)]
    assert (none.runs, none.success_rate, none.usual_ms) == ((), None, None)
