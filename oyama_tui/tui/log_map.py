"""A whole log on a few cells, one above the other: where its problems are, what was found, and what is in sight."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from oyama_tui.tui.log_survey import LogProblems

Sign = Literal["error", "warning", "found", "seen", "rest"]


@dataclass(frozen=True, slots=True)
class LogSight:
    """What of a log is in sight, in numbers of lines from 0 on."""

    first: int
    """The first line in sight."""
    last: int
    """The last one."""
    lines: int
    """How many there are in all."""

    @property
    def is_whole(self) -> bool:
        """Whether all is in sight."""
        return self.first <= 0 and self.last >= self.lines - 1


@dataclass(frozen=True, slots=True)
class MapCell:
    """One cell."""

    sign: Sign
    """What matters most of its lines."""
    seen: bool
    """Some of them are in sight."""


def line_at(cell: int, height: int, lines: int) -> int:
    """The line of a log that a cell stands for: the first of its lines.

    Args:
        cell: Which cell, from 0 on.
        height: How many cells there are.
        lines: How many lines the log has.
    """
    return min(max(cell, 0) * lines // max(height, 1), max(lines - 1, 0))


def log_map(height: int, sight: LogSight, problems: LogProblems, found: Callable[[int, int], bool]) -> list[MapCell]:
    """The cells of a log: what somebody looks for counts more than an error, and that more than a warning.

    Args:
        height: How many cells.
        sight: What is in sight.
        problems: The lines with problems.
        found: Whether the words that are looked for stand in any line from one on and before another.
    """
    cells = []
    for cell in range(height):
        begin, after = line_at(cell, height, sight.lines), max(-((cell + 1) * sight.lines // -height), 1)
        seen = begin <= sight.last and after > sight.first
        sign: Sign = "seen" if seen else "rest"
        if found(begin, after):
            sign = "found"
        elif any_between(problems.errors, begin, after):
            sign = "error"
        elif any_between(problems.warnings, begin, after):
            sign = "warning"
        cells.append(MapCell(sign, seen))
    return cells


def any_between(lines: Sequence[int], begin: int, end: int) -> bool:
    """Whether one of some lines is from one on and before another.

    Args:
        lines: Their numbers, in order.
        begin: The first that counts.
        end: The first that counts no more.
    """
    place = bisect_left(lines, begin)
    return place < len(lines) and lines[place] < end
