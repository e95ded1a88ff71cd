"""Variables of a run are changed on the screens: a key, a look at the change, a yes."""

from __future__ import annotations

import pytest
from pydantic import JsonValue
from textual.pilot import Pilot

from oyama_tui.tui.dialogs.variables import VariablesDialog
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.writing import OneLine
from tests.tui.scene import RELEASE, Scene, WatchedApp, armed, shown, until


def words(app: WatchedApp) -> str:
    return " ".join(shown(app).split())


async def going(scene: Scene) -> str:
    """The id of a run that goes on."""
    return (await scene.studio.approvals.get(await scene.asked(RELEASE))).row.run_id


async def opened(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("runs")
    await until(pilot, lambda: bool(getattr(app.screen, "subject", None)))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
    while app.screen.query_one(DetailTabs).pane.id != "context":
        app.screen.query_one(DetailTabs).turn(1)
        await pilot.pause()
    await pilot.press("C")
    await until(pilot, lambda: isinstance(app.screen, VariablesDialog))
    await armed(pilot)


async def press(app: WatchedApp, pilot: Pilot[int], button: str, name: str, value: str = "") -> None:
    app.screen.query_one("#name", OneLine).value = name
    app.screen.query_one("#value", OneLine).value = value
    await again(app, pilot, button)


async def again(app: WatchedApp, pilot: Pilot[int], button: str) -> None:
    await armed(pilot)
    app.screen.query_one(f"#{button}").focus()
    await pilot.press("enter")


async def values(scene: Scene, run: str) -> dict[str, JsonValue]:
    return {variable.name: variable.value for variable in await scene.studio.runs.context(run)}


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_change_is_shown_before_it_is_made(scene: Scene, size: tuple[int, int]) -> None:
    run = await going(scene)
    await scene.studio.runs.change_context(run, set={"hosts": ["a"]})
    async with scene.screens(size=size) as (app, pilot):
        await opened(app, pilot)
        await press(app, pilot, "set", "hosts", '["a", "b"]')
        await until(pilot, lambda: "Press again to do it." in words(app) and "→" in words(app))
        assert (await values(scene, run))["hosts"] == ["a"]
        await again(app, pilot, "set")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    assert (await values(scene, run))["hosts"] == ["a", "b"]


async def test_a_variable_is_removed(scene: Scene) -> None:
    run = await going(scene)
    await scene.studio.runs.change_context(run, set={"hosts": "a"})
    async with scene.screens() as (app, pilot):
        await opened(app, pilot)
        await press(app, pilot, "unset", "hosts")
        await until(pilot, lambda: "is removed. Press again" in words(app))
        await again(app, pilot, "unset")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    assert "hosts" not in await values(scene, run)


async def test_a_bad_name_is_refused_and_kept(scene: Scene) -> None:
    await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        await opened(app, pilot)
        await press(app, pilot, "set", "9 lives", "x")
        await until(pilot, lambda: "cannot be a variable" in words(app))
        assert app.screen.query_one("#name", OneLine).value == "9 lives"


async def test_what_has_changed_meanwhile_is_told(scene: Scene) -> None:
    run = await going(scene)
    await scene.studio.runs.change_context(run, set={"hosts": "a"})
    async with scene.screens() as (app, pilot):
        await opened(app, pilot)
        await press(app, pilot, "set", "hosts", "c")
        await until(pilot, lambda: "Press again" in words(app))
        await scene.studio.runs.change_context(run, set={"hosts": "b"})
        await again(app, pilot, "set")
        await until(pilot, lambda: "It has changed meanwhile." in words(app))
        assert (await values(scene, run))["hosts"] == "b"
