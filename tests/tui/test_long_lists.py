"""Lists that are longer than what is read at once: every row can be reached, found and counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from oyama_tui.core.rows import Rows as Listed
from oyama_tui.core.views import WorkflowRow
from oyama_tui.tui import finder_entries, queue_reading
from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.screens import base, runs
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.terminal import Announcer, Channels
from oyama_tui.tui.widgets.approval_parts import Queue
from oyama_tui.tui.widgets.card_grid import CardGrid
from tests.tui.scene import BROKEN, LONG, Scene, WatchedApp, eventually, open_scene, sees, shown, until

MANY = 70
"""Live runs: more than one screenful and one page."""
PAGE = 12


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PAGE", PAGE)
    monkeypatch.setattr(queue_reading, "PAGE", PAGE)
    monkeypatch.setattr(finder_entries, "RUNS_LISTED", PAGE)


@pytest.fixture
async def few(tmp_path: Path, pages: None) -> AsyncIterator[Scene]:
    """A scene without runs."""
    async with open_scene(tmp_path) as made:
        yield made


@pytest.fixture
async def scene(few: Scene) -> Scene:
    """A scene with many live runs."""
    for _ in range(MANY):
        await few.start(LONG)
    return few


def at(app: WatchedApp) -> str:
    """The run under the cursor."""
    row = app.screen.subject if isinstance(app.screen, RunsScreen) else None
    return row.label if row is not None else ""


async def on_runs(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: at(app) == f"long #{MANY}")


async def test_every_live_run_is_reached_from_both_ends(scene: Scene) -> None:
    async with scene.screens((120, 24)) as (app, pilot):
        await on_runs(app, pilot)
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        assert screen.view is not None
        assert len(screen.view.live) == MANY - screen.view.unread < MANY
        seen = [at(app)]
        for _ in range(MANY - 1):
            await pilot.press("j")
            await until(pilot, lambda: bool(at(app)))
            seen.append(at(app))
        assert seen == [f"long #{number}" for number in range(MANY, 0, -1)]
        await pilot.press("g")
        await until(pilot, lambda: at(app) == f"long #{MANY}")
        await pilot.press("G")
        await until(pilot, lambda: at(app) == "long #1" and "long #1 " in shown(app))


async def test_a_filter_counts_and_finds_runs_that_have_not_been_read(scene: Scene) -> None:
    async with scene.screens((120, 24)) as (app, pilot):
        await on_runs(app, pilot)
        await pilot.press("slash", *"#7")
        await until(pilot, lambda: f"{MANY - 2} hidden by the filter" in shown(app))
        await pilot.press("enter")
        await sees(pilot, "long #7 ")
        await pilot.press("slash", *" QUX")
        await until(pilot, lambda: f"{MANY} hidden by the filter" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "hidden" not in shown(app) and bool(at(app)))


async def test_the_order_is_that_of_all_runs_not_of_the_page(scene: Scene) -> None:
    asked = await scene.start("id: asking\nsteps:\n  - {id: a, gate: {title: Go}, run: say x}\n")
    for _ in range(2 * PAGE):
        await scene.start(LONG)
    async with scene.screens((120, 24)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: at(app) == asked.label)
        await pilot.press("s", "g")
        await until(pilot, lambda: at(app) == f"long #{MANY + 2 * PAGE}")
        await pilot.press("s", "g")
        await until(pilot, lambda: at(app) == asked.label)


async def test_those_that_have_ended_say_where_the_others_are(few: Scene) -> None:
    for _ in range(runs.ENDED_SHOWN + 3):
        await few.start(BROKEN)

    async def all_over() -> bool:
        return not await few.studio.runs.list(live=True)

    await eventually(all_over)
    async with few.screens((120, 36)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: at(app).startswith("broken"))
        await pilot.press("G")
        await until(pilot, lambda: at(app) == "broken #4")
        await sees(pilot, f"the newest {runs.ENDED_SHOWN} of {runs.ENDED_SHOWN + 3}; 4 has all")


@pytest.mark.parametrize("words", ["long #7", "LONG 7", "long#7"])
async def test_the_palette_finds_any_run_by_its_number(scene: Scene, words: str) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog) and f"{PAGE} of {MANY}, type to find any" in shown(app))
        assert "long #7 " not in shown(app)
        await pilot.press(*words)
        await until(pilot, lambda: "long #7 " in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "long #7" in shown(app))


async def test_every_question_is_reached_and_can_be_gone_to(few: Scene) -> None:
    asked = [await few.asked(version=f"v{number}") for number in range(5 * PAGE)]
    async with few.screens((120, 24)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        screen = app.screen
        assert isinstance(screen, ApprovalsScreen)
        queue = screen.query_one(Queue)
        assert queue.cursor_key == asked[0]
        await pilot.press("G")
        await until(pilot, lambda: queue.cursor_key == asked[-1] and screen.card is not None)
        await pilot.press("g")
        await until(pilot, lambda: queue.cursor_key == asked[0])
        screen.select(asked[-3])
        await until(pilot, lambda: queue.cursor_key == asked[-3] and screen.card is not None)
        assert screen.view is not None
        assert screen.view.chosen == asked[-3]


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_the_first_card_is_in_sight_after_a_slow_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with open_scene(tmp_path) as scene:
        for number in range(20):
            await scene.keep(f"id: flow-{number}\nsteps: [{{id: a, run: say x}}]\n")
        ready = asyncio.Event()
        read = scene.studio.workflows.list

        async def late() -> Listed[WorkflowRow]:
            await ready.wait()
            return await read()

        monkeypatch.setattr(base, "SLOW", 0.01)
        monkeypatch.setattr(scene.studio.workflows, "list", late)
        async with scene.screens(size) as (app, pilot):
            await until(pilot, lambda: "Reading" in shown(app) or app.screen.has_class("-notice"))
            ready.set()
            await until(pilot, lambda: "flow-19" in shown(app))
            assert isinstance(app.screen, WorkflowsScreen)
            await pilot.press("v")
            grid = app.screen.query_one(CardGrid)
            assert (grid.cursor, grid.top) == (0, 0)
            await pilot.press("G")
            await until(pilot, lambda: grid.cursor == 19)
            await pilot.resize_terminal(size[0], size[1] - 6)
            await until(pilot, lambda: app.size.height == size[1] - 6 and "flow-0 " in shown(app))


async def test_a_question_that_moves_up_in_a_long_queue_is_no_news(few: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [await few.asked() for _ in range(4)]
    async with few.screens() as (app, _pilot):
        told: list[str] = []
        monkeypatch.setattr(app, "notify", lambda words, **_given: told.append(words))
        announcer = Announcer(app, Channels(bell=False), "◆", lambda _run: False)
        announcer.look(await few.studio.approvals.list(limit=2))
        await few.studio.approvals.decide(asked[0], "reject", comment="no")
        announcer.look(await few.studio.approvals.list(limit=2))
        assert told == []
        await few.studio.approvals.decide(asked[1], "reject", comment="no")
        await few.studio.approvals.decide(asked[2], "reject", comment="no")
        fresh = await few.asked()
        announcer.look(await few.studio.approvals.list(limit=2))
        assert [row.id for row in await few.studio.approvals.list()] == [asked[3], fresh]
        assert len(told) == 1
