"""As time goes on only what looks different is drawn anew, and nothing is read for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oyama_tui.tui.screens import history
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets import run_lines, workflow_shapes
from oyama_tui.tui.widgets.pager import Pager
from tests.engine.workplace import statements
from tests.tui.scene import GRAVE, Scene, eventually, shown, until


class Now:
    """What time it is on a screen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
        self.at = datetime.now(UTC) + timedelta(hours=3, seconds=20)
        monkeypatch.setattr(module, "utc_now", lambda: self.at)


async def test_only_runs_whose_time_is_said_otherwise_are_drawn_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = await scene.start("id: brief\nsteps:\n  - {id: one, run: say}\n")
    await scene.asked(GRAVE)

    async def is_over() -> bool:
        return await scene.phase(ended.id) == "completed"

    await eventually(is_over)
    now = Now(monkeypatch, run_lines)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and "3 h 00 m" in shown(app) and "brief" in shown(app))
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        rows = screen.runs
        [live] = [line for line in range(rows.line_count) if getattr(rows.row_at(line), "live", False)]
        screen.tick()
        await until(pilot, lambda: len(rows._drawn) >= rows.line_count)
        drawn = set(rows._drawn)
        now.at += timedelta(seconds=1)
        screen.tick()
        assert set(rows._drawn) == drawn
        now.at += timedelta(minutes=1)
        screen.tick()
        assert {key[0] for key in drawn - set(rows._drawn)} == {live}
        await until(pilot, lambda: "3 h 01 m" in shown(app))


@pytest.mark.parametrize("cards", [False, True])
async def test_workflows_are_drawn_anew_only_when_an_age_is_said_otherwise(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, cards: bool
) -> None:
    await scene.asked(GRAVE)
    now = Now(monkeypatch, workflow_shapes)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and "  3 h" in shown(app))
        screen = app.screen
        assert isinstance(screen, WorkflowsScreen)
        if cards:
            await pilot.press("v")
            await until(pilot, lambda: "3 h ago" in shown(app))
        shape = screen.shapes.cards if cards else screen.shapes.lines
        drawn = dict(shape._drawn)
        now.at += timedelta(minutes=1)
        screen.tick()
        assert drawn
        assert shape._drawn == drawn
        now.at += timedelta(hours=1)
        screen.tick()
        assert shape._drawn != drawn
        await until(pilot, lambda: ("4 h ago" if cards else "  4 h") in shown(app))


async def test_the_detail_of_a_run_that_goes_on_is_read_when_something_has_happened(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approval = await scene.asked(GRAVE)
    Now(monkeypatch, history)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "Decisions" in shown(app))
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        screen.tick()
        await pilot.pause()
        pager = screen.query_one(Pager)
        await until(pilot, lambda: bool(pager._drawn) and not screen._news)
        await pilot.pause(0.1)
        drawn = dict(pager._drawn)
        with statements(scene.studio) as executed:
            for _ in range(20):
                screen.tick()
            await pilot.pause()
        assert not [one for one in executed if "workflow_approvals" in one]
        assert pager._drawn == drawn
        await scene.studio.approvals.decide(approval, "reject", comment="not now")
        await until(pilot, lambda: "not now" in shown(app))
