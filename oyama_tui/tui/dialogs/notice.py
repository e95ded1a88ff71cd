"""Something to read that does not fit a toast."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton


class ErrorDialog(Dialog[None]):
    """A failure with all that it says.

    Args:
        context: What all screens share.
        error: The failure.
    """

    def __init__(self, context: AppContext, error: OyamaError) -> None:
        super().__init__(context)
        self._error = error

    def heading(self) -> str:
        """The kind of trouble."""
        return self._error.title

    def compose_fields(self) -> ComposeResult:
        """What and what to do."""
        yield Static(Content(safe_text(self._error.sentence)), markup=False)
        if self._error.hint:
            yield Static(Content.styled(safe_text(self._error.hint), "$text-muted"), classes="label", markup=False)

    def compose_buttons(self) -> ComposeResult:
        """Close."""
        yield DialogButton("Close", id="close")

    @on(Button.Pressed)
    def _close(self) -> None:
        self.dismiss(None)
