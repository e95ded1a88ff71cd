"""Slots of a day and of a week follow the clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from oyama_tui.tui.slots import days_of_week, hours_of_day, slot_names, slot_of


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Asia/Kolkata", "America/New_York"])
def test_slots_begin_at_full_local_hours(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 27, 14, 5, 12, tzinfo=UTC)
    with local_time(zone, monkeypatch):
        local = now.astimezone()
        for hours, count in ((1, 25), (2, 13), (4, 7)):
            starts = hours_of_day(now, hours)
            assert len(starts) == count
            assert starts[0] <= now - timedelta(days=1) < starts[1]
            assert starts[-1] <= now < starts[-1] + timedelta(hours=hours)
            assert slot_names(starts, week=False)[-1] == f"{local.hour - local.hour % hours:02d}"
            assert all(start.astimezone().minute == 0 for start in starts)
        days = days_of_week(now)
        assert slot_names(days, week=True)[-1] == local.strftime("%a")
        assert [day.astimezone().hour for day in days] == [0] * 7
        assert [slot_of(at, days) for at in (now, days[0], days[0] - timedelta(seconds=1))] == [6, 0, -1]


def test_a_week_in_which_clocks_are_set_has_days_that_begin_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_time("Europe/Vienna", monkeypatch):
        days = days_of_week(datetime(2026, 10, 27, 12, tzinfo=UTC))
        assert [day.astimezone().hour for day in days] == [0] * 7
        assert {later - earlier for earlier, later in pairwise(day.astimezone(UTC) for day in days)} == {
            timedelta(hours=24),
            timedelta(hours=25),
        }


@contextmanager
def local_time(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in a time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()
