"""Pages of a long loop and of a repetition: every item once, in the order in which they are listed, and few rows read for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.views import BlockPart, NodeView, TreeOpening
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.tables import ExecutionStepTable, ScopeTable
from tests.store.scene import START, Scene

MANY = 3000
BEGUN = 2900
FAILED = (7, 1200, 2899)
ASKING = (100, 2898)
RUNNING = (50, 2896, 2897)
CANCELLED = (8, 9)
STEPS: list[dict[str, Any]] = [
    {"id": "fan", "for_each": {"items": "${{ inputs.hosts }}", "as": "host"}, "steps": [{"id": "go", "gate": {"title": "Go?"}}]},
    {"id": "poll", "repeat": {"until": "false", "max": 500}, "steps": [{"id": "look", "run": "true"}]},
    {"id": "end", "run": "true"},
]
RUN_ID = f"release-{START + 1000}"
OPEN = TreeOpening(opened=frozenset({"fan"}))


@pytest.fixture
def graph(scene: Scene) -> Graph:
    return scene.workflow("release", STEPS)


def status_of(index: int) -> str:
    known = {"failed": FAILED, "running": (*ASKING, *RUNNING), "cancelled": CANCELLED}
    return next((status for status, places in known.items() if index in places), "completed")


def listed() -> list[str]:
    """The keys of all items that have begun, as they are listed."""
    others = [index for index in range(BEGUN) if status_of(index) == "completed"]
    return [f"fan[{index}]" for index in (*FAILED, *ASKING, *RUNNING, *CANCELLED, *others)]


def fill(scene: Scene, graph: Graph, phase: str = "running") -> int:
    """A run with a long loop and a repetition of many rounds."""
    run = scene.run(graph, 1, phase, open_approvals=len(ASKING) if phase == "running" else 0)
    common = {"opened_at": START, "error": "", "label": "", "run": run}
    over = {"completed", "failed", "cancelled"}
    rows = [
        {
            **common,
            "node": "fan",
            "position": index,
            "status": (status := status_of(index)),
            "finished_at": START if status in over else None,
        }
        for index in range(BEGUN)
    ]
    rows += [{**common, "node": "poll", "position": index, "status": "completed", "finished_at": START} for index in range(300)]
    attempt = {"run": run, "attempt": 1, "status": "completed", "scheduled_at": START, "truncated": False}
    steps = [
        {**attempt, "node": f"fan[{index}].go", "kind": "gate", "scope": f"fan[{index}]", "scheduled_seq": index + 9}
        for index in range(BEGUN)
    ]
    with scene.engine.begin() as connection:
        connection.execute(sa.insert(ScopeTable), rows)
        connection.execute(sa.insert(ExecutionStepTable), steps)
    scene.attempt(run, "fan", "running", kind="for_each", input={"count": MANY})
    scene.attempt(run, "poll", "running", kind="steps")
    if phase == "running":
        for index in ASKING:
            scene.approval(graph, run, f"a{index}", node=f"fan[{index}].go", requested_seq=index + 9000)
    return run


def tree(scene: Scene, graph: Graph, wanted: TreeOpening | BlockPart | None) -> tuple[NodeView, ...]:
    found = scene.read(queries.run_view, RUN_ID, graph, now=START + 60_000, wanted=wanted)
    assert found is not None
    return found.nodes


def items(nodes: tuple[NodeView, ...]) -> list[str]:
    return [node.key for node in nodes if node.kind == "item"]


def pages(scene: Scene, graph: Graph, size: int) -> Iterator[list[str]]:
    for before in range(0, BEGUN, size):
        yield items(tree(scene, graph, TreeOpening(opened=frozenset({"fan"}), before={"fan": before}, size=size)))


@pytest.mark.parametrize("size", [7, 50, 1000])
def test_the_pages_of_a_loop_have_every_item_once_the_failed_ones_first(scene: Scene, graph: Graph, size: int) -> None:
    fill(scene, graph)
    assert [key for page in pages(scene, graph, size) for key in page] == listed()


def test_a_long_loop_is_folded_at_first_and_says_how_many_items_are_where(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    fan, *rest = tree(scene, graph, TreeOpening())
    assert fan.folded
    assert fan.counts is not None
    counted = {"total": MANY, "completed": BEGUN - 10, "failed": 3, "running": 5, "asking": 2, "cancelled": 2}
    assert (fan.counts.model_dump(), fan.counts.pending) == (counted, MANY - BEGUN)
    assert fan.note == "2,890 of 3,000 done, 3 failed, 2 cancelled, 5 under way, 2 of them ask"
    assert [node.key for node in rest[:4]] == ["poll", "poll#300", "poll#300.look", "poll#299"]
    assert [node.folded for node in rest[:4]] == [False, False, False, True]


def test_a_page_says_how_many_stand_before_and_after_it(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    fan = tree(scene, graph, TreeOpening(opened=frozenset({"fan"}), before={"fan": 2880}))[0]
    assert fan.span is not None
    assert fan.span.model_dump() == {"before": 2880, "shown": 20, "after": 0}
    poll = next(node for node in tree(scene, graph, TreeOpening(before={"poll": 60})) if node.key == "poll")
    assert poll.span is not None
    assert poll.span.model_dump() == {"before": 60, "shown": 50, "after": 190}


def test_a_page_beyond_the_end_is_the_last_item(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    assert items(tree(scene, graph, TreeOpening(opened=frozenset({"fan"}), before={"fan": 99_999}))) == listed()[-1:]


@pytest.mark.parametrize("kept", ["fan[2000]", "fan[2000].go"])
def test_the_item_under_the_cursor_is_shown_wherever_it_stands(scene: Scene, graph: Graph, kept: str) -> None:
    fill(scene, graph)
    ahead = len((*FAILED, *ASKING, *RUNNING))
    shown = [*listed()[:ahead], "fan[2000]", *listed()[ahead:50]]
    assert items(tree(scene, graph, OPEN.model_copy(update={"kept": kept}))) == shown, "below those that run, where it stood"
    assert items(tree(scene, graph, OPEN.model_copy(update={"kept": "fan[7].go"}))) == listed()[:50]
    assert items(tree(scene, graph, OPEN.model_copy(update={"kept": "fan[2950]"}))) == listed()[:50]


def test_an_opened_item_shows_its_steps_and_no_other_item_does(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    nodes = tree(scene, graph, TreeOpening(opened=frozenset({"fan", "fan[100]"})))
    assert [node.key for node in nodes if node.kind == "gate"] == ["fan[100].go"]
    [gate] = [node for node in nodes if node.kind == "gate"]
    assert (gate.status, gate.approval, gate.depth) == ("waiting", "a100", 2)


def test_an_item_in_which_a_question_is_open_says_so(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    for wanted in (OPEN, BlockPart(key="fan"), None):
        words = {node.key: (node.word, node.note) for node in tree(scene, graph, wanted) if node.kind == "item"}
        assert {words[f"fan[{index}]"] for index in ASKING} == {("needs you", "asks a person")}
        assert {words[f"fan[{index}]"] for index in RUNNING} == {("running", "")}


def test_what_a_run_that_is_over_has_left_running_is_shown_as_cancelled(scene: Scene, graph: Graph) -> None:
    fill(scene, graph, "cancelled")
    fan = tree(scene, graph, OPEN)[0]
    assert fan.counts is not None
    assert (fan.counts.running, fan.counts.cancelled, fan.counts.asking) == (0, 7, 0)
    shown = {node.key: node.status for node in tree(scene, graph, OPEN)}
    assert {shown[f"fan[{index}]"] for index in (*ASKING, *RUNNING, *CANCELLED)} == {"cancelled"}
    assert sorted(key for page in pages(scene, graph, 500) for key in page) == sorted(listed())


def test_a_part_of_a_block_is_what_was_asked_for(scene: Scene, graph: Graph) -> None:
    fill(scene, graph)
    assert items(tree(scene, graph, BlockPart(key="fan", failed=True, before=1))) == ["fan[1200]", "fan[2899]"]
    assert items(tree(scene, graph, BlockPart(key="fan", before=2895))) == listed()[2895:]
    assert [node.key for node in tree(scene, graph, BlockPart(key="poll#7"))] == ["poll#7", "poll#7.look"]
    assert tree(scene, graph, BlockPart(key="fan[2950]")) == ()
    assert tree(scene, graph, BlockPart(key="end")) == ()


@pytest.mark.parametrize(
    ("wanted", "most_statements", "most_rows"),
    [(TreeOpening(), 20, 90), (OPEN, 20, 150), (TreeOpening(opened=frozenset({"fan"}), before={"fan": 2800}), 20, 150), (None, 20, 120)],
    ids=["folded", "open", "a late page", "what matters most"],
)
def test_however_long_a_loop_is_few_rows_are_read(
    scene: Scene, graph: Graph, wanted: TreeOpening | None, most_statements: int, most_rows: int
) -> None:
    fill(scene, graph)
    statements: list[str] = []
    rows: list[object] = []
    with scene.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(statements.append)
        raw.row_factory = lambda _cursor, row: rows.append(row) or row  # type: ignore[func-returns-value]
        queries.run_view(connection, RUN_ID, graph, now=START + 60_000, wanted=wanted)
        raw.set_trace_callback(None)
        raw.row_factory = None
    assert 0 < len([text for text in statements if text.startswith("SELECT")]) <= most_statements
    assert 0 < len(rows) <= most_rows
