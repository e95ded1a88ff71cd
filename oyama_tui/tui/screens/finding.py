"""What screens share in whose text words can be found."""

from __future__ import annotations

from typing import TypeVar

from textual import on

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.messages import NewWanted
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.pager import Pager

ViewT = TypeVar("ViewT")


class FindingScreen(StudioScreen[ViewT]):
    """A screen with a text in which words can be found."""

    BINDINGS = bindings(c.FindText, c.FindNext, c.FindPrevious)
    begins_new = False
    """While nothing is looked for, `n` makes a workflow."""

    @property
    def text(self) -> Pager:
        """Where words are looked for."""
        raise NotImplementedError

    @on(FilterBar.Wanted)
    def _sought(self, event: FilterBar.Wanted) -> None:
        found = self.text.find(event.text)
        self.query_one(FilterBar).set_class(bool(event.text) and not found and not self.text.partial, "-none")
        self.show_place()

    @on(FilterBar.Closed)
    def _bar_closed(self) -> None:
        bar = self.query_one(FilterBar)
        self.set_focus(self.text)
        if bar.value != self.text.sought:  # the last letter and enter came at once
            self.text.find(bar.value)
        if bar.value and not self.text.find_further() and not self.text.places.lines:
            self._say_none()
        self.show_place()

    @on(Pager.Searched)
    def _searched(self, event: Pager.Searched) -> None:
        """Say what a long search has come to."""
        if event.pager is not self.text:
            return
        self.show_place()
        lines = self.text.found[1]
        self.query_one(FilterBar).set_class(not lines, "-none")
        if not lines:
            self._say_none()

    def action_find_text(self) -> None:
        """Take words."""
        self.add_class("-inside")
        self.query_one(FilterBar).open()

    def action_find_next(self) -> None:
        """To the next place."""
        self._go(1)

    def action_find_previous(self) -> None:
        """To the previous place."""
        self._go(-1)

    def _go(self, step: int) -> None:
        if not self.text.sought:
            if self.begins_new:
                self.post_message(NewWanted())
            else:
                self.say("/ takes words to find.")
        elif self.text.find_next(step):
            self.show_place()
        else:
            self._say_none()

    def _say_none(self) -> None:
        self.say("No line has these words.")

    def show_place(self) -> None:
        """Show which of the places was gone to."""
