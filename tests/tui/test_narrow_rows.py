"""What is cut first where a row has too little room: names and ways, never counts, numbers and what is said at their end."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from oyama_tui.core.views import BlockCounts, NodeView, RunRow, RunView
from oyama_tui.tui.render.lists import run_row
from oyama_tui.tui.render.run import run_header
from oyama_tui.tui.render.tree import tree_row
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.wording import progress_in, reason_in

NOW = datetime(2026, 2, 3, 14, 5, tzinfo=UTC)
LONG = "every_host_of_the_fleet_in_all_regions_and_those_that_are_kept_in_reserve"
WAY = "regions[3].racks[11].copy_all_the_configuration_files"
TREES = (31, 32, 41, 42, 55, 56)
"""Cells of the tree at 80, 120 and 160 columns, without and with a scroll bar."""


def loop(name: str, counts: BlockCounts, depth: int = 0) -> NodeView:
    return NodeView(
        key="fan",
        step_id="fan",
        name=name,
        kind="for_each",
        depth=depth,
        status="running",
        attempt=1,
        note="",
        approval="",
        started_at=NOW,
        duration_ms=None,
        counts=counts,
        folded=True,
    )


def run(**columns: object) -> RunRow:
    given: dict[str, object] = {
        "id": "r-1",
        "workflow_id": LONG,
        "workflow_name": LONG,
        "number": 1234,
        "status": "running",
        "state": "running",
        "reason": "",
        "needs_you": False,
        "current_step": "",
        "completed": 9812,
        "total": 10000,
        "running": 4,
        "started_at": NOW,
        "ended_at": None,
        "duration_ms": None,
        "human_wait_ms": 0,
        "started_by": "ana",
        "owner": "here",
        **columns,
    }
    return RunRow.model_validate(given)


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", TREES)
@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("name", [LONG, "fan", "発表する発表する発表する発表する発表する発表する"])
@pytest.mark.parametrize("total", [12, 10_000, 100_000])
def test_the_counts_of_a_loop_stay_beside_any_name(total: int, name: str, depth: int, width: int, ascii_only: bool) -> None:
    counts = BlockCounts(total=total, completed=total - 9, failed=3, running=4, asking=1)
    icons = StatusIcons(ascii_only)
    row = tree_row(loop(name, counts, depth), width, NOW, icons, folds=True)
    assert row.cell_length == width
    said = row.plain.replace(",", "").replace(" ", "")
    marks = {state: icons.of(state).glyph for state in ("completed", "failed", "needs you", "running", "pending")}
    numbers = zip((total - 9, 3, 1, 3, 2), marks.values(), strict=True)
    assert "".join(f"{number}{mark}" for number, mark in numbers) in said
    assert name[:1] in row.plain


def test_the_time_of_a_loop_is_shown_where_there_is_room() -> None:
    counts = BlockCounts(total=10, completed=10, failed=0, running=0)
    over = loop("fan", counts).model_copy(update={"duration_ms": 64_000, "status": "completed"})
    assert tree_row(over, 32, NOW, StatusIcons(), folds=True).plain.rstrip().endswith("10 ✓  1 m 04 s")


@pytest.mark.parametrize("width", [80, 120, 160])
def test_the_header_of_a_run_cuts_its_name_and_keeps_its_progress(width: int) -> None:
    view = RunView(
        row=run(),
        nodes=(),
        inputs={},
        outputs={},
        error="",
        error_node="",
        revision="",
        directory="",
        source="",
        left_ms=40_000,
        pausing=False,
        seq=1,
    )
    first = run_header(view, width, NOW, StatusIcons())[0]
    assert first.cell_length == width
    assert re.search(r"#1234   . running   9812/10000 steps", first.plain)
    assert "~00:40 left" in first.plain
    assert f" {LONG[:8]}" in first.plain
    undoing = view.model_copy(update={"row": view.row.model_copy(update={"status": "undoing"})})
    assert "↶ undoing   9812/10000 undone" in run_header(undoing, width, NOW, StatusIcons())[0].plain


@pytest.mark.parametrize("width", [78, 80, 118, 120, 158, 160])
@pytest.mark.parametrize(("done", "total"), [(3, 9), (9812, 10_000), (98_765, 100_000)])
def test_a_row_of_a_run_keeps_its_number_and_its_progress(width: int, done: int, total: int) -> None:
    row = run_row(run(completed=done, total=total), width, NOW, StatusIcons()).plain
    assert "#1234" in row
    assert f" {done}/{total} " in row or f" {progress_in(done, total, 9)} " in row


def test_thousands_are_short_where_they_must_be_and_never_more_than_there_are() -> None:
    assert progress_in(9812, 10_000, 10) == "9812/10000"
    assert progress_in(9812, 10_000, 9) == "9812/10k"
    assert progress_in(99_999, 100_000, 9) == "99k/100k"


@pytest.mark.parametrize("width", range(20, 50))
def test_a_reason_keeps_how_many_more_there_are(width: int) -> None:
    text = reason_in("Migrate the shard of all the customers that are kept in the archive and 399 more", width)
    assert text.endswith("… and 399 more")
    assert len(text) <= width


def test_of_a_way_to_a_node_its_end_is_kept_and_what_is_said_of_it() -> None:
    text = f"{WAY}: Exit code 1"
    assert reason_in(text, 80) == text
    assert reason_in(text, 40) == f"…{WAY[-26:]}: Exit code 1"
    assert reason_in(f"{WAY}: {'why ' * 40}", 30).startswith("…")
    assert "files: why" in reason_in(f"{WAY}: {'why ' * 40}", 30)
    assert reason_in("", 10) == ""
    assert reason_in("a.b: c", 0) == "a.b: c"
