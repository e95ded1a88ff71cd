"""The whole of a log beside the part of it that is in sight, where other texts have a scrollbar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.content import Content

from oyama_tui.tui.log_map import MapCell
from oyama_tui.tui.status_icons import LogSigns
from oyama_tui.tui.widgets.panes import StillScrollBar


class LogStrip(StillScrollBar):
    """One cell wide; there is nothing to see of it where the whole log is in sight.

    Args:
        signs: How it is drawn.
        cells: What is on so many cells; none while all is in sight.
        go: Called with a cell that somebody points at.
    """

    def __init__(self, signs: LogSigns, cells: Callable[[int], Sequence[MapCell]], go: Callable[[int], object]) -> None:
        super().__init__(vertical=True, name="vertical")
        self._signs, self._cells, self._go = signs, cells, go
        self._drawn: Sequence[MapCell] = ()

    def renew(self) -> None:
        """Draw it anew where it has become another one."""
        if self.size.height and self._cells(self.size.height) != self._drawn:
            self.refresh()

    def render(self) -> Content:
        """The cells."""
        self._drawn = self._cells(self.size.height)
        plain = self.app.no_color
        return Content("\n").join(self._signs.of(cell.sign, cell.seen, plain=plain) for cell in self._drawn)

    def _on_mouse_down(self, event: events.MouseDown) -> None:  # type: ignore[override]
        event.stop()
        event.prevent_default()
        self.capture_mouse()
        self._point(event)

    def _on_mouse_move(self, event: events.MouseMove) -> None:  # type: ignore[override]
        event.stop()
        event.prevent_default()
        if self.grabbed is not None:
            self._point(event)

    def _on_mouse_up(self, event: events.MouseUp) -> None:  # type: ignore[override]
        event.stop()
        event.prevent_default()
        self.release_mouse()

    def _point(self, event: events.MouseEvent) -> None:
        if self._drawn:
            self._go(min(max(event.y, 0), len(self._drawn) - 1))
