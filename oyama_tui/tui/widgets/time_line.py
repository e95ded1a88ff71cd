"""The line of time below a run of the past."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from oyama_tui.core.format import time_of_day
from oyama_tui.core.views import MarkView, MomentView
from oyama_tui.tui.render.past import cell_of, mark_words, marked_cells
from oyama_tui.tui.status_icons import StatusIcon, StatusIcons
from oyama_tui.tui.widgets.layout import BLANK

EDGE = 7
"""Cells of a time of day at either end."""


class TimeLine(Widget):
    """All events from the left to the right, with marks for those that people look for, and where one is.

    Args:
        icons: How states are drawn.
    """

    class Pointed(Message):
        """Somebody has clicked on an event."""

        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__()
        self.icons = icons
        self._moment: MomentView | None = None
        self._marks: Sequence[MarkView] = ()
        self._marked: int | None = None
        self._newest = self._first = ""
        self._cells: tuple[tuple[int, int, int], dict[int, StatusIcon]] = ((0, 0, 0), {})

    def show(self, moment: MomentView, marks: Sequence[MarkView], marked: int | None) -> None:
        """Show where one is.

        Args:
            moment: What is shown of the run.
            marks: The events that people look for.
            marked: The event that somebody has marked, if one is.
        """
        self._moment, self._marks, self._marked = moment, marks, marked
        self._first = time_of_day(moment.run.row.started_at, seconds=False)
        self.refresh()

    @property
    def _room(self) -> int:
        """Cells for events, between a time and a bar at the left and a bar at the right."""
        return max(self.size.width - EDGE - 2, 8)

    def render(self) -> Content:
        """Three lines: the events, where one is, and what lies around."""
        moment = self._moment
        if moment is None or self.size.width < 1:
            return BLANK
        wide, last = self._room, moment.last
        key = (len(self._marks), last, wide)
        if self._cells[0] != key:
            self._cells = (key, marked_cells(self._marks, last, wide, self.icons))
        here = cell_of(moment.seq, last, wide)
        end = cell_of(last, last, wide)
        line: list[Content | tuple[str, str] | str] = [(f" {self._first:<{EDGE - 2}}", "$text-muted"), ("│", "$text-disabled")]
        for place in range(end + 1):
            icon = self._cells[1].get(place)
            style = " reverse" if place == here else ""
            glyph = icon.glyph if icon is not None else "━" if place <= here else "─"
            colour = icon.style if icon is not None else "$text-accent" if place <= here else "$text-disabled"
            line.append((glyph, f"{colour}{style}"))
        line.append(("│", "$text-disabled"))
        signs = {here: ("▲", "bold $text-accent")}
        if self._marked is not None:
            signs.setdefault(cell_of(self._marked, last, wide), ("▼", "bold $text-warning"))
        below: list[Content | tuple[str, str] | str] = [" " * EDGE]
        at = 0
        for place, sign in sorted(signs.items()):
            below += [" " * (place - at), sign]
            at = place + 1
        words = mark_words(self._marks, moment.seq, self.icons, self.size.width)
        return Content("\n").join([Content.assemble(*line), Content.assemble(*below), words])

    def on_click(self, event: events.Click) -> None:
        """Go to the event that is clicked."""
        place, moment = event.x - EDGE, self._moment
        if moment is not None and event.y <= 1 and 0 <= place < self._room:
            self.post_message(self.Pointed(1 + round(place * (moment.last - 1) / max(self._room - 1, 1))))
