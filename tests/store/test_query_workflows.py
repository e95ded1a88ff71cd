from __future__ import annotations

from oyama_tui.store.queries import workflows as queries
from tests.store.scene import START, Scene


def test_workflow_shows_its_newest_run(scene: Scene) -> None:
    graph = scene.workflow("release", description="Ships it", source="/w/release.yaml")
    scene.run(graph, 1, "failed")
    scene.run(graph, 2, "waiting", reason="Go?", completed_steps=1, open_approvals=1)
    (row,) = scene.read(queries.list_workflows)
    assert (row.id, row.name, row.description, row.source) == ("release", "Release", "Ships it", "/w/release.yaml")
    assert (row.newest_run, row.newest_number, row.status) == (f"release-{START + 2000}", 2, "waiting")
    assert (row.newest_completed, row.newest_total, row.newest_reason) == (1, 2, "Go?")
    assert (row.steps, row.runs, row.changed, row.missing) == (2, 2, False, False)


def test_workflow_without_a_run_is_a_draft_with_empty_values(scene: Scene) -> None:
    scene.workflow("release")
    row = scene.read(queries.find_workflow, "release")
    assert row is not None
    assert (row.status, row.state, row.newest_run, row.newest_at, row.runs) == ("draft", "draft", "", None, 0)


def test_workflows_with_the_newest_activity_come_first(scene: Scene) -> None:
    old, busy = scene.workflow("alpha", updated_at=START + 5), scene.workflow("beta")
    scene.workflow("gamma", updated_at=START + 1_000_000)
    scene.run(old, 1, "completed")
    scene.run(busy, 1, "completed", at=START + 500_000)
    assert [row.id for row in scene.read(queries.list_workflows)] == ["gamma", "beta", "alpha"]


def test_deleted_workflow_is_neither_listed_nor_found(scene: Scene) -> None:
    scene.workflow("alpha", deleted_at=START)
    scene.workflow("beta")
    assert [row.id for row in scene.read(queries.list_workflows)] == ["beta"]
    assert scene.read(queries.find_workflow, "alpha") is None
