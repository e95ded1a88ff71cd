"""Finding words in the whole output of a step."""

from __future__ import annotations

import asyncio
from functools import partial

from oyama_tui.core.errors import OyamaError
from oyama_tui.studio import Studio
from oyama_tui.tui.log_index import LogSearch
from oyama_tui.tui.log_survey import PIECE
from oyama_tui.tui.widgets.log_reader import LogReader, Target
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

PACE = 0.02
"""Seconds between two looks at whether a search has come far enough."""


class LogFinder(LogReader):
    """Output in which words are found wherever they are: at once in what is in memory, piece by piece in the rest.

    Args:
        studio: Where output is read from.
    """

    def __init__(self, studio: Studio, *, id: str) -> None:
        super().__init__(studio, id=id)
        self.search: LogSearch | None = None
        """The search of the whole log; none while all of it is in memory, or none was asked for."""

    def clear(self) -> None:
        """Begin anew."""
        self.search = None
        super().clear()

    def find(self, words: str) -> int:
        """Look for words in what is in memory."""
        self.search = None
        return super().find(words)

    def find_further(self) -> bool:
        """Look for them in the whole log too; false when all of it is in memory."""
        if self.has_all or not self._sought or self.attempt < 1:
            return False
        self.search = search = LogSearch(self._sought)
        work(self, partial(self._search_all, search), group="search", exclusive=True)
        if not self.places.lines:
            self.go(Target(step=1))
        return True

    def find_next(self, step: int) -> bool:
        """Go to the next (1) or the previous (-1) place, round the ends of the log; false when there is none."""
        if self.has_all or not self._sought:
            return super().find_next(step)
        if self.search is None or self.search.stopped:
            self.find_further()
        if self.away and self._target is None and self.next_here(step, wraps=False):
            self.post_message(self.ReadFurther(self))
        elif self._target is None or self._target.step != step:
            self.go(Target(step=step))
        return True

    def next_here(self, step: int, *, wraps: bool = True) -> bool:
        """Go to the next place that is in memory, and stay there: nothing is followed or read on, also where it is the last line."""
        target, self._target = self._target, self._target or Target()
        is_there = super().next_here(step, wraps=wraps)
        self._target = target
        self.follow = self.follow and not is_there
        return is_there

    def stop_search(self) -> bool:
        """Stop searching; false when no search is under way."""
        if self.search is None or self.search.ended:
            return False
        self.search.ended = self.search.stopped = True
        return True

    @property
    def found(self) -> tuple[int, int]:
        """Which of the places, or of the lines of a long log, was gone to last; and how many are known."""
        if self.search is None:
            return super().found
        return self.search.number(self.number_of(self._place)), len(self.search.found)

    @property
    def share(self) -> int:
        """How much of the log has been searched, in percent."""
        return 100 if self.search is None else min(self.search.read * 100 // max(self.survey.index.read, 1), 100)

    async def _search_all(self, search: LogSearch) -> None:
        try:
            await self.count()
            while self.search is search and not search.stopped and not search.is_full:
                begin = search.read
                chunk = await self.log_from(begin)
                if chunk.offset <= begin:
                    break
                await asyncio.to_thread(search.take, chunk.text, chunk.offset)
                self.post_message(self.ReadFurther(self))
                if chunk.offset - begin < PIECE - 4:
                    break
        except OyamaError as error:
            self.note, search.ended = line_of(error.sentence), True
        if self.search is search and not search.ended:
            search.finish()
            self.post_message(self.Searched(self))

    async def _arrive(self, target: Target) -> None:
        search = self.search
        if not target.step or search is None:
            await super()._arrive(target)
            return
        if not self._window[1]:
            while not search.found and not search.ended:
                await asyncio.sleep(PACE)
            if not search.found:
                return
            await super()._arrive(target)
        if self.next_here(target.step, wraps=False):
            return
        here = self._first + (len(self.texts) - 1 if target.step > 0 else 0)
        if search.ended and not search.stopped:
            search.ended = False  # there may be more of the log meanwhile
            await self._search_all(search)
        while not search.knows_next(here, target.step):
            await asyncio.sleep(PACE)
        line = search.next_line(here, target.step)
        if self.search is search and line >= 0:
            target.rows = 0
            await self.count()
            await self.show_line(target, line, found=True)
