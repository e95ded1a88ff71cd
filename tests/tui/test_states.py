"""Empty, loading, error, lost: each list says what is the matter and what to press."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from oyama_tui.core.views import Change
from oyama_tui.tui import messages
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen, RunsView
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.filter_bar import FilterBar
from tests.tui.scene import LONG, Scene, sees, shown, until


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "1",
            (
                "Oyama runs your steps and stops where a person must say yes. Nothing here yet.",
                "Try the demo",
                "New workflow",
                "Open a file",
            ),
        ),
        ("0", ("Nothing here yet.", "a demo, a new one, or a file", "oyama run FILE")),
        ("2", ("No run yet", "r runs the selected one", "oyama run FILE")),
        ("3", ("Nothing needs you", "oyama approvals")),
        ("4", ("No run yet", "who decided", "oyama history")),
    ],
)
async def test_an_empty_list_says_what_it_is_and_what_to_press(scene: Scene, key: str, words: tuple[str, ...]) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: all(word in shown(app) for word in words))


async def test_the_first_words_fit_one_row_where_there_is_room(scene: Scene) -> None:
    async with scene.screens(size=(160, 30)) as (app, pilot):
        row = "enter  Try the demo: one minute, offline, only touches a temporary folder     n  New workflow     o  Open a file     q  Quit"
        await until(pilot, lambda: row in shown(app))


async def test_slow_reading_is_said_after_a_while_only(scene: Scene) -> None:
    await scene.start(LONG)
    may_read = asyncio.Event()

    class SlowRunsScreen(RunsScreen):
        async def read(self) -> RunsView:
            await may_read.wait()
            return await super().read()

    async with scene.screens() as (app, pilot):
        screen = SlowRunsScreen(app.context)
        await app.push_screen(screen)
        assert "Reading…" not in shown(app)
        await until(pilot, lambda: "Reading…" in shown(app))
        may_read.set()
        await until(pilot, lambda: "long #1" in shown(app))
        assert "Reading…" not in shown(app)


async def test_a_failure_says_what_why_and_what_to_press(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        app.post_message(messages.RunOpened("no-such-run"))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Not found" in shown(app))
        await sees(pilot, "no-such-run")
        await sees(pilot, "ctrl+r  try again")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "try_again" in app.carried_out)


async def test_a_lost_database_is_a_banner_and_goes_away_again(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "long #1" in shown(app))
        app.news.publish(Change(lost="The database file is gone."))
        await until(pilot, lambda: "The database file is gone." in shown(app))
        await sees(pilot, "long #1")
        await sees(pilot, "database lost")
        app.news.publish(Change(runs=frozenset({"x"})))
        await until(pilot, lambda: "The database file is gone." not in shown(app))


async def test_a_filter_without_matches_says_so(scene: Scene) -> None:
    row = await scene.start(LONG)
    scene.steps.released.set()
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: row.label in shown(app))
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "No run fits the filter." in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: row.label in shown(app))


@pytest.mark.parametrize(
    ("words", "explained"),
    [
        ("status:odd", ("no status 'odd'", "Use one of queued, running")),
        ("since:someday", ("since:someday is no time",)),
        ("until:someday", ("until:someday is no time",)),
    ],
)
async def test_a_filter_with_a_value_that_is_unknown_is_explained(scene: Scene, words: str, explained: tuple[str, ...]) -> None:
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "long #1" in shown(app))
        await pilot.press("slash", *words)
        await until(pilot, lambda: all(part in shown(app) for part in explained))


@pytest.mark.parametrize("words", ["status:", "status:fai", "status:failed,", "long since:", "since:7", "since:last-", "until:2026-01-"])
async def test_a_word_that_is_being_typed_is_not_wrong_until_it_is_done(scene: Scene, words: str) -> None:
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "long #1" in shown(app))
        await pilot.press("slash")
        said = []
        for character in words:
            await pilot.press(character)
            await until(pilot, lambda: app.input.is_idle)
            said.append(app.screen.query_one("#misfit").has_class("-there"))
        assert app.screen.query_one(FilterBar).value == words
        assert not any(said), said
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#misfit").has_class("-there"))


async def test_a_word_with_a_colon_filters_as_every_word_does(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "long #1" in shown(app))
        await pilot.press("slash", *"foo:bar")
        await until(pilot, lambda: "long #1" not in shown(app))
        assert not app.screen.query_one("#misfit").has_class("-there")


async def test_what_happens_on_a_hidden_screen_is_there_on_return(scene: Scene) -> None:
    await scene.keep(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "No run yet" in shown(app))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await scene.studio.runs.start("long", {})
        await pilot.press("2")
        await until(pilot, lambda: "long #1" in shown(app))


async def test_a_mistake_of_ours_ends_the_screens_without_a_traceback(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    def mistake() -> None:
        raise RuntimeError("this was not foreseen")

    async def go_wrong(pilot: Pilot[object]) -> None:
        pilot.app.call_later(mistake)

    app = OyamaApp(scene.studio)
    async with asyncio.timeout(20):
        await app.run_async(headless=True, auto_pilot=go_wrong)
    assert str(app.failure) == "this was not foreseen"
    printed = "".join(capfd.readouterr())
    assert "Traceback" not in printed
    assert "not foreseen" not in printed


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (160, 50)])
async def test_long_trouble_is_said_in_a_column_of_its_own_down_to_the_key_that_may_help(scene: Scene, size: tuple[int, int]) -> None:
    trouble = (
        "The row usilwlo2ofopn of workflow_approvals is damaged: risk is 'purple'. Run `oyama verify --database a/long/path/to/it.db`."
    )
    async with scene.screens(size=size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "Nothing needs you" in shown(app))
        app.news.publish(Change(lost=trouble))
        await until(pilot, lambda: " ! The row" in shown(app))
        lines = shown(app).splitlines()
        first = next(place for place, line in enumerate(lines) if line.startswith(" ! The row"))
        last = next(place for place, line in enumerate(lines) if "ctrl+r  try again" in line)
        said = " ".join(line[3:].strip() for line in lines[first : last + 1])
        assert said == f"{trouble}   ctrl+r  try again" or said == f"{trouble} ctrl+r  try again"
        assert all(line.startswith("   ") for line in lines[first + 1 : last + 1])
