"""A run that did not complete is taken up anew on the screens: a key, a plan, a yes."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from oyama_tui.core.views import RunRow
from oyama_tui.tui.dialogs.recover import RecoverDialog
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.tui.scene import Scene, WatchedApp, armed, eventually, sees, shown, until

LONG = "a name that is much longer than any column has room for and goes on and on"
RELEASE = f"""
id: release
name: Release
steps:
  - {{id: build, run: "say built"}}
  - id: hosts
    for_each: {{items: [a, b]}}
    steps:
      - {{id: check, name: {LONG}, run: "fail", if: "item == 'b'"}}
"""
FINE = """
id: fine
steps:
  - {id: build, run: "say built"}
"""


async def ended(scene: Scene, text: str) -> RunRow:
    """A run at its first end."""
    run = await scene.start(text)

    async def over() -> bool:
        return (await scene.studio.runs.get(run.id)).row.ended

    await eventually(over)
    return run


async def in_dialog(app: WatchedApp, pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(app.screen, RecoverDialog))
    await armed(pilot)


async def at_runs(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 16)])
async def test_two_keys_take_a_failed_run_up_where_it_failed(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene, RELEASE)
    async with scene.screens(size=size) as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("R")
        await in_dialog(app, pilot)
        words = shown(app)
        assert "Take release #1 up anew?" in words
        assert "begins once more" in words
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, RecoverDialog))

    async def again() -> bool:
        view = await scene.studio.runs.get(run.id)
        return any(node.key == "hosts[1].check#2" for node in view.nodes)

    await eventually(again)


async def test_esc_and_the_other_button_change_nothing(scene: Scene) -> None:
    run = await ended(scene, RELEASE)
    seq = (await scene.studio.runs.get(run.id)).seq
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        for keys in (("escape",), ("right", "enter")):
            await pilot.press("R")
            await in_dialog(app, pilot)
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    assert (await scene.studio.runs.get(run.id)).seq == seq


async def test_a_plan_that_no_longer_holds_is_told_in_the_dialog(scene: Scene) -> None:
    run = await ended(scene, RELEASE)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "R recover" in shown(app))
        await pilot.press("R")
        await in_dialog(app, pilot)
        await scene.studio.recovery.recover(run.id, why="somebody else")
        await pilot.press("enter")
        await until(pilot, lambda: "has moved on since the plan was shown" in " ".join(shown(app).split()))


async def test_a_completed_run_offers_nothing_to_recover(scene: Scene) -> None:
    await ended(scene, FINE)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        assert "R recover" not in shown(app)
        await pilot.press("R")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)


async def test_the_history_takes_runs_up_too(scene: Scene) -> None:
    await ended(scene, RELEASE)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.listed.selected is not None)
        await pilot.press("R")
        await in_dialog(app, pilot)
        await sees(pilot, "Take release #1 up anew?")
