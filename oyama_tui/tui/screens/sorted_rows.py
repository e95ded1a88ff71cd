"""What screens share whose rows the studio filters and sorts."""

from __future__ import annotations

from typing import ClassVar

from oyama_tui.tui.screens.filtered import FilteredScreen, ViewT


class SortedScreen(FilteredScreen[ViewT]):
    """A screen with a filter and with several orders."""

    ORDER_WORDS: ClassVar[tuple[str, ...]] = ()
    """How people call each order."""
    _order = 0
    _unsaid = ""
    """The order that somebody has asked for and whose rows are not shown yet."""

    def filter_changed(self) -> None:
        """Ask for the rows that have the words."""
        if self.view is not None:
            self.reload()

    def action_sort_rows(self) -> None:
        """The next order."""
        self._order = (self._order + 1) % len(self.ORDER_WORDS)
        self._unsaid = f"Sorted: {self.ORDER_WORDS[self._order]}."
        self.filter_changed()

    def watch_view(self, view: ViewT | None) -> None:
        """Paint the rows first; then say in which order they are."""
        super().watch_view(view)
        if self._unsaid:
            self.call_after_refresh(self.say, self._unsaid)
            self._unsaid = ""
