"""Whose turn questions are, as the database tells it to whoever reads: the queue, its counts, and the runs that ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.approvers import Person
from oyama_tui.store.queries.approvals import list_approvals
from oyama_tui.store.queries.runs import find_run, list_runs
from oyama_tui.store.queries.system import counts
from oyama_tui.store.queries.workflows import list_workflows
from tests.store.scene import START, Scene, opened

BEN = {"any_of": ["ben"], "quorum": 1}
TWO = {"any_of": ["ana", "ben"], "quorum": 2}


@pytest.fixture
def scene(tmp_path: Path) -> Any:
    with opened(tmp_path / "oyama.db") as made:
        yield made


def asked(scene: Scene, number: int, workflow: str = "release", **columns: Any) -> str:
    """Add a run with one open question; returns the question's id."""
    graph = scene.workflow(workflow) if number == 1 else scene.graphs[workflow]
    scene.graphs[workflow] = graph
    run = scene.run(graph, number, "waiting", open_approvals=1)
    scene.approval(graph, run, f"{workflow[0]}{number}", requested_at=START + number, **columns)
    return f"{workflow[0]}{number}"


def reads(scene: Scene, person: str) -> None:
    """Somebody else reads from now on; cyd is in the group release."""
    scene.database.reads_for = lambda: Person(person, ("release",) if person == "cyd" else ())


def ids(scene: Scene, person: str, **given: Any) -> list[str]:
    reads(scene, person)
    return [row.id for row in scene.read(list_approvals, now=START, **given)]


def test_what_waits_for_others_and_what_is_put_off_comes_last_in_every_order(scene: Scene) -> None:
    asked(scene, 1, approvers=BEN, deadline=START + 1, risk="high")
    asked(scene, 2, snoozed={"ana": START + 50}, deadline=START + 2, risk="high")
    asked(scene, 3, approvers=TWO, yes_by=["ana"])
    asked(scene, 4)
    asked(scene, 5, snoozed={"ana": START - 50, "ben": START + 50})
    for order in ("workflow", "deadline", "risk", "age"):
        found = ids(scene, "ana", order=order)
        assert (set(found[:2]), set(found[2:4]), found[4]) == ({"r4", "r5"}, {"r1", "r3"}, "r2"), order
        assert [ids(scene, "ana", order=order, limit=1, offset=place)[0] for place in range(5)] == found, "page by page too"
    assert ids(scene, "ben")[-1] == "r5"


def test_each_question_says_for_whom_it_waits(scene: Scene) -> None:
    asked(scene, 1, approvers={"any_of": ["ben", "group:release"]})
    asked(scene, 2, approvers=TWO, yes_by=["ana"])
    asked(scene, 3, approvers=BEN, assigned=["ana"])
    reads(scene, "ana")
    rows = {row.id: row for row in scene.read(list_approvals)}
    assert {key: row.asks_others for key, row in rows.items()} == {"r1": "ben, group release", "r2": "ben", "r3": ""}
    assert rows["r1"].word == "waiting: ben, group release"
    assert ids(scene, "cyd", mine=True) == ["r1"]
    assert scene.read(list_approvals, mine=True, limit=1).total == 1


def test_the_count_is_of_what_whoever_reads_may_decide(scene: Scene) -> None:
    asked(scene, 1, approvers=BEN)
    asked(scene, 2, approvers=TWO, yes_by=["ana"])
    asked(scene, 3)
    for person, waiting in (("ana", 1), ("ben", 3), ("dan", 1), ("", 3)):
        reads(scene, person)
        assert scene.read(counts).waiting == waiting, person


def test_runs_and_workflows_say_it_too_and_those_that_need_whoever_reads_come_first(scene: Scene) -> None:
    asked(scene, 1, "release")
    asked(scene, 1, "migrate", approvers=BEN)
    reads(scene, "ana")
    rows = scene.read(list_runs, live=True)
    assert [(row.workflow_id, row.word) for row in rows] == [("release", "needs you"), ("migrate", "waiting: ben")]
    assert [row.hint for row in rows if row.workflow_id == "migrate"] == [()], "a command that would be refused is not proposed"
    words = {row.id: row.word for row in scene.read(list_workflows)}
    assert words == {"release": "needs you", "migrate": "waiting: ben"}
    assert [row.workflow_id for row in scene.read(list_runs, live=True, words=["needs"])] == ["release"]


def test_a_run_needs_whoever_may_answer_one_of_its_questions(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 1, "waiting", open_approvals=2)
    scene.approval(graph, run, "a1", approvers=BEN)
    scene.approval(graph, run, "a2", approvers={"any_of": ["cyd"]}, requested_seq=4)
    state = scene.read(list_runs)[0].id
    for person, word in (("ana", "waiting: ben, cyd"), ("ben", "needs you"), ("cyd", "needs you")):
        reads(scene, person)
        row = scene.read(find_run, state)
        assert row is not None
        assert row.word == word


def test_what_a_run_below_waits_for_is_said_above(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 1, "running", running_steps=1, owner="e1")
    state = scene.read(list_runs)[0].id
    below = scene.run(graph, 2, "waiting", open_approvals=1, parent=state, parent_node="deploy", parent_attempt=1)
    scene.approval(graph, below, "a1", approvers=BEN)
    for person, word in (("ana", "waiting: ben"), ("ben", "needs you")):
        reads(scene, person)
        row = scene.read(find_run, state, living={"e1"})
        assert row is not None
        assert row.reason == f"release #2 {word}"


def test_columns_that_are_damaged_hide_no_other_question(scene: Scene) -> None:
    asked(scene, 1)
    asked(scene, 2, approvers=BEN)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET approvers = 'x[', snoozed = '7', yes_by = '{' WHERE id = 'r2'")
    reads(scene, "ana")
    rows = scene.read(list_approvals)
    assert [row.id for row in rows] == ["r1"]
    assert len(rows.damaged) == 1
