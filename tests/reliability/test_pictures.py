"""Emoji of several characters, which terminals count in different ways, move nothing out of its place."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

PICTURES = {
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "flag": "🏳\ufe0f\u200d🌈",
    "tone": "👩🏽\u200d💻👍🏽",
    "sign": "⚠\ufe0f1\ufe0f\u20e3",
    "country": "🇩🇪🇫🇷",
    "many": "👨\u200d👩\u200d👧\u200d👦" * 12,
}
DEFINITION = """\
id: %s
name: Send %s there
steps:
  - {id: build, name: Make %s now, run: echo %s made}
  - {id: ask, name: Ask %s now, gate: Send %s out?, run: echo sent}
"""


@pytest.mark.parametrize("columns", [80, 120])
def test_a_picture_that_a_terminal_counts_otherwise_moves_nothing(launcher: Launcher, columns: int) -> None:
    for name, picture in PICTURES.items():
        launcher("run", launcher.file(f"{name}.yaml", DEFINITION.replace("%s", name, 1).replace("%s", picture)), "--no-wait", code=5)
    with closing(Terminal(launcher, columns=columns, rows=30, env={"OYAMA_BELL": "0"})) as terminal:

        def places(word: str, of: str) -> set[int]:
            """The columns in which a word stands, in the rows that have another one."""
            lines = [line for line in rows() if of in line]
            return {line.index(word) for line in lines if word in line} if len(lines) >= len(PICTURES) else set()

        def rows() -> list[str]:
            """The rows as cells: the second one of a wide character is a cell too."""
            buffer = terminal.screen.buffer
            return ["".join(buffer[y][x].data[:1] or "·" for x in range(columns)) for y in range(30)]

        def edges() -> set[int]:
            """Where queue and card meet, over all rows; -1 of a row that has no edge, as when a card is not there yet."""
            return {row.find("│") for row in rows()[3:-2]}

        for key, word in (("2", "1/2"), ("4", "◆ needs you")):
            terminal.type(key)
            terminal.until(lambda word=word: len(places(word, "◆ needs you")) == 1, f"{word} in one column on {key}")  # type: ignore[misc]
        terminal.type("3")
        terminal.shows("Checked by Oyama")
        for _ in PICTURES:
            terminal.type("j")
            terminal.until(lambda: len(edges()) == 1 and -1 not in edges(), "one edge between queue and card")
