"""Any size of window: nothing breaks, and what matters is there."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from tests.tui.scene import LONG, Scene, sees, shown, until

SIZES = [(1, 1), (160, 50), (20, 5), (60, 20), (3, 40), (200, 2), (80, 24), (1, 1), (120, 36)]


@pytest.mark.parametrize("key", ["0", "1", "2", "3", "4"])
async def test_a_storm_of_sizes_leaves_the_screen_whole(scene: Scene, key: str) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: "release" in shown(app).casefold())
        before = shown(app)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
        await until(pilot, lambda: shown(app).split()[:12] == before.split()[:12])


async def test_a_run_and_its_dialog_survive_a_storm_of_sizes(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens(size=(40, 12)) as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        await pilot.press("X")
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
        await until(pilot, lambda: "Cancel long #1?" in shown(app))


async def test_a_narrow_window_shows_one_side_at_a_time(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens(size=(60, 20)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        queue, card = app.screen.query_one(Queue), app.screen.query_one(Card)
        assert (queue.display, card.display) == (True, False)
        await pilot.press("enter")
        await until(pilot, lambda: card.display and not queue.display)
        await sees(pilot, "production")
        await pilot.press("escape")
        await until(pilot, lambda: queue.display and not card.display)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_small_windows_show_state_as_glyph_and_word(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens(size=size) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "◆ needs you" in shown(app))
        await sees(pilot, "release #1")
        await sees(pilot, "? all keys")
