"""The history of a run: keys move along its journal, and nobody takes what is shown for the present."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from oyama_tui.core.views import MarkView, RunRow
from oyama_tui.tui import messages
from oyama_tui.tui.dialogs.snapshot import SnapshotDialog
from oyama_tui.tui.render.past import cell_of, marked_cells
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.status_icons import IN_ASCII, StatusIcons
from oyama_tui.tui.widgets.frame import KeyLine
from oyama_tui.tui.widgets.time_line import EDGE, TimeLine
from tests.tui.scene import Scene, WatchedApp, armed, eventually, open_scene, sees, shown, until

DEPLOY = """
id: deploy
context: {channel: beta}
steps:
  - {id: test, name: Unit tests, run: "say tested"}
  - {id: choose, set: {channel: stable}}
  - {id: build, run: "fail now", on_failure: continue}
  - {id: publish, gate: {title: Publish it}, run: "say published"}
  - {id: announce, run: "hold it"}
"""
SIZES = ((80, 24), (120, 36), (160, 50), (60, 20))


async def at_gate(scene: Scene) -> RunRow:
    """A run that waits at its gate."""
    await scene.asked(DEPLOY)
    return (await scene.studio.runs.list())[0]


async def past_of(app: WatchedApp, pilot: Pilot[int], run_id: str) -> PastScreen:
    """The history of a run, opened with the key from the run's screen."""
    app.post_message(messages.RunOpened(run_id))
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, PastScreen) and (app.screen.view is not None or app.screen.problem is not None))
    assert isinstance(app.screen, PastScreen)
    return app.screen


@asynccontextmanager
async def opened(scene: Scene, size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[WatchedApp, Pilot[int], PastScreen]]:
    """The history of a run that waits at its gate."""
    row = await at_gate(scene)
    async with scene.screens(size) as (app, pilot):
        yield app, pilot, await past_of(app, pilot, row.id)


def here(screen: PastScreen) -> tuple[int, str]:
    """The event that is shown, and its type."""
    assert screen.view is not None
    return screen.view.moment.seq, screen.view.moment.event.type


def is_at(screen: PastScreen, seq: int) -> bool:
    """Whether this event is shown."""
    return here(screen)[0] == seq


async def test_keys_move_along_the_journal(scene: Scene) -> None:
    async with opened(scene) as (app, pilot, screen):
        last, newest = here(screen)
        assert newest == "approval_requested"
        await sees(pilot, f"event {last} of {last}")
        for keys, wanted in (
            (("left",), last - 1),
            (("h", "left"), last - 3),
            (("l",), last - 2),
            (("right", "right", "right", "right"), last),
            (("home",), 1),
            (("left",), 1),
            (("end",), last),
        ):
            await pilot.press(*keys)
            await until(pilot, partial(is_at, screen, wanted))
            await sees(pilot, f"event {wanted} of {last}")
        await pilot.press("home", "L")
        await until(pilot, lambda: here(screen)[1] == "step_failed")
        await sees(pilot, "build")
        await pilot.press("L")
        await until(pilot, lambda: here(screen)[1] == "approval_requested")
        await pilot.press("L")
        await pilot.press("H")
        await until(pilot, lambda: here(screen)[1] == "step_failed")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_tree_context_and_values_are_those_of_the_moment(scene: Scene) -> None:
    async with opened(scene) as (app, pilot, screen):
        seq = await scene.studio.moments.resolve(screen.run_id, "choose")
        screen.go(seq)
        await until(pilot, lambda: here(screen)[0] == seq)
        assert screen.view is not None
        assert [node.status for node in screen.view.moment.run.nodes if not node.depth] == ["completed", "completed", *["pending"] * 3]
        lines = shown(app)
        assert "- channel    beta" in lines
        assert "+ channel    stable" in lines
        assert "changed by this event" in lines
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Output" in shown(app))
        screen.go(2)
        await until(pilot, lambda: here(screen)[0] == 2 and "● running   attempt 1" in shown(app))
        assert "Output" not in shown(app)


