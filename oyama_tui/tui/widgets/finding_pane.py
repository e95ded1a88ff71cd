"""A text under a line in which words are looked for; the keys to find mean this text while the keys go to it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Stacked


class FindingPane(Stacked):
    """A text in which words can be found.

    Args:
        text: It.
        above: Lines above the text.
        id: Its id.
    """

    BINDINGS = bindings(c.FindText, c.FindNext, c.FindPrevious, every.Leave)

    def __init__(self, text: Pager, *above: Static, id: str | None = None) -> None:
        super().__init__(id=id, classes="finding")
        self._text = text
        self._above = above

    def compose(self) -> ComposeResult:
        """The lines above, the words, the text."""
        yield from self._above
        with Horizontal(classes="sought"):
            yield FilterBar("words to find")
            yield Static("", classes="places", markup=False)
        yield self._text

    @property
    def _bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaving means the search only while there is one."""
        return bool(self._text.sought) or self._bar.has_class("-there") if action == "leave" else True

    @on(FilterBar.Wanted)
    def _sought(self, event: FilterBar.Wanted) -> None:
        event.stop()
        self._text.find(event.text)
        self.show_place()

    @on(FilterBar.Closed)
    def _bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        if self._bar.value != self._text.sought:  # the last letter and enter came at once
            self._text.find(self._bar.value)
        self._text.focus()
        self.show_place()

    def show_place(self) -> None:
        """Say which of the places was gone to, and how many there are."""
        place, places = self._text.found
        words = f"{place or 1} of {places:,}" if places else "not in here"
        self._bar.set_class(bool(self._text.sought) and not places, "-none")
        label = self.query_one(".places", Static)
        label.update(Content.styled(words, "$text-muted"))
        label.set_class(bool(self._text.sought), "-there")

    def action_find_text(self) -> None:
        """Take words."""
        self._bar.open()

    def action_find_next(self) -> None:
        """To the next place."""
        self._go(1)

    def action_find_previous(self) -> None:
        """To the place before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        if not self._text.sought:
            self.action_find_text()
            return
        self._text.find_next(step)
        self.show_place()

    def action_leave(self) -> None:
        """Look for nothing any more."""
        self._bar.clear_words()
        self._text.find("")
        self._text.focus()
        self.show_place()
