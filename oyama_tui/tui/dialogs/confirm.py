"""A question with two answers."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.text import safe_text
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton


class ConfirmDialog(Dialog[bool]):
    """Says what will happen and asks whether it should.

    Args:
        context: What all screens share.
        question: One line.
        consequences: What happens after a yes.
        yes: The yes as a sentence.
        no: The no as a sentence.
        grave: The keys go to the no at first.
    """

    def __init__(
        self, context: AppContext, question: str, consequences: str, *, yes: str, no: str = "Leave it", grave: bool = True
    ) -> None:
        super().__init__(context)
        self._question, self._consequences = question, consequences
        self._yes, self._no, self._grave = yes, no, grave

    def heading(self) -> str:
        """The question."""
        return self._question

    def compose_fields(self) -> ComposeResult:
        """What happens."""
        yield Static(Content.styled(safe_text(self._consequences), "$text-muted"), markup=False)

    def compose_buttons(self) -> ComposeResult:
        """Yes and no."""
        yield DialogButton(self._yes, id="yes", classes="-reject" if self._grave else "-approve")
        yield DialogButton(self._no, id="no")

    def first_focus(self) -> Widget | None:
        """What changes nothing, when the matter is grave."""
        return self.query_one("#no" if self._grave else "#yes")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
