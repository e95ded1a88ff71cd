"""The title above one of several lists on a screen; that of the list with the focus is bright."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.content import Content
from textual.widget import Widget

from oyama_tui.tui.widgets.line_view import looks_same
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import Heading


def in_sight(rows: Rows[Any]) -> int:
    """How many rows of a list can be seen, wherever it stands.

    Args:
        rows: The list.
    """
    lines = (rows.row_at(line) for line in range(rows.top, rows.top + rows.room.height))
    return sum(1 for row in lines if row is not None and not isinstance(row, Heading))


class PaneTitle(Widget):
    """What a list is, and how much of it there is room for.

    Args:
        rows: The list.
        draw: Draws the line in so many cells, from its beginning: what the list is, and how much of it is seen.
    """

    def __init__(self, rows: Rows[Any], draw: Callable[[Content, int], Content]) -> None:
        super().__init__()
        self.auto_links = False
        self._rows, self._draw = rows, draw
        self._what, self._total = "", ""
        self._said: Content | None = None
        """What was drawn last."""

    def on_mount(self) -> None:
        """Follow the list: where the focus is, and how far it is scrolled."""
        for changed in ("has_focus", "scroll_y", "virtual_size"):
            self.watch(self._rows, changed, self.renew, init=False)

    def tell(self, name: str, total: str) -> None:
        """Say what the list is.

        Args:
            name: What it is.
            total: How many rows it has.
        """
        self._what, self._total = name, total
        self.renew()

    def renew(self) -> None:
        """Draw the line anew where it has become another one."""
        if self._said is None or not looks_same(self._line(), self._said):
            self.refresh()

    def render(self) -> Content:
        """The line."""
        self._said = self._line()
        return self._said

    def _line(self) -> Content:
        seen = f"{in_sight(self._rows):,}"
        count = self._total if self._total in (seen, "") else f"{seen} of {self._total}"
        style = "bold $text-accent" if self._rows.has_focus else "bold $text-muted"
        return self._draw(Content.assemble(" ", (self._what, style), (f"  {count}", "$text-muted")), self._rows.room.width)
