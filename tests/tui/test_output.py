"""The live output of a step."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from oyama_tui.studio.output import LOOKS
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.log_pager import MOST_LINES, LogPager
from oyama_tui.tui.widgets.log_tail import LogTail
from tests.tui.scene import LONG, Scene, shown, toasts, until

FLOOD = """
id: flood
name: Flood
steps:
  - {id: pour, run: "flood 500"}
  - {id: hold, run: "hold"}
"""


class LogApp(App[None]):
    CSS = "LogPager { scrollbar-gutter: stable; overflow-x: hidden; }"

    def compose(self) -> ComposeResult:
        yield LogPager(id="log")


async def test_it_follows_the_end_until_somebody_scrolls_up() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("".join(f"line {n}\n" for n in range(100)))
        await until(pilot, lambda: log.top == 90)
        log.scroll_lines(-5)
        await until(pilot, lambda: not log.follow)
        log.append("more\n" * 10)
        await pilot.pause()
        assert log.top == 85
        log.action_move_bottom()
        await until(pilot, lambda: log.follow and log.top == 100)
        log.append("last\n")
        await until(pilot, lambda: log.top == 101)


async def test_a_line_that_comes_in_pieces_is_one_line() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)):
        log = app.query_one(LogPager)
        for piece in ("be", "gin", "ning\nsec", "ond\n", "third"):
            log.append(piece)
        assert log.texts == ["beginning", "second", "third"]
        assert [line.plain for line in log.lines] == ["beginning", "second", "third"]


async def test_it_is_bounded_and_keeps_its_place() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("".join(f"line {n}\n" for n in range(MOST_LINES)))
        await until(pilot, lambda: log.top > 0)
        log.scroll_lines(-50)
        await until(pilot, lambda: not log.follow)
        seen = log.lines[log.top]
        log.append("more\n" * 20)
        await pilot.pause()
        assert len(log.texts) == MOST_LINES
        assert log.lines[log.top].plain == seen.plain


async def test_long_lines_are_broken_or_run_on() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("word " * 30 + "\n")
        assert len(log.lines) > 1
        log.set_wrap(False)
        assert len(log.lines) == 1
        log.action_move_right()
        await until(pilot, lambda: log.scroll_offset.x > 0)
        await pilot.resize_terminal(80, 10)
        log.set_wrap(True)
        assert all(line.cell_length <= 80 for line in log.lines)


async def test_find_goes_from_place_to_place() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("".join(f"line {n}{' NEEDLE' if n % 40 == 0 else ''}\n" for n in range(200)))
        assert log.find("needle") == 5
        log.scroll_to(y=0, animate=False)
        assert log.find_next(1)
        await until(pilot, lambda: log.top == 40)
        assert log.find_next(-1)
        await until(pilot, lambda: log.top == 0)
        assert isinstance(log.line_at(0), Content)
        assert any(span.style == "reverse" for span in log.line_at(0).spans)


async def test_a_run_shows_its_output_and_finds_words_in_it(scene: Scene) -> None:
    await scene.start(FLOOD)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        assert isinstance(app.screen, RunScreen)
        app.screen.nodes.rows.move_to(0)
        await until(pilot, lambda: "line 499 of the flood" in shown(app))
        await pilot.press("slash", *"line 123 ", "enter")
        await until(pilot, lambda: "line 123 of" in shown(app))
        await pilot.press("n")
        assert not [toast for toast in toasts(app) if "No line" in toast]
        await pilot.press("f")
        await until(pilot, lambda: any("ollowing" in toast for toast in toasts(app)))


async def test_the_output_of_a_running_step_grows_on_the_screen(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        path = scene.studio.settings.files_path / row.id / "hold.1.log"
        with path.open("a") as log:
            log.write("one more line\n")
        await until(pilot, lambda: "one more line" in shown(app))
        assert app.screen.query_one(LogTail).follow


async def test_while_nothing_is_written_hardly_anything_is_read(scene: Scene) -> None:
    row = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        log = app.screen.query_one(LogTail)
        path = scene.studio.settings.files_path / row.id / "hold.1.log"
        begun = 0
        for number in range(4 * LOOKS):
            if number == LOOKS:
                with path.open("a") as file:
                    file.write("one more line\n")
            log._look()
            if log._reading:
                begun += 1
                await until(pilot, lambda: not log._reading)
        assert "one more line" in log.texts
        # One at first, two for the line, and one each time that nothing has been heard for so long.
        assert begun <= 8
