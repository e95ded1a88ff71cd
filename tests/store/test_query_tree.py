from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.format import near_minute
from oyama_tui.core.views import NodeView, RunView
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.queries.base import moment
from tests.store.scene import START, Scene

STEPS: list[dict[str, Any]] = [
    {"id": "test", "name": "Unit tests", "run": "true"},
    {"id": "publish", "gate": {"title": "Go?"}, "run": "true"},
    {"id": "announce", "gate": {"title": "Tell?"}},
]
RUN_ID = f"release-{START + 1000}"


@pytest.fixture
def graph(scene: Scene) -> Graph:
    return scene.workflow("release", STEPS)


def view(scene: Scene, graph: Graph, now: int = START + 60_000) -> RunView:
    found = scene.read(queries.run_view, RUN_ID, graph, now=now)
    assert found is not None
    return found


def nodes(scene: Scene, graph: Graph, now: int = START + 60_000) -> dict[str, NodeView]:
    return {node.key: node for node in view(scene, graph, now).nodes}


def test_tree_keeps_definition_order_with_the_gate_under_its_step(scene: Scene, graph: Graph) -> None:
    scene.run(graph, 1)
    tree = view(scene, graph).nodes
    assert [(node.key, node.depth, node.kind) for node in tree] == [
        ("test", 0, "run"),
        ("publish", 0, "run"),
        ("publish.gate", 1, "gate"),
        ("announce", 0, "gate"),
    ]
    assert [(node.name, node.status, node.note) for node in tree] == [
        ("Unit tests", "pending", ""),
        ("publish", "pending", ""),
        ("gate", "pending", "asks a person"),
        ("announce", "pending", "asks a person"),
    ]


def test_nodes_of_an_ended_run_that_never_started_say_so(scene: Scene, graph: Graph) -> None:
    run = scene.run(graph, 1, "failed")
    scene.attempt(run, "test", "failed", error="exit code 2\nand more", duration_ms=30)
    tree = nodes(scene, graph)
    assert (tree["test"].status, tree["test"].note, tree["test"].duration_ms) == ("failed", "exit code 2…", 30)
    assert (tree["publish"].status, tree["publish"].note) == ("pending", "not run")


@pytest.mark.parametrize(
    ("status", "columns", "shown", "note"),
    [
        ("running", {}, "running", ""),
        ("running", {"attempt": 2}, "running", "attempt 2"),
        ("completed", {"attempt": 3}, "completed", "attempt 3"),
        ("retrying", {"due": START + 63_000}, "retrying", "retry in 3s"),
        ("retrying", {"due": START}, "retrying", "retry in 1s"),
        ("retrying", {"attempt": 2, "due": START + 62_500}, "retrying", "attempt 2, retry in 3s"),
        ("waiting", {"due": START + 90_000}, "waiting", f"waits until {near_minute(START + 90_000, START)}"),
        ("skipped", {"attempt": 0, "error": "if is false"}, "skipped", "skipped: if is false"),
        ("cancelled", {}, "cancelled", ""),
        ("interrupted", {}, "ready", "interrupted"),
    ],
)
def test_attempt_is_told_in_a_few_words(scene: Scene, graph: Graph, status: str, columns: dict[str, Any], shown: str, note: str) -> None:
    scene.attempt(scene.run(graph, 1), "test", status, **columns)
    node = nodes(scene, graph)["test"]
    assert (node.status, node.note, node.attempt) == (shown, note, columns.get("attempt", 1))


def test_newest_attempt_counts(scene: Scene, graph: Graph) -> None:
    run = scene.run(graph, 1)
    scene.attempt(run, "test", "completed", 2, scheduled_seq=9, duration_ms=7)
    scene.attempt(run, "test", "failed", 1, scheduled_seq=2, duration_ms=5, error="exit code 1")
    node = nodes(scene, graph)["test"]
    assert (node.status, node.attempt, node.note, node.duration_ms) == ("completed", 2, "attempt 2", 7)


