"""Text from outside, values and numbers in the words that screens show."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import JsonValue

from oyama_tui.core.format import as_text
from oyama_tui.core.text import safe_text

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
