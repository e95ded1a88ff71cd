"""A run at a gate is said in one word, wherever it is seen."""

from __future__ import annotations

import pytest

from oyama_tui.core.views import NEEDS_YOU, word_of
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import LONG, Scene, eventually, shown, until


@pytest.mark.parametrize("status", ["draining", "paused", "completed", "failed", "rejected", "cancelled"])
def test_an_end_and_a_pause_come_before_an_open_gate(status: str) -> None:
    assert word_of(status, True) == status


@pytest.mark.parametrize("status", ["queued", "running", "waiting"])
def test_an_open_gate_comes_before_what_else_goes_on(status: str) -> None:
    assert (word_of(status, True), word_of(status, False)) == (NEEDS_YOU, status)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_every_screen_says_needs_you_of_a_run_at_a_gate(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens(size=size) as (app, pilot):
        for key in "124":
            await pilot.press(key)
            await until(pilot, lambda: "elease" in shown(app) and "◆ needs you" in shown(app))
            assert "waiting" not in shown(app)
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "◆ needs you" in shown(app))
        await pilot.press("colon", *"release #1")
        await until(pilot, lambda: "◆ release #1" in shown(app) or "needs you  Publish" in shown(app))


async def test_every_screen_says_paused_of_a_paused_run_with_an_open_gate(scene: Scene) -> None:
    await scene.asked()
    await scene.studio.runs.pause("release#1", mode="drain")

    async def is_paused() -> bool:
        return await scene.phase((await scene.studio.runs.list())[0].id) == "paused"

    await eventually(is_paused)
    async with scene.screens() as (app, pilot):
        for key in "124":
            await pilot.press(key)
            await until(pilot, lambda: "‖ paused" in shown(app))


async def test_a_card_needs_nobody_while_its_run_waits_for_something_else(scene: Scene) -> None:
    await scene.start("id: rest\nname: Rest\nsteps:\n  - {id: sleep, wait: {for: 1h}}\n")
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "◇ waiting" in shown(app))


@pytest.mark.parametrize("text", ["status:needs-you", 'status:"needs you"', "status:NEEDS-YOU,waiting"])
async def test_the_history_finds_runs_by_the_word_that_it_shows(scene: Scene, text: str) -> None:
    await scene.asked()
    await scene.start(LONG)
    page = await scene.studio.history.page(scene.studio.history.parse(text))
    assert [(row.label, row.word) for row in page.rows] == [("release #1", NEEDS_YOU)]
    assert page.total == 1
