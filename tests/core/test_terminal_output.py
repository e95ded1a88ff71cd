"""Output of programs: colours become styles, overwritten lines their last state, and nothing can act on a terminal."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oyama_tui.core.terminal_output import PLAIN, Look, OutputLines, from_line_begin, last_state, spans, without_colours

WRITTEN = st.lists(st.sampled_from([*"ab\r\n\t;:m[38", "\x1b", "\x1b[31m", "\x1b[0m", "\r\n", "\x1b[1;38;5;9", "é", "\x07", "\x9b"])).map(
    "".join
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain", [("plain", "")]),
        ("", []),
        ("\x1b[31mred\x1b[0m not", [("red", "31"), (" not", "")]),
        ("\x1b[1;4;91;102mx\x1b[22;24my\x1b[39;49mz", [("x", "1;4;91;102"), ("y", "91;102"), ("z", "")]),
        ("\x1b[38;5;208ma\x1b[48;5;3mb", [("a", "38;5;208"), ("b", "38;5;208;43")]),
        ("\x1b[38;2;1;22;255ma\x1b[38:2::9:8:7mb\x1b[38:5:12mc", [("a", "38;2;1;22;255"), ("b", "38;2;9;8;7"), ("c", "94")]),
        ("\x1b[4:3mcurly\x1b[4:0mnone\x1b[21mtwo", [("curly", "4"), ("none", ""), ("two", "4")]),
        ("\x1b[mempty\x1b[;mtoo", [("empty", ""), ("too", "")]),
        ("\x1b[58;2;31;31;31mline\x1b[58;5;31mtoo", [("line", ""), ("too", "")]),
        ("\x1b[8mhidden\x1b[5mblinking", [("hidden", ""), ("blinking", "")]),
        ("\x1b[30;40mblack\x1b[31mred", [("black", ""), ("red", "31;40")]),
        ("\x1b[38;5;999mx\x1b[38;9my\x1b[38mz\x1b[77777777777777777777mw", [("x", ""), ("y", ""), ("z", ""), ("w", "")]),
        ("a\x1b[2Kb\x1b[10;3Hc", [("a␛[2Kb␛[10;3Hc", "")]),
        ("\x1b]0;title\x07\x1b]8;;http://x\x1b\\y", [("␛]0;title␇␛]8;;http://x␛\\y", "")]),
        ("\x1b\x1b[0m[31mx", [("␛", ""), ("[31mx", "")]),
        ("\x1b[>4;2m\x1b[?25m\x1b[31 m", [("␛[>4;2m␛[?25m␛[31 m", "")]),
        ("\x9b31mx\u202ey", [("<U+009B>31mx<U+202E>y", "")]),
        ("cut \x1b[3", [("cut ␛[3", "")]),
        (f"\x1b[{'1;' * 500}1mx", [(f"␛[{'1;' * 500}1mx", "")]),
    ],
)
def test_colours_become_styles_and_all_else_a_picture(line: str, expected: list[tuple[str, str]]) -> None:
    assert [(text, look.codes) for text, look in spans(line)] == expected


@given(WRITTEN | st.text(alphabet=st.characters(categories=None)))
def test_no_piece_of_output_can_act_on_a_terminal(written: str) -> None:
    for line in written.split("\n"):
        for text, look in spans(line):
            assert not [c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
            assert re.fullmatch(r"[0-9;]*", look.codes)


def test_a_style_ends_with_its_line() -> None:
    first, second = OutputLines().feed("\x1b[41mon\nplain\n")
    assert spans(first) == [("on", Look(background=1))]
    assert spans(second) == [("plain", PLAIN)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain", "plain"),
        ("10%\r20%\r100%", "100%"),
        ("10%\r100%\r", "100%"),
        ("100%\r\r", "100%"),
        ("100%\r\x1b[0m", "100%"),
        ("\x1b[32m10%\r100%\x1b[0m", "\x1b[32m100%\x1b[0m"),
        ("\x1b[32m10%\x1b[0m\r100%", "100%"),
        ("\r", ""),
    ],
)
def test_an_overwritten_line_is_its_last_state(line: str, expected: str) -> None:
    assert last_state(line) == expected


def all_lines(pieces: list[str]) -> list[str]:
    taken = OutputLines()
    return [line for piece in pieces for line in taken.feed(piece)] + taken.finish()


@given(WRITTEN, st.lists(st.integers(0, 60)))
def test_where_output_is_cut_into_pieces_makes_no_difference(written: str, cuts: list[int]) -> None:
    places = sorted({0, len(written), *(min(cut, len(written)) for cut in cuts)})
    pieces = [written[begin:end] for begin, end in pairwise(places)]
    whole = [last_state(line) for line in written.split("\n")]
    looks = [spans(line) for line in (whole if whole[-1] else whole[:-1])]
    assert [spans(line) for line in all_lines(pieces)] == looks


def test_the_line_under_way_is_seen_without_half_a_sequence() -> None:
    lines = OutputLines()
    assert lines.feed("one\ntw\x1b[3") == ["one"]
    assert lines.under_way == "tw"
    assert lines.feed("1mo\r") == []
    assert lines.under_way == "tw\x1b[31mo"
    assert lines.feed("\nthree") == ["tw\x1b[31mo"]
    assert lines.finish() == ["three"]


def test_a_bar_of_any_length_is_one_short_line() -> None:
    lines = OutputLines(longest=200, goes_on=" ...")
    for percent in range(101):
        assert lines.feed(f"\r\x1b[3{percent % 8}m{'=' * 100} {percent}%\x1b[0m") == []
    (bar,) = lines.feed("\nend")
    assert [text for text, _ in spans(bar)] == [f"{'=' * 100} 100%"]


def test_a_line_without_end_is_handed_out_cut_and_its_next_state_whole() -> None:
    lines = OutputLines(longest=10, goes_on=" ...")
    assert lines.feed("0123456\x1b[31m789") == ["0123456 ..."]
    assert lines.feed("more") == []
    assert lines.feed("and more\nnext\n") == ["next"]
    assert lines.feed("x" * 30) == ["xxxxxxxxxx ..."]
    assert lines.feed("\r100%\n") == ["100%"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("est\nnext\n", "next\n"), ("5%\r60%", "60%"), ("est\r\nnext", "next"), ("no begin", "no begin"), ("\nnext", "next")],
)
def test_reading_begins_with_a_line(text: str, expected: str) -> None:
    assert from_line_begin(text) == expected


def test_colours_can_be_left_out_of_a_text() -> None:
    assert without_colours("\x1b[30;40mrm\x1b[0m\n-rf\x1b[8m /\x1b[2J") == "rm\n-rf /\x1b[2J"


def test_a_megabyte_is_taken_fast() -> None:
    started = process_time()
    all_lines(["".join(f"\rpulling {n}" for n in range(100_000))])
    all_lines([f"\rpulling {n}" for n in range(30_000)])
    assert len(all_lines(["\x1b[31mred\x1b[0m line\n" * 50_000])) == 50_000
    for line in ["\x1b[31mred\x1b[0m line"] * 50_000:
        spans(line)
    spans("\x1b[" * 300_000)
    assert process_time() - started < 3.0
