"""A text to read: scrolls, can be searched and selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import everywhere as c
from oyama_tui.tui.widgets.searched_text import SearchedText

TO_READ = 0.5
"""Seconds in sight after which a line counts as read."""
Layout = Callable[[int], Sequence[Content]]
"""Makes lines for a number of cells."""


def nothing(_width: int) -> Sequence[Content]:
    """An empty text."""
    return ()


class Pager(SearchedText):
    """A text that is laid out for the width at hand."""

    BINDINGS = bindings(c.MoveDown, c.MoveUp, c.MoveTop, c.MoveBottom, c.PageDown, c.PageUp)

    @dataclass
    class ReadFurther(Message):
        """More of the text has been in sight."""

        pager: Pager

        @property
        def control(self) -> Pager:
            """The pager."""
            return self.pager

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._layout: Layout = nothing
        self._laid_out_for = -1
        self._width_read = -1
        self._lines_read: set[int] = set()
        """Lines that have been in sight long enough to be read."""
        self._read_whole = False
        self._looking: Timer | None = None

    def show(self, layout: Layout, *, from_top: bool = False) -> None:
        """Show another text; the place is kept unless told otherwise.

        Args:
            layout: Makes the lines.
            from_top: Begin at the first line, as a text that nobody has read.
        """
        self._layout = layout
        self._laid_out_for = -1
        if from_top:
            self._lines_read, self._read_whole = set(), False
            self.scroll_to(y=0, animate=False, force=True)
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.room.width
        if width < 1 or width == self._laid_out_for:
            return
        if width != self._width_read:
            self._lines_read, self._width_read = set(), width
        self._laid_out_for = width
        self.lines = list(self._layout(width))
        self.virtual_size = Size(width, len(self.lines))
        self._note_reading()
        self.forget_places()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new width."""
        self._lay_out()
        self._note_reading()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note how far the text has been read."""
        super().watch_scroll_y(old_value, new_value)
        self._note_reading()

    def _note_reading(self) -> None:
        """Begin to look at what is in sight now."""
        if self._looking is not None:
            self._looking.stop()
        in_sight = range(self.top, min(self.top + self.room.height, len(self.lines)))
        if self._laid_out_for > 0 and not self._lines_read.issuperset(in_sight):
            self._looking = self.set_timer(TO_READ, partial(self._have_read, in_sight))

    def _have_read(self, lines: range) -> None:
        if not self.is_on_screen or not self.screen.is_current:
            self._looking = self.set_timer(TO_READ, partial(self._have_read, lines))
            return
        self._lines_read.update(lines)
        self._read_whole = self._read_whole or len(self._lines_read) >= len(self.lines)
        self.post_message(self.ReadFurther(self))

    @property
    def parts(self) -> tuple[int, int]:
        """How many screenfuls of the text have been read, and how many there are."""
        height = max(self.room.height, 1)
        total = max(-(-len(self.lines) // height), 1)
        return (total if self.read_whole else min(len(self._lines_read) // height, total - 1)), total

    @property
    def read_whole(self) -> bool:
        """Whether every line has been in sight long enough."""
        return self._laid_out_for > 0 and (self._read_whole or len(self._lines_read) >= len(self.lines))

    def to_unread(self) -> None:
        """Go to the first line that has not been read."""
        unread = next((line for line in range(len(self.lines)) if line not in self._lines_read), None)
        if unread is not None:
            self.scroll_to(y=unread, animate=False, force=True)

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
