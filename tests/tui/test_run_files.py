"""Files of runs on the screens: a run is exported with a key, and one that came from a file is marked and left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from oyama_tui.tui.dialogs.export import ExportDialog
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.studio.archived import exported
from tests.tui.scene import BROKEN, LONG, Scene, WatchedApp, armed, eventually, sees, shown, toasts, until

SMALL = (80, 24)


async def at_run(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.subject is not None)


async def ended(scene: Scene) -> str:
    run = await scene.start(BROKEN)

    async def over() -> bool:
        return await scene.phase(run.id) == "failed"

    await eventually(over)
    return run.id


@pytest.mark.parametrize("size", [SMALL, (120, 36)])
async def test_a_run_is_exported_with_a_key(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    monkeypatch.chdir(tmp_path)
    await ended(scene)
    async with scene.screens(size=size) as (app, pilot):
        await at_run(app, pilot)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog))
        await armed(pilot)
        await sees(pilot, "Export broken #1")
        await sees(pilot, "with all values and answers")
        assert "not over" not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: any("broken #1 is in" in toast for toast in toasts(app)))
    assert [check.status for check in await scene.studio.archive.check(tmp_path / "broken-1.oyamarun")] == ["ok", "ok"]


async def test_a_file_is_replaced_only_when_that_is_said(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await ended(scene)
    (tmp_path / "broken-1.oyamarun").write_text("mine")
    async with scene.screens(size=SMALL) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.listed.selected is not None)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog))
        await armed(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in shown(app) and bool(app.screen.query("#replace")))
        assert (tmp_path / "broken-1.oyamarun").read_text() == "mine"
        app.screen.query_one("#path", Input).value = str(tmp_path / "no" / "x")
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "there is no folder" in " ".join(shown(app).split()))
        app.screen.query_one("#path", Input).value = "broken-1.oyamarun"
        app.screen.query_one("#replace", Button).press()
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
    assert [check.status for check in await scene.studio.archive.check(tmp_path / "broken-1.oyamarun")] == ["ok", "ok"]


async def test_a_run_that_goes_on_is_told_as_such_before_it_is_exported(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens(size=SMALL) as (app, pilot):
        await at_run(app, pilot)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog) and "The run is not over" in shown(app))
        await armed(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


@pytest.mark.parametrize("size", [SMALL, (120, 36)])
async def test_an_imported_run_is_marked_and_no_key_changes_it(tmp_path: Path, size: tuple[int, int]) -> None:
    file = await exported(tmp_path / "there", tmp_path / "r.oyamarun", answer=False)
    async with open_studio(Settings(home=tmp_path / "here", bell=False), drive="all", trigger="screen") as studio:
        run = (await studio.archive.bring_in(file)).row
        scene = Scene(studio, None, tmp_path)  # type: ignore[arg-type]
        async with scene.screens(size=size) as (app, pilot):
            await pilot.press("4")
            await until(pilot, lambda: "imported" in shown(app))
            await pilot.press("o")
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and "imported" in shown(app))
            for key, hint in (("p", "p pause"), ("X", "X cancel"), ("a", "a answer")):
                assert hint not in shown(app)
                await pilot.press(key)
            assert isinstance(app.screen, RunScreen)
            assert {"pause_run", "cancel_run", "answer_gate"}.isdisjoint(app.carried_out)
            await pilot.press("3")
            await until(pilot, lambda: "r.oyamarun" not in shown(app) and "Publish v1" not in shown(app))
        assert (await studio.runs.get(run.id)).row.status == "waiting"
