"""The answers of a dialog: all of them in sight, side by side or one below the other."""

from __future__ import annotations

from textual import events
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Button

from oyama_tui.core.text import one_line

GAP = 2
"""Cells between two buttons."""
EDGES = 2
"""Cells that a button has beside its words."""
MOST = 40
"""Cells of a button's words at the most: what they are about stands whole in the dialog's heading."""
LEAST = 8
"""Cells of the narrowest button."""


class DialogButton(Button):
    """A button whose label is a sentence from outside, cut where it is long."""

    def __init__(self, label: str, *, id: str, classes: str = "") -> None:
        self.words = _words(label)
        super().__init__(self.words, id=id, classes=classes, compact=True)

    def say(self, label: str) -> None:
        """Have another label; its row is to be lined up then."""
        self.label = self.words = _words(label)
        self.refresh(layout=True)


def _words(label: str) -> Content:
    return Content(f" {one_line(label, MOST)} ")


class ButtonRow(Container):
    """Buttons side by side where all of them fit whole, else one below the other; a label that is wider than that is cut."""

    class Arranged(Message):
        """It takes another number of lines."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.lines = 1

    def on_mount(self) -> None:
        """Arrange what is there at first."""
        self.line_up()

    def on_resize(self, _event: events.Resize) -> None:
        """Arrange for the new width."""
        self.line_up()

    def line_up(self) -> None:
        """Side by side, or one below the other."""
        buttons = [button for button in self.query_children(DialogButton) if not button._pruning]
        needed = sum(max(button.words.cell_length + EDGES, LEAST) + GAP for button in buttons) - GAP
        stacked = bool(self.size.width) and needed > self.size.width
        self.set_class(stacked, "-stacked")
        lines = max(len(buttons), 1) if stacked else 1
        for button in buttons:
            button.label = button.words.truncate(max(self.size.width - EDGES, LEAST), ellipsis=True) if stacked else button.words
        if lines != self.lines:
            self.lines = lines
            self.post_message(self.Arranged())
