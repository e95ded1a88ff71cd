"""Times, durations and sizes in the words that people read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pydantic import JsonValue

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


def spoken(milliseconds: float | None) -> str:
    """A duration as people say it: `0.2 s`, `12 s`, `1 m 04 s`, `3 h 57 m`, `12 d`.

    Args:
        milliseconds: Not negative; none gives an empty text.
    """
    if milliseconds is None:
        return ""
    if milliseconds < 9_950:
        return f"{max(milliseconds, 0) / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} m {seconds % 60:02d} s"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} m"
    return f"{seconds // 86_400} d"


def brief(milliseconds: float | None) -> str:
    """A duration in one unit: `12 s`, `4 m`, `3 h`, `12 d`."""
    if milliseconds is None:
        return ""
    seconds = max(int(milliseconds / 1000), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def stopwatch(milliseconds: float) -> str:
    """A running time: `01:12`, `2:01:12`."""
    seconds = max(int(milliseconds / 1000), 0)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes:02d}:{seconds % 60:02d}"


def between(start: datetime, end: datetime) -> float:
    """Milliseconds from one time to another."""
    return (end - start).total_seconds() * 1000


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago something was: `just now`, `4 m ago`."""
    if moment is None:
        return ""
    passed = between(moment, now)
    return "just now" if passed < 5_000 else f"{brief(passed)} ago"


def clock(moment: datetime) -> str:
    """The local time of day: `14:05:12`."""
    return moment.astimezone().strftime("%H:%M:%S")


def absolute(moment: datetime | None) -> str:
    """The local date and time: `2026-02-03 14:05:12`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def as_text(value: JsonValue) -> str:
    """A value as people read it: text as it is, anything else as JSON, indented when it is long."""
    if isinstance(value, str):
        return safe_text(value)
    text = json.dumps(value, ensure_ascii=False)
    return safe_text(text if len(text) <= SHORT else json.dumps(value, ensure_ascii=False, indent=2))


def as_line(value: JsonValue) -> str:
    """A value in one line."""
    return line_of(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def count_of(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: `1 run`, `3 runs`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
