"""Runs that steps start, on the screens: the way to them, and the way into them and back."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.tui.scene import Scene, WatchedApp, eventually, sees, shown, until

DEPLOY = """
id: deploy
steps:
  - {id: copy, run: "say copied"}
  - {id: apply, gate: Apply it, run: "say applied"}
"""
MIDDLE = """
id: middle_of_the_whole
steps:
  - {id: inner, workflow: deploy}
"""
RELEASE = """
id: release
name: Release
steps:
  - {id: build, run: "say built"}
  - {id: everywhere, workflow: middle_of_the_whole}
"""


async def asking(scene: Scene) -> str:
    """Start a run, and wait until one two levels below it asks; returns the id of the outermost one."""
    for text in (DEPLOY, MIDDLE):
        await scene.keep(text)
    row = await scene.start(RELEASE)

    async def asked() -> bool:
        return bool(await scene.studio.approvals.list())

    await eventually(asked)
    return row.id


def run_in_sight(app: WatchedApp) -> str:
    """The run whose screen is shown."""
    screen = app.screen
    return screen.view.run.row.label if isinstance(screen, RunScreen) and screen.view is not None else ""


async def test_enter_on_such_a_step_goes_into_its_run_and_esc_comes_back(scene: Scene) -> None:
    release = await asking(scene)
    async with scene.screens() as (app, pilot):
        await app.action_show_place("runs")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.view is not None and len(app.screen.view.live) == 3)
        assert isinstance(app.screen, RunsScreen)
        app.screen.runs.select_key(release)
        await pilot.press("enter")
        await until(pilot, lambda: run_in_sight(app) == "release #1")
        await sees(pilot, "deploy #1 needs you")
        assert isinstance(app.screen, RunScreen)
        app.screen.nodes.rows.select_key("everywhere")
        await until(pilot, lambda: "enter opens middle_of_the_whole #1" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: run_in_sight(app) == "middle_of_the_whole #1")
        app.screen.nodes.rows.select_key("inner")
        await pilot.press("enter")
        await until(pilot, lambda: run_in_sight(app) == "deploy #1")
        await sees(pilot, "release #1 › ")
        await pilot.press("escape")
        await until(pilot, lambda: run_in_sight(app) == "middle_of_the_whole #1")
        await pilot.press("escape")
        await until(pilot, lambda: run_in_sight(app) == "release #1")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_the_place_itself_is_one_key_away_from_however_deep(scene: Scene) -> None:
    release = await asking(scene)
    async with scene.screens() as (app, pilot):
        await app.action_show_place("runs")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.view is not None and len(app.screen.view.live) == 3)
        assert isinstance(app.screen, RunsScreen)
        app.screen.runs.select_key(release)
        await pilot.press("enter")
        await until(pilot, lambda: run_in_sight(app) == "release #1")
        assert isinstance(app.screen, RunScreen)
        app.screen.nodes.rows.select_key("everywhere")
        await until(pilot, lambda: "enter opens middle" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: run_in_sight(app) == "middle_of_the_whole #1")
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


@pytest.mark.parametrize(
    ("size", "way"),
    [
        ((80, 24), "release #1 › … › deploy #1"),
        ((160, 40), "release #1 › everywhere › middle_of_the_whole #1 › inner › deploy #1 › apply"),
    ],
)
async def test_the_queue_and_the_card_have_the_way_cut_in_the_middle(scene: Scene, size: tuple[int, int], way: str) -> None:
    await asking(scene)
    async with scene.screens(size=size) as (app, pilot):
        await app.action_show_place("approvals")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None and way in shown(app))


async def test_the_list_has_those_below_under_a_mark(scene: Scene) -> None:
    await asking(scene)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await app.action_show_place("runs")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.view is not None and len(app.screen.view.live) == 3)
        await until(pilot, lambda: "… › deploy #1" in shown(app))
        await sees(pilot, " release #1")