async def test_two_moments_are_marked_and_compared(scene: Scene) -> None:
    async with opened(scene) as (app, pilot, screen):
        last = here(screen)[0]
        await pilot.press("home", "d")
        await until(pilot, lambda: "1 is marked: d elsewhere compares" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "is marked" not in shown(app))
        await pilot.press("d", "end", "d")
        await until(pilot, lambda: f"From event 1 to event {last}" in shown(app))
        lines = shown(app)
        assert "beta → stable" in lines
        assert "not yet → ✗ failed" in lines
        assert screen.view is not None
        past = await scene.studio.moments.open(screen.run_id)
        assert screen.view.difference == await past.difference(1, last)
        past.close()


async def test_a_moment_gets_a_name(scene: Scene) -> None:
    async with opened(scene) as (app, pilot, screen):
        seq = await scene.studio.moments.resolve(screen.run_id, "choose")
        screen.go(seq)
        await until(pilot, lambda: here(screen)[0] == seq)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SnapshotDialog))
        await armed(pilot)
        await pilot.press(*"choose", "enter", "enter")
        await until(pilot, lambda: "'choose' is a step of this run" in shown(app))
        await pilot.press(*"good", "enter", "enter")
        await until(pilot, lambda: app.screen is screen)
        named = [point for point in await scene.studio.moments.snapshots(screen.run_id) if point.name]
        assert [(point.name, point.seq) for point in named] == [("good", seq)]


async def test_it_plays_to_the_end_and_stops(scene: Scene) -> None:
    async with opened(scene) as (_app, pilot, screen):
        last = here(screen)[0]
        seen: set[int] = set()
        await pilot.press("space")

        def over() -> bool:
            seen.add(here(screen)[0])
            return here(screen)[0] == last and not screen.plays

        await until(pilot, over)
        assert len(seen) > 2
        await pilot.press("home", "space")
        await until(pilot, lambda: screen.plays and here(screen)[0] > 1)
        await pilot.press("space")
        await until(pilot, lambda: not screen.plays)


async def test_a_run_that_goes_on_leaves_the_moment_where_it_is(scene: Scene) -> None:
    async with opened(scene) as (_app, pilot, screen):
        seq = here(screen)[0]
        approval = (await scene.studio.approvals.list())[0].id
        await scene.studio.approvals.decide(approval, "approve")
        await until(pilot, lambda: screen.view is not None and screen.view.moment.last > seq)
        assert here(screen)[0] == seq
        await sees(pilot, "needs you")
        scene.steps.released.set()
        await eventually(lambda: ended(scene, screen.run_id))
        past = await scene.studio.moments.open(screen.run_id)
        last = await past.catch_up()
        past.close()
        # "end" goes to the last event that the screen knows of.
        await until(pilot, lambda: screen.view is not None and screen.view.moment.last == last)
        await pilot.press("end")
        await until(pilot, lambda: here(screen)[1] == "run_completed")


async def ended(scene: Scene, run_id: str) -> bool:
    return (await scene.phase(run_id)) == "completed"


async def test_a_click_on_the_line_of_time_goes_there(scene: Scene) -> None:
    async with opened(scene) as (_, pilot, screen):
        await pilot.click(TimeLine, offset=(EDGE, 1))
        await until(pilot, lambda: here(screen)[0] == 1)


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_says_that_it_is_the_past(scene: Scene, size: tuple[int, int]) -> None:
    async with opened(scene, size) as (app, pilot, screen):
        await pilot.press("left")
        await until(pilot, lambda: here(screen)[0] < screen.seq + 1)
        lines = shown(app)
        assert "THE PAST" in lines
        assert "esc: now" in lines
        assert "│" in lines.splitlines()[-5]
        if size[0] < 80:
            await pilot.press("enter")
            await until(pilot, lambda: "In/Out" in shown(app))
            await sees(pilot, "THE PAST")
            await pilot.press("escape")
            assert app.screen is screen


async def test_letters_alone_are_drawn_where_that_is_wanted(tmp_path: Path) -> None:
    async with open_scene(tmp_path, ascii=True) as scene, opened(scene) as (app, pilot, screen):
        await pilot.press("home", "d", "end")
        await until(pilot, lambda: here(screen)[0] > 1)
        # The canvas does the rest, for whatever is drawn.
        lines = shown(app).translate(IN_ASCII)
        assert lines.isascii(), {letter for letter in lines if not letter.isascii()}
        assert "THE PAST" in lines


