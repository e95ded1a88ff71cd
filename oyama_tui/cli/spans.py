"""Lengths and points of time as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def span(milliseconds: int | None) -> str:
    """A length of time in its two largest units, such as `1m 04s`; empty when there is none."""
    if milliseconds is None:
        return ""
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f}s"
    seconds = milliseconds // 1000
    for unit, size, part, small in (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1)):
        if seconds >= size:
            return f"{seconds // size}{unit} {seconds % size // small:02d}{part}"
    return f"{seconds}s"


def clock(moment: datetime | None) -> str:
    """A point of time on this machine's clock, without the day when that is today; empty when there is none."""
    if moment is None:
        return ""
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%Y-%m-%d %H:%M:%S")
