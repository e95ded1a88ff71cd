"""A run is taken back on the screens: a key, a plan, a yes."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.core.views import RunRow
from oyama_tui.tui import messages
from oyama_tui.tui.dialogs.recover import RecoverDialog
from oyama_tui.tui.dialogs.undo import UndoDialog
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.writing import OneLine
from tests.tui.scene import Scene, WatchedApp, armed, eventually, sees, shown, toasts, until

RELEASE = """
id: release
context: {tag: "", kept: 1}
steps:
  - {id: build, run: "say built", compensate: {run: "say unbuilt"}}
  - {id: mark, set: {tag: v2}}
  - id: publish
    run: "say published"
    compensate: {run: "say unpublished with a command that goes on and on and on and on and is long to the END"}
  - {id: tell, run: "say told"}
"""
SENT = RELEASE.replace('run: "say told"', 'run: "say told", effect: permanent')
STUCK = """
id: stuck
steps:
  - {id: build, run: "say built", compensate: {run: "say unbuilt"}}
  - {id: publish, run: "say published", compensate: {run: "fail"}}
"""
BUSY = """
id: busy
steps:
  - {id: build, run: "say built", compensate: {run: "say unbuilt"}}
  - {id: hold, run: "hold"}
"""
HOSTILE = """
id: hostile
steps:
  - id: a_step_whose_id_is_much_longer_than_any_column_is
    name: "[bold]no markup and a name that is long"
    run: "say x"
    compensate: {run: "say [red]\\e[2J and words that go on and on and on and on"}
"""
MANY = f"""
id: many
steps:
  - id: loop
    for_each: {{items: {list(range(210))}}}
    steps:
      - {{id: copy, run: "say copied", compensate: {{run: "say removed ${{{{ item }}}}"}}}}
"""
EMPTY = """
id: empty
steps:
  - {id: look, run: "say seen", effect: none}
