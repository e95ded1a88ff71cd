"""A text in which words can be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message

from oyama_tui.tui.widgets.line_view import LineView
from oyama_tui.tui.widgets.places import Paragraph, Places, find_places


class SearchedText(LineView):
    """Lines, and the places in them with words that somebody looks for."""

    @dataclass
    class Searched(Message):
        """A search outside of memory has come to its end."""

        pager: SearchedText

        @property
        def control(self) -> SearchedText:
            """The text."""
            return self.pager

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: list[Content] = []
        self.partial = False
        """Not all of the text is here; a line of it says where the rest is."""
        self._sought = ""
        self._place = -1
        """The line of the place gone to last."""
        self._places: Places | None = None
        """Where the sought words stand; none while it is not known."""

    def find(self, words: str) -> int:
        """Look for words and go to the first place at or below the top; returns how many places there are."""
        self._sought, self._place = words, -1
        self.forget_places()
        self.next_here(1)
        return len(self.places.lines)

    def find_further(self) -> bool:
        """Look for the words where the text goes on outside of memory; false when it does not."""
        return False

    def find_next(self, step: int) -> bool:
        """Go to the next (1) or the previous (-1) place, round the ends; false when there is none."""
        return self.next_here(step)

    def next_here(self, step: int, *, wraps: bool = True) -> bool:
        """Go to the next place of the text that is in memory; false when there is none.

        Args:
            step: 1 for the next, -1 for the previous one.
            wraps: After the last comes the first one.
        """
        if not self.places.lines:
            return False
        is_seen = self.top <= self._place < self.top + max(self.room.height, 1)
        here = self._place if is_seen else self.top - (step > 0)
        place = self.places.next_line(here, step)
        if not wraps and (place - here) * step <= 0:
            return False
        self._place = place
        self.forget_drawn()
        self.scroll_to(y=self._place, animate=False, force=True, immediate=True)
        return True

    @property
    def found(self) -> tuple[int, int]:
        """Which of the places with the sought words was gone to last, from 1 on, or 0 for none; and how many there are."""
        return self.places.number(self._place), len(self.places.lines)

    @property
    def places(self) -> Places:
        """Where the sought words stand."""
        if self._places is None:
            self._places = find_places(self._sought, self._searched()) if self._sought else Places()
        return self._places

    def forget_places(self) -> None:
        """The words or the lines are others; they are looked for again when that is needed."""
        self._places = None
        self.forget_drawn()

    def _searched(self) -> Iterator[Paragraph]:
        """Where words are looked for."""
        return self._paragraphs()

    def _paragraphs(self) -> Iterator[Paragraph]:
        for index, line in enumerate(self.lines):
            yield index, [line.plain], line.plain

    @property
    def sought(self) -> str:
        """The words that are looked for."""
        return self._sought
