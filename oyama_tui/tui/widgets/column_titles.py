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
        self._note = BLANK

    def note(self, content: Content) -> None:
        """Say something at the right end."""
        self._note = content
        self.refresh()

    def render(self) -> Content:
        """The line."""
        width = max(self.size.width - 1, 1)
        titles = self._titles(width).truncate(max(width - self._note.cell_length - 1, 0))
        return spread(titles, self._note, width) if self._note else titles
