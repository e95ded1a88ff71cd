"""Where the lines of a long log are, and in which of them words stand: what fits into memory of a log that does not."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.core.terminal_output import last_state, without_colours
from oyama_tui.core.text import folded, places_of, safe_text

STEP: Final = 4 * 1024
"""Bytes whose lines are counted at once."""
APART: Final = 32 * 1024
"""Bytes between two points, where lines are not so short that there are many."""
LINES_APART: Final = 1_000
MOST_FOUND: Final = 1_000_000
"""Lines with the sought words that are kept in mind."""
LONGEST: Final = 64 * 1024
"""Characters of a line that are shown and searched."""
TAB: Final = 8
GOES_ON: Final = " … (the line goes on in the log file)"
_MARKED: Final = re.compile("[\x1b\r\t]")


@dataclass
class LogIndex:
    """Points of a log of which it is known how many lines are before them; it grows from the beginning of the log on."""

    places: list[int] = field(default_factory=lambda: [0])
    """The bytes of the points, in order. A line begins at each, but where bytes are no UTF-8 or a line is very long."""
    lines: list[int] = field(default_factory=lambda: [0])
    """Line breaks before each."""
    read: int = 0
    """Bytes that have been taken in."""
    count: int = 0
    """Line breaks in them."""

    def take(self, text: str, begin: int, end: int) -> None:
        """Take in what follows.

        Args:
            text: Of these bytes; what is no UTF-8 in them replaced.
            begin: The first byte; nothing happens when it is another one than the next.
            end: The byte after the last.
        """
        if begin != self.read:
            return
        raw = _bytes_of(text, end - begin)
        if raw is None:
            self.count += text.count("\n")
            self._point(end, self.count)
        else:
            for at in range(0, len(raw), STEP):
                self.count += raw.count(b"\n", at, at + STEP)
                last = raw.rfind(b"\n", at, at + STEP)
                if last >= 0 and (begin + last - self.places[-1] >= APART or self.count - self.lines[-1] >= LINES_APART):
                    self._point(begin + last + 1, self.count)
            if end - self.places[-1] > 4 * APART:
                self._point(end, self.count)
        self.read = end

    def _point(self, place: int, lines: int) -> None:
        self.places.append(place)
        self.lines.append(lines)

    def point_before(self, place: int) -> tuple[int, int]:
        """The last point that is not after a byte: its byte, and the lines before it.

        Args:
            place: Any byte.
        """
        index = bisect_right(self.places, place) - 1
        return self.places[index], self.lines[index]

    def span(self, line: int, lines: int, size: int) -> tuple[int, int, int]:
        """A piece of the log around a line: its first byte, the byte after it, and the number of its first line.

        Args:
            line: A line's number, from 0 on.
            lines: The most lines on each side, if points are near enough.
            size: The most bytes on each side, if points are near enough.
        """
        here = max(bisect_right(self.lines, line) - 1, 0)
        first, last = here, here + 1
        while first > 0 and line - self.lines[first - 1] <= lines and self.places[here] - self.places[first - 1] <= size:
            first -= 1
        while last < len(self.places) and self.lines[last] - line <= lines and self.places[last] - self.places[here] <= size:
            last += 1
        return self.places[first], self.places[last] if last < len(self.places) else self.read, self.lines[first]


def _bytes_of(text: str, size: int) -> bytes | None:
    """The bytes of a text, or as many others with the same line breaks; none when that is not known for sure."""
    raw = text.encode("utf-8", "replace")
    if len(raw) == size:
        return raw
    single = text.replace("\ufffd", "?").encode("utf-8", "replace")
    return single if len(single) == size else None


def lines_of(text: str) -> list[str]:
    """The lines of a piece of a log, of each what stands there in the end; one that is not ended is a line as well.

    Args:
        text: Any part of a log.
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    states = (last_state(line) if "\r" in line else line for line in lines)
    return [state if len(state) <= LONGEST else state[:LONGEST] + GOES_ON for state in states]


@dataclass
class LogSearch:
    """Looks for words in a log, piece by piece."""

    words: str
    read: int = 0
    """Bytes that have been searched."""
    found: array[int] = field(default_factory=lambda: array("Q"))
    """Numbers of the lines with the words, in order."""
    ended: bool = False
    """It is not under way: all is searched, or somebody stopped it."""
    stopped: bool = False
    """Somebody stopped it."""
    line: int = 0
    """Lines that have ended before what is searched next."""
    _rest: str = ""
    """The line that has not ended."""

    def take(self, text: str, end: int) -> None:
        """Search what follows.

        Args:
            text: What follows.
            end: The byte after it.
        """
        if self.found and self.found[-1] == self.line:
            self.found.pop()
        whole, broken, rest = (self._rest + text).rpartition("\n")
        if broken:
            places = lines_with(self.words, whole)
            self.found.extend(self.line + place for place in places[: MOST_FOUND - len(self.found)])
            self.line += whole.count("\n") + 1
        self._rest = what_is_left(rest)
        self.read = end

    @property
    def is_full(self) -> bool:
        """No more lines are kept in mind."""
        return len(self.found) >= MOST_FOUND

    def finish(self) -> None:
        """All there is has been searched; also the line under way, which is looked at again when more comes."""
        if lines_with(self.words, self._rest) and (not self.found or self.found[-1] != self.line):
            self.found.append(self.line)
        self.ended = True

    def next_line(self, here: int, step: int) -> int:
        """The line after (1) or before (-1) another one, round the ends; -1 when there is none.

        Args:
            here: A line's number.
            step: 1 or -1.
        """
        if not self.found:
            return -1
        place = bisect_right(self.found, here) if step > 0 else bisect_left(self.found, here) - 1
        return self.found[place % len(self.found)]

    def knows_next(self, here: int, step: int) -> bool:
        """Whether that line is known already."""
        if self.ended or not self.found:
            return self.ended
        return self.found[-1] > here if step > 0 else self.found[0] < here <= self.line

    def number(self, line: int) -> int:
        """Which of the lines that is, from 1 on; 0 for none of them."""
        place = bisect_left(self.found, line)
        return place + 1 if place < len(self.found) and self.found[place] == line else 0


def what_is_left(line: str) -> str:
    """Of a line under way, what can still be seen of it later."""
    head, turned, state = line.rpartition("\r")
    if turned and not state:
        line = head.rpartition("\r")[2] + "\r"
    elif turned:
        line = state
    return line[:LONGEST]


def lines_with(words: str, text: str) -> list[int]:
    """In which lines words stand, in any case of letters and however accents are written.

    Args:
        words: What is looked for.
        text: Lines as programs wrote them; what they overwrote and how they coloured it is not searched.
    """
    sought = folded(words)
    if not sought:
        return []
    if not _MARKED.search(text) and safe_text(text) is text:
        whole = folded(text)
        return [at for at, line in enumerate(whole.split("\n")) if sought in line[:LONGEST]] if sought in whole else []
    return [at for at, line in enumerate(text.split("\n")) if _stands_in(words, sought, line)]


def _stands_in(words: str, sought: str, line: str) -> bool:
    line = without_colours(last_state(line)[:LONGEST])
    if "\t" not in line and safe_text(line) is line:
        return sought in folded(line)
    return bool(places_of(words, safe_text(line).expandtabs(TAB)))
