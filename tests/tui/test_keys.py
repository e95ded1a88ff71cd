"""Every key of every screen does something, and nothing that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen

from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.commands.base import name_of_key
from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.comparison import ComparisonScreen
from oyama_tui.tui.screens.difference import DifferenceScreen
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.home import HomeScreen
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflow import WorkflowScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.approval_parts import Queue
from oyama_tui.tui.widgets.card_keys import Cards
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.frame import KeyLine
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.run_graph import RunGraph
from oyama_tui.tui.widgets.run_matrix import MatrixCells
from oyama_tui.tui.widgets.workflow_shapes import WorkflowShapes
from tests.tui.scene import LONG, RELEASE, Scene, WatchedApp, sees, toasts, until

SCREENS: tuple[type[Screen[None]], ...] = (
    *(
        HomeScreen,
        WorkflowsScreen,
        RunsScreen,
        RunScreen,
        ApprovalsScreen,
        HistoryScreen,
        PastScreen,
        DifferenceScreen,
        WorkflowScreen,
        ComparisonScreen,
    ),
    *(PastScreen, DifferenceScreen),
)
PRESSED_ELSEWHERE = {
    "keep.delete_run",
    "first.try_demo",
    "everywhere.try_again",
    "run.send_event",
    "run.edit_context",
    "run.next_problem",
    "run.previous_problem",
    "runs.take_up",
    "past.undo_to",
    "approvals.edit_then_approve",
    "approvals.send_back",
    "approvals.extend",
    "difference.turn_columns",
    "difference.next_part",
    "difference.previous_part",
    "difference.compare_otherwise",
}
"""Keys of a first start, of an unreadable list, of steps that wait and of variables: tests named after these press them."""
Arrive = Callable[[WatchedApp, "Pilot[int]"], Awaitable[None]]


async def at_home(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("home")
    await until(pilot, lambda: isinstance(app.screen, HomeScreen) and bool(app.screen.subject_id()))


async def at_workflows(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("workflows")
    await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.selected is not None)
    assert isinstance(app.screen, WorkflowsScreen)
    if app.screen.shapes.has_class("-cards"):
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.focused, Rows))


async def at_cards(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_workflows(app, pilot)
    assert isinstance(app.screen, WorkflowsScreen)
    if not app.screen.shapes.has_class("-cards"):
        await pilot.press("v")
    await until(pilot, lambda: isinstance(app.focused, Cards))


async def at_runs(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("runs")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
    assert isinstance(app.screen, RunsScreen)
    app.screen.runs.move_to(0)


async def at_run(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_runs(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)


async def at_graph(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_run(app, pilot)
    assert isinstance(app.screen, RunScreen)
    while app.screen.nodes.shape != "graph":
        await pilot.press("v")
    await until(pilot, lambda: isinstance(app.focused, RunGraph))


async def at_output(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_run(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.focused, Pager))


async def at_past(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_run(app, pilot)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, PastScreen) and app.screen.view is not None)


async def at_approvals(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("approvals")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)


async def at_history(app: WatchedApp, pilot: Pilot[int]) -> None:
    await app.action_show_place("history")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and bool(app.screen.subject_id()))


async def at_workflow(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_workflows(app, pilot)
    assert isinstance(app.screen, WorkflowsScreen)
    app.screen.shapes.select_key("long")
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, WorkflowScreen) and app.screen.runs.cells.under_cursor is not None)


async def at_figures(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_workflow(app, pilot)
    await pilot.press("left_square_bracket")
    await sees(pilot, "2 runs, since")


async def at_comparison(app: WatchedApp, pilot: Pilot[int]) -> None:
    await at_workflow(app, pilot)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.view is not None)


PLACES: dict[str, Arrive] = {
    "home": at_home,
    "workflows": at_workflows,
    "cards": at_cards,
    "runs": at_runs,
    "run": at_run,
    "graph": at_graph,
    "output": at_output,
    "past": at_past,
    "approvals": at_approvals,
    "history": at_history,
    "workflow": at_workflow,
    "figures": at_figures,
    "comparison": at_comparison,
}


async def set_up(scene: Scene) -> None:
    await scene.asked(RELEASE)
    await scene.start(LONG)
    await scene.start(LONG)


async def clear_away(app: WatchedApp, pilot: Pilot[int]) -> None:
    """Close what a key has opened, undo what it has done."""
    if isinstance(app.focused, FilterBar):
        await pilot.press("escape")
    for mode in ("home", "workflows", "runs", "approvals", "history"):
        await app.switch_mode(mode)
        while len(app.screen_stack) > 1:
            await app.pop_screen()
    for row in await app.studio.runs.list(live=True):
        if row.status in ("paused", "draining"):
            await app.studio.runs.resume(row.id)


def failures(app: OyamaApp) -> list[str]:
    return [notification.message for notification in app._notifications if notification.severity == "error"]


@pytest.mark.parametrize("place", PLACES)
async def test_every_key_does_something(scene: Scene, place: str) -> None:
    await set_up(scene)
    arrive = PLACES[place]
    async with scene.screens() as (app, pilot):
        await arrive(app, pilot)
        keys = {
            active.binding.id: (key, active.binding.action)
            for key, active in app.screen.active_bindings.items()
            if active.enabled and active.binding.id != "everywhere.quit_screens" and (active.node is not app or place == "workflows")
        }
        if place == "output":
            keys = {binding_id: found for binding_id, found in keys.items() if str(binding_id).startswith("list.")}
        assert None not in keys, "every binding has an id"
        here = (app.screen, app.focused)
        for binding_id, (key, action) in keys.items():
            if (app.screen, app.focused) != here or binding_id in ("runs.cancel_run", "runs.answer_gate"):
                await clear_away(app, pilot)
                await arrive(app, pilot)
                here = (app.screen, app.focused)
            app.clear_notifications()
            app.carried_out.clear()
            await pilot.press(key)
            name = action.split("(")[0].removeprefix("app.").removeprefix("screen.")
            assert name in app.carried_out, f"{key} ({binding_id}) did nothing on {place}"
            # What runs must be paused before it can be undone, and the key says so.
            refused = binding_id == "runs.undo_run" and any("Pause it first" in words for words in failures(app))
            assert refused or not failures(app), f"{key} ({binding_id}) failed on {place}: {failures(app)}"


@pytest.mark.parametrize("place", PLACES)
async def test_keys_in_the_footer_are_valid(scene: Scene, place: str) -> None:
    await set_up(scene)
    async with scene.screens() as (app, pilot):
        await PLACES[place](app, pilot)
        line = app.screen.query_one(KeyLine).render().plain
        valid = {name_of_key(key) for key, active in app.screen.active_bindings.items() if active.enabled}
        named = [part.split()[0] for part in line.split("   ") if part.strip()]
        assert named, "the footer names keys"
        assert set(named) <= valid
        assert "? all keys" in line


async def test_the_footer_of_a_field_names_no_key_that_is_a_letter_there(scene: Scene) -> None:
    await set_up(scene)
    async with scene.screens() as (app, pilot):
        await at_approvals(app, pilot)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, FilterBar))
        line = app.screen.query_one(KeyLine).render().plain
        named = [part.split()[0] for part in line.split("   ") if part.strip()]
        assert named == ["enter", "esc", "ctrl+q", "F1"]
        valid = {name_of_key(key) for key, active in app.screen.active_bindings.items() if active.enabled}
        assert set(named) <= valid


def declared() -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    owners: tuple[type[DOMNode], ...] = (*SCREENS, OyamaApp, WorkflowShapes, RunGraph, MatrixCells, Rows, Cards, Pager, Queue, FinderDialog)
    for owner in owners:
        for binding in owner._merged_bindings.key_to_bindings.values() if owner._merged_bindings else ():
            for each in binding:
                assert each.id, f"{owner.__name__}: {each.key} has no id"
                found[f"{owner.__name__} {each.id}"] = each
    return found


def test_every_binding_has_an_id_and_an_explanation() -> None:
    bindings = declared()
    assert len(bindings) > 80
    for name, binding in bindings.items():
        assert binding.tooltip.endswith("."), f"{name} has no explanation"


async def test_the_places_together_have_every_binding(scene: Scene) -> None:
    """What is declared and not pressed above is pressed by a test of its own."""
    await set_up(scene)
    found: set[str | None] = set()
    async with scene.screens() as (app, pilot):
        for arrive in PLACES.values():
            await clear_away(app, pilot)
            await arrive(app, pilot)
            found |= {active.binding.id for active in app.screen.active_bindings.values() if active.enabled}
    known = {binding.id for name, binding in declared().items() if not name.startswith("FinderDialog")}
    assert known - found == PRESSED_ELSEWHERE


def test_one_key_means_one_thing_on_a_screen() -> None:
    for owner in SCREENS:
        assert owner._merged_bindings is not None
        for key, bound in owner._merged_bindings.key_to_bindings.items():
            assert len({binding.action for binding in bound}) == 1, f"{owner.__name__}: {key}"


async def test_the_keymap_overrides_a_binding(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.tui.scene import open_scene

    async with (
        open_scene(tmp_path_factory.mktemp("keys"), keymap={"everywhere.show_runs": "ctrl+g"}) as scene,
        scene.screens() as (app, pilot),
    ):
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


@pytest.mark.parametrize(("key", "words"), [("u", "U undoes"), ("x", "X cancels")])
async def test_free_keys_say_what_their_upper_case_does(scene: Scene, key: str, words: str) -> None:
    await set_up(scene)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press(key)
        await until(pilot, lambda: any(words in toast for toast in toasts(app)))


async def test_help_lists_the_valid_keys_and_runs_one(scene: Scene) -> None:
    await set_up(scene)
    async with scene.screens() as (app, pilot):
        await at_runs(app, pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog))
        await sees(pilot, "pause/resume")
        await pilot.press(*"history")
        finder = app.screen
        await until(pilot, lambda: isinstance(finder, FinderDialog) and finder.found.line_count == 2)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_the_palette_finds_a_run_by_its_number(scene: Scene) -> None:
    await set_up(scene)
    async with scene.screens() as (app, pilot):
        await at_workflows(app, pilot)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog))
        await pilot.press(*"long", "space", *"#1")
        await sees(pilot, "long #1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await sees(pilot, "long #1")
