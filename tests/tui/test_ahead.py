"""Screens are made before somebody goes to them, and neither read nor count as seen before."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.pilot import Pilot

from oyama_tui.tui.ahead import QUIET
from oyama_tui.tui.app import AHEAD
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.widgets.approval_parts import Card
from tests.tui.scene import Scene, WatchedApp, sees, shown, until


def made(app: WatchedApp) -> list[str]:
    """The places of which the screen is there, but for the one that is shown."""
    return [mode for mode, stack in app._screen_stacks.items() if mode != app.current_mode and stack and stack[0].is_mounted]


async def all_made(app: WatchedApp, pilot: Pilot[int]) -> None:
    """Wait until every place has its screen."""
    await until(pilot, lambda: set(made(app)) == set(AHEAD) - {app.current_mode})


async def test_places_are_ready_and_read_when_somebody_comes(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens(ahead=True) as (app, pilot):
        await all_made(app, pilot)
        assert app.current_mode == "workflows"
        others = [stack[0] for mode, stack in app._screen_stacks.items() if mode != app.current_mode]
        assert all(isinstance(screen, StudioScreen) and screen.view is None for screen in others)
        there = app._screen_stacks["approvals"][0]
        await pilot.press("3")
        await sees(pilot, "Publish v1")
        assert app.screen is there, "what was made ahead is what is shown"


async def test_a_card_that_nobody_has_gone_to_counts_as_neither_seen_nor_read(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens(ahead=True) as (app, pilot):
        await all_made(app, pilot)
        await pilot.pause(2 * QUIET)
        screen = app._screen_stacks["approvals"][0]
        assert isinstance(screen, ApprovalsScreen)
        card = screen.query_one(Card)
        assert not card._lines_read
        assert screen.card is None


async def test_keys_go_where_they_would_while_screens_are_made(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens(ahead=True) as (app, pilot):
        for place, words in (("2", "needs you"), ("4", "History"), ("1", "Release"), ("3", "Publish v1")):
            await pilot.press(place)
            await sees(pilot, words)
            await asyncio.sleep(QUIET)
        await all_made(app, pilot)
        assert "Publish v1" in shown(app)
        assert len(app.screen_stack) == 1


async def test_leaving_while_screens_are_made_ends_at_once(scene: Scene, tmp_path: Path) -> None:
    async with scene.screens(ahead=True) as (app, pilot):
        await until(pilot, lambda: made(app))
        app.exit(0)
    assert app.return_code == 0
