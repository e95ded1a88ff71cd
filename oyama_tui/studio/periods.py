"""Times as people ask for them: so long ago, a day, yesterday, last week; on this machine's clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from oyama_tui.core.definition import parse_duration

NAMED: Final = ("today", "yesterday", "this-week", "last-week", "this-month", "last-month")
"""Periods with a name; weeks begin on Monday."""
EXAMPLES: Final = f"Use a length of time such as 7d, a day such as 2026-01-31, or one of {', '.join(NAMED)}."

_BEGUN: Final = re.compile(r"[0-9][0-9.smhdw]*|[0-9]{4}-(?:[0-9]{0,2}|[0-9]{2}-(?:[0-9]{0,2}|[0-9]{2}T[0-9:.+Z-]*))")
"""A length of time, or a day or moment, of which the end may be missing."""


def period(text: str, now: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of what a person means; both are the same where a moment is meant.

    Args:
        text: `7d` (so long ago), `2026-01-31`, `2026-01-31T14:05`, or one of `NAMED`. What names no time zone is on the clock of `now`.
        now: The present, with its time zone.

    Raises:
        ValueError: It is none of these, or no calendar has it.
    """
    try:
        return _named(text, now) if text in NAMED else _day(text) if text[:4].isdigit() and "-" in text else _ago(text, now)
    except OverflowError:
        raise ValueError(f"no calendar has {text}") from None


def may_become_period(text: str) -> bool:
    """Whether a text that is being typed is the beginning of something that `period` knows."""
    return any(name.startswith(text) for name in NAMED) or _BEGUN.fullmatch(text) is not None


def _day(text: str) -> tuple[datetime, datetime]:
    """The beginning and the end of a day, or a moment twice."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment, moment
    begin = _local(moment)
    return begin, _local(moment + timedelta(days=1)) if len(text) == len("2026-01-31") else begin


def _ago(text: str, now: datetime) -> tuple[datetime, datetime]:
    """A moment twice: so long ago."""
    moment = now - timedelta(milliseconds=parse_duration(text))
    return moment, moment


def _named(text: str, now: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of a period with a name."""
    which, _, unit = text.partition("-")
    first = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if unit == "month":
        first = first.replace(day=1)
        if which == "last":
            first = (first - timedelta(days=1)).replace(day=1)
        end = (first + timedelta(days=32)).replace(day=1)
    elif unit == "week":
        first -= timedelta(days=first.weekday() + (7 if which == "last" else 0))
        end = first + timedelta(days=7)
    else:
        first -= timedelta(days=text == "yesterday")
        end = first + timedelta(days=1)
    return _local(first), _local(end)


def _local(moment: datetime) -> datetime:
    """A moment without a time zone on this machine's clock; the system knows which offset held on that day."""
    return moment.astimezone()
