"""Notices as terminals take them: one line that cannot end or divide its sequence, and one notice for one question."""

from __future__ import annotations

from typing import get_args

import pytest

from oyama_tui.tui.desktop import MOST_CELLS, Desktop, sequences

PLAIN = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("desktop", "written"),
    [
        ("osc9", "\x1b]9;release #1 asks: Go\x07"),
        ("osc777", "\x1b]777;notify;oyama;release #1 asks: Go\x07"),
        ("both", "\x1b]9;release #1 asks: Go\x07\x1b]777;notify;oyama;release #1 asks: Go\x07"),
        ("off", ""),
    ],
)
def test_the_sequence_is_the_one_that_is_set(desktop: Desktop, written: str) -> None:
    assert sequences(desktop, "release #1 asks: Go", PLAIN) == written


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        (PLAIN, "\x1b]9;"),
        ({}, "\x1b]9;"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;"),
        ({"TERM": "foot"}, "\x1b]777;"),
    ],
)
def test_by_itself_a_terminal_gets_one_sequence(environment: dict[str, str], begins: str) -> None:
    written = sequences("auto", "Go", environment)
    assert written.startswith(begins)
    assert written.count("\x1b]") == 1


@pytest.mark.parametrize("desktop", get_args(Desktop))
@pytest.mark.parametrize("text", ["4;3;50", "a\x07b\x1b]9;c\x1b\\", "a\nb\tc", ";;;", "\x9d9;x\x9c", "x" * 10_000, "a\u202eb"])
def test_no_text_ends_or_divides_its_sequence(desktop: Desktop, text: str) -> None:
    written = sequences(desktop, text, PLAIN)
    for sequence in written.split("\x1b]")[1:]:
        body = sequence.removesuffix("\x07").removeprefix("9;").removeprefix("777;notify;oyama;")
        assert sequence.endswith("\x07")
        assert body.isprintable()
        assert ";" not in body
        assert len(body) <= MOST_CELLS


def test_tmux_and_screen_pass_the_sequence_on() -> None:
    assert sequences("osc9", "Go", {"TMUX": "/run/tmux,1,0"}) == "\x1bPtmux;\x1b\x1b]9;Go\x07\x1b\\"
    assert sequences("osc9", "Go", {"STY": "1.pts"}) == "\x1bP\x1b]9;Go\x07\x1b\\"
    assert sequences("both", "Go", {"TMUX": "x"}).count("\x1bPtmux;") == 2
    assert sequences("off", "Go", {"TMUX": "x"}) == ""
