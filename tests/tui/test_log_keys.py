"""Moving sideways in output, and copying from it."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.log_pager import LogPager
from oyama_tui.tui.widgets.log_tail import LogTail
from tests.tui.scene import LONG, Scene, shown, until


class LogApp(App[None]):
    CSS = "LogPager { scrollbar-gutter: stable; overflow-x: hidden; }"

    def compose(self) -> ComposeResult:
        yield LogPager(id="log")


async def test_left_and_right_move_sideways_where_lines_run_on() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("0123456789" * 12 + "\n")
        log.focus()
        log.set_wrap(False)
        await pilot.press("right", "right")
        await until(pilot, lambda: log.scroll_offset.x == 16)
        await pilot.press("left")
        await until(pilot, lambda: log.scroll_offset.x == 8)
        log.set_wrap(True)
        await pilot.press("right")
        await until(pilot, lambda: log.scroll_offset.x == 0)


def selected(log: LogPager, start: tuple[int, int] | None, end: tuple[int, int] | None) -> str:
    found = log.get_selection(Selection(Offset(*start) if start else None, Offset(*end) if end else None))
    assert found is not None
    return found[0]


async def test_a_broken_line_is_copied_as_one_line() -> None:
    app = LogApp()
    async with app.run_test(size=(20, 10)):
        log = app.query_one(LogPager)
        words = "the quick \x1b[31mbrown\x1b[0m fox jumps over the lazy dog"
        token = "token=" + "".join(str(n % 10) for n in range(60))
        log.append(f"first\n{words}\n{token}\n\nlast 漢字\n")
        assert len(log.lines) > 6
        whole = "the quick brown fox jumps over the lazy dog"
        assert selected(log, None, None) == f"first\n{whole}\n{token}\n\nlast 漢字"
        assert selected(log, (2, 0), (3, 2)) == "rst\n" + whole[: whole.index(log.lines[2].plain) + 3]
        assert selected(log, (4, 1), (9, 1)) == "quick"


async def test_where_output_is_read_the_path_of_its_file_is_copied(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == row.id)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, LogTail))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == str(scene.studio.settings.files_path / row.id / "hold.1.log"))
        assert Path(app.clipboard).read_text() == "holding\n"
