"""The output pane reaches the whole of a log that is longer than what is kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from oyama_tui.tui.log_index import LogSearch, lines_with
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.log_finder import LogFinder
from oyama_tui.tui.widgets.log_pager import MOST_LINES
from oyama_tui.tui.widgets.log_reader import AROUND
from tests.tui.scene import LONG, Scene, WatchedApp, sees, shown, toasts, until
from tests.tui.typist import Typist

LINES = 60_000
NEEDLES = (7, 1_000, 29_999, LINES - 3)


def line(number: int) -> str:
    word = " needle" if number in NEEDLES else ""
    return f"line {number}{word} {'.' * 40}"


async def log_of(scene: Scene) -> Path:
    """The log of a running step."""
    row = await scene.start(LONG)
    return scene.studio.settings.files_path / row.id / "hold.1.log"


def write_long(path: Path) -> None:
    path.write_text("".join(f"{line(number)}\n" for number in range(LINES)))


@asynccontextmanager
async def long_output(scene: Scene) -> AsyncIterator[tuple[WatchedApp, Pilot[int], LogFinder, Path]]:
    """The output pane over a long log, with the focus, at its end."""
    path = await log_of(scene)
    async with scene.screens() as (app, pilot):
        await until(pilot, path.exists)
        write_long(path)
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and f"line {LINES - 1} " in shown(app))
        await pilot.press("enter")
        log = app.screen.query_one(LogFinder)
        await until(pilot, lambda: log.has_focus)
        yield app, pilot, log, path


def in_sight(log: LogFinder) -> str:
    return log.lines[log.top].plain.split(" .")[0]


async def test_g_goes_to_the_first_line_and_upper_case_g_back_to_the_end(scene: Scene) -> None:
    async with long_output(scene) as (app, pilot, log, path):
        await pilot.press("g")
        await until(pilot, lambda: in_sight(log) == "line 0")
        assert log.top == 0
        await sees(pilot, "lines 1-")
        await sees(pilot, f"of about {LINES:,}")
        assert len(log.texts) <= MOST_LINES
        with path.open("a") as file:
            file.write("one more\n")
        await pilot.press("G")
        await until(pilot, lambda: "one more" in shown(app))
        assert log.follow
        with path.open("a") as file:
            file.write("and another\n")
        await until(pilot, lambda: "and another" in shown(app))
        await sees(pilot, "following")


@pytest.mark.parametrize("keys", [b"gj", b"gjjk", b"g\x04", b"gjG", b"Ggj"])
async def test_keys_after_going_far_do_at_once_what_they_do_one_by_one(scene: Scene, keys: bytes) -> None:
    async with long_output(scene) as (app, pilot, log, _path):
        typist, seen = Typist(app), []
        for pieces in ([keys], [bytes([key]) for key in keys]):
            await pilot.press("G")
            await until(pilot, lambda: log.follow and not log.away and f"line {LINES - 1} " in shown(app))
            for piece in pieces:
                await typist.write(piece)
            await until(pilot, lambda: log.at_rest)
            seen.append((log.top, in_sight(log), log.follow))
        assert seen[0] == seen[1]


async def test_scrolling_goes_through_the_whole_log_without_a_gap(scene: Scene) -> None:
    async with long_output(scene) as (_app, pilot, log, _path):
        await pilot.press("g")
        await until(pilot, lambda: log.away and log.at_rest)
        seen = 0
        while seen < LINES - 1:
            rows = range(log.top, min(log.top + log.room.height, len(log.lines)))
            numbers = [int(log.lines[row].plain.split()[1]) for row in rows]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert numbers[0] <= seen + 1
            seen = numbers[-1]
            assert len(log.texts) <= max(MOST_LINES, 3 * AROUND)
            log.scroll_lines(log.room.height)
            await until(pilot, lambda: log.at_rest)
        await until(pilot, lambda: log.follow and not log.away)


async def test_scrolling_up_from_the_end_reads_on_at_the_same_place(scene: Scene) -> None:
    async with long_output(scene) as (_app, pilot, log, _path):
        log.scroll_to(y=1, animate=False, force=True)
        await until(pilot, lambda: not log.follow)
        first = int(in_sight(log).split()[1])
        await pilot.press("k", "k", "k")
        await until(pilot, lambda: log.away and log.at_rest)
        assert int(in_sight(log).split()[1]) == first - 3
        await pilot.press("k")
        assert int(in_sight(log).split()[1]) == first - 4


async def test_words_are_found_in_the_whole_log_in_both_directions(scene: Scene) -> None:
    async with long_output(scene) as (_app, pilot, log, _path):
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: log.search is not None and log.search.ended)
        assert log.found[1] == len(NEEDLES)
        seen = []
        for key in "NNNNnnnn":
            await pilot.press(key)
            await until(pilot, lambda: log.at_rest)
            marked = log.lines[log._place].plain
            seen.append(int(marked.split()[1]))
            await sees(pilot, f"{log.found[0]} of {len(NEEDLES)}")
        assert seen == [29_999, 1_000, 7, LINES - 3, 7, 1_000, 29_999, LINES - 3]


async def test_words_that_stand_only_far_away_are_gone_to(scene: Scene) -> None:
    async with long_output(scene) as (_app, pilot, log, path):
        with path.open("a") as file:
            file.write("".join(f"{line(number)}\n" for number in range(LINES, LINES + 20_000)))
        await until(pilot, lambda: f"line {LINES + 19_999} " in log.lines[-1].plain)
        await pilot.press("slash", *"line 1000 ", "enter")
        await until(pilot, lambda: log.at_rest and log._place >= 0)
        assert log.lines[log._place].plain.startswith("line 1000 needle")


async def test_words_that_stand_nowhere_are_said_to_and_the_end_is_followed_on(scene: Scene) -> None:
    async with long_output(scene) as (app, pilot, log, path):
        await pilot.press("slash", *"haystack", "enter")
        await until(pilot, lambda: any("No line has these words" in toast for toast in toasts(app)))
        await until(pilot, lambda: log.at_rest)
        assert log.follow
        with path.open("a") as file:
            file.write("one more\n")
        await until(pilot, lambda: "one more" in shown(app))


async def test_escape_stops_a_search(scene: Scene) -> None:
    async with long_output(scene) as (app, pilot, log, _path):
        may_read = asyncio.Event()
        read = log.log_from

        async def slow(offset: int, limit: int = 0) -> object:
            await may_read.wait()
            return await (read(offset, limit) if limit else read(offset))

        log.log_from = slow  # type: ignore[method-assign, assignment]
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: "esc stops" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: any("The search was stopped" in toast for toast in toasts(app)))
        assert isinstance(app.screen, RunScreen)
        assert log.search is not None
        assert log.search.stopped
        may_read.set()
        await pilot.press("n")
        await until(pilot, lambda: log.at_rest and log.search is not None and log.search.ended and not log.search.stopped)
        assert log.found == (1, len(NEEDLES))


async def test_a_log_that_is_no_text_and_one_of_a_single_line_can_be_gone_through(scene: Scene) -> None:
    async with long_output(scene) as (app, pilot, log, path):
        for content in (
            bytes(range(256)) * 20_000,
            b"x" * 6_000_000,
            b"\n" * 100_000,
            b"caf\xe9 \xe2\x82\n" * 500_000,
            b"10%\r20%\r" * 400_000,
        ):
            path.write_bytes(content)
            await pilot.press("g")
            await until(pilot, lambda: log.away and log.at_rest)
            assert len(log.texts) < 40_000
            await pilot.press("slash", *"caf", "enter")
            await until(pilot, lambda: log.search is not None and log.search.ended and log.at_rest)
            await pilot.press("G")
            await until(pilot, lambda: log.follow and not log.away and log.at_rest)
        assert app._exception is None


async def test_a_log_that_is_gone_is_no_mistake(scene: Scene) -> None:
    async with long_output(scene) as (app, pilot, log, path):
        await pilot.press("g")
        await until(pilot, lambda: in_sight(log) == "line 0")
        path.unlink()
        await pilot.press("ctrl+d", "g")
        await until(pilot, lambda: log.at_rest)
        await pilot.press("G")
        await until(pilot, lambda: log.at_rest)
        assert app._exception is None


async def test_g_right_after_enter_goes_to_the_first_line(scene: Scene) -> None:
    path = await log_of(scene)
    async with scene.screens() as (app, pilot):
        await until(pilot, path.exists)
        write_long(path)
        await Typist(app).write(b"2\r\rg")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        log = app.screen.query_one(LogFinder)
        await until(pilot, lambda: log.at_rest and log.away)
        assert log.has_focus
        assert (log.top, in_sight(log)) == (0, "line 0")


def test_the_whole_log_is_searched_as_every_other_place_is() -> None:
    search = LogSearch("STRASSE")
    search.take("die Straße\nder U\u0308bergang\n\x1b[31mstra\u00dfe\x1b[0m\n", 60)
    search.finish()
    assert list(search.found) == [0, 2]
    assert lines_with("über", "der U\u0308bergang\nÜBER\nder\tU\u0308bergang\n") == [0, 1, 2]
