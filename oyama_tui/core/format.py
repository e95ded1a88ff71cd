"""Times, durations and values in the words that people read; the one place for all front ends.

Local times are those of this machine's time zone: what decides, and must say the same everywhere, uses `time_in_zone`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from pydantic import JsonValue

LAST_MOMENT: Final = 253_402_214_399_000
"""The last second of 9999-12-30, which every time zone has, in milliseconds since 1970 UTC."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = "%Y-%m-%d"
_UNITS: Final = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "m"), (60, "m", 1, "s"))
"""Seconds of a unit and its letter, and those of the next smaller one."""


def moment(milliseconds: int) -> datetime:
    """Milliseconds since 1970 UTC as a time in UTC.

    Raises:
        OverflowError: No calendar has it.
    """
    return _EPOCH + timedelta(milliseconds=milliseconds)


def time_of_day(at: datetime, *, seconds: bool = True) -> str:
    """The local time of day: `14:05:12`, or `14:05`."""
    return at.astimezone().strftime("%H:%M:%S" if seconds else "%H:%M")


def date_and_time(at: datetime | None) -> str:
    """The local date and time, `2026-02-03 14:05:12`; empty when there is none."""
    return "" if at is None else f"{at.astimezone():{_DATE}} {time_of_day(at)}"


def near_time(at: datetime | None, now: datetime, *, seconds: bool = True) -> str:
    """The local time of day, after the day when that is another one than now; empty when there is none.

    Args:
        at: Some time.
        now: The present.
        seconds: To the second, else to the minute.
    """
    if at is None:
        return ""
    day = at.astimezone().date()
    return f"{'' if day == now.astimezone().date() else f'{day:{_DATE}} '}{time_of_day(at, seconds=seconds)}"


def near_minute(milliseconds: int, now: int) -> str:
    """As `near_time`, to the minute.

    Args:
        milliseconds: Since 1970 UTC.
        now: Likewise.
    """
    return near_time(moment(milliseconds), moment(now), seconds=False)


def time_in_zone(at: int, zone: int) -> str:
    """A time as people read it in a sentence, to the second; one that no calendar has is shown as its first or last.

    Args:
        at: Milliseconds since 1970 UTC.
        zone: Minutes that the clock of whoever reads it is ahead of UTC.
    """
    local = moment(min(max(at, 0), LAST_MOMENT)).astimezone(timezone(timedelta(minutes=zone)))
    return local.strftime(f"{_DATE} %H:%M:%S")


def between(start: datetime, end: datetime) -> float:
    """Milliseconds from one time to another."""
    return (end - start).total_seconds() * 1000


def spoken(milliseconds: float | None) -> str:
    """A duration as screens show it: `0.2 s`, `12 s`, `1 m 04 s`, `3 h 57 m`, `12 d`; empty when there is none."""
    if milliseconds is None:
        return ""
    if milliseconds < 9_950:
        return f"{max(milliseconds, 0) / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    for size, unit, part, small in _UNITS[1:] if seconds < 86_400 else ():
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // part:02d} {small}"
    return brief(seconds * 1000)


def compact(milliseconds: int | None) -> str:
    """A duration as commands print it in tables and lines: `0.2s`, `1m 04s`, `3h 57m`, `12d 03h`; empty when there is none."""
    if milliseconds is None:
        return ""
    seconds = milliseconds // 1000
    for size, unit, part, small in _UNITS:
        if seconds >= size:
            return f"{seconds // size}{unit} {seconds % size // part:02d}{small}"
    return f"{milliseconds / 1000:.1f}s"


def brief(milliseconds: float | None) -> str:
    """A duration in one unit, cut off: `12 s`, `4 m`, `3 h`, `12 d`; empty when there is none."""
    if milliseconds is None:
        return ""
    seconds = max(int(milliseconds / 1000), 0)
    for size, unit, _, _ in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def stopwatch(milliseconds: float) -> str:
    """A running time: `01:12`, `2:01:12`."""
    seconds = max(int(milliseconds / 1000), 0)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes:02d}:{seconds % 60:02d}"


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was: `just now`, `4 m ago`; empty when it has not been."""
    if at is None:
        return ""
    passed = between(at, now)
    return "just now" if passed < 5_000 else f"{brief(passed)} ago"


def byte_words(count: int) -> str:
    """A number of bytes in words: `812 bytes`, `64 KiB`, `1.5 MiB`, `2.0 GiB`."""
    if count < 1024:
        return f"{count} byte{'' if count == 1 else 's'}"
    if count < 1024 * 1024:
        return f"{count / 1024:.0f} KiB"
    return f"{count / 1024**2:.1f} MiB" if count < 1024**3 else f"{count / 1024**3:.1f} GiB"


def as_text(value: JsonValue, *, indent: int | None = None) -> str:
    """A value as people read it: a text as it is, everything else as JSON; what came from outside is not made safe here.

    Args:
        value: Any JSON value.
        indent: Blanks for each level; in one line when there is none.
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=indent)


def as_argument(value: JsonValue) -> str:
    """A value as a program gets it: a text as it is, nothing for null, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sentence(clause: str) -> str:
    """A clause as a sentence of its own: it begins with a capital letter and ends with one full stop; empty stays empty."""
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}." if clause else ""
