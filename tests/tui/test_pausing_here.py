"""A pause before the step under the cursor: a key sets it, the row shows it, the same key takes it back."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from oyama_tui.core.views import RunRow
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.tui.scene import LONG, Scene, WatchedApp, eventually, sees, shown, toasts, until

LOOP = """
id: loop
steps:
  - {id: hold, run: "hold"}
  - id: fan
    name: "[red]\u202eall of the hosts that there are in this place and in every other one"
    for_each: [a, b]
    steps: [{id: copy, run: "say copied"}]
"""


async def at_run(app: WatchedApp, pilot: Pilot[int], run: RunRow, node: str) -> None:
    """The run's own screen, with the cursor on one of its rows."""
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
    assert isinstance(app.screen, RunScreen)
    assert app.screen.run_id == run.id
    app.screen.nodes.rows.select_key(node)
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.nodes.rows.cursor_key == node)


async def breakpoints(scene: Scene, run: RunRow) -> tuple[str, ...]:
    return (await scene.studio.runs.get(run.id)).breakpoints


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 20)])
async def test_a_key_sets_the_pause_and_takes_it_back(scene: Scene, size: tuple[int, int]) -> None:
    run = await scene.start(LONG)
    async with scene.screens(size=size) as (app, pilot):
        await at_run(app, pilot, run, "last")
        await pilot.press("P")
        await until(pilot, lambda: "‖ last" in shown(app) and "pauses here" in shown(app))
        assert await breakpoints(scene, run) == ("last",)
        await sees(pilot, "pauses before last")
        await pilot.press("P")
        await until(pilot, lambda: "○ last" in shown(app))
        assert await breakpoints(scene, run) == ()


async def test_the_run_pauses_there_and_the_list_says_why(scene: Scene) -> None:
    run = await scene.start(LONG)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_run(app, pilot, run, "last")
        await pilot.press("P")
        await until(pilot, lambda: "‖ last" in shown(app))
        scene.steps.released.set()
        await until(pilot, lambda: "before last" in shown(app) and "paused" in shown(app))
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and "before last" in shown(app))
        await pilot.press("p")

        async def over() -> bool:
            return (await scene.studio.runs.get(run.id)).row.status == "completed"

        await eventually(over)


async def test_what_has_begun_is_refused_with_a_sentence(scene: Scene) -> None:
    run = await scene.start(LONG)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_run(app, pilot, run, "hold")
        await pilot.press("P")
        await until(pilot, lambda: any("has begun already" in words for words in toasts(app)))
        assert await breakpoints(scene, run) == ()


async def test_a_long_and_hostile_name_leaves_room_for_the_mark(scene: Scene) -> None:
    run = await scene.start(LOOP)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_run(app, pilot, run, "fan")
        await pilot.press("P")
        await until(pilot, lambda: "‖" in shown(app))
        await sees(pilot, "[red]")
        assert "\u202e" not in shown(app)


async def test_a_run_that_is_over_has_no_such_key(scene: Scene) -> None:
    run = await scene.start(LONG)
    scene.steps.released.set()

    async def over() -> bool:
        return (await scene.studio.runs.get(run.id)).row.ended

    await eventually(over)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "long" in shown(app))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        assert isinstance(app.screen, RunScreen)
        assert not app.screen.check_action("take_up", ("pause",))
