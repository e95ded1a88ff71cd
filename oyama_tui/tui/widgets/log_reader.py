"""The whole output of a step: its end as it grows, and any other part of it when somebody goes there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from textual.content import Content

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import LogChunk
from oyama_tui.studio import Studio
from oyama_tui.tui.log_index import lines_of
from oyama_tui.tui.log_survey import PIECE, LogSurvey
from oyama_tui.tui.widgets.log_tail import LogTail
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

AROUND = 1_500
"""Lines before and after a place that are shown with it."""
SIZE = 512 * 1024
"""Bytes before and after it at the most."""
SLICE = 250
"""Lines that are laid out at once; then others have their turn."""


@dataclass
class Target:
    """Where somebody wants to go."""

    line: int = -1
    """A line's number; -1 for the one that is in sight at the end of the log."""
    rows: int = 0
    """Lines on the screen from there on, also those that are moved while it is being read."""
    step: int = 0
    """From there to the next (1) or the previous (-1) line with the sought words."""
    from_end: int = 0
    """Lines of output after the one in sight."""
    end: int = 0
    """Where in the log these end, in bytes."""
    place: tuple[int, int] | None = None
    """The found place gone to last: lines of output after the one in sight, and lines on the screen from its begin on."""
    marks: bool = False
    """The line itself becomes the place gone to last."""
    followed: bool = False
    """The end was followed before."""


