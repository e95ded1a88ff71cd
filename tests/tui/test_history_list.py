"""The history: thousands of rows, of which a window is held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from oyama_tui.core.views import HistoryRow
from oyama_tui.settings import Settings
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.widgets.paged_rows import MOST_HELD, PagedRows
from tests.store.scene import opened
from tests.tui.scene import LONG, Scene, WatchedApp, open_scene, shown, until

MANY = 1_500
"""Executions in the history."""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    path = Settings(home=folder / "home").database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        for number in range(1, MANY + 1):
            rows.run(graph, number, "failed" if number % 3 == 0 else "completed")
    return folder


@pytest.fixture
async def scene(past: Path) -> AsyncIterator[Scene]:
    async with open_scene(past) as made:
        yield made


def executions(app: WatchedApp) -> PagedRows[HistoryRow]:
    assert isinstance(app.screen, HistoryScreen)
    return app.screen.listed


def number(rows: PagedRows[HistoryRow]) -> int:
    row = rows.selected
    return row.number if isinstance(row, HistoryRow) and row.workflow_id == "release" else 0


async def test_end_and_home_reach_both_ends_and_hold_a_window_only(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: f"release #{MANY}" in shown(app))
        rows = executions(app)
        await pilot.press("G")
        await until(pilot, lambda: number(rows) == 1 and "release #1 " in shown(app))
        await pilot.press("g")
        await until(pilot, lambda: number(rows) == MANY)
        assert len(rows._window) <= MOST_HELD


async def test_every_row_is_reached_in_order_by_paging_down(scene: Scene) -> None:
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: f"release #{MANY}" in shown(app))
        rows = executions(app)
        for line in range(0, MANY, 90):
            rows.move_to(line)
            await until(pilot, partial(reached, app, rows, MANY - line))
            assert len(rows._window) <= MOST_HELD


def reached(app: WatchedApp, rows: PagedRows[HistoryRow], wanted: int) -> bool:
    return number(rows) == wanted and f"release #{wanted} " in shown(app)


async def test_a_jump_into_the_middle_shows_the_rows_there(scene: Scene) -> None:
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: f"release #{MANY}" in shown(app))
        rows = executions(app)
        rows.scroll_to(y=900, animate=False)
        await until(pilot, lambda: f"release #{MANY - 900} " in shown(app))


async def test_a_filter_narrows_the_rows_and_escape_brings_them_back(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: f"release #{MANY}" in shown(app))
        rows = executions(app)
        await pilot.press("slash", *"status:failed")
        await until(pilot, lambda: rows.line_count == MANY // 3)
        await pilot.press("enter")
        await until(pilot, lambda: rows.has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: rows.line_count == MANY)


async def test_new_runs_do_not_move_the_row_under_the_cursor(past: Path, tmp_path: Path) -> None:
    async with open_scene(past) as scene, scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: f"release #{MANY}" in shown(app))
        rows = executions(app)
        rows.move_to(700)
        await until(pilot, lambda: number(rows) == MANY - 700)
        total, place = rows.line_count, rows.cursor - rows.top
        scene.folder = tmp_path
        await scene.start(LONG)
        await until(pilot, lambda: rows.line_count == total + 1)
        assert number(rows) == MANY - 700
        assert rows.cursor - rows.top == place
