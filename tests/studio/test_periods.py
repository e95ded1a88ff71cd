"""Times as people ask for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.studio.periods import may_become_period, period


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def told(text: str, now: datetime) -> tuple[str, str]:
    begin, end = period(text, now)
    return begin.isoformat(), end.isoformat()


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("today", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"),
        # The clocks were put forward on Sunday: yesterday had 23 hours.
        ("yesterday", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("this-week", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00"),
        ("last-week", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("this-month", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
        ("last-month", "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"),
        ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("2026-12-31", "2026-12-31T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-03-30T09:30", "2026-03-30T09:30:00+02:00", "2026-03-30T09:30:00+02:00"),
        ("2026-03-30T09:30Z", "2026-03-30T09:30:00+00:00", "2026-03-30T09:30:00+00:00"),
    ],
)
def test_a_time_is_read_on_the_clock_of_this_machine(text: str, begin: str, end: str) -> None:
    assert told(text, datetime(2026, 3, 30, 12, tzinfo=UTC).astimezone()) == (begin, end)


def test_a_length_of_time_is_so_long_ago() -> None:
    now = datetime(2026, 3, 30, 12, tzinfo=UTC).astimezone()
    assert period("36h", now) == (now - timedelta(hours=36),) * 2


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-13-01", "next-week", "7", "9" * 30 + "d", "9999-12-31", "0001-01-01", "9999-12-31-x"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        period(text, datetime(2026, 3, 30, 12, tzinfo=UTC).astimezone())


@pytest.mark.parametrize(
    "text", ["", "7", "7.", "1h3", "la", "last-", "tod", "2026-", "2026-0", "2026-01-", "2026-01-31T", "2026-01-31T14:0"]
)
def test_the_beginning_of_a_period_may_become_one(text: str) -> None:
    assert may_become_period(text)


@pytest.mark.parametrize("text", ["someday", "x", "7y", "2026-01-311", "last-week-", "1" * 100_000 + "x"])
def test_what_is_no_beginning_of_a_period_cannot_become_one(text: str) -> None:
    assert not may_become_period(text)
