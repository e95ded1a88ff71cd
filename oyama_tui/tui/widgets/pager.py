"""A text to read: scrolls, can be searched and selected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import everywhere as c
from oyama_tui.tui.widgets.line_view import LineView
from oyama_tui.tui.widgets.places import Paragraph, Places, find_places

Layout = Callable[[int], Sequence[Content]]
"""Makes lines for a number of cells."""


def nothing(_width: int) -> Sequence[Content]:
    """An empty text."""
    return ()


class Pager(LineView):
    """A text that is laid out for the width at hand."""

    BINDINGS = bindings(c.MoveDown, c.MoveUp, c.MoveTop, c.MoveBottom, c.PageDown, c.PageUp)

    @dataclass
    class ReadFurther(Message):
        """Another part of the text is in sight, or has been for long enough."""

        pager: Pager

        @property
        def control(self) -> Pager:
            """The pager."""
            return self.pager

    @dataclass
    class Searched(Message):
        """A search outside of memory has come to its end."""

        pager: Pager

        @property
        def control(self) -> Pager:
            """The pager."""
            return self.pager

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: list[Content] = []
        self._layout: Layout = nothing
        self._laid_out_for = -1
        self.partial = False
        """Not all of the text is here; a line of it says where the rest is."""
        self._sought = ""
        self._place = -1
        """The line of the place gone to last."""
        self._places: Places | None = None
        """Where the sought words stand; none while it is not known."""

    def show(self, layout: Layout, *, from_top: bool = False) -> None:
        """Show another text; the place is kept unless told otherwise.

        Args:
            layout: Makes the lines.
            from_top: Begin at the first line.
        """
        self._layout = layout
        self._laid_out_for = -1
        if from_top:
            self.scroll_to(y=0, animate=False, force=True)
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.room.width
        if width < 1 or width == self._laid_out_for:
            return
        self._laid_out_for = width
        self.lines = list(self._layout(width))
        self.virtual_size = Size(width, len(self.lines))
        self.forget_places()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new width."""
        self._lay_out()

    def line_at(self, index: int) -> Content:
        """One line, with what is sought made visible."""
        line = self.lines[index]
        for start, end in self.places.marks.get(index, ()):
            line = line.stylize("reverse", start, end)
            if index == self._place:
                line = line.stylize("bold underline", start, end)
        return line

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        index, width = self.top + y, self.size.width
        if index >= len(self.lines):
            return self.blank(width)
        left = round(self.scroll_offset.x)
        key = (index, width, left)
        if (drawn := self._drawn.get(key)) is not None:
            return drawn
        line = self.line_at(index)
        if (selection := self.text_selection) is not None and (span := selection.get_span(index)) is not None:
            line = line.stylize(self.picked_style, span[0], len(line) if span[1] == -1 else span[1])
        strip = self.strip_of(line, width, self.visual_style, index, left)
        self._drawn[key] = strip
        return strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        return selection.extract("\n".join(line.plain for line in self.lines)), "\n"

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
        self.scroll_to(y=self._place, animate=False, force=True)
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
