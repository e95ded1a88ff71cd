"""A text of which is known how much somebody can have read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual import events
from textual.timer import Timer

from oyama_tui.tui.widgets.pager import Layout, Pager
from oyama_tui.tui.widgets.places import Paragraph, Places
from oyama_tui.tui.window import when_shown

TO_READ = 0.5
"""Seconds in sight after which a line counts as read."""


class ReadText(Pager, inherit_bindings=False):
    """A text that must be read: every line counts as read when it has stood on the terminal long enough."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines_read: set[int] = set()
        """Lines that have been in sight long enough to be read."""
        self._read_whole = False
        self._width_read = -1
        self._in_sight = range(0)
        """The lines that are being looked at."""
        self._looking: Timer | None = None

    def show(self, layout: Layout, *, from_top: bool = False) -> None:
        """Show another text; the place, and what was read, are kept unless told otherwise.

        Args:
            layout: Makes the lines.
            from_top: Begin at the first line, as a text that nobody has read.
        """
        if from_top:
            self._lines_read, self._read_whole = set(), False
        super().show(layout, from_top=from_top)

    @property
    def places(self) -> Places:
        """Where the sought words stand, over the ends of lines too: whoever is to read it all must not be told that they are not in it."""
        if self._places is None:
            found = super().places
            indents = {line: len(self.lines[line].plain) - len(self.lines[line].plain.lstrip(" ")) for line in found.marks}
            marks = {line: [(start + indents[line], end + indents[line]) for start, end in marks] for line, marks in found.marks.items()}
            self._places = Places(found.lines, marks)
        return self._places

    def _paragraphs(self) -> Iterator[Paragraph]:
        """All lines as one text, without the blanks that stand before them."""
        lines = [line.plain.strip(" ") for line in self.lines]
        yield 0, lines, " ".join(lines)

    def _lay_out(self) -> None:
        super()._lay_out()
        if self._laid_out_for != self._width_read:
            self._lines_read, self._width_read = set(), self._laid_out_for
        self._note_reading()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new width; other lines are in sight."""
        super().on_resize(event)
        self._note_reading()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note how far the text has been read."""
        super().watch_scroll_y(old_value, new_value)
        self._note_reading()

    def _note_reading(self) -> None:
        """Begin to look at what is in sight now."""
        if self._looking is not None:
            self._looking.stop()
        self._in_sight = range(self.top, min(self.top + self.room.height, len(self.lines)))
        if self._laid_out_for > 0 and not self._lines_read.issuperset(self._in_sight):
            when_shown(self, self._look_at, self._in_sight)

    def _look_at(self, lines: range) -> None:
        """Somebody can see these lines from now on."""
        if self._looking is not None:
            self._looking.stop()
        if lines == self._in_sight:
            self._looking = self.set_timer(TO_READ, partial(self._have_read, lines))

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
