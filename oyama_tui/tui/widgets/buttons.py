"""The answers of a dialog: all of them in sight, side by side or one below the other."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input

from oyama_tui.core.text import one_line
from oyama_tui.tui.widgets.writing import SeveralLines

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

    def on_key(self, event: events.Key) -> None:
        """Hand words that somebody begins to type on to the field for them."""
        letter, field = event.character or "", field_for_words(self.screen)
        if field is not None and letter.isprintable() and letter.strip():
            event.stop()
            field.focus()
            (field.insert_text_at_cursor if isinstance(field, Input) else field.insert)(letter)


def field_for_words(dialog: Screen[Any]) -> Input | SeveralLines | None:
    """Where words go that are typed while a button has the keys: the first field that is empty, or the first of all; none without one.

    Args:
        dialog: Has the fields.
    """
    fields = [each for each in dialog.query("#fields *") if isinstance(each, Input | SeveralLines) and each.focusable]
    return next((each for each in fields if not each.value), fields[0] if fields else None)


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
