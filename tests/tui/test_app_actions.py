"""Starting, making, opening, pausing, cancelling, leaving."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Checkbox, Input, Select

from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.dialogs.files import FileDialog, NewDialog
from oyama_tui.tui.dialogs.notice import ErrorDialog
from oyama_tui.tui.dialogs.start import StartDialog
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.fields import Field
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import LONG, RELEASE, Scene, armed, sees, shown, toasts, until


async def test_the_form_tells_errors_at_their_fields_and_remembers(scene: Scene) -> None:
    await scene.keep(RELEASE)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Release" in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, StartDialog))
        await armed(pilot)
        version, channel, loud = app.screen.query(Field)
        assert version.spec.required
        assert channel.query_one(Select).value == 0
        assert loud.query_one(Checkbox).value is True
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: app.screen.query(".-wrong"))
        await pilot.press(*"2.0")
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "is required" not in shown(app) and app.screen.query(".-wrong"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, StartDialog))
        await armed(pilot)
        assert app.screen.query_one(SeveralLines).value == "2.0"
        app.screen.query_one(SeveralLines).text = "v2.0"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        rows = await scene.studio.runs.list()
        view = await scene.studio.runs.get(rows[0].id)
        assert view.inputs == {"version": "v2.0", "channel": "beta", "loud": True}


async def test_run_again_begins_with_the_inputs_of_that_run(scene: Scene) -> None:
    await scene.asked(version="v9")
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, StartDialog))
        await armed(pilot)
        assert app.screen.query_one(SeveralLines).value == "v9"


async def test_a_broken_file_is_told_with_all_its_mistakes(scene: Scene) -> None:
    await scene.keep(RELEASE)
    (scene.folder / "release.yaml").write_text("id: release\nsteps:\n  - {id: a, runn: x}\n  - {id: a, run: y}\n")
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Release" in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await sees(pilot, "release.yaml")
        await sees(pilot, "runn")


async def test_a_file_is_opened_by_its_path(scene: Scene) -> None:
    path = scene.folder / "long.yaml"
    path.write_text(LONG)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Nothing here yet" in shown(app))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, FileDialog))
        await armed(pilot)
        app.screen.query_one("#path", Input).value = str(scene.folder / "nowhere.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#wrong.-there") and app.focused is app.screen.query_one("#path"))
        app.screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and "Long" in shown(app))


@pytest.mark.parametrize("key", ["o", "n"])
async def test_the_home_of_nobody_is_no_path(scene: Scene, key: str) -> None:
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Nothing here yet" in shown(app))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, FileDialog | NewDialog))
        await armed(pilot)
        app.screen.query_one("#path", Input).focus()
        await pilot.press(*"~nobody-here/x.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#wrong.-there")) and "begins" in shown(app))
        assert app.focused is app.screen.query_one("#path")


async def test_a_new_workflow_is_written_from_a_template(scene: Scene) -> None:
    path = scene.folder / "mine" / "first.yaml"
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Nothing here yet" in shown(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewDialog))
        await armed(pilot)
        await pilot.press("tab")
        app.screen.query_one("#path", Input).value = str(path.with_suffix(""))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        assert path.is_file()


async def test_pause_and_resume_with_one_key(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
        await pilot.press("p")
        await until(pilot, lambda: "draining" in shown(app))
        await pilot.press("p")
        await until(pilot, lambda: " running" in shown(app))
        assert await scene.phase(row.id) == "running"


async def test_cancelling_says_what_happens_and_starts_on_no(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        await sees(pilot, "1 running step will be ended")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert await scene.phase(row.id) == "running"
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "⊘ cancelled" in shown(app))


async def test_quitting_is_at_once_when_no_run_is_under_way(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: app._exit)
    assert app.return_value == 0


async def test_quitting_says_that_runs_go_on(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: app.context.system is not None and app.context.system.going_on == 1)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await sees(pilot, "1 run goes on in the background")
        await armed(pilot)
        assert app.focused is not None
        assert app.focused.id == "yes"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: app._exit)
    assert await scene.phase(row.id) == "running"


async def test_paused_runs_are_no_reason_to_ask_before_quitting(scene: Scene) -> None:
    row = await scene.start(LONG)
    await scene.studio.runs.pause(row.id, mode="now")
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: app.context.system is not None and app.context.system.paused == 1)
        await pilot.press("q")
        await until(pilot, lambda: app._exit)


async def test_all_runs_are_paused_by_one_command(scene: Scene) -> None:
    rows = [await scene.start(LONG), await scene.start(LONG)]
    async with scene.screens() as (app, pilot):
        await pilot.press(":", *"pause all")
        await until(pilot, lambda: "pause all runs" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "2 runs start no new step until resumed." in toasts(app))
    assert [await scene.phase(row.id) for row in rows] == ["draining", "draining"]


async def test_control_c_says_how_to_quit(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: toasts(app) == ["q quits."])
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewDialog))
        await armed(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: toasts(app) == ["esc closes this; then q quits."])


async def test_y_copies_the_id_and_upper_case_the_command(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
        await pilot.press("y")
        assert app.clipboard == row.id
        await pilot.press("Y")
        assert app.clipboard == "oyama show long#1"
        await until(pilot, lambda: any("oyama show long#1" in toast for toast in toasts(app)))