"""


async def ended(scene: Scene, text: str = RELEASE) -> RunRow:
    """A run that is over."""
    run = await scene.start(text)

    async def over() -> bool:
        return (await scene.studio.runs.get(run.id)).row.ended

    await eventually(over)
    return run


async def in_dialog(app: WatchedApp, pilot: Pilot[int]) -> UndoDialog:
    await until(pilot, lambda: isinstance(app.screen, UndoDialog))
    await armed(pilot)
    assert isinstance(app.screen, UndoDialog)
    return app.screen


async def at_runs(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)


async def planned(app: WatchedApp, pilot: Pilot[int]) -> UndoDialog:
    """The plan of the run under the cursor."""
    await at_runs(app, pilot)
    await pilot.press("U")
    return await in_dialog(app, pilot)


async def rests(scene: Scene, run: RunRow) -> str:
    """Why a run is paused, once it is."""

    async def paused() -> bool:
        return await scene.phase(run.id) == "paused"

    await eventually(paused)
    return (await scene.studio.runs.get(run.id)).row.reason


def words_of(app: WatchedApp) -> str:
    return " ".join(shown(app).replace("▌", " ").split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 16)])
async def test_two_keys_take_a_completed_run_back_to_its_beginning(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene)
    async with scene.screens(size=size) as (app, pilot):
        dialog = await planned(app, pilot)
        words = words_of(app)
        assert "Take release #1 back to its beginning?" in words
        assert "1 ↶ publish" in words
        assert "2 ↶ build" in words
        assert "! tell" in words
        assert ("END" in words) == (size[0] >= 120), "whole where there is room"
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region), (button.id, button.region)
        await pilot.press("pagedown")
        await until(pilot, lambda: "tag: v2 → empty" in words_of(app) and "these begin anew: build, mark, publish, tell" in words_of(app))
        assert "kept" not in words_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == run.id)
        assert await rests(scene, run) == "undone, back to its beginning"
        assert any("release #1 is taken back" in toast for toast in toasts(app))
        await until(pilot, lambda: "undone, back to its beginning" in words_of(app))


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_footer_of_a_completed_run_names_the_key(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene)
    async with scene.screens(size=size) as (app, pilot):
        await at_runs(app, pilot)
        await until(pilot, lambda: "U undo" in shown(app))
        app.post_message(messages.RunOpened(run.id))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "U undo" in shown(app))


async def test_the_list_of_history_takes_runs_back_too(scene: Scene) -> None:
    await ended(scene)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "U undo" in shown(app))
        await pilot.press("U")
        await in_dialog(app, pilot)
        assert "Take release #1 back to its beginning?" in words_of(app)


async def test_esc_and_the_other_button_change_nothing(scene: Scene) -> None:
    run = await ended(scene)
    seq = (await scene.studio.runs.get(run.id)).seq
    async with scene.screens() as (app, pilot):
        for keys in (("escape",), ("right", "enter")):
            await planned(app, pilot)
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    assert (await scene.studio.runs.get(run.id)).seq == seq


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_what_cannot_be_undone_is_named_before_anything_is_done(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene, SENT)
    seq = (await scene.studio.runs.get(run.id)).seq
    async with scene.screens(size=size) as (app, pilot):
        dialog = await planned(app, pilot)
        assert "stays: it is permanent" in words_of(app)
        assert app.focused is dialog.query_one("#no"), "a key that is pressed at once changes nothing"
        await pilot.press("left", "enter")
        await until(pilot, lambda: "Type tell to go on, or leave it." in words_of(app))
        assert (await scene.studio.runs.get(run.id)).seq == seq
        assert app.focused is dialog.query_one(OneLine)
        await pilot.press(*"build", "enter", "enter")
        await until(pilot, lambda: app.focused is dialog.query_one(OneLine))
        assert (await scene.studio.runs.get(run.id)).seq == seq
        dialog.query_one(OneLine).value = "tell"
        await until(pilot, lambda: not dialog.query_one("#yes").has_class("-active"))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    assert await rests(scene, run) == "undone, back to its beginning"


async def test_a_plan_that_no_longer_holds_is_looked_at_anew(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        dialog = await planned(app, pilot)
        await scene.studio.undoing.undo(run.id, to="publish", why="somebody else")
        await rests(scene, run)
        await pilot.press("enter")
        await until(pilot, lambda: "has moved on since the plan was shown" in words_of(app) and "Look at the plan anew" in words_of(app))
        await until(pilot, lambda: not dialog.busy and not dialog.query_one("#yes").has_class("-active"))
        seq = (await scene.studio.runs.get(run.id)).seq
        await pilot.press("enter")
        await until(pilot, lambda: "This is the plan as it is now" in words_of(app) and "Undo it" in words_of(app))
        assert (await scene.studio.runs.get(run.id)).seq == seq, "to look is not to do"
        await armed(pilot)
        await until(pilot, lambda: not dialog.query_one("#yes").has_class("-active"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    assert (await rests(scene, run)).startswith("undone, back to its beginning")


async def test_a_run_in_which_something_runs_says_what_to_do_first(scene: Scene) -> None:
    run = await scene.start(BUSY)

    async def holds() -> bool:
        return any(node.step_id == "hold" and node.status == "running" for node in (await scene.studio.runs.get(run.id)).nodes)

    await eventually(holds)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("U")
        await until(pilot, lambda: any("hold runs, so what undoes it is not known yet" in toast for toast in toasts(app)))
        assert any("Pause it first" in toast for toast in toasts(app))
        assert isinstance(app.screen, RunsScreen)


async def test_the_history_of_a_run_undoes_to_the_moment_in_sight(scene: Scene) -> None:
    run = await ended(scene)
    async with scene.screens() as (app, pilot):
        app.post_message(messages.RunOpened(run.id))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PastScreen) and app.screen.view is not None)
        past = app.screen
        assert isinstance(past, PastScreen)
        assert "undo to here" not in shown(app), "nothing has happened since the newest event"
        marks = await scene.studio.moments.snapshots(run.id)
        past.go(next(point.seq for point in marks if point.node == "build"))
        await until(pilot, lambda: "undo to here" in shown(app))
        await pilot.press("U")
        await in_dialog(app, pilot)
        words = words_of(app)
        assert "Take release #1 back to after build?" in words
        assert "↶ publish" in words
        assert "↶ build" not in words
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    assert await rests(scene, run) == "undone, back to after build"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_could_not_be_undone_is_tried_again_with_the_key_that_recovers(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene, STUCK)
    async with scene.screens(size=size) as (app, pilot):
        await planned(app, pilot)
        await pilot.press("enter")
        assert "publish could not be undone" in await rests(scene, run)
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "R recover" in shown(app))
        assert "U undo" not in shown(app)
        assert "X cancel" not in shown(app)
        await pilot.press("p")
        await until(pilot, lambda: any("rests because something could not be undone" in toast for toast in toasts(app)))
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "R recover" in shown(app))
        await pilot.press("2")
        await at_runs(app, pilot)
        await until(pilot, lambda: "R recover" in shown(app))
        seq = (await scene.studio.runs.get(run.id)).seq
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RecoverDialog))
        await armed(pilot)
        assert "publish" in words_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))

        async def tried() -> bool:
            view = await scene.studio.runs.get(run.id)
            return view.seq > seq + 1 and view.row.status == "paused"

        await eventually(tried)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_undid_a_step_has_a_row_with_its_output_and_values(scene: Scene, size: tuple[int, int]) -> None:
    run = await ended(scene, STUCK)
    await scene.studio.undoing.undo(run.id)
    await rests(scene, run)
    async with scene.screens(size=size) as (app, pilot):
        app.post_message(messages.RunOpened(run.id))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        screen = app.screen
        assert isinstance(screen, RunScreen)
        screen.nodes.rows.select_key("publish~undo")
        await until(pilot, lambda: screen.nodes.node is not None and screen.nodes.node.key == "publish~undo")
        screen.query_one(DetailTabs).turn(1)
        screen.add_class("-inside")
        await until(pilot, lambda: "exit 2" in words_of(app) and "attempt 1" in words_of(app))


async def test_rows_of_any_length_and_text_stay_in_their_lines(scene: Scene) -> None:
    await ended(scene, HOSTILE)
    async with scene.screens(size=(60, 20)) as (app, pilot):
        dialog = await planned(app, pilot)
        await sees(pilot, "[bold]no markup")
        assert "say [red]␛[2J" in words_of(app)
        assert "\x1b[2J" not in shown(app)
        assert dialog.query_one("#undoing").size.height == 1


async def test_a_plan_of_hundreds_of_rows_is_counted_on(scene: Scene) -> None:
    await ended(scene, MANY)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await planned(app, pilot)
        assert re.search(r" 1 ↶ loop\[\d+]\.copy +say removed \W*\d+", shown(app))
        assert dialog.query_one("#undoing").size.height == 201
        dialog.query_one("#fields").scroll_end(animate=False)
        await until(pilot, lambda: "and 10 more" in words_of(app))


async def test_a_plan_without_anything_to_run_says_so(scene: Scene) -> None:
    run = await ended(scene, EMPTY)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await planned(app, pilot)
        assert "No step says what undoes it: nothing is run." in words_of(app)
        assert "look leaves nothing behind" in words_of(app)
        await pilot.press("enter")
        assert await rests(scene, run) == "undone, back to its beginning"
