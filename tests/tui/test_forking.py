"""A run is forked on the screens: a key, a plan, other inputs, a yes."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.core.views import RunRow
from oyama_tui.tui import messages
from oyama_tui.tui.dialogs.fork import ForkDialog
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.writing import OneLine
from tests.tui.scene import Scene, WatchedApp, armed, eventually, sees, shown, until

LONG = "a name that is much longer than any column has room for and goes on and on"
RELEASE = f"""
id: release
inputs: {{count: {{type: integer, default: 1}}}}
steps:
  - {{id: build, run: "say built"}}
  - {{id: test, name: {LONG}, run: "say ${{{{ inputs.count }}}}"}}
  - {{id: last, run: "fail"}}
"""


async def ended(scene: Scene, text: str = RELEASE) -> RunRow:
    """A run that is over."""
    run = await scene.start(text)

    async def over() -> bool:
        return (await scene.studio.runs.get(run.id)).row.ended

    await eventually(over)
    return run


async def in_dialog(app: WatchedApp, pilot: Pilot[int]) -> ForkDialog:
    await until(pilot, lambda: isinstance(app.screen, ForkDialog))
    await armed(pilot)
    assert isinstance(app.screen, ForkDialog)
    return app.screen


async def at_runs(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)


async def fork_is_open(scene: Scene, app: WatchedApp, pilot: Pilot[int], of: RunRow) -> RunScreen:
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None and app.screen.run_id != of.id)
    assert isinstance(app.screen, RunScreen)
    assert (await scene.studio.runs.get(app.screen.run_id)).row.forked_from == of.id
    return app.screen


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 20)])
async def test_two_keys_fork_a_run_and_open_the_fork(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene)
    async with scene.screens(size=size) as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("F")
        dialog = await in_dialog(app, pilot)
        words = shown(app)
        assert "Fork release #1 at its end?" in words
        assert "is taken over" in words
        assert "begins once more" in words
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region), (button.id, button.region)
        await pilot.press("enter")
        screen = await fork_is_open(scene, app, pilot, run)
        if size[0] >= 80:
            screen.query_one(DetailTabs).turn(1)
            await until(pilot, lambda: "forked from release #1 at its end" in shown(app))


async def test_other_inputs_are_a_plan_of_their_own_which_is_shown_first(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("F")
        dialog = await in_dialog(app, pilot)
        dialog.query_one(OneLine).value = "many"
        await pilot.press("enter")
        await until(pilot, lambda: "must be a whole number" in shown(app) and app.focused is dialog.query_one(OneLine))
        dialog.query_one(OneLine).value = "7"
        # A button that was just pressed takes no key for a moment.
        await until(pilot, lambda: not dialog.query_one("#yes").has_class("-active"))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "inputs.count is 7, and was 1" in shown(app))
        await sees(pilot, "it uses inputs.count, which is changed")
        await sees(pilot, "look at it, then start it")
        assert len(await scene.studio.runs.list()) == 1
        await armed(pilot)
        assert app.focused is dialog.query_one("#yes")
        await pilot.press("enter")
        screen = await fork_is_open(scene, app, pilot, run)
        assert (await scene.studio.runs.get(screen.run_id)).inputs == {"count": 7}


async def test_esc_and_the_other_button_start_nothing(scene: Scene) -> None:
    await ended(scene)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        for keys in (("escape",), ("right", "enter")):
            await pilot.press("F")
            await in_dialog(app, pilot)
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    assert len(await scene.studio.runs.list()) == 1


async def test_a_run_in_sight_and_one_of_the_history_are_forked_with_the_same_key(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        app.post_message(messages.RunOpened(run.id))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        await pilot.press("F")
        await in_dialog(app, pilot)
        await pilot.press("escape")
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.listed.selected is not None)
        await pilot.press("F")
        await in_dialog(app, pilot)


async def test_in_the_history_of_a_run_it_is_forked_from_the_moment_that_is_shown(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        app.post_message(messages.RunOpened(run.id, past=True))
        await until(pilot, lambda: isinstance(app.screen, PastScreen) and app.screen.view is not None)
        screen = app.screen
        assert isinstance(screen, PastScreen)
        seq = await scene.studio.moments.resolve(run.id, "build")
        screen.go(seq)
        await until(pilot, lambda: screen.view is not None and screen.view.moment.seq == seq)
        await pilot.press("F")
        await in_dialog(app, pilot)
        words = shown(app)
        assert "Fork release #1 after build?" in words
        assert "it had not begun" in words
        await pilot.press("enter")
        fork = await fork_is_open(scene, app, pilot, run)
        assert (await scene.studio.runs.get(fork.run_id)).fork_words == ("forked from release #1 after build",)


async def test_a_run_that_is_gone_meanwhile_is_told_and_nothing_is_started(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("F")
        await in_dialog(app, pilot)
        await scene.studio.keeping.delete_run(run.id)
        await pilot.press("enter")
        await until(pilot, lambda: "No run fits" in shown(app))
    assert not await scene.studio.runs.list()
