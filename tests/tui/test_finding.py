"""Finding words in output: from place to place, round the ends, over broken lines."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from oyama_tui.core.text import places_of
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.log_pager import MOST_LINES, LogPager
from tests.tui.scene import LONG, Scene, shown, until


class LogApp(App[None]):
    CSS = "LogPager { scrollbar-gutter: stable; overflow-x: hidden; }"

    def compose(self) -> ComposeResult:
        yield LogPager(id="log")


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ("needle", "Straße ﬁx needle after", ["needle"]),
        ("STRASSE", "Straße strasse", ["Straße", "strasse"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("fix", "ﬁx it", ["ﬁx"]),
        ("X", "ßßßx", ["x"]),
        ("i", "İi", ["İ", "i"]),
        ("aa", "aaaa", ["aa", "aa"]),
        ("", "a", []),
        ("b", "a", []),
    ],
)
def test_places_are_those_of_the_text_itself(words: str, text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in places_of(words, text)] == expected


def marked(log: LogPager) -> list[str]:
    """What is made visible, line by line."""
    return [log.lines[line].plain[start:end] for line, marks in sorted(log.places.marks.items()) for start, end in marks]


async def test_the_next_place_is_another_one_also_where_no_further_scrolling_is_possible() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)):
        log = app.query_one(LogPager)
        log.append("".join(f"line {n} {'ERROR' if n in (5, 100, 190, 195, 198) else 'ok'}\n" for n in range(200)))
        log.action_move_top()
        assert log.find("error") == 5
        seen = [log.found]
        for step in (1, 1, 1, 1, 1, -1, -1):
            assert log.find_next(step)
            seen.append(log.found)
        assert [place for place, _ in seen] == [1, 2, 3, 4, 5, 1, 5, 4]
        assert {places for _, places in seen} == {5}


async def test_the_place_gone_to_stands_out_and_stays_while_output_comes() -> None:
    app = LogApp()
    async with app.run_test(size=(40, 10)) as pilot:
        log = app.query_one(LogPager)
        log.append("".join(f"line {n} {'ERROR' if n % 3000 == 2999 else 'ok'}\n" for n in range(MOST_LINES)))
        log.action_move_top()
        log.find("ERROR")
        log.find_next(1)
        await pilot.pause()
        assert log.found == (2, 3)
        line = log.lines[log.top].plain
        log.append("more\n" * 500)
        await pilot.pause()
        assert log.found == (2, 3)
        assert log.lines[log.top].plain == line == "line 5999 ERROR"
        assert len(log.line_at(log.top).spans) > len(log.line_at(log.top + 1).spans)


async def test_words_are_found_over_the_ends_of_broken_lines_and_in_colours() -> None:
    app = LogApp()
    async with app.run_test(size=(20, 10)):
        log = app.query_one(LogPager)
        log.append("some words before the quick brown\tfox jumps\nthe \x1b[31mqui\x1b[1mck\x1b[0m brown\nnothing\n")
        assert log.find("the quick brown") == 2
        assert " ".join(marked(log)) == "the quick brown the quick brown"
        log.set_wrap(False)
        assert log.find("THE QUICK BROWN") == 2
        assert marked(log) == ["the quick brown", "the quick brown"]


async def test_the_count_is_shown(scene: Scene) -> None:
    row = await scene.start(LONG)
    path = scene.studio.settings.files_path / row.id / "hold.1.log"
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "holding" in shown(app))
        with path.open("a") as file:
            file.write("".join(f"line {n}{' ERROR' if n % 5 == 4 else ''}\n" for n in range(20)))
        await until(pilot, lambda: "line 19" in shown(app))
        await pilot.press("slash", *"error", "enter")
        await until(pilot, lambda: "1 of 4" in shown(app))
        await pilot.press("n")
        await until(pilot, lambda: "2 of 4" in shown(app))
        await pilot.press("N", "N")
        await until(pilot, lambda: "4 of 4" in shown(app))
