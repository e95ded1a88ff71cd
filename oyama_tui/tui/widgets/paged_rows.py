"""A list over any number of rows, of which only a window is held."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from textual.app import App
from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from oyama_tui.core.errors import OyamaError
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import Heading
from oyama_tui.tui.work import work

PAGE = 100
"""Rows asked for at a time."""
MOST_HELD = 600
"""Rows in the window at the most."""
AT_ONCE = 0.05
"""Seconds after which somebody who has jumped wonders."""
MARGIN = 40
"""Rows that are read ahead."""


@dataclass(frozen=True)
class Place:
    """Which rows are wanted: next to a key, or from a place on."""

    before: int | None = None
    after: int | None = None
    offset: int | None = None


class Keyed(Protocol):
    """A row of a history."""

    @property
    def key(self) -> int:
        """Its place, which grows with time."""

    @property
    def over(self) -> bool:
        """Whether it stays as it is."""


KeyedT = TypeVar("KeyedT", bound=Keyed)
PageRowT = TypeVar("PageRowT", bound=Keyed, covariant=True)


class Page(Protocol, Generic[PageRowT]):
    """A part of a history."""

    @property
    def rows(self) -> Sequence[PageRowT]:
        """Newest first."""

    @property
    def total(self) -> int:
        """How many rows the whole has."""


class PagedRows(Rows[KeyedT]):
    """Rows, newest first, read page by page as they come into sight.

    Args:
        fetch: Reads rows.
        paint: Draws a row.
    """

    @dataclass
    class Troubled(Message):
        """Rows could not be read."""

        error: OyamaError

    def __init__(
        self,
        fetch: Callable[[Place, int], Awaitable[Page[KeyedT]]],
        paint: Callable[[KeyedT, int], Content],
        *,
        id: str,
        classes: str = "",
    ) -> None:
        super().__init__(lambda row: str(row.key), paint, id=id, classes=classes)
        self._fetch = fetch
        self._window: list[KeyedT] = []
        self._first = 0
        """The line of the window's first row."""
        self._total = 0
        self._reading = False
        self._turn = asyncio.Lock()
        """One reading after the other: what is read belongs to the window as it was when reading began."""

    @property
    def line_count(self) -> int:
        """All rows that fit the filter, held or not."""
        return self._total

    def row_at(self, line: int) -> KeyedT | Heading | None:
        """A row, when it is in the window."""
        index = line - self._first
        return self._window[index] if 0 <= index < len(self._window) else None

    async def begin(self) -> None:
        """Read from the newest row on, for another filter."""
        async with self._turn:
            page = await self._fetch(Place(), PAGE)
            self._window, self._first, self._total = list(page.rows), 0, page.total
        self.cursor, self.cursor_key = -1, ""
        self.virtual_size = Size(self.room.width, self._total)
        self.scroll_to(y=0, animate=False, force=True)
        self._drawn.clear()
        self._land(0 if self._window else -1)
        self.refresh()

    async def renew(self) -> None:
        """Read the window again: rows have changed, or newer ones have come."""
        if not self._window:
            await self.begin()
            return
        async with self._turn:
            held = len(self._window)
            page = await self._fetch(Place(before=self._window[0].key + 1), held)
            grown = page.total - self._total
            fresh = list(page.rows)
            if grown < 0 or self._first + grown < 0 or not fresh or fresh[0].key != self._window[0].key:
                # Rows were removed, or have another place now: the cursor stays on its own, or where that was.
                key, first = self.cursor_key, max(min(self._first, page.total - 1), 0)
                page = await self._fetch(Place(offset=first), max(held, PAGE))
                self._window, self._first, self._total = list(page.rows), first, page.total
                self._shift(0)
                same = (first + place for place, row in enumerate(self._window) if str(row.key) == key)
                self._land(next(same, min(self.cursor, self._total - 1)))
                return
            if not grown and fresh == self._window:
                return
            if grown > 0 and self._first == 0:
                newer = await self._fetch(Place(after=self._window[0].key), min(grown, PAGE))
                if len(newer.rows) == grown:
                    fresh = [*newer.rows, *fresh]
                    self._first -= grown
            self._window, self._first, self._total = fresh, self._first + grown, page.total
            self._shift(grown)

    def _shift(self, lines: int) -> None:
        self.virtual_size = Size(self.room.width, self._total)
        self._drawn.clear()
        key = self.cursor_key
        if lines and self.cursor >= 0:
            self.cursor += lines
            if self.top:
                self.scroll_to(y=self.top + lines, animate=False, force=True)
        row = self.selected
        if row is not None and str(row.key) != key:
            self.cursor_key = str(row.key)
        self._keep_in_sight()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Read what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._read_ahead()

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line."""
        super().move_to(line, step)
        self._read_ahead()

    def _missing(self) -> Place | None:
        if not self._total or not self._window:
            return None
        top, bottom = max(self.top - MARGIN, 0), min(self.top + self.room.height + MARGIN, self._total)
        last = self._first + len(self._window)
        if top >= self._first and bottom <= last:
            return None
        if bottom < self._first or top > last:
            return Place(offset=self.top) if top <= self._total // 2 else Place(offset=min(self.top, self._total - 1) - self._total)
        return Place(before=self._window[-1].key) if bottom > last else Place(after=self._window[0].key)

    def _read_ahead(self) -> None:
        if not self._reading and self._missing() is not None:
            self._reading = True
            work(self, self._read_missing, group="pages")

    async def _read_missing(self) -> None:
        try:
            while True:
                async with self._turn:
                    if (place := self._missing()) is None:
                        break
                    if place.offset is None:
                        page = await self._fetch(place, PAGE)
                    else:
                        # Who jumps waits for what comes into sight; what is beside it is read when it is there.
                        page = await _unpainted(self.app, self._fetch(place, self.room.height + 2 * MARGIN))
                    if not page.rows or not self._take(place, page.rows):
                        break
        except OyamaError as error:
            self.post_message(self.Troubled(error))
        finally:
            self._reading = False

    def _take(self, place: Place, rows: Sequence[KeyedT]) -> bool:
        if place.before is not None and self._window and self._window[-1].key == place.before:
            self._window.extend(rows)
            surplus = max(len(self._window) - MOST_HELD, 0)
            del self._window[:surplus]
            self._first += surplus
        elif place.after is not None and self._window and self._window[0].key == place.after:
            self._window[:0] = rows
            self._first = max(self._first - len(rows), 0)
            del self._window[MOST_HELD:]
        elif place.offset is not None:
            self._window = list(rows)
            self._first = place.offset if place.offset >= 0 else self._total + place.offset
        else:
            return False
        self._drawn.clear()
        if self.selected is not None:
            self._land(self.cursor)
        self.refresh()
        return True


async def _unpainted(app: App[Any], reading: Awaitable[Page[KeyedT]]) -> Page[KeyedT]:
    """Await rows; unless that takes long, nothing is painted before they are there: a frame with places for them costs as much."""
    task = asyncio.ensure_future(reading)
    try:
        with app.batch_update():
            await asyncio.wait({task}, timeout=AT_ONCE)
        return await task
    finally:
        task.cancel()
