"""One workflow: its runs step by step, its text, what that was before, how it does; and two of its runs beside each other."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from oyama_tui.tui.dialogs.notice import ErrorDialog
from oyama_tui.tui.screens.comparison import ComparisonScreen
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.workflow import WorkflowScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.run_matrix import MatrixCells
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, eventually, sees, shown, toasts, until

LOAD = """
id: load
name: Load
steps:
  - {id: read, run: echo 3 rows}
  - {id: tell, run: echo told}
"""


async def over(scene: Scene, text: str = LOAD) -> str:
    """One run that has ended; its id."""
    row = await scene.start(text)

    async def ended() -> bool:
        return (await scene.studio.runs.get(row.id)).row.ended

    await eventually(ended)
    return row.id


async def look_into(app: WatchedApp, pilot: Pilot[int], workflow: str = "load") -> WorkflowScreen:
    """Go to the screen of a workflow as people do."""
    await pilot.press("1")
    await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.selected is not None)
    assert isinstance(app.screen, WorkflowsScreen)
    app.screen.shapes.select_key(workflow)
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, WorkflowScreen) and app.screen.view is not None)
    assert isinstance(app.screen, WorkflowScreen)
    return app.screen


async def test_its_runs_stand_beside_each_other_and_enter_opens_that_step_of_that_run(scene: Scene) -> None:
    await over(scene)
    failed = await over(scene, LOAD.replace("echo 3 rows", "fail"))
    await over(scene)
    async with scene.screens() as (app, pilot):
        screen = await look_into(app, pilot)
        await sees(pilot, "read in #3")
        assert isinstance(app.focused, MatrixCells)
        head = next(line for line in shown(app).splitlines() if "median" in line)
        assert head.split()[:5] == ["3", "runs", "#1", "#2", "#3"]
        await pilot.press("h")
        await sees(pilot, "read in #2   ✗ failed")
        await pilot.press("j", "k", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        assert isinstance(app.screen, RunScreen)
        assert app.screen.run_id == failed
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.nodes.rows.cursor_key == "read")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))


async def test_the_history_leads_to_the_workflow_and_back(scene: Scene) -> None:
    await over(scene)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and bool(app.screen.subject_id()))
        await pilot.press("v")
        await sees(pilot, "read in #1")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_a_run_that_ends_changes_its_column_and_the_cursor_stays(scene: Scene) -> None:
    await over(scene)
    asked = await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        screen = await look_into(app, pilot, "release")
        await sees(pilot, "◆")
        await pilot.press("j")
        before = screen.runs.cells.under_cursor
        await scene.studio.approvals.decide(asked, "reject", comment="no")
        await sees(pilot, "⊘")
        after = screen.runs.cells.under_cursor
        assert before is not None
        assert after is not None
        assert (after[0].key, after[1].id) == (before[0].key, before[1].id)


async def test_two_runs_are_compared_the_one_before_unless_another_is_marked(scene: Scene) -> None:
    await over(scene)
    await over(scene, LOAD.replace("echo 3 rows", "echo 0 rows"))
    await over(scene)
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        await sees(pilot, "- 0 rows")
        await sees(pilot, "+ 3 rows")
        assert "#2" in shown(app)
        await pilot.press("t")
        await sees(pilot, "+ 0 rows")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowScreen))
        await pilot.press("space", "h", "h", "d")
        await sees(pilot, "Both runs came to the same")
        await pilot.press("v")
        await sees(pilot, "all steps are shown")
        await sees(pilot, "It wrote the same in both runs")


async def test_each_pane_tells_something(scene: Scene) -> None:
    await over(scene)
    await over(scene, LOAD.replace("echo told", "echo said"))
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot)
        for words in ("after read", "echo said", "+   run: echo said", "2 runs, since"):
            await pilot.press("]")
            await sees(pilot, words)
        await pilot.press("]")
        await sees(pilot, "read in #2")


async def test_words_are_found_in_its_text(scene: Scene) -> None:
    await over(scene)
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot)
        await pilot.press("]", "]")
        await sees(pilot, "name: Load")
        await pilot.press("/", *"told", "enter")
        await sees(pilot, "1 of 1")


async def test_a_workflow_without_a_run_says_what_to_press(scene: Scene) -> None:
    await scene.keep(GRAVE)
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot, "grave")
        await sees(pilot, "It has not run yet")
        await pilot.press("]")
        await sees(pilot, "asks first")
        assert "It has not run yet" not in shown(app)


async def test_a_file_that_cannot_be_run_any_more_is_told_where_its_steps_were(scene: Scene) -> None:
    await over(scene)
    (scene.folder / "load.yaml").write_text(LOAD.replace("steps:", "stpes:"))
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot)
        await sees(pilot, "read in #1")
        for _pane in ("steps", "text"):
            await pilot.press("]")
            await sees(pilot, "stpes")


async def test_without_an_editor_or_a_terminal_it_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await over(scene)
    monkeypatch.setenv("VISUAL", "no-such-editor")
    async with scene.screens() as (app, pilot):
        await look_into(app, pilot)
        await pilot.press("e")
        await until(pilot, lambda: any("no-such-editor" in words for words in toasts(app)))
        monkeypatch.setenv("VISUAL", "true")
        await pilot.press("e")
        await until(pilot, lambda: any("needs a terminal" in words for words in toasts(app)))
        assert not isinstance(app.screen, ErrorDialog)
