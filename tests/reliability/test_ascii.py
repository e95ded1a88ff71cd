"""Where no more than ASCII may be drawn, lines, signs, cursors and boxes are, on the screens and by the commands."""

from __future__ import annotations

from contextlib import closing

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

ASCII = {"OYAMA_ASCII": "1"}
ASKED = """
id: asked
inputs: {loud: {type: boolean, default: false}}
steps:
  - {id: a, run: echo a}
  - {id: g, gate: {title: Go on, target: production, preview: echo would go}}
"""


def drawn(text: str) -> set[str]:
    """Lines, corners, blocks and shades, and the geometric shapes and check marks that signs are made of."""
    return {letter for letter in text if "\u2500" <= letter <= "\u27bf"}


def test_screens_draw_lines_and_signs_in_ascii(launcher: Launcher) -> None:
    launcher.file("asked.yaml", ASKED)
    launcher("run", "asked.yaml", "--no-wait", code=5)
    with closing(Terminal(launcher, columns=120, rows=36, env=ASCII)) as terminal:
        terminal.shows("Workflows")
        for keys, words in (
            ("4", "History"),
            ("2", "asked #1"),
            ("3", "production"),
            ("1", "asked"),
            ("r", "[ ]"),
            ("\x1b", "open a file"),
            ("2", "1/2"),
            ("\r", "In/Out"),
            ("t", "THE PAST"),
            ("\x1b[H", "event 1 of"),
            ("d", "1 is marked"),
        ):
            terminal.type(keys)
            terminal.shows(words)
            terminal.settles()
            assert drawn(terminal.text) == set(), keys


def test_commands_print_signs_in_ascii(launcher: Launcher) -> None:
    launcher.file("asked.yaml", ASKED)
    for words in (
        ("run", "asked.yaml", "--no-wait"),
        ("show", "asked@latest"),
        ("approvals",),
        ("runs",),
        ("list",),
        ("history",),
        ("snapshots", "asked@latest"),
        ("show", "asked@latest", "--at", "3"),
        ("diff", "asked@latest", "start", "now"),
        ("doctor",),
    ):
        with closing(Terminal(launcher, *words, columns=120, rows=36, env=ASCII)) as terminal:
            terminal.wait()
            assert drawn(terminal.raw.decode()) == set(), words
