"""A text to read: scrolls, can be searched and selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.widgets.line_view import blank_line, looks_same
from oyama_tui.tui.widgets.searched_text import SearchedText

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
        """Another part of the text is in sight, or has been for long enough."""

        pager: Pager

        @property
        def control(self) -> Pager:
            """The pager."""
            return self.pager

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.shows: Layout = nothing
        """Makes the lines."""
        self._laid_out_for = -1

    def show(self, layout: Layout, *, from_top: bool = False) -> None:
        """Show another text; the place is kept unless told otherwise.

        Args:
            layout: Makes the lines.
            from_top: Begin at the first line.
        """
        self.shows = layout
        self._laid_out_for = -1
        if from_top:
            self.scroll_to(y=0, animate=False, force=True)
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.room.width
        if width < 1 or width == self._laid_out_for:
            return
        self._laid_out_for = width
        lines = list(self.shows(width))
        if self.virtual_size.width == width and len(lines) == len(self.lines) and all(map(looks_same, lines, self.lines)):
            # Who looks again and again, because times go on, draws only what is different.
            return
        self.lines = lines
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
            return blank_line(self, width)
        left = round(self.scroll_offset.x)
        key = (index, width, left)
        if (drawn := self._drawn.get(key)) is not None:
            return drawn
        line = self.line_at(index)
        if (selection := self.text_selection) is not None and (span := selection.get_span(index)) is not None:
            picked = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            line = line.stylize(picked, span[0], len(line) if span[1] == -1 else span[1])
        strip = self.strip_of(line, width, self.visual_style, index, left)
        self._drawn[key] = strip
        return strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        return selection.extract("\n".join(line.plain for line in self.lines)), "\n"
