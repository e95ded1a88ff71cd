"""What real terminals with few colours, or none wanted, get to see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet

from oyama_tui.tui.colours import PALETTES, READABLE, contrast
from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

GATED = """\
id: gated
steps:
  - {id: build, run: echo built}
  - {id: publish, run: echo published, gate: {title: Publish the page?, target: production, preview: ls}}
"""
NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
MUTED = 3.0


def value(name: str) -> ColorTriplet:
    """A colour by the name or number that the terminal's picture has."""
    bright = name.startswith("b") and name[2:].startswith("ight")
    plain = name[6:] if bright else name
    if plain in NAMES:
        return PALETTES[ColorSystem.STANDARD][NAMES.index(plain) + 8 * bright]
    return ColorTriplet(*bytes.fromhex(name))


def unreadable(terminal: Terminal) -> Iterator[str]:
    """Letters that cannot be told from what they stand on."""
    for y, row in sorted(terminal.screen.buffer.items()):
        for x, cell in sorted(row.items()):
            if cell.data.isalnum() and (seen := contrast(value(cell.fg), value(cell.bg))) < MUTED:
                yield f"{cell.data!r} at {x},{y}: {cell.fg} on {cell.bg}, {seen:.1f}"


@pytest.mark.parametrize(("key", "words"), [("?", "Keys that are valid now"), ("r", "Not now"), (":", "Find anything")])
def test_screens_are_drawn_with_ascii_letters_where_that_is_set(launcher: Launcher, key: str, words: str) -> None:
    launcher("run", launcher.file("gated.yaml", GATED), "--no-wait", code=5)
    places = (
        ("1", "sequential"),
        ("2", "@ needs you"),
        ("4", "decided by"),
        ("3", "Checked by Oyama"),
        ("o", "asks a person"),
        (key, words),
    )
    with closing(Terminal(launcher, columns=100, rows=30, env={"OYAMA_BELL": "0", "OYAMA_ASCII": "1"})) as terminal:
        for typed, shown in places:
            terminal.type(typed)
            terminal.shows(shown)
            strange = sorted({sign for sign in terminal.text if not sign.isascii()})
            assert not strange, f"{shown}: {strange}\n{terminal.text}"


@pytest.mark.parametrize("env", [{"TERM": "xterm-256color"}, {"TERM": "xterm"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}], ids=str)
def test_screens_are_readable_without_true_colour(launcher: Launcher, env: dict[str, str]) -> None:
    launcher("run", launcher.file("gated.yaml", GATED), "--no-wait", code=5)
    with closing(Terminal(launcher, env={"OYAMA_BELL": "0", "COLORTERM": "", **env})) as terminal:
        for keys, words in (("1", "sequential"), ("2", "needs you"), ("4", "result"), ("3", "Checked by Oyama")):
            terminal.type(keys)
            terminal.shows(words)
            assert not list(unreadable(terminal)), words
        assert b"38;2;" not in terminal.raw
        title = next(y for y, line in enumerate(terminal.screen.display) if "Publish the page? → production" in line)
        bold = [cell for cell in terminal.screen.buffer[title].values() if cell.data.isalpha() and cell.bold]
        assert min(contrast(value(cell.fg), value(cell.bg)) for cell in bold) >= READABLE
