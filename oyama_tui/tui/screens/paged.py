"""What the lists of History share: any number of rows, filtered by the words of one language, and the selected one beside them."""

from __future__ import annotations

from functools import partial
from typing import Generic, Protocol, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.events.base import Frozen
from oyama_tui.tui.screens.filtered import FilteredScreen
from oyama_tui.tui.widgets.filter_bar import FilterBar, Misfit
from oyama_tui.tui.widgets.history_tabs import HistoryTabs
from oyama_tui.tui.widgets.paged_rows import KeyedT, Page, PagedRows, PageRowT, Place
from oyama_tui.tui.widgets.pager import Pager, nothing
from oyama_tui.tui.widgets.row_list import let_time_pass
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work

SETTLED = 0.08
"""Seconds that the cursor rests before what is under it is read."""
FilterT = TypeVar("FilterT", bound=Frozen)


class PastPage(Page[PageRowT], Protocol[PageRowT]):
    """A part of a history, of which rows may be damaged."""

    @property
    def damaged(self) -> tuple[str, ...]:
        """A sentence about each damaged row."""


class Past(Protocol[PageRowT, FilterT]):
    """What can be asked of a history."""

    def parse(self, text: str) -> FilterT:
        """Read words as a filter."""

    def may_become_filter(self, text: str) -> bool:
        """Whether the last word, which is wrong, may become a right one as it is typed on."""

    async def page(
        self, wanted: FilterT, *, before: int | None = None, after: int | None = None, offset: int | None = None, limit: int = 100
    ) -> PastPage[PageRowT]:
        """Rows at a place."""


class PagedView(Frozen):
    """What the screen shows besides the rows."""

    filtered: bool
    """Only what fits a filter."""
    total: int


class PagedScreen(FilteredScreen[PagedView], Generic[KeyedT, FilterT]):
    """A list of History on the left, the selected row on the right."""

    PLACE = "history"
    MODE = ""
    """Which list of History it is."""
    NOUN = "row"
    listed: PagedRows[KeyedT]
    """The list; it is made with the body."""
    wanted: FilterT
    """The filter; a subclass sets the one that everything fits."""
    _begun = False
    _typed_whole = False
    _settling: Timer | None = None
    _looked_at: KeyedT | None = None
    _news = False
    """Something has happened since the selected row was looked at."""

    @property
    def past(self) -> Past[KeyedT, FilterT]:
        """What is asked for the rows."""
        raise NotImplementedError

    async def look_at(self, row: KeyedT) -> None:
        """Show the selected row beside the list."""
        raise NotImplementedError

    def compose_head(self) -> ComposeResult:
        """The lines on top, and below them the lists of History."""
        yield from super().compose_head()
        yield HistoryTabs(self.MODE)

    async def fetch(self, place: Place, limit: int) -> PastPage[KeyedT]:
        """Read rows for the list.

        Args:
            place: Which.
            limit: The most.
        """
        page = await self.past.page(self.wanted, before=place.before, after=place.after, offset=place.offset, limit=limit)
        self.damaged = page.damaged
        return page

    async def read(self) -> PagedView:
        """Begin anew for another filter, else look at the window again."""
        wanted = self.wanted
        if self._begun:
            await self.listed.renew()
        else:
            await self.listed.begin()
            self._begun = True
        return PagedView(filtered=wanted != type(wanted)(), total=self.listed.line_count)

    def paint(self, view: PagedView) -> None:
        """Say how many there are."""
        self.query_one(HistoryTabs).count(count_of(view.total, self.NOUN))
        self._news = True
        if self.listed.selected != self._looked_at:
            self._look_at_selected()

    def tick(self) -> None:
        """Ages are greater, and what is not over may have gone on."""
        let_time_pass(self.listed)
        row, pager = self.listed.selected, self.query_one(Pager)
        if row is not None and not row.over:
            if self._news:
                self._look_at_selected()
            else:
                pager.show(pager.shows)

    def filter_changed(self) -> None:
        """Read the words as a filter; one that is still being typed is neither wrong nor wanted yet."""
        text = self.query_one(FilterBar).value
        try:
            wanted = self.past.parse(text)
        except InvalidInput as error:
            waits = not self._typed_whole and self.past.may_become_filter(text)
            self.query_one(Misfit).say("" if waits else f"{error.sentence} {error.hint}")
            return
        self.query_one(Misfit).say("")
        if wanted == self.wanted and self._begun:
            return
        self.wanted, self._begun = wanted, False
        self.reload()

    @on(FilterBar.Closed)
    def _filter_left(self) -> None:
        """No more is typed: what is wrong now is wrong."""
        self._typed_whole = True
        self.filter_changed()
        self._typed_whole = False

    @on(PagedRows.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, partial(self._look_at_selected, another=True))

    def _look_at_selected(self, *, another: bool = False) -> None:
        """Read what is under the cursor; only where that is another row than the one that was read last, when that is wanted."""
        if another and self.listed.selected == self._looked_at:
            return
        self._news = False
        row = self._looked_at = self.listed.selected
        if row is None:
            self.query_one(Pager).show(nothing)
        else:
            work(self, partial(self.look_at, row), group="past", exclusive=True)

    @on(PagedRows.Troubled)
    def _troubled(self, event: PagedRows.Troubled) -> None:
        self.report(event.error)

    @on(PagedRows.Chosen)
    def _chosen(self) -> None:
        self.go_in()
