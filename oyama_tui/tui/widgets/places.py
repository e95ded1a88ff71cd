"""Where words stand in a text that is broken into lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from oyama_tui.core.text import places_of

Paragraph = tuple[int, Sequence[str], str]
"""The number of its first line; its lines, of which blanks at the end may be cut off; the whole."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places with some words, also those that go over the end of a line."""

    lines: list[int] = field(default_factory=list)
    """The lines in which places begin, each once, in order."""
    marks: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """What of each line is a part of a place."""

    def next_line(self, here: int, step: int) -> int:
        """The line after (1) or before (-1) another one, round the ends; there must be places."""
        place = bisect_right(self.lines, here) if step > 0 else bisect_left(self.lines, here) - 1
        return self.lines[place % len(self.lines)]

    def number(self, line: int) -> int:
        """Which of the lines that is, from 1 on; 0 for none of them."""
        index = bisect_left(self.lines, line)
        return index + 1 if index < len(self.lines) and self.lines[index] == line else 0


def find_places(words: str, paragraphs: Iterable[Paragraph]) -> Places:
    """Look for words, in any case of letters.

    Args:
        words: What is looked for; nothing is nowhere.
        paragraphs: Where.
    """
    begun: set[int] = set()
    marks: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for first, lines, whole in paragraphs:
        places = places_of(words, whole)
        if not places:
            continue
        begins = begins_of(lines, whole)
        for start, end in places:
            at = bisect_right(begins, start) - 1
            begun.add(first + at)
            while at < len(lines) and begins[at] < end:
                marks[first + at].append((max(start - begins[at], 0), min(end - begins[at], len(lines[at]))))
                at += 1
    return Places(sorted(begun), dict(marks))


def begins_of(lines: Sequence[str], whole: str) -> list[int]:
    """Where in the whole each of its lines begins."""
    begins, place = [], 0
    for line in lines:
        place = max(whole.find(line, place), place)
        begins.append(place)
        place += len(line)
    return begins
