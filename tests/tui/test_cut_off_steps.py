"""A step that was cut off and asks, on the screens: its row, its card, its answers."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.core.views import RunRow
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, WatchedApp, armed, eventually, looked_at, sees, shown, until

FLOW = """
id: release
steps:
  - {id: publish, run: "hold", rerun: ask}
  - {id: after, run: "say after"}
"""


async def cut_off(scene: Scene) -> RunRow:
    """A run whose step was cut off by a pause at once, and asks."""
    run = await scene.start(FLOW)

    async def begun() -> bool:
        return await scene.studio.runs.attempt(run.id, "publish") is not None

    await eventually(begun)
    await scene.studio.runs.pause(run.id, mode="now")

    async def paused() -> bool:
        return await scene.phase(run.id) == "paused"

    await eventually(paused)
    await scene.studio.runs.resume(run.id)

    async def asks() -> bool:
        return bool(await scene.studio.approvals.list())

    await eventually(asks)
    return run


async def at_card(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    await until(pilot, lambda: "LET IT FAIL" in shown(app))
    await looked_at(pilot)


@pytest.mark.parametrize("size", [(80, 24), (100, 40)])
async def test_its_row_says_that_it_asks_and_its_key_leads_to_the_card(scene: Scene, size: tuple[int, int]) -> None:
    run = await cut_off(scene)
    async with scene.screens(size=size) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "publish was" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        assert isinstance(app.screen, RunScreen)
        assert app.screen.view is not None
        node = app.screen.view.run.nodes[0]
        assert (node.key, node.status, node.word) == ("publish", "waiting", "needs you")
        assert node.note.startswith("asks whether")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and "publish was" in shown(app))
    assert await scene.phase(run.id) == "waiting"


async def test_what_it_says_is_chosen_in_the_dialog(scene: Scene) -> None:
    run = await cut_off(scene)
    async with scene.screens(size=(100, 40)) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("a")
        await armed(pilot)
        await sees(pilot, "Answer: publish was cut off")
        await sees(pilot, "Look first at what it has left")
        assert str(app.screen.query_one("#yes", Button).label).strip() == "Answer"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "required" in shown(app) or "needed" in shown(app))
    assert await scene.phase(run.id) == "waiting"


async def test_a_no_asks_why_and_fails_the_step(scene: Scene) -> None:
    run = await cut_off(scene)
    async with scene.screens(size=(100, 40)) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("r")
        await armed(pilot)
        await sees(pilot, "Let it fail: publish was cut off")
        await pilot.press(*"half", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))

        async def failed() -> bool:
            return await scene.phase(run.id) == "failed"

        await eventually(failed)
    view = await scene.studio.runs.get(run.id)
    assert view.nodes[0].status == "failed"
    assert "let it fail: half" in view.error
