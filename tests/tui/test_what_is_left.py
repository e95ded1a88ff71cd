"""Lists say how long a run still works, when what it waits for is due, or how long ago it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.core.views import RunRow
from oyama_tui.tui.render.lists import what_is_left

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROW = RunRow(
    id="a-1",
    workflow_id="a",
    workflow_name="A",
    number=1,
    status="running",
    state="running",
    reason="",
    needs_you=False,
    current_step="s",
    completed=1,
    total=2,
    running=1,
    started_at=NOW - timedelta(minutes=10),
    ended_at=None,
    duration_ms=None,
    human_wait_ms=0,
    started_by="ana",
    owner="here",
)


@pytest.mark.parametrize(
    ("different", "usual", "left"),
    [
        ({}, 15 * 60_000, "~5 m"),
        ({"human_wait_ms": 8 * 60_000}, 15 * 60_000, "~13 m"),
        ({}, 9 * 60_000, ""),
        ({"owner": "nobody"}, 15 * 60_000, ""),
        ({}, None, ""),
        ({"status": "waiting", "running": 0, "due": NOW + timedelta(minutes=6, seconds=51)}, None, "in 06:51"),
        ({"status": "waiting", "running": 0, "due": NOW + timedelta(hours=3, minutes=50)}, None, "in 3 h 50 m"),
        ({"status": "waiting", "running": 0, "due": NOW - timedelta(minutes=1)}, None, ""),
        ({"status": "paused", "running": 0, "due": NOW + timedelta(minutes=1)}, 60_000_000, ""),
        ({"status": "completed", "running": 0, "ended_at": NOW - timedelta(minutes=4)}, 60_000_000, "4 m ago"),
    ],
)
def test_what_is_left_of_a_run(different: dict[str, object], usual: int | None, left: str) -> None:
    assert what_is_left(ROW.model_copy(update=different), NOW, usual) == left
