"""Fields in which a person writes: of one line, and of a few."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.actions import SkipAction
from textual.message import Message
from textual.widgets import Input, TextArea

from oyama_tui.core.text import written
from oyama_tui.tui.commands import Command, bindings


class NewLine(Command):
    """Begin a new line in a field that has several."""

    key, label, room = "ctrl+j", "new line", "dialog"


NEW_LINE = f"{NewLine.key} {NewLine.label}"
"""What to press, for the label of such a field."""


class OneLine(Input):
    """A field of one line: the lines of a paste are joined by blanks."""

    def _on_paste(self, event: events.Paste) -> None:
        """Take all of it in."""
        event.stop()
        event.prevent_default()
        self.replace(written(event.text, lines=False), *sorted(self.selection))


class SeveralLines(TextArea):
    """A field that is one line high and grows with what is written in it; enter leaves it, as it leaves a field of one line.

    Args:
        value: To begin with.
        placeholder: Shown while it is empty.
    """

    BINDINGS = bindings(NewLine)

    @dataclass
    class Submitted(Message):
        """Somebody has pressed enter."""

        field: SeveralLines

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            id=id,
            classes=classes,
            compact=True,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
        )
        self.move_cursor(self.document.end)

    @property
    def value(self) -> str:
        """What is written in it, lines parted by newlines; those at the end, which come with a copied line, do not count."""
        return self.text.rstrip("\n")

    async def _on_key(self, event: events.Key) -> None:
        """Leave it with enter."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self))

    async def _on_paste(self, event: events.Paste) -> None:
        """Take all of it in, with its line breaks."""
        event.stop()
        event.prevent_default()
        self._put(written(event.text))

    def _put(self, text: str) -> None:
        result = self._replace_via_keyboard(text, *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)

    def action_new_line(self) -> None:
        """Begin a new line."""
        self._put("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """To the line before; above the first one is the field before."""
        if self.cursor_at_first_line and not select:
            raise SkipAction
        super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """To the next line; below the last one is the next field."""
        if self.cursor_at_last_line and not select:
            raise SkipAction
        super().action_cursor_down(select)

    def action_cursor_page_up(self) -> None:
        """A page back in a text that is longer than the field; else, and from its first line, read back in the dialog."""
        if not self.max_scroll_y or self.cursor_at_first_line:
            raise SkipAction
        super().action_cursor_page_up()

    def action_cursor_page_down(self) -> None:
        """A page on in a text that is longer than the field; else, and from its last line, read on in the dialog."""
        if not self.max_scroll_y or self.cursor_at_last_line:
            raise SkipAction
        super().action_cursor_page_down()
