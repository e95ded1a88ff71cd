"""Text from outside, values and numbers in the words that screens show."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.format import as_text
from oyama_tui.core.text import ELLIPSIS, first_line, one_line, safe_text, width_of

SHORT = 48
"""Characters of JSON that are read at a glance, in one line."""
LONGEST = 4_000
"""Characters of one line of text from outside at the most."""


def line_of(text: str) -> str:
    """Text from outside as one harmless line: line breaks and tabs become blanks."""
    return safe_text(text[:LONGEST].replace("\n", " ").replace("\t", " "), keep_newlines=False)


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def display_text(value: JsonValue) -> str:
    """A value as people read it, harmless: text as it is, anything else as JSON, indented when it is long."""
    text = as_text(value)
    return safe_text(text if isinstance(value, str) or len(text) <= SHORT else as_text(value, indent=2))


def display_line(value: JsonValue) -> str:
    """A value in one line, harmless."""
    return line_of(as_text(value))


def count_of(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: `1 run`, `3 runs`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


_AND_MORE: Final = re.compile(r" and [\d,]+ more$")
_WAY: Final = re.compile(r"(?P<way>[^\s:]*[\].#][^\s:]*)(?P<said>: .+)$")
"""A node in blocks, and what is said of it."""


def reason_in(text: str, width: int) -> str:
    """Why a run waits or how it ended, in so many cells: how many more there are stays, and of a long way to a node its end.

    Args:
        text: As a run tells it.
        width: Cells.
    """
    line = line_of(first_line(text))
    if width < 1 or width_of(line) <= width:
        return line
    if (more := _AND_MORE.search(line)) and len(more[0]) + 4 <= width:
        return one_line(line[: more.start()], width - len(more[0])) + more[0]
    if found := _WAY.match(line):
        room = max(width - width_of(found["said"]), width // 3)
        way = found["way"] if len(found["way"]) <= room else ELLIPSIS + found["way"][len(found["way"]) - room + 1 :]
        return one_line(way + found["said"], width)
    return one_line(line, width)


def progress_in(done: int, total: int, width: int) -> str:
    """How many steps are over, in so many cells: `9812/10k` where `9812/10000` does not fit.

    Args:
        done: Steps that are over.
        total: All steps.
        width: Cells.
    """
    whole = f"{done}/{total}"
    return whole if len(whole) <= width else f"{_thousands(done)}/{_thousands(total)}"


def _thousands(number: int) -> str:
    return str(number) if number < 10_000 else f"{number // 1000}k"
