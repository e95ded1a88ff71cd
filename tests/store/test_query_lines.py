"""What lists say of runs that queue for a place."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oyama_tui.core.views import RunRow
from oyama_tui.store.queries.base import STATES
from oyama_tui.store.queries.runs import list_runs
from tests.store.scene import START, Scene

ENGINE = "1-engine"


def listed(scene: Scene, *living: str) -> dict[int, RunRow]:
    """By number, the rows of the list."""
    return {row.number: row for row in scene.read(list_runs, living={ENGINE, *living})}


@pytest.fixture
def line(scene: Scene) -> Scene:
    """Two runs that have places, and four that queue: the newest one is first, the third is paused, nobody drives the fourth."""
    graph = scene.workflow("release")
    scene.run(graph, 1, place="held", place_since=START, owner=ENGINE)
    scene.run(graph, 2, place="held", place_since=START + 1, owner=ENGINE)
    for number, since in ((3, 5), (4, 6), (5, 7)):
        scene.run(graph, number, "queued", place="queued", place_since=START + since, owner=ENGINE)
    scene.run(graph, 6, "queued", place="queued", place_since=START + 9, owner=ENGINE, priority=4)
    return scene


def change(scene: Scene, number: int, **columns: object) -> None:
    with scene.engine.begin() as connection:
        connection.execute(sa.update(STATES).where(STATES.c.number == number).values(**columns))


def before(scene: Scene) -> list[int | None]:
    return [row.before for _, row in sorted(listed(scene).items())]


def test_each_run_that_queues_knows_how_many_are_before_it(line: Scene) -> None:
    assert before(line) == [None, None, 1, 2, 3, 0]
    rows = listed(line)
    assert (rows[5].reason, rows[5].hint) == ("waiting: queue release, 3 before it", ("cancel", "release#4"))
    assert (rows[3].reason, rows[3].hint) == ("waiting: queue release, 1 before it", ("cancel", "release#6"))
    assert (rows[6].reason, rows[6].hint) == ("waiting: queue release, after #1", ("cancel", "release#1"))


@pytest.mark.parametrize("changed", [{"status": "paused"}, {"owner": None}, {"owner": "2-dead"}])
def test_who_cannot_take_a_place_is_before_nobody(line: Scene, changed: dict[str, object]) -> None:
    change(line, 3, **changed)
    assert before(line) == [None, None, 1, 1, 2, 0]


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"status": "paused"}, "which is paused"), ({"owner": None}, "which nobody drives"), ({"owner": "2-dead"}, "which nobody drives")],
)
def test_a_place_that_stands_still_is_told_when_no_other_one_moves(line: Scene, changed: dict[str, object], why: str) -> None:
    change(line, 1, **changed)
    assert listed(line)[6].reason == "waiting: queue release, after #2"
    change(line, 2, **changed)
    stuck = listed(line)[6]
    assert (stuck.reason, stuck.hint) == (f"waiting: queue release, after #1, {why}", ("resume", "release#1"))


def test_lines_of_other_workflows_do_not_count(line: Scene) -> None:
    other = line.workflow("deploy")
    line.run(other, 1, "queued", place="queued", place_since=START, owner=ENGINE)
    rows = {(row.workflow_id, row.number): row for row in line.read(list_runs, living={ENGINE})}
    assert rows["deploy", 1].before == 0
    assert rows["deploy", 1].reason == "waiting: queue deploy, next"
    assert rows["release", 3].before == 1
