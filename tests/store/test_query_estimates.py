"""How long loops and runs still take, by real rows: from a loop's own items, from past runs, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.views import RunView
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.tables import ScopeTable
from tests.store.scene import START, Scene

NOW = START + 100_000
MINUTE = 60_000


def loop(**more: Any) -> dict[str, Any]:
    return {"id": "fan", "for_each": {"items": [1] * 20, "concurrency": 2}, "steps": [{"id": "go", "run": "true"}], **more}


END: dict[str, Any] = {"id": "end", "run": "true", "needs": ["fan"]}


def workflow(scene: Scene, *steps: dict[str, Any], kind: str = "sequential") -> Graph:
    return scene.workflow("release", list(steps), kind=kind)


def begin(scene: Scene, graph: Graph, count: int = 20, **columns: Any) -> int:
    run = scene.run(graph, 1, worked_ms=0, working_since=START + 90_000, **columns)
    scene.attempt(run, "fan", "running", kind="for_each", input={"count": count}, started_at=START + 90_000)
    return run


def items(scene: Scene, run: int, *took: int, running: tuple[int, ...] = ()) -> None:
    """Items that are done, and since when others run."""
    scene.add(
        *(
            ScopeTable(run=run, node="fan", position=place, status="completed", opened_at=NOW - 50_000, finished_at=NOW - 50_000 + each)
            for place, each in enumerate(took)
        ),
        *(
            ScopeTable(run=run, node="fan", position=len(took) + place, status="running", opened_at=NOW - since)
            for place, since in enumerate(running)
        ),
    )


def past(scene: Scene, graph: Graph, number: int, worked: int, took: int | None, count: int = 20) -> None:
    run = scene.run(graph, number, "completed", worked_ms=worked)
    if took is not None:
        scene.attempt(run, "fan", "completed", kind="for_each", input={"count": count}, duration_ms=took)


def view(scene: Scene, graph: Graph, now: int = NOW) -> RunView:
    found = scene.read(queries.run_view, f"release-{START + 1000}", graph, now=now)
    assert found is not None
    return found


def lefts(scene: Scene, graph: Graph, now: int = NOW) -> tuple[int | None, int | None]:
    """What the loop still takes, and the run."""
    found = view(scene, graph, now)
    return found.nodes[0].left_ms, found.left_ms


def test_a_loop_takes_what_its_own_items_took_beside_each_other(scene: Scene) -> None:
    graph = workflow(scene, loop())
    run = begin(scene, graph)
    items(scene, run, *[1000] * 8, running=(400, 0))
    # Ten have not begun, two are under way: 10 s, 0.6 s and 1 s of work for two at once.
    assert lefts(scene, graph) == (5800, 5800)
    assert view(scene, graph).nodes[0].note == "8 of 20 done, 2 under way, about 5.8s left"


def test_items_that_run_longer_than_others_did_leave_nothing_to_be_said_at_the_end(scene: Scene) -> None:
    graph = workflow(scene, loop())
    run = begin(scene, graph, 10)
    items(scene, run, *[1000] * 9, running=(5000,))
    assert lefts(scene, graph) == (None, None)


def test_the_last_item_takes_its_own_time_however_many_may_run_at_once(scene: Scene) -> None:
    graph = workflow(scene, loop())
    run = begin(scene, graph, 10)
    items(scene, run, *[1000] * 9, running=(100,))
    assert lefts(scene, graph) == (900, 900)


def test_a_burst_of_items_that_end_at_once_is_no_rate(scene: Scene) -> None:
    graph = workflow(scene, loop())
    run = begin(scene, graph)
    # All ended in the same moment, a minute after they had begun: still a minute for each.
    items(scene, run, *[MINUTE] * 6)
    assert lefts(scene, graph)[0] == 14 * MINUTE // 2


@pytest.mark.parametrize("took", [(), (1000,) * 4, (10, 10, 10, 10, 10, 10_000)], ids=["none", "too few", "too different"])
def test_items_that_tell_too_little_tell_nothing(scene: Scene, took: tuple[int, ...]) -> None:
    graph = workflow(scene, loop())
    items(scene, begin(scene, graph), *took)
    assert lefts(scene, graph) == (None, None)


def test_until_its_own_items_tell_a_loop_takes_what_it_took_in_past_runs_for_each_item(scene: Scene) -> None:
    graph = workflow(scene, loop())
    run = begin(scene, graph)
    items(scene, run, 900, running=(100,))
    past(scene, graph, 2, 5000, 4000, count=10)
    past(scene, graph, 3, 90_000, 80_000, count=200)
    assert lefts(scene, graph) == (19 * 400, 19 * 400)
    items_of_all = [1000] * 6
    scene.add(
        *(
            ScopeTable(run=run, node="fan", position=place, status="completed", opened_at=START, finished_at=START + each)
            for place, each in enumerate(items_of_all, 2)
        )
    )
    own, _ = lefts(scene, graph)
    assert own is not None
    assert own < 19 * 400, "now the loop's own items tell"


def test_past_runs_that_took_very_different_times_tell_nothing(scene: Scene) -> None:
    graph = workflow(scene, loop())
    begin(scene, graph)
    past(scene, graph, 2, 5000, 1000, count=10)
    past(scene, graph, 3, 5000, 4000, count=10)
    assert lefts(scene, graph) == (None, None)


def test_a_loop_in_which_people_are_asked_has_no_end_that_could_be_told(scene: Scene) -> None:
    asks = loop(steps=[{"id": "go", "gate": {"title": "Go?"}, "run": "true"}])
    graph = workflow(scene, asks)
    items(scene, begin(scene, graph), *[1000] * 8)
    assert lefts(scene, graph) == (None, None)


def test_a_run_takes_what_its_loop_takes_and_what_the_steps_beside_it_took_in_past_runs(scene: Scene) -> None:
    graph = workflow(scene, loop(), END)
    run = begin(scene, graph)
    items(scene, run, *[1000] * 10)
    assert lefts(scene, graph) == (5000, None), "nobody knows what comes behind the loop"
    past(scene, graph, 2, worked=10_000, took=7000)
    past(scene, graph, 3, worked=103_000, took=100_000)
    assert lefts(scene, graph) == (5000, 8000)


def test_before_a_loop_has_begun_its_past_runs_tell(scene: Scene) -> None:
    first = {"id": "first", "run": "true"}
    graph = workflow(scene, first, loop(needs=["first"]))
    scene.run(graph, 1, worked_ms=1000, working_since=None)
    assert view(scene, graph).left_ms is None
    past(scene, graph, 2, worked=13_000, took=10_000)
    assert view(scene, graph).left_ms == 12_000


def test_loops_beside_other_steps_give_a_run_no_time(scene: Scene) -> None:
    graph = workflow(scene, loop(), {"id": "beside", "run": "true"}, kind="graph")
    items(scene, begin(scene, graph), *[1000] * 10)
    past(scene, graph, 2, worked=10_000, took=7000)
    assert lefts(scene, graph) == (5000, None)


def test_a_run_that_has_worked_longer_than_others_did_gets_no_time(scene: Scene) -> None:
    graph = workflow(scene, {"id": "test", "run": "true"})
    scene.run(graph, 1, worked_ms=1000, working_since=START + 50_000)
    scene.run(graph, 2, "completed", worked_ms=15_000)
    assert view(scene, graph, START + 52_000).left_ms == 12_000
    assert view(scene, graph, START + 65_000).left_ms is None
