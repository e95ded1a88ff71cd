"""What screens share whose rows can be filtered and sorted."""

from __future__ import annotations

from typing import TypeVar

from textual import on
from textual.app import ComposeResult

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.screens.framed import left_pane
from oyama_tui.tui.widgets.filter_bar import FilterBar, FilterRule, Misfit
from oyama_tui.tui.widgets.frame import Notice

ViewT = TypeVar("ViewT")


class FilteredScreen(StudioScreen[ViewT]):
    """A screen with a filter."""

    BINDINGS = bindings(c.FilterRows)
    FILTER_HINT = "words that a row must have"

    def compose_rule(self) -> ComposeResult:
        """The rule, which is the line for the words too, and a line for what is wrong with them."""
        yield FilterRule(self.FILTER_HINT)
        yield Misfit()

    def filter_changed(self) -> None:
        """The words are different: show what has them."""
        if self.view is not None:
            self.watch_view(self.view)

    @on(FilterBar.Wanted)
    def _filter_wanted(self) -> None:
        self.filter_changed()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.set_focus(self.query_one(Notice) if self.has_class("-notice") else left_pane(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there are rows, or where a filter hides them."""
        if action in ("filter_rows", "sort_rows"):
            return not self.has_class("-notice") or bool(self.query_one(FilterBar).value)
        return super().check_action(action, parameters)

    def action_filter_rows(self) -> None:
        """Take words."""
        self.query_one(FilterBar).open()

    def action_leave(self) -> None:
        """Out of the right pane, then out of the filter."""
        if not self.go_back():
            self.query_one(FilterBar).clear_words()
