"""Following the end of output that comes faster than it can be shown."""

from __future__ import annotations

import re
from pathlib import Path

from oyama_tui.tui.log_survey import PIECE
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.log_pager import MOST_LINES, OLDER
from oyama_tui.tui.widgets.log_tail import FIRST, LogTail
from tests.tui.scene import LONG, Scene, shown, until

LINE = f"a line of output that is one of very many {'.' * 60}\n"


async def log_of(scene: Scene) -> Path:
    """The file that a running step writes to."""
    row = await scene.start(LONG)
    return scene.studio.settings.files_path / row.id / "hold.1.log"


async def test_the_end_is_followed_however_much_comes_and_what_is_passed_over_is_said(scene: Scene) -> None:
    path = await log_of(scene)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        log = app.screen.query_one(LogTail)
        with path.open("a") as file:
            file.write(LINE * (20 * PIECE // len(LINE)) + "THE END\n")
        await until(pilot, lambda: "THE END" in shown(app))
        assert log.follow
        (passed,) = [text for text in log.texts if "passed over" in text]
        found = re.fullmatch(r"\.\.\. ([\d,]+) bytes were passed over; they are in the log file", passed)
        assert found
        kept, missed = sum(len(text) + 1 for text in log.texts if text != passed), int(found[1].replace(",", ""))
        assert missed > 15 * PIECE
        assert kept + missed - path.stat().st_size in (0, 1)  # a line may be broken off, and has no line break then
        assert log.partial


async def test_who_reads_further_up_is_not_taken_to_the_end(scene: Scene) -> None:
    path = await log_of(scene)
    path.parent.mkdir(parents=True, exist_ok=True)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        with path.open("a") as file:
            file.write("".join(f"early {number}\n" for number in range(200)))
        await until(pilot, lambda: "early 199" in shown(app))
        log = app.screen.query_one(LogTail)
        log.scroll_to(y=50, animate=False, force=True)
        await until(pilot, lambda: not log.follow)
        with path.open("a") as file:
            file.write(LINE * (3 * PIECE // len(LINE)) + "THE END\n")
        await until(pilot, lambda: "THE END" in log.texts)
        assert not [text for text in log.texts if "passed over" in text]
        assert not log.follow


async def test_the_real_lines_before_a_long_progress_bar_are_there(scene: Scene) -> None:
    path = await log_of(scene)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: path.exists())
        with path.open("a") as file:
            file.write("IMPORTANT\n" + "".join(f"\rUploading {number:05d} {'=' * 90}" for number in range(10_000)))
        assert path.stat().st_size < FIRST
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Uploading 09999" in shown(app))
        assert app.screen.query_one(LogTail).texts[:2] == ["holding", "IMPORTANT"]
        assert not app.screen.query_one(LogTail).partial


async def test_the_first_line_says_that_there_are_older_ones(scene: Scene) -> None:
    path = await log_of(scene)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: path.exists())
        with path.open("a") as file:
            file.write("".join(f"line {number}\n" for number in range(2 * MOST_LINES)))
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and f"line {2 * MOST_LINES - 1}" in shown(app))
        log = app.screen.query_one(LogTail)
        assert log.texts[0] == OLDER
        assert len(log.texts) == MOST_LINES
        assert log.partial