class LogReader(LogTail):
    """The live output of one node's newest attempt, of which a window is in memory.

    Args:
        studio: Where output is read from.
    """

    def __init__(self, studio: Studio, *, id: str) -> None:
        super().__init__(studio, id=id)
        self.survey = LogSurvey()
        """What is known of the whole log."""
        self._window = (0, 0)
        """The bytes that are shown instead of the end."""
        self._first = 0
        """The number of their first line."""
        self._target: Target | None = None

    def clear(self) -> None:
        """Begin anew."""
        self._target, self.away, self._window, self.survey = None, False, (0, 0), LogSurvey()
        super().clear()

    @property
    def has_all(self) -> bool:
        """Whether the whole log is in memory."""
        return self._offset is not None and not self.partial and not self.away

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being gone to."""
        return self._target is None and self._offset is not None

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The first and the last line in sight, from 1 on, and how many there are; zeros while the end is shown."""
        if not self.away or not self.texts or not self._window[1]:
            return 0, 0, 0
        last = self.text_at(min(self.top + max(self.room.height, 1), len(self.lines)) - 1)
        return self._first + self.text_at(self.top) + 1, self._first + last + 1, max(self.survey.index.count, self._first + len(self.texts))

    def number_of(self, line: int) -> int:
        """The number of the line of output that stands on a line of the screen, from 0 on; -1 while it is not known."""
        return self._first + self.text_at(line) if self.away and self._window[1] and line >= 0 else -1

    def action_move_top(self) -> None:
        """To the first line of the log."""
        if self.has_all:
            self.follow = False
            super().action_move_top()
            self.post_message(self.ReadFurther(self))
        else:
            self.go(Target(line=0))

    def go(self, target: Target) -> None:
        """Go somewhere in the log; what is shown stays until that is read.

        Args:
            target: Where to.
        """
        self.workers.cancel_group(self, "output")
        self.workers.cancel_group(self, "seek")
        at = self.text_at(self.top)
        if target.line < 0 and self._place >= 0:
            of = self.text_at(self._place)
            target.place = of - at, self._place - self.line_of(of)
        if target.line < 0 and self.away:
            target.line, target.rows = self._first + at, target.rows + self.top - self.line_of(at)
        elif target.line < 0:
            last = len(self.texts) - 1
            target.from_end, target.end = last - at + (not self._open), self._offset or 0
        target.followed = self.follow
        self._target, self.follow = target, False
        self.away = self.away or self._offset is not None
        work(self, partial(self._go, target), group="seek" if target.step else "output")

    async def _go(self, target: Target) -> None:
        try:
            if self._offset is None and not self.away:
                await self._begin()
                if self._target is target and self.has_all:
                    self.follow = False
                    self.scroll_to(y=max(target.rows, 0), animate=False, force=True, immediate=True)
                    return
            await self._arrive(target)
        except OyamaError as error:
            self.note = line_of(error.sentence)
        finally:
            if self._target is target:
                self._target = None
                self.away = self.away and self._window[1] > 0
                self.follow = target.followed and not self.away and bool(target.step)
                self.post_message(self.ReadFurther(self))

    async def _begin(self) -> None:
        """Read the end, so that a short log is there whole."""
        while self._reading:
            await asyncio.sleep(0.005)
        if self._offset is None:
            self._reading = True
            await self._read()

    async def _arrive(self, target: Target) -> None:
        await self.count()
        line = target.line
        if line < 0:
            place, lines = self.survey.index.point_before(target.end)
            line = max(lines + (await self._text(place, target.end)).count("\n") - target.from_end, 0)
        await self.show_line(target, line)

    async def show_line(self, target: Target, line: int, *, found: bool = False) -> None:
        """Show the part of the log around a line, unless somebody wants to go elsewhere meanwhile.

        Args:
            target: On whose behalf.
            line: The line's number, from 0 on.
            found: The sought words are there: that place is the one gone to.
        """
        begin, end, first = self.survey.index.span(line, AROUND, SIZE)
        texts = lines_of(await self._text(begin, end))
        broken, width = list[list[Content]](), self.room.width
        for number, text in enumerate(texts):
            broken.append(self.broken(text, width))
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        if self._target is not target or not self.is_attached:
            return
        self._window, self._first, self.away, self.partial, self.follow = (begin, max(end, 1)), first, True, True, False
        self.replace(texts, broken)
        if self.room.width != width:
            self.lay_out_again()
        row = self.line_of(min(line - first, len(texts)))
        if found:
            row = next((place for place in self.places.lines if place >= row), row)
            self._place = row
        elif target.marks:
            self._place = row
        elif target.place is not None:
            self._place = self.line_of(line - first + target.place[0]) + target.place[1]
        self.scroll_to(y=max(row + target.rows, 0), animate=False, force=True, immediate=True)

    async def count(self) -> None:
        """Learn where lines are, as far as the log goes now."""
        survey = self.survey
        while self.survey is survey and await survey.go_on(self.log_from):
            pass

    async def log_from(self, offset: int, limit: int = PIECE) -> LogChunk:
        """A piece of the log.

        Args:
            offset: Its first byte.
            limit: The most bytes.
        """
        return await self._studio.runs.log(self._run, self._node, attempt=self.attempt, offset=offset, limit=limit)

    async def _text(self, begin: int, end: int) -> str:
        pieces: list[str] = []
        while begin < end:
            chunk = await self.log_from(begin, min(PIECE, end - begin))
            if chunk.offset <= begin:
                break
            pieces.append(chunk.text)
            begin = chunk.offset
        return "".join(pieces)

    def to_end(self) -> None:
        """Go to the end and follow it."""
        if self.away or self._target is not None:
            self.workers.cancel_group(self, "output")
            self.workers.cancel_group(self, "seek")
            self._target, self.away, self.follow, self._window = None, False, True, (0, 0)
            self.read_anew()
        super().to_end()

    def scroll_lines(self, lines: int) -> None:
        """Scroll at once, also beyond what is in memory."""
        if self._target is not None:
            self._target.rows += lines
        elif lines < 0 and self.top <= 0 and self._has_more_above:
            self.go(Target(rows=lines))
        elif lines > 0 and self.away and self.at_bottom:
            self._go_on_down(lines)
        else:
            super().scroll_lines(lines)

    @property
    def _has_more_above(self) -> bool:
        return self._window[0] > 0 if self.away else self.partial

    def _go_on_down(self, rows: int) -> None:
        if self._window[1] < self.survey.index.read:
            self.go(Target(rows=rows))
        else:
            self.to_end()

    def has_moved(self, up: bool) -> None:
        """Read on at the edges of what is in memory."""
        if self._target is not None:
            return
        if up and self.top <= 0 and self._has_more_above and not self.follow:
            self.go(Target())
        elif not self.away:
            super().has_moved(up)
        elif not up and self.at_bottom:
            self._go_on_down(0)
        else:
            self.post_message(self.ReadFurther(self))
