"""Frames of a screen: at once after a rest, and no more of them over a while than the clock would have painted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from rich.console import RenderableType
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.screen import UPDATE_PERIOD, Screen
from textual.widget import Widget

from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.frames import AT_ONCE, FrameTimer
from oyama_tui.tui.queue_reading import ApprovalsView
from oyama_tui.tui.widgets.approval_parts import Queue
from oyama_tui.tui.widgets.filter_bar import FilterRule
from tests.tui.alike import at_queue, on_screen, restarts
from tests.tui.scene import Scene, eventually, until

LONG_PERIOD = 3600.0
FRAMES = 24


class Eager:
    """Wants the next frame as soon as it has got one."""

    def __init__(self, screen: Screen[object], period: float) -> None:
        self.painted: list[float] = []
        self._loop = asyncio.get_running_loop()
        self.timer = FrameTimer(screen, period, callback=self._paint, pause=True)

    def _paint(self) -> None:
        self.painted.append(self._loop.time())


@pytest.fixture
async def screen(scene: Scene) -> AsyncIterator[Screen[object]]:
    async with scene.screens() as (app, _pilot):
        yield app.screen


async def paint(screen: Screen[object], period: float, frames: int) -> list[float]:
    """When frames were painted, each asked for after the one before."""
    eager = Eager(screen, period)
    eager.timer._start()
    eager.timer.resume()
    try:
        await eventually(lambda: len(eager.painted) >= frames)
        for _ in range(20):
            await asyncio.sleep(0)
    finally:
        eager.timer.stop()
    return eager.painted


async def test_a_few_frames_come_at_once_and_no_more(screen: Screen[object]) -> None:
    assert len(await paint(screen, LONG_PERIOD, AT_ONCE)) == AT_ONCE


async def test_there_are_never_more_than_one_in_each_period(screen: Screen[object]) -> None:
    painted = await paint(screen, UPDATE_PERIOD, FRAMES)
    assert painted[FRAMES - 1] - painted[0] >= (FRAMES - AT_ONCE) * UPDATE_PERIOD * 0.99


async def test_lines_are_shown_before_the_card_beside_them_is_read(scene: Scene) -> None:
    await restarts(scene, "one", "two")
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        views: list[ApprovalsView | None] = []
        app.watch(on_screen(app).screen, "view", lambda view: views.append(view), init=False)
        await pilot.press("enter")
        await eventually(lambda: len(views) > 1)
    lines, whole = (view for view in views[:2] if view is not None)
    assert [lines.card_is_due, whole.card_is_due] == [True, False]
    assert len(lines.rows) == 1
    assert whole.has_lines_of(lines)


@pytest.mark.parametrize("mode", ["workflows", "runs", "approvals", "history"])
async def test_a_filter_moves_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    await restarts(scene, "one", "two")
    async with scene.screens() as (app, pilot):
        await app.switch_mode(mode)
        await until(pilot, lambda: app.focused is not None and app.focused.has_class("left") and not app.screen.query("Notice.-there"))
        await pilot.pause()
        left, places, whole = app.focused, regions(app), 0
        display = OyamaApp._display

        def note(shown: OyamaApp, screen: Screen[object], frame: RenderableType | None) -> None:
            nonlocal whole
            whole += isinstance(frame, LayoutUpdate)
            display(shown, screen, frame)

        monkeypatch.setattr(OyamaApp, "_display", note)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, FilterRule))
        await pilot.pause()
        assert regions(app) == places
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is left)
        await pilot.pause()
    assert whole == 0, "the whole screen was painted"


def regions(app: OyamaApp) -> dict[Widget, Region]:
    return {widget: widget.region for widget in app.screen.walk_children(Widget) if widget.display}


async def test_who_gets_or_loses_the_keys_draws_the_line_of_the_cursor_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await restarts(scene, "one", "two")
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        await pilot.pause()
        drawn: list[Region] = []
        refresh = Queue.refresh

        def note(rows: Queue, *parts: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Queue:
            drawn.extend(parts or [rows.size.region])
            return refresh(rows, *parts, repaint=repaint, layout=layout, recompose=recompose)

        monkeypatch.setattr(Queue, "refresh", note)
        await pilot.press("tab")
        await until(pilot, lambda: not queue.has_focus)
        await pilot.press("shift+tab")
        await until(pilot, lambda: queue.has_focus)
    assert drawn
    assert {region.height for region in drawn} == {1}
