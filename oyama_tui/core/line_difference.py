"""Which lines of two texts are different, in time that is bounded whatever the texts are."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_CELLS: Final = 1_000_000
"""Pairs of lines that are compared one by one; what is beyond them is shown as removed whole and added whole."""
MOST_DEPTH: Final = 40
"""How often a stretch is cut at lines that occur once in it."""
CONTEXT: Final = 3
"""Lines around a change that are shown."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring lines of both texts."""

    before: range
    now: range
    same: bool
    """They are equal, and as many."""


def lines_of(text: str) -> list[str]:
    """The lines of a text; a line break at its end begins no further one.

    Args:
        text: As it was written.
    """
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def stretches(before: Sequence[str], now: Sequence[str]) -> list[Stretch]:
    """The whole of two texts as stretches that are the same and stretches that are not, in turn.

    Args:
        before: Lines.
        now: Lines.
    """
    found: list[Stretch] = []
    at_before = at_now = 0
    for i, i_end, j, j_end in [*_changed(before, now), (len(before), len(before), len(now), len(now))]:
        if i > at_before:
            found.append(Stretch(range(at_before, i), range(at_now, j), same=True))
        if i_end > i or j_end > j:
            found.append(Stretch(range(i, i_end), range(j, j_end), same=False))
        at_before, at_now = i_end, j_end
    return found


def in_context(found: Sequence[Stretch], context: int = CONTEXT) -> Iterator[Stretch | int]:
    """Stretches with what is the same cut down to a few lines around each change; a number says how many lines are left out there.

    Args:
        found: All stretches.
        context: Lines before and after each change.
    """
    for index, stretch in enumerate(found):
        head = context if index else 0
        tail = context if index < len(found) - 1 else 0
        left = len(stretch.before) - head - tail
        # A remark takes a line too: one line is shown rather than said to be left out.
        if not stretch.same or left <= 1:
            yield stretch
            continue
        if head:
            yield Stretch(stretch.before[:head], stretch.now[:head], same=True)
        yield left
        if tail:
            yield Stretch(stretch.before[-tail:], stretch.now[-tail:], same=True)


def signed_lines(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """The lines in which two texts differ, with some around them: each behind `-`, `+` or a blank.

    Args:
        before: Lines.
        now: Lines.
    """
    found: list[str] = []
    for stretch in in_context(stretches(before, now)):
        if isinstance(stretch, int):
            found.append(f"  … {stretch:,} lines")
        elif stretch.same:
            found += [f"  {before[at]}" for at in stretch.before]
        else:
            found += [f"- {before[at]}" for at in stretch.before]
            found += [f"+ {now[at]}" for at in stretch.now]
    return found


_Region = tuple[int, int, int, int]
"""Begin and end in the former text, begin and end in the present one."""


def _changed(before: Sequence[str], now: Sequence[str]) -> list[_Region]:
    """The regions that are different, in order."""
    found: list[_Region] = []
    left = MOST_CELLS
    stack = [((0, len(before), 0, len(now)), 0)]
    while stack:
        region, depth = stack.pop()
        i, i_end, j, j_end = region = _without_ends(before, now, region)
        if i == i_end or j == j_end:
            found += [region] if i < i_end or j < j_end else []
            continue
        anchors = _anchors(before, now, region) if depth < MOST_DEPTH else []
        cells = (i_end - i) * (j_end - j)
        if not anchors and cells <= left:
            left -= cells
            anchors = _common(before, now, region)
        if anchors:
            stack += [(part, depth + 1) for part in reversed(list(_between(region, anchors)))]
        else:
            found.append(region)
    return found


def _without_ends(before: Sequence[str], now: Sequence[str], region: _Region) -> _Region:
    """A region without the lines that are the same at its beginning and at its end."""
    i, i_end, j, j_end = region
    while i < i_end and j < j_end and before[i] == now[j]:
        i, j = i + 1, j + 1
    while i < i_end and j < j_end and before[i_end - 1] == now[j_end - 1]:
        i_end, j_end = i_end - 1, j_end - 1
    return i, i_end, j, j_end


def _between(region: _Region, anchors: Sequence[tuple[int, int]]) -> Iterator[_Region]:
    """What lies before, between and after pairs of equal lines."""
    i, i_end, j, j_end = region
    for at_before, at_now in anchors:
        yield i, at_before, j, at_now
        i, j = at_before + 1, at_now + 1
    yield i, i_end, j, j_end


def _anchors(before: Sequence[str], now: Sequence[str], region: _Region) -> list[tuple[int, int]]:
    """Lines that occur once on both sides, as many as have the same order there and here."""
    i, i_end, j, j_end = region
    old, new = Counter(before[i:i_end]), Counter(now[j:j_end])
    places = {now[at]: at for at in range(j, j_end) if new[now[at]] == 1}
    pairs = [(at, places[before[at]]) for at in range(i, i_end) if old[before[at]] == 1 and before[at] in places]
    ends: list[int] = []
    last: list[int] = []
    came_from: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        if length == len(ends):
            ends.append(place)
            last.append(index)
        else:
            ends[length], last[length] = place, index
        came_from.append(last[length - 1] if length else -1)
    chain, at = [], last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = came_from[at]
    return chain[::-1]


def _common(before: Sequence[str], now: Sequence[str], region: _Region) -> list[tuple[int, int]]:
    """The longest sequence of lines that both sides have."""
    i, i_end, j, j_end = region
    lengths = [[0] * (j_end - j + 1) for _ in range(i_end - i + 1)]
    for row in range(i_end - i - 1, -1, -1):
        here, below = lengths[row], lengths[row + 1]
        for column in range(j_end - j - 1, -1, -1):
            same = before[i + row] == now[j + column]
            here[column] = below[column + 1] + 1 if same else max(below[column], here[column + 1])
    found, row, column = [], 0, 0
    while row < i_end - i and column < j_end - j:
        if before[i + row] == now[j + column]:
            found.append((i + row, j + column))
            row, column = row + 1, column + 1
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    return found
