"""Which lines of two texts are different: exact where the texts are short, bounded in work where they are not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oyama_tui.core import line_difference
from oyama_tui.core.line_difference import Stretch, in_context, lines_of, stretches

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "{", "}"]), max_size=30)


def told(before: str, now: str) -> list[str]:
    """The difference in signs: ` same`, `-gone`, `+new`."""
    old, new = list(before), list(now)
    lines = []
    for stretch in stretches(old, new):
        if stretch.same:
            lines += [f" {old[at]}" for at in stretch.before]
        else:
            lines += [f"-{old[at]}" for at in stretch.before] + [f"+{new[at]}" for at in stretch.now]
    return lines


@pytest.mark.parametrize(
    ("before", "now", "signs"),
    [
        ("", "", ""),
        ("abc", "abc", " a b c"),
        ("abc", "axc", " a-b+x c"),
        ("", "ab", "+a+b"),
        ("ab", "", "-a-b"),
        ("abcabba", "cbabac", "-a-b c-a b+a b a+c"),
        ("abcd", "bcda", "-a b c d+a"),
    ],
)
def test_what_is_the_same_stays_and_all_else_went_or_came(before: str, now: str, signs: str) -> None:
    assert "".join(told(before, now)) == signs


@given(LINES, LINES)
def test_both_texts_are_there_whole_and_in_their_order(before: list[str], now: list[str]) -> None:
    found = stretches(before, now)
    assert [at for stretch in found for at in stretch.before] == list(range(len(before)))
    assert [at for stretch in found for at in stretch.now] == list(range(len(now)))
    for stretch in found:
        same = [before[at] for at in stretch.before] == [now[at] for at in stretch.now]
        assert same == stretch.same
    assert all(one.same != other.same for one, other in pairwise(found))


@given(LINES, LINES)
def test_nothing_that_is_different_is_left_out(before: list[str], now: list[str]) -> None:
    found = stretches(before, now)
    kept = [part for part in in_context(found, 2) if isinstance(part, Stretch)]
    assert [part for part in kept if not part.same] == [part for part in found if not part.same]
    left = sum(part for part in in_context(found, 2) if isinstance(part, int))
    assert sum(len(part.before) for part in kept) + left == len(before)


def test_lines_far_from_a_change_are_left_out_and_counted() -> None:
    before = [str(number) for number in range(100)]
    now = [*before[:50], "new", *before[51:]]
    shown = [part if isinstance(part, int) else (len(part.before), part.same) for part in in_context(stretches(before, now), 3)]
    assert shown == [47, (3, True), (1, False), (3, True), 46]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (["x"] * 30_000, ["y"] * 30_000),
        ([str(number % 101) for number in range(30_000)], [str(number % 103) for number in range(30_000)]),
        ([str(number) for number in range(30_000)], [str(number) for number in reversed(range(30_000))]),
        ([str(number) for number in range(30_000)], [str(number + number % 2) for number in range(30_000)]),
    ],
)
def test_work_is_bounded_for_any_text(before: list[str], now: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    cells = 0
    common = line_difference._common

    def counted(old: list[str], new: list[str], region: tuple[int, int, int, int]) -> list[tuple[int, int]]:
        nonlocal cells
        cells += (region[1] - region[0]) * (region[3] - region[2])
        return common(old, new, region)

    monkeypatch.setattr(line_difference, "_common", counted)
    found = stretches(before, now)
    assert cells <= line_difference.MOST_CELLS
    assert [at for stretch in found for at in stretch.now] == list(range(len(now)))


@pytest.mark.parametrize(("text", "lines"), [("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\n\n", ["a", ""]), ("\n", [""])])
def test_a_line_break_at_the_end_begins_no_line(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines
