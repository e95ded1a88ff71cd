"""The output of a step: its problems, how much it is, how fast it comes, and the whole of it beside what is in sight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.frame import KeyLine
from oyama_tui.tui.widgets.log_strip import LogStrip
from oyama_tui.tui.widgets.output_foot import OutputFoot
from oyama_tui.tui.widgets.output_pane import OutputPane
from tests.tui.scene import LONG, Scene, WatchedApp, open_scene, sees, shown, toasts, until

LINES = 60_000
FAR_ERRORS, FAR_WARNINGS = (1_000, 30_000), (7, 59_990)


def line(number: int) -> str:
    level = "ERROR" if number in FAR_ERRORS else "WARNING" if number in FAR_WARNINGS else "INFO"
    return f"2026-11-26 14:05:10,123 {level} shop.load: row {number}\n"


@asynccontextmanager
async def output(
    scene: Scene, text: str, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[WatchedApp, Pilot[int], OutputPane, Path]]:
    """The output pane over a log, with the focus."""
    row = await scene.start(LONG)
    path = scene.studio.settings.files_path / row.id / "hold.1.log"
    async with scene.screens(size=size) as (app, pilot):
        await until(pilot, path.exists)
        path.write_text(text)
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and bool(app.screen.query_one(OutputPane).texts))
        await pilot.press("enter")
        log = app.screen.query_one(OutputPane)
        await until(pilot, lambda: log.has_focus and log.survey.share == 100 and log.survey.known == path.stat().st_size)
        yield app, pilot, log, path


def foot(app: WatchedApp) -> str:
    return app.screen.query_one(OutputFoot).render().plain.rstrip()


def strip(app: WatchedApp) -> str:
    """The cells beside the output, from the top down."""
    region = app.screen.query_one(OutputPane).vertical_scrollbar.region
    lines = shown(app).split("\n")[region.y : region.bottom]
    return "".join(row[region.x : region.right] for row in lines)


def here(log: OutputPane) -> str:
    """The line gone to."""
    return log.lines[log._place].plain.rstrip() if log._place >= 0 else ""


async def test_lines_errors_and_warnings_are_counted(scene: Scene) -> None:
    async with output(scene, "begun\n0 errors\nWARNING a\nERROR b\nwarning: c\n") as (app, pilot, _log, path):
        await sees(pilot, "5 lines   1 error   2 warnings")
        with path.open("a") as file:
            file.write("ERROR d\nfatal: e")
        await sees(pilot, "7 lines   3 errors   2 warnings")
        with path.open("a") as file:
            file.write("\n")
        await until(pilot, lambda: log_is_read(app, path))
        assert foot(app).startswith("7 lines   3 errors   2 warnings")
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "2 warnings" not in shown(app))


def log_is_read(app: WatchedApp, path: Path) -> bool:
    return app.screen.query_one(OutputPane).survey.index.read == path.stat().st_size


async def test_where_nothing_is_written_that_is_said(scene: Scene) -> None:
    row = await scene.start(LONG)
    path = scene.studio.settings.files_path / row.id / "hold.1.log"
    async with scene.screens() as (app, pilot):
        await until(pilot, path.exists)
        path.write_text("")
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await sees(pilot, "nothing written yet")
        assert isinstance(app.screen, RunScreen)
        app.screen.nodes.rows.move_to(2)
        await until(pilot, lambda: not foot(app))


async def test_braces_go_from_problem_to_problem_and_following_stops(scene: Scene) -> None:
    lines = [f"row {n}" for n in range(200)]
    lines[5], lines[100], lines[198] = "ERROR a", "WARNING b", "ERROR c"
    async with output(scene, "\n".join(lines) + "\n") as (app, pilot, log, path):
        assert log.follow
        seen = []
        for key in "{{{{}}}":
            await pilot.press(key)
            seen.append(here(log))
            assert here(log) in shown(app)
            assert not log.follow
        assert seen == ["ERROR c", "WARNING b", "ERROR a", "ERROR c", "ERROR a", "WARNING b", "ERROR c"]
        await sees(pilot, "problem 3 of 3")
        top = log.top
        with path.open("a") as file:
            file.write("more\n" * 50)
        await until(pilot, lambda: "more" in log.texts)
        assert (log.top, here(log)) == (top, "ERROR c")
        drawn = log.line_at(log._place)
        assert any("bold" in str(span.style) for span in drawn.spans)


async def test_where_there_is_no_problem_that_is_said(scene: Scene) -> None:
    async with output(scene, "all is well\n") as (app, pilot, log, _path):
        for key in "}{":
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: any("No line tells of an error or a warning" in toast for toast in toasts(app)))
        assert log.follow


async def test_problems_of_a_long_log_are_gone_to_wherever_they_are(scene: Scene) -> None:
    async with output(scene, "".join(map(line, range(LINES)))) as (app, pilot, log, _path):
        await sees(pilot, f"{LINES:,} lines   2 errors   2 warnings")
        seen = []
        for key in "{{{{}}}}":
            await pilot.press(key)
            await until(pilot, lambda: log.at_rest)
            seen.append(int(here(log).split()[-1]))
            assert not log.follow
            await sees(pilot, here(log))
        assert seen == [59_990, 30_000, 1_000, 7, 1_000, 30_000, 59_990, 7]
        await pilot.press("G")
        await until(pilot, lambda: log.follow and not log.away and f"row {LINES - 1}" in shown(app))


async def test_what_comes_while_one_reads_elsewhere_is_counted(scene: Scene) -> None:
    async with output(scene, "".join(map(line, range(LINES)))) as (_app, pilot, log, path):
        await pilot.press("g")
        await until(pilot, lambda: log.at_rest and log.away)
        with path.open("a") as file:
            file.write("ERROR late\n")
        await sees(pilot, f"{LINES + 1:,} lines   3 errors")
        assert log.top == 0


async def test_how_fast_it_comes_is_said_while_the_step_runs(scene: Scene) -> None:
    async with output(scene, "begun\n") as (app, pilot, _log, path):
        await until(pilot, lambda: "B/s" in foot(app))
        assert foot(app).endswith("0 B/s  ▁▁▁▁▁▁▁▁")
        with path.open("a") as file:
            file.write("x" * 79_999 + "\n")
        await until(pilot, lambda: "kB/s" in foot(app))
        assert "█" in foot(app)
        scene.steps.released.set()
        await until(pilot, lambda: "completed" in shown(app))
        await until(pilot, lambda: "B/s" not in foot(app))


async def test_narrow_screens_leave_out_how_fast_it_comes_first(scene: Scene) -> None:
    async with output(scene, "WARNING a\n") as (app, pilot, log, path):
        await until(pilot, lambda: foot(app).endswith("0 B/s  ▁▁▁▁▁▁▁▁"))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: foot(app).endswith(" 0 B/s"))
        with path.open("a") as file:
            file.write("row\n" * 1_000_000)
        await until(pilot, lambda: foot(app) == "1,000,001 lines   0 errors   1 warning")
        await pilot.press("{")
        await until(pilot, lambda: log.at_rest and here(log) == "WARNING a")
        assert foot(app) == "1,000,001 lines   0 errors   1 warning"
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: log.size.width > 60)
        await pilot.press("{")
        await sees(pilot, "1,000,001 lines   0 errors   1 warning   problem 1 of 1")


async def test_the_whole_log_stands_beside_what_is_in_sight(scene: Scene) -> None:
    lines = [f"row {n}" for n in range(300)]
    lines[2], lines[150] = "ERROR a", "WARNING b"
    async with output(scene, "\n".join(lines) + "\n") as (app, pilot, _log, _path):
        await until(pilot, lambda: strip(app).endswith("▓"))
        cells = strip(app)
        assert set(cells) == {"█", "▒", "▓", "░"}
        assert cells[0] == "█"
        assert cells[len(cells) // 2] == "▒"
        await pilot.press("slash", *"row 100", "enter")
        await until(pilot, lambda: strip(app)[-1:] == "░")
        cells = strip(app)
        assert cells[len(cells) // 3] == "▓"


async def test_what_is_in_sight_is_seen_among_many_problems(scene: Scene) -> None:
    async with output(scene, "ERROR a\n" * 500) as (app, pilot, _log, _path):
        await until(pilot, lambda: strip(app).startswith("███"))
        assert strip(app).endswith("█▓▓")
        await pilot.press("slash", *"a", "enter", "g")
        await until(pilot, lambda: strip(app).startswith("▓▓█"))


async def test_there_is_no_strip_where_all_is_in_sight(scene: Scene) -> None:
    async with output(scene, "ERROR a\n") as (app, _pilot, _log, _path):
        assert not strip(app).strip()


async def test_signs_of_the_strip_are_told_apart_without_colours(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with output(scene, "ERROR a\n" + "row\n" * 300 + "needle\nrow\nrow\n") as (app, pilot, _log, _path):
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: set(strip(app)) == {"✗", "█", "▓", "░"})
        cells = app.screen.query_one(OutputPane).vertical_scrollbar.render()
        assert isinstance(cells, Content)
        reversed_ = [cells.plain[span.start] for span in cells.spans if "reverse" in str(span.style)]
        assert set(reversed_) == {"█", "▓"}


async def test_in_ascii_the_strip_is_of_letters(tmp_path: Path) -> None:
    async with open_scene(tmp_path, ascii=True) as scene:
        text = "ERROR a\n" + "row\n" * 150 + "WARNING b\n" + "row\n" * 150 + "needle\n" + "row\n" * 50
        async with output(scene, text) as (app, pilot, _log, _path):
            await pilot.press("slash", *"needle", "enter")
            await until(pilot, lambda: set(strip(app)) == set("x!*#."))


@pytest.mark.parametrize("text", ["".join(f"row {n}\n" for n in range(400)), "".join(map(line, range(LINES)))])
async def test_a_click_on_the_strip_goes_there(scene: Scene, text: str) -> None:
    async with output(scene, text) as (_app, pilot, log, _path):
        bar = log.vertical_scrollbar
        assert isinstance(bar, LogStrip)
        lines = text.count("\n")
        await pilot.click(bar, offset=(0, bar.size.height // 2))
        await until(pilot, lambda: log.at_rest and not log.follow)
        first = int(log.lines[log.top].plain.split("row ")[1])
        assert abs(first + log.room.height / 3 - lines / 2) < lines / bar.size.height
        await pilot.click(bar, offset=(0, 0))
        await until(pilot, lambda: log.at_rest and log.lines[log.top].plain.endswith("row 0"))


async def test_what_is_found_is_not_followed_away(scene: Scene) -> None:
    async with output(scene, "row\n" * 100 + "needle\n") as (_app, pilot, log, path):
        await pilot.press("slash", *"needle", "enter")
        await sees(pilot, "1 of 1")
        assert not log.follow
        top = log.top
        with path.open("a") as file:
            file.write("more\n" * 100)
        await until(pilot, lambda: "more" in log.texts)
        assert log.top == top


async def test_while_words_are_typed_it_is_said_that_not_all_is_searched(scene: Scene) -> None:
    async with output(scene, "".join(map(line, range(LINES)))) as (_app, pilot, log, _path):
        await pilot.press("slash", *"ERROR")
        await sees(pilot, "0 found near here; enter searches all")
        await pilot.press("enter")
        await until(pilot, lambda: log.at_rest and log.search is not None and log.search.ended)
        await sees(pilot, "of 2")


async def test_the_keys_are_named_where_the_output_has_the_focus(scene: Scene) -> None:
    async with output(scene, "a\n") as (app, pilot, _log, _path):
        await until(pilot, lambda: app.screen.query_one(KeyLine).render().plain.strip().startswith("{ } problem"))
        assert "attempt" not in app.screen.query_one(KeyLine).render().plain


@pytest.mark.parametrize("keys", [["{"], ["slash", "a", "enter"]])
async def test_who_has_gone_to_a_place_is_not_taken_to_the_next_step(scene: Scene, keys: list[str]) -> None:
    async with output(scene, "ERROR a\n" + "row\n" * 100) as (app, pilot, log, _path):
        await pilot.press(*keys)
        await until(pilot, lambda: not log.follow and log.at_rest)
        scene.steps.released.set()
        await until(pilot, lambda: "completed" in shown(app))
        assert isinstance(app.screen, RunScreen)
        assert app.screen.nodes.rows.cursor_key == "hold"
        assert "last" in shown(app)