def test_attempts_that_an_ended_run_left_behind_are_cancelled(scene: Scene, graph: Graph) -> None:
    scene.attempt(scene.run(graph, 1, "cancelled"), "test", "interrupted")
    assert nodes(scene, graph)["test"].status == "cancelled"


@pytest.mark.parametrize(
    ("columns", "shown", "note"),
    [
        ({"status": "pending"}, "waiting", "asks a person"),
        ({"status": "approved", "decided_by": "ana", "decided_at": START + 500}, "completed", "approved by ana"),
        ({"status": "rejected", "decided_by": "ana", "decided_at": START + 500}, "rejected", "rejected by ana"),
        ({"status": "expired", "on_timeout": "reject"}, "rejected", "nobody answered in time"),
        ({"status": "expired", "on_timeout": "fail"}, "failed", "nobody answered in time"),
        ({"status": "expired", "on_timeout": "approve"}, "completed", "nobody answered in time"),
        ({"status": "cancelled"}, "cancelled", "withdrawn"),
    ],
)
def test_gate_follows_its_approval(scene: Scene, graph: Graph, columns: dict[str, Any], shown: str, note: str) -> None:
    scene.approval(graph, scene.run(graph, 1), "a1", **columns)
    gate = nodes(scene, graph)["publish.gate"]
    assert (gate.status, gate.note, gate.approval) == (shown, note, "a1")
    assert gate.duration_ms == (500 if "decided_at" in columns else None)
    assert gate.started_at == moment(START)


def test_gate_that_gathers_evidence_again_runs_although_it_was_approved(scene: Scene, graph: Graph) -> None:
    run = scene.run(graph, 1)
    scene.attempt(run, "publish.gate", "completed", 1, kind="gate")
    scene.approval(graph, run, "a1", status="approved", decided_by="ana", decided_at=START)
    scene.attempt(run, "publish.gate", "running", 2, kind="gate", scheduled_seq=9)
    gate = nodes(scene, graph)["publish.gate"]
    assert (gate.status, gate.note) == ("running", "looks at what would happen")


def test_newest_opening_of_a_gate_counts(scene: Scene, graph: Graph) -> None:
    run = scene.run(graph, 1)
    scene.approval(graph, run, "a2", attempt=2, requested_seq=9, previous="a1")
    scene.approval(graph, run, "a1", attempt=1, status="approved", decided_by="ana", decided_at=START)
    gate = nodes(scene, graph)["publish.gate"]
    assert (gate.status, gate.approval) == ("waiting", "a2")


def test_time_left_comes_from_the_working_time_of_completed_runs(scene: Scene, graph: Graph) -> None:
    scene.run(graph, 1, worked_ms=1000, working_since=START + 50_000)
    assert view(scene, graph).left_ms is None
    for number, worked in enumerate((15_000, 25_000, 85_000), 2):
        scene.run(graph, number, "completed", worked_ms=worked)
    scene.run(graph, 5, "failed", worked_ms=1)
    assert view(scene, graph, START + 60_000).left_ms == 25_000 - 11_000
    assert view(scene, graph, START + 900_000).left_ms is None


def test_run_view_holds_the_whole_run(scene: Scene, graph: Graph) -> None:
    scene.run(graph, 1, "draining", inputs={"v": 1}, directory="/w", seq=9, pause_mode="drain", error_node="")
    found = view(scene, graph)
    assert (found.inputs, found.outputs, found.directory, found.seq, found.pausing) == ({"v": 1}, {}, "/w", 9, True)
    assert (found.row.label, found.revision) == ("release #1", graph.revision)
    assert scene.read(queries.run_view, "release-1", graph) is None


def test_ended_run_has_outputs_and_nothing_left(scene: Scene, graph: Graph) -> None:
    scene.run(graph, 1, "completed", outputs={"tag": "v1"})
    found = view(scene, graph)
    assert (found.outputs, found.left_ms, found.pausing) == ({"tag": "v1"}, None, False)
