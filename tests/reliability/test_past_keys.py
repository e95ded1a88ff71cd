"""The keys of a run's history on a real terminal, as terminals send them."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

SHORT = """
id: short
context: {channel: beta}
steps:
  - {id: a, run: echo a}
  - {id: b, set: {channel: stable}}
  - {id: c, run: exit 2}
"""


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "linux"}], ids=["colours", "none", "console"])
def test_keys_move_in_time_and_back_to_now(launcher: Launcher, env: dict[str, str]) -> None:
    launcher.file("short.yaml", SHORT)
    launcher("run", "short.yaml", code=1)
    with closing(Terminal(launcher, env=env)) as terminal:
        terminal.shows("Workflows")
        for keys, words in (
            ("4", "History"),
            ("o", "short #1"),
            ("t", "event 8 of 8"),
            ("\x1b[D", "event 7 of 8"),
            ("h", "event 6 of 8"),
            ("\x1b[H", "event 1 of 8"),
            ("\x1b[C", "event 2 of 8"),
            ("lll", "event 5 of 8"),
            ("L", "event 7 of 8"),
            ("\x1b[F", "event 8 of 8"),
            ("H", "event 7 of 8"),
            ("d", "7 is marked"),
            ("\x1b[H", "event 1 of 8"),
            ("d", "From event 1 to event 7"),
            ("s", "Name short #1"),
            ("\x1b", "THE PAST"),
            ("\x1b", "R recover"),
        ):
            terminal.type(keys)
            terminal.shows(words)
            terminal.settles(0.3)
        terminal.until(lambda: "THE PAST" not in terminal.text, "the past is left")
