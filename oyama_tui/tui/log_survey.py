"""What is known of a whole log, learned piece by piece and once: where its lines are, and which of them tell of errors and warnings."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.output_problems import Problem, problems_of
from oyama_tui.core.views import LogChunk
from oyama_tui.tui.log_index import LogIndex, what_is_left

MOST_KEPT: Final = 1_000_000
"""Lines of each kind that are kept in mind."""
AT_ONCE: Final = 16 * 1024
"""Characters that are looked through on the screens' loop; more of them elsewhere."""

PIECE: Final = 256 * 1024
"""Bytes that are read at once."""
Reading = Callable[[int], Awaitable[LogChunk]]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is in a piece of a log."""

    problems: list[tuple[int, Problem]]
    """Its lines with problems, by their numbers in it."""
    lines: int
    """Lines that end in it."""
    rest: str
    """The line that does not."""


@dataclass
class LogProblems:
    """The lines of a log that tell of errors and warnings; it grows from the beginning of the log on."""

    errors: array[int] = field(default_factory=lambda: array("Q"))
    """Numbers of the lines that tell of errors, in order."""
    warnings: array[int] = field(default_factory=lambda: array("Q"))
    """Numbers of those that tell of warnings, in order."""
    line: int = 0
    """Lines that have ended."""
    rest: str = ""
    """The line that has not ended."""

    def look_through(self, text: str) -> Piece:
        """What is in a piece that follows; nothing is changed by it.

        Args:
            text: The piece.
        """
        whole, broken, rest = (self.rest + text).rpartition("\n")
        rest = what_is_left(rest)
        return Piece(problems_of(f"{whole}{broken}{rest}"), whole.count("\n") + 1 if broken else 0, rest)

    def take(self, piece: Piece) -> None:
        """Take in what follows.

        Args:
            piece: What is in it.
        """
        for kept in (self.errors, self.warnings):
            if kept and kept[-1] == self.line:  # of the line that had not ended
                kept.pop()
        for number, problem in piece.problems:
            kept = self.errors if problem == "error" else self.warnings
            if len(kept) < MOST_KEPT:
                kept.append(self.line + number)
        self.line, self.rest = self.line + piece.lines, piece.rest

    @property
    def lines(self) -> int:
        """How many lines there are, the one that has not ended included."""
        return self.line + bool(self.rest)

    def next_line(self, here: int, step: int) -> int:
        """The next line (1) with a problem, or the one before (-1), round the ends; -1 when there is none.

        Args:
            here: A line's number.
            step: 1 or -1.
        """
        kinds = [kept for kept in (self.errors, self.warnings) if kept]
        if not kinds:
            return -1
        if step > 0:
            after = [kept[place] for kept in kinds if (place := bisect_right(kept, here)) < len(kept)]
            return min(after, default=min(kept[0] for kept in kinds))
        before = [kept[place - 1] for kept in kinds if (place := bisect_left(kept, here)) > 0]
        return max(before, default=max(kept[-1] for kept in kinds))

    def number(self, line: int) -> int:
        """Which of the lines with problems that is, from 1 on; 0 for none of them."""
        places = [bisect_left(kept, line) for kept in (self.errors, self.warnings)]
        there = any(place < len(kept) and kept[place] == line for place, kept in zip(places, (self.errors, self.warnings), strict=True))
        return sum(places) + 1 if there else 0


class LogSurvey:
    """Takes in a log from its beginning on, each piece once: as it is handed over, else as it is read."""

    def __init__(self) -> None:
        self.index = LogIndex()
        self.problems = LogProblems()
        self.known = 0
        """Bytes of the log that are known to be there."""
        self.begun = False
        """Somebody has looked whether there is anything."""
        self.trouble = ""
        """Why it cannot be taken in; empty when it can."""
        self._under_way = False
        self._turn = asyncio.Lock()
        self._given: list[tuple[str, int, int]] = []
        """Pieces that follow, with their first bytes and the bytes after their last ones."""

    @property
    def share(self) -> int:
        """How much of what is known to be there has been taken in, in percent."""
        return min(self.index.read * 100 // self.known, 100) if self.known else 100

    @property
    def lags(self) -> bool:
        """Whether there is more than has been taken in, and nobody is doing that."""
        return self.index.read < self.known and not self._under_way

    def give(self, text: str, begin: int, end: int) -> None:
        """Hand over a piece that was read for another reason; one that does not follow is read again when its turn comes.

        Args:
            text: Of these bytes; what is no UTF-8 in them replaced.
            begin: The first byte.
            end: The byte after the last.
        """
        self.begun = True
        self.known = max(self.known, end)
        if begin == (self._given[-1][2] if self._given else self.index.read) and begin < end:
            self._given.append((text, begin, end))

    async def catch_up(self, read: Reading, tell: Callable[[], object]) -> None:
        """Take in all that is known to be there.

        Args:
            read: Reads a piece of the log from a byte on.
            tell: Called after each piece.
        """
        self._under_way, self.trouble = True, ""
        try:
            while self.index.read < self.known:
                await self.go_on(read)
                tell()
        except OyamaError as error:
            self.trouble = error.sentence
            tell()
        finally:
            self._under_way = False

    async def go_on(self, read: Reading) -> bool:
        """Take in the next piece; false when that was the last one for now.

        Args:
            read: Reads a piece of the log from a byte on.

        Raises:
            OyamaError: It cannot be read.
        """
        async with self._turn:
            begin = self.index.read
            self._given = [piece for piece in self._given if piece[1] >= begin]
            if is_given := bool(self._given) and self._given[0][1] == begin:
                text, _, end = self._given.pop(0)
            else:
                chunk = await read(begin)
                text, end = chunk.text, chunk.offset
            if end < begin:  # it is not the same log any more
                self.index, self.problems, self._given, self.known = LogIndex(), LogProblems(), [], end
                return True
            look_through = self.problems.look_through
            piece = look_through(text) if len(text) <= AT_ONCE else await asyncio.to_thread(look_through, text)
            self.problems.take(piece)
            self.index.take(text, begin, end)
            self.known = end if end == begin else max(self.known, end)
            return is_given or end - begin >= PIECE - 4
