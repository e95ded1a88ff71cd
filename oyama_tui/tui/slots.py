"""The last day by hours and the last week by days, in this machine's time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
DAYS: Final = 7
"""Of a week, the present one among them."""


def hours_of_day(now: datetime, hours: int) -> tuple[datetime, ...]:
    """When each slot of the last 24 hours begins, oldest first: at full hours that can be divided by their length; the first may have begun
    before, and the last one goes on.

    Args:
        now: The present.
        hours: Length of a slot; 24 can be divided by it.
    """
    local = now.astimezone()
    last = local.replace(hour=local.hour - local.hour % hours, minute=0, second=0, microsecond=0)
    return tuple(last - timedelta(hours=hours * before) for before in range(24 // hours, -1, -1))


def days_of_week(now: datetime) -> tuple[datetime, ...]:
    """When each of the last seven days begins, oldest first.

    Args:
        now: The present.
    """
    today = now.astimezone().date()
    return tuple(datetime.combine(today - before * DAY, time()).astimezone() for before in range(DAYS - 1, -1, -1))


def begin_of(now: datetime, *, week: bool) -> datetime:
    """Since when runs are told of.

    Args:
        now: The present.
        week: Of the last week, instead of the last 24 hours.
    """
    return days_of_week(now)[0] if week else now - DAY


def slot_of(at: datetime, starts: Sequence[datetime]) -> int:
    """In which slot a time lies; -1 when it lies before all of them.

    Args:
        at: The time.
        starts: When each slot begins, oldest first.
    """
    return bisect_right(starts, at) - 1


def slot_names(starts: Sequence[datetime], *, week: bool) -> tuple[str, ...]:
    """How slots are named in a heading, by the local time at which they begin: `14`, or `Fri`.

    Args:
        starts: When each slot begins.
        week: They are days.
    """
    return tuple(start.astimezone().strftime("%a" if week else "%H") for start in starts)
