"""Times, durations and values as people read them, on all front ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from oyama_tui.core import format

NOW = datetime(2026, 2, 3, 14, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A time zone that is ahead of UTC by no whole number of hours."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("milliseconds", "spoken", "compact", "brief"),
    [
        (0, "0.0 s", "0.0s", "0 s"),
        (200, "0.2 s", "0.2s", "0 s"),
        (9_949, "9.9 s", "9.9s", "9 s"),
        (12_000, "12 s", "12.0s", "12 s"),
        (59_700, "1 m 00 s", "59.7s", "59 s"),
        (64_000, "1 m 04 s", "1m 04s", "1 m"),
        (14_220_000, "3 h 57 m", "3h 57m", "3 h"),
        (86_399_600, "1 d", "23h 59m", "23 h"),
        (12 * 86_400_000 + 3 * 3_600_000, "12 d", "12d 03h", "12 d"),
        (None, "", "", ""),
    ],
)
def test_durations_are_said_as_people_say_them(milliseconds: int | None, spoken: str, compact: str, brief: str) -> None:
    assert (format.spoken(milliseconds), format.compact(milliseconds), format.brief(milliseconds)) == (spoken, compact, brief)


def test_a_running_time_counts_like_a_stopwatch() -> None:
    assert (format.stopwatch(72_000), format.stopwatch(3_672_000)) == ("01:12", "1:01:12")


def test_how_long_ago_something_was() -> None:
    found = [format.ago(at, NOW) for at in (NOW, NOW - timedelta(minutes=4), None)]
    assert found == ["just now", "4 m ago", ""]


def test_local_times_are_those_of_this_machine() -> None:
    assert (format.time_of_day(NOW), format.time_of_day(NOW, seconds=False)) == ("19:50:12", "19:50")
    assert (format.date_and_time(NOW), format.date_and_time(None)) == ("2026-02-03 19:50:12", "")


def test_a_near_time_has_no_day() -> None:
    late = NOW + timedelta(hours=5)
    assert [format.near_time(at, NOW) for at in (NOW, late, None)] == ["19:50:12", "2026-02-04 00:50:12", ""]
    assert format.near_time(late, NOW, seconds=False) == "2026-02-04 00:50"


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (1_770_127_512_000, 0, "2026-02-03 14:05:12"),
        (1_770_127_512_999, -150, "2026-02-03 11:35:12"),
        (-5, 60, "1970-01-01 01:00:00"),
        (10**18, 14 * 60, "9999-12-31 13:59:59"),
    ],
)
def test_a_time_in_a_sentence_is_that_of_its_reader(at: int, zone: int, words: str) -> None:
    assert format.time_in_zone(at, zone) == words


def test_milliseconds_are_times_in_utc() -> None:
    assert format.moment(1_770_127_512_345) == NOW + timedelta(milliseconds=345)
    with pytest.raises(OverflowError):
        format.moment(10**18)


@pytest.mark.parametrize(
    ("value", "read", "given"),
    [
        ("two\nlines", "two\nlines", "two\nlines"),
        (None, "null", ""),
        (True, "true", "true"),
        (1.0, "1.0", "1.0"),
        (["é", {"a": 1}], '["é", {"a": 1}]', '["é",{"a":1}]'),
    ],
)
def test_a_value_is_a_text_or_json(value: JsonValue, read: str, given: str) -> None:
    assert (format.as_text(value), format.as_argument(value)) == (read, given)


def test_a_clause_becomes_a_sentence() -> None:
    assert [format.sentence(clause) for clause in ("the file is gone", "It is.", "")] == ["The file is gone.", "It is.", ""]
