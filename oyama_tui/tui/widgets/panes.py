"""Containers of panes that do not scroll: what is in them is laid out once when their size changes.

A widget that has got another size asks for a further layout of the whole screen, in case that this lets a scrollbar come or go.
"""

from __future__ import annotations

from rich.console import RenderableType
from textual.containers import Container, Horizontal, Vertical
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scrollbar import ScrollBar
from textual.widget import Widget


class Still(Widget):
    """What never scrolls itself."""

    virtual_size = Reactive(Size(0, 0))
    """Cells of what is in it."""


class Pane(Container, Still):
    """What fills a place."""


class Beside(Horizontal, Still):
    """Panes side by side."""


class Stacked(Vertical, Still):
    """Panes above each other."""


class StillScrollBar(ScrollBar, Still):
    """A scrollbar, which has none itself; there is nothing to see of it where everything has room."""

    def render(self) -> RenderableType:
        """The bar."""
        return super().render() if self.window_virtual_size > self.window_size else ""
