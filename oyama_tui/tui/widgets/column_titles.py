"""The line of titles above a list."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

from oyama_tui.tui.widgets.layout import BLANK, spread


class ColumnTitles(Widget):
    """Titles over columns, and a note at the right end.

    Args:
        titles: Draws the titles in so many cells.
    """

    def __init__(self, titles: Callable[[int], Content]) -> None:
        super().__init__()
        self._titles = titles
        self._note, self._urgent = BLANK, False

    def note(self, content: Content, *, urgent: bool = False) -> None:
        """Say something at the right end.

        Args:
            content: A few words.
            urgent: More important than the titles that stand there.
        """
        self._note, self._urgent = content, urgent
        self.refresh()

    def render(self) -> Content:
        """The line."""
        width = max(self.size.width - 1, 1)
        titles = self._titles(width).rstrip()
        if not self._note or (not self._urgent and titles.cell_length + self._note.cell_length + 2 > width):
            return titles
        return spread(titles.truncate(max(width - self._note.cell_length - 1, 0)), self._note, width)
