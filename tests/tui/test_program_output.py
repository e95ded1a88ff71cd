"""The colours and progress bars of programs on the screens."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from oyama_tui.core.events import Evidence
from oyama_tui.tui.render.approval import card_lines
from oyama_tui.tui.render.run import attempt_lines
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.log_pager import LONGEST_LINE, LogPager
from tests.tui.scene import RELEASE, Scene, shown, until


class LogApp(App[None]):
    CSS = "LogPager { scrollbar-gutter: stable; overflow-x: hidden; }"

    def compose(self) -> ComposeResult:
        yield LogPager(id="log")


def drawn(widget: Widget, y: int) -> dict[str, tuple[str, ...]]:
    """The pieces of a line with their colours, as they are drawn."""
    strip: Strip = widget.render_line(y)
    return {
        segment.text.strip(): tuple(str(colour.get_truecolor().hex) for colour in (segment.style.color, segment.style.bgcolor) if colour)
        for segment in strip
        if segment.style and segment.text.strip()
    }


async def test_output_is_shown_in_its_colours() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)):
        log = app.query_one(LogPager)
        log.append("plain \x1b[38;2;1;2;3;48;2;9;8;7mpainted\n\x1b[2Jnext\n")
        assert [line.plain for line in log.lines] == ["plain painted", "␛[2Jnext"]
        first = drawn(log, 0)
        assert first["painted"] == ("#010203", "#090807")
        assert first["plain"] == next(iter(drawn(log, 1).values())) != first["painted"]


async def test_colours_are_whole_wherever_a_piece_ends() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)):
        log = app.query_one(LogPager)
        for letter in "\x1b[38;2;1;2;3mpainted\x1b[0m":
            log.append(letter)
            assert "␛" not in "".join(line.plain for line in log.lines)
        assert drawn(log, 0)["painted"][0] == "#010203"


async def test_no_colours_are_shown_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LogApp()
    async with app.run_test(size=(60, 10)):
        log = app.query_one(LogPager)
        log.append("plain \x1b[38;2;1;2;3mpainted\n")
        assert [(line.plain, line.spans) for line in log.lines] == [("plain painted", [])]


async def test_a_progress_bar_is_one_line_and_drives_no_other_line_out() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)):
        log = app.query_one(LogPager)
        log.append("IMPORTANT\n")
        for begin in range(0, 20_000, 100):
            log.append("".join(f"\rUploading {n}/20000" for n in range(begin, begin + 100)))
            assert log.texts == ["IMPORTANT", f"Uploading {begin + 99}/20000"]
        log.append("\r\ndone\r\n")
        assert log.texts == ["IMPORTANT", "Uploading 19999/20000", "done"]


async def test_a_line_that_never_ends_is_cut_with_a_word() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 10)):
        log = app.query_one(LogPager)
        for _ in range(5):
            log.append("x" * (LONGEST_LINE // 2))
        log.append("\nnext")
        assert [text[-30:] for text in log.texts] == ["xxx … (the line goes on in the log file)"[-30:], "next"]


async def test_the_output_of_an_attempt_is_shown_in_its_colours(scene: Scene) -> None:
    row = await scene.start('id: once\nsteps:\n  - {id: only, run: "say \x1b[31mred"}\n'.replace("\x1b", "\\x1b"))
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: "red" in shown(app))
    attempt = await scene.studio.runs.attempt(row.id, "only")
    run = await scene.studio.runs.get(row.id)
    assert attempt is not None
    assert attempt.output == "\x1b[31mred"
    for colours in (True, False):
        lines = attempt_lines(run.nodes[0], attempt, run, 60, StatusIcons(), colours=colours)
        (line,) = [line for line in lines if line.plain == "  red"]
        assert bool(line.spans) is colours
    told = [event.text for event in await scene.studio.runs.events(row.id)]
    assert [text for text in told if "\x1b" in text] == []
    assert any(text.endswith(": red") for text in told), told


async def test_a_preview_has_no_colours_to_hide_in(scene: Scene, tmp_path: Path) -> None:
    card = await scene.studio.approvals.get(await scene.asked(RELEASE))
    hiding = Evidence(preview="\x1b[30;40mdeletes everything\x1b[0m\x1b[8m really\n", exit_code=0, at=card.content.evidence.at)
    card = card.model_copy(update={"content": card.content.model_copy(update={"evidence": hiding, "prompt": "\x1b[8mall \x1b[0mof it"})})
    lines = card_lines(card, 80, card.row.requested_at, StatusIcons())
    (line,) = [line for line in lines if "deletes" in line.plain]
    assert line.plain == "  deletes everything really"
    assert not [span for span in line.spans if span.style]
    assert "all of it" in [line.plain for line in lines]
