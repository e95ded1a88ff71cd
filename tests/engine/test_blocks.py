"""Blocks on a real database with real processes: their journal, rows and tree, through pauses, cancellations and take-overs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.views import NodeView, RunView
from oyama_tui.settings import Settings
from oyama_tui.store.queries.runs import run_view
from oyama_tui.store.rebuild import in_memory
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write
from tests.reliability.program import lives

ITEMS = 2000
WAITS = "echo $$ $OYAMA_IDEMPOTENCY_KEY >> begun; until test -e go; do sleep 0.01; done"


@asynccontextmanager
async def studio_in(folder: Path) -> AsyncIterator[Studio]:
    async with open_studio(Settings(home=folder, grace=0.2), drive="all", trigger="test") as studio:
        yield studio


def query(folder: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as connection:
        return connection.execute(statement).fetchall()


def events(folder: Path, *types: str) -> list[tuple[str, dict[str, Any]]]:
    rows = query(folder, "SELECT type, payload FROM workflow_events ORDER BY seq")
    return [(kind, json.loads(payload)) for kind, payload in rows if kind in types]


def scopes(folder: Path) -> list[tuple[str, int, str]]:
    return query(folder, "SELECT node, position, status FROM workflow_scopes ORDER BY node, position")


async def tree(studio: Studio, run: str) -> dict[str, NodeView]:
    return {node.key: node for node in (await studio.runs.get(run)).nodes}


async def troubles(studio: Studio) -> list[str]:
    """What `verify` finds wrong."""
    return [check.message for check in await studio.system.verify() if check.status != "ok"]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what steps write and for what the journal says."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def begun(folder: Path) -> list[tuple[int, str]]:
    """The processes of steps so far, and their nodes."""
    file = folder / "begun"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(pid), key.partition("/")[2]) for pid, key in (line.split() for line in lines)]


async def test_a_loop_with_an_item_that_fails_is_told_by_journal_rows_and_tree(tmp_path: Path) -> None:
    loop = {"id": "fan", "for_each": {"items": ["x", "bad", "z"]}, "steps": [{"id": "a", "run": ["test", "${{ item }}", "!=", "bad"]}]}
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[loop]), {})
        row = await until_status(studio, run.id, "failed")
        assert (row.completed, row.total) == (3, 3)
        assert row.reason == "fan[1].a: Exit code 1."
        nodes = await tree(studio, run.id)
        counts = nodes["fan"].counts
        assert counts is not None
        assert (counts.total, counts.completed, counts.failed, counts.running) == (3, 2, 1, 0)
        assert [(key, node.depth, node.name, node.status) for key, node in nodes.items()] == [
            ("fan", 0, "fan", "failed"),
            ("fan[0]", 1, "x", "completed"),
            ("fan[0].a", 2, "a", "completed"),
            ("fan[1]", 1, "bad", "failed"),
            ("fan[1].a", 2, "a", "failed"),
            ("fan[2]", 1, "z", "completed"),
            ("fan[2].a", 2, "a", "completed"),
        ]
        assert await troubles(studio) == []
    told = events(tmp_path, "block_opened", "scope_opened", "scope_settled", "step_failed")
    assert [(kind, payload["node"], payload.get("index", 0)) for kind, payload in told] == [
        ("block_opened", "fan", 0),
        ("scope_opened", "fan", 0),
        ("scope_settled", "fan", 0),
        ("scope_opened", "fan", 1),
        ("step_failed", "fan[1].a", 0),
        ("scope_settled", "fan", 1),
        ("scope_opened", "fan", 2),
        ("scope_settled", "fan", 2),
        ("step_failed", "fan", 0),
    ]
    assert query(tmp_path, "SELECT node, position, label, status, error FROM workflow_scopes ORDER BY position") == [
        ("fan", 0, "x", "completed", ""),
        ("fan", 1, "bad", "failed", "Exit code 1."),
        ("fan", 2, "z", "completed", ""),
    ]


@pytest.mark.parametrize(("mode", "starts"), [("drain", 4), ("now", 6)])
async def test_a_loop_that_was_paused_in_its_middle_goes_on_with_every_item_once(tmp_path: Path, mode: Any, starts: int) -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2, 3, 4], "concurrency": 2}, "steps": [{"id": "a", "run": WAITS}]}
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[loop]), {})
        await until(lambda: len(begun(tmp_path)) == 2)
        await studio.runs.pause(run.id, mode=mode)
        if mode == "drain":
            (tmp_path / "go").touch()
        await until_status(studio, run.id, "paused")
        assert len(begun(tmp_path)) == 2
        assert not any(status == "running" for _, position, status in scopes(tmp_path) if position > 1)
        (tmp_path / "go").touch()
        await studio.runs.resume(run.id)
        await until_status(studio, run.id, "completed")
        assert await troubles(studio) == []
    assert len(begun(tmp_path)) == starts
    assert Counter(payload["node"] for _, payload in events(tmp_path, "step_succeeded")) == Counter(
        ["fan", *(f"fan[{index}].a" for index in range(4))]
    )
    assert scopes(tmp_path) == [("fan", index, "completed") for index in range(4)]


async def test_a_run_that_is_cancelled_in_nested_loops_leaves_no_process_and_nothing_open(tmp_path: Path) -> None:
    inner = {
        "id": "in",
        "for_each": {"items": [1, 2, 3], "as": "it", "concurrency": 2},
        "steps": [{"id": "a", "run": f"sleep 300 & echo $! run/child >> begun; {WAITS}"}],
    }
    ask = {"id": "ask", "gate": {"title": "Go?"}}
    loop = {"id": "out", "type": "parallel", "for_each": {"items": [1, 2, 3], "concurrency": 2}, "steps": [inner, ask]}
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[loop]), {})
        await until(lambda: len(begun(tmp_path)) == 8)
        await studio.runs.cancel(run.id, reason="enough")
        await until_status(studio, run.id, "cancelled")
        await until(lambda: not any(lives(pid) for pid, _ in begun(tmp_path)))
        assert await studio.approvals.list() == ()
        statuses = {key: node.status for key, node in (await tree(studio, run.id)).items()}
        assert {statuses[key] for key in ("out", "out[0]", "out[1]", "out[0].in", "out[1].in", "out[0].in[1]", "out[0].in[0].a")} == {
            "cancelled"
        }
        assert "running" not in statuses.values()
        assert await troubles(studio) == []
    rows = query(tmp_path, "SELECT node, status FROM workflow_execution_steps WHERE status IN ('running', 'waiting')")
    assert rows == []
    assert scopes(tmp_path) == [
        *[("out", place, "cancelled") for place in (0, 1)],
        *[(f"out[{row}].in", place, "cancelled") for row in (0, 1) for place in (0, 1)],
    ]


async def test_a_repetition_that_is_given_away_in_its_pause_goes_on_when_the_pause_ends(tmp_path: Path) -> None:
    poll = {
        "id": "poll",
        "repeat": {"until": "iteration >= 2", "every": "1s", "max": 3},
        "steps": [{"id": "a", "run": "echo $$ $OYAMA_IDEMPOTENCY_KEY >> begun"}],
    }
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[poll]), {})
        await until(lambda: bool(events(tmp_path, "block_rested")))
        assert (await tree(studio, run.id))["poll"].status == "waiting"
    async with studio_in(tmp_path) as studio:
        await until_status(studio, run.id, "completed")
        assert await troubles(studio) == []
    assert [node for _, node in begun(tmp_path)] == ["poll#1.a", "poll#2.a"]
    ((_, rested),) = events(tmp_path, "block_rested")
    (second,) = query(tmp_path, "SELECT at FROM workflow_events WHERE type = 'step_scheduled' ORDER BY seq DESC LIMIT 1")[0]
    assert second >= rested["due"]
    assert scopes(tmp_path) == [("poll", 0, "completed"), ("poll", 1, "completed")]


def large() -> dict[str, Any]:
    steps = [{"id": "keep", "set": {"last": "${{ item }}"}}]
    return {"id": "fan", "for_each": {"items": list(range(ITEMS)), "concurrency": 50}, "steps": steps}


def read_counted(folder: Path, definition: dict[str, Any], run: str) -> tuple[RunView, int, int]:
    """A run as it is read, with the number of statements and of rows that this takes."""
    workflow = Workflow.model_validate({"id": "play", **definition})
    statements: list[str] = []
    rows: list[Any] = []
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as raw:
        raw.row_factory = lambda cursor, row: rows.append(row) or row  # type: ignore[func-returns-value]
        engine = in_memory(raw)
        with engine.connect() as connection:
            rows.clear()
            raw.set_trace_callback(statements.append)
            view = run_view(connection, run, compile_graph(workflow, workflow.revision()))
            raw.set_trace_callback(None)
    assert view is not None
    return view, len([statement for statement in statements if statement.startswith("SELECT")]), len(rows)


async def test_a_loop_over_thousands_of_items_comes_to_its_end_and_is_read_in_few_rows(tmp_path: Path) -> None:
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[large()]), {})
        row = await until_status(studio, run.id, "completed")
        assert (row.completed, row.total) == (ITEMS, ITEMS)
        assert await troubles(studio) == []
    view, statements, rows = read_counted(tmp_path, {"steps": [large()]}, run.id)
    counts = view.nodes[0].counts
    assert counts is not None
    assert (counts.total, counts.completed) == (ITEMS, ITEMS)
    assert statements <= 12
    assert rows <= 60
    ran = [payload["node"] for _, payload in events(tmp_path, "step_succeeded")]
    assert Counter(ran) == Counter(["fan", *(f"fan[{index}].keep" for index in range(ITEMS))])
    assert Counter(status for _, _, status in scopes(tmp_path)) == {"completed": ITEMS}


async def test_the_tree_of_a_loop_in_which_hundreds_ask_is_read_in_few_rows(tmp_path: Path) -> None:
    many = 600
    loop = {"id": "fan", "for_each": {"items": list(range(many)), "concurrency": many}, "steps": [{"id": "ask", "gate": "Go ${{ item }}?"}]}
    async with studio_in(tmp_path) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[loop]), {})
        await until(lambda: query(tmp_path, "SELECT count(*) FROM workflow_approvals")[0][0] == many)
        view, _, rows = read_counted(tmp_path, {"steps": [loop]}, run.id)
        asking = [node for node in view.nodes if node.kind == "gate" and node.status == "waiting"]
        assert len(asking) == 30
        assert all(node.approval for node in asking)
        assert rows <= 300