async def test_a_changed_journal_is_told_and_shows_nothing(scene: Scene) -> None:
    row = await at_gate(scene)
    with sqlite3.connect(scene.studio.settings.database_path) as connection:
        connection.execute("UPDATE workflow_events SET at = at + 1 WHERE seq = 3")
    async with scene.screens() as (app, pilot):
        screen = await past_of(app, pilot, row.id)
        assert screen.view is None
        await sees(pilot, "Event 3 of run")
        await sees(pilot, "oyama verify")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_a_run_of_one_event_has_one_moment(scene: Scene) -> None:
    row = await at_gate(scene)
    with sqlite3.connect(scene.studio.settings.database_path) as connection:
        connection.execute("DELETE FROM workflow_events WHERE seq > 1")
    async with scene.screens() as (app, pilot):
        screen = await past_of(app, pilot, row.id)
        assert here(screen) == (1, "run_started")
        await pilot.press("left", "right", "L", "end", "home")
        assert here(screen)[0] == 1
        await sees(pilot, "event 1 of 1")


async def test_long_names_stay_in_their_places(scene: Scene) -> None:
    name = "a very long name of a step that does not fit anywhere at all " * 3
    await scene.asked(DEPLOY.replace("Unit tests", name).replace("channel: stable", f"channel: stable, {'v' * 60}: {'x' * 400}"))
    row = (await scene.studio.runs.list())[0]
    async with scene.screens((80, 24)) as (app, pilot):
        screen = await past_of(app, pilot, row.id)
        await pilot.press("home", "right", "right")
        await until(pilot, lambda: here(screen)[0] == 3)
        lines = shown(app).splitlines()
        assert lines[1].strip().startswith("THE PAST")
        assert len({line.index("│") for line in lines[5:17]}) == 1, lines


class Undoing(WatchedApp):
    """An app that does something about the wish for an undo."""

    wanted: list[messages.UndoTo]

    def on_undo_to(self, message: messages.UndoTo) -> None:
        self.wanted.append(message)


async def test_an_undo_is_asked_of_an_app_that_has_it(scene: Scene) -> None:
    row = await at_gate(scene)
    app = Undoing(scene.studio)
    app.wanted = []
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.context.system is not None)
        screen = await past_of(app, pilot, row.id)
        screen.go(3)
        await until(pilot, lambda: here(screen)[0] == 3)
        await pilot.press("U")
        await until(pilot, lambda: len(app.wanted) == 1)
        assert app.wanted == [messages.UndoTo(row.id, 3)]


async def test_keys_that_nobody_answers_are_not_offered(scene: Scene) -> None:
    async with opened(scene) as (_, _, screen):
        offered = {active.binding.id for active in screen.active_bindings.values() if active.enabled}
        assert {"past.fork_here", "past.undo_to"} & offered == {"past.fork_here"}
        assert "undo" not in screen.query_one(KeyLine).render().plain


def test_a_crowded_line_of_time_keeps_what_one_looks_for() -> None:
    at, icons = datetime(2026, 1, 1, tzinfo=UTC), StatusIcons()
    ends = [MarkView(seq=seq, at=at, kind="ended", label="a") for seq in range(1, 1001)]
    failure = MarkView(seq=500, at=at, kind="failed", label="b")
    assert marked_cells([*ends, failure], 1000, 100, icons) == {cell_of(500, 1000, 100): icons.of("failed")}
    assert len(marked_cells(ends[::25], 1000, 100, icons)) == 40


@pytest.mark.parametrize("last", [1, 2, 99, 100, 10_000])
def test_the_line_of_time_goes_from_its_first_cell_to_its_last(last: int) -> None:
    cells = [cell_of(seq, last, 100) for seq in range(1, last + 1)]
    assert cells == sorted(cells)
    assert (cells[0], cells[-1]) == (0, 99 if last > 1 else 0)
