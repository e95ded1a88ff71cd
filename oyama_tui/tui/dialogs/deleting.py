"""Deleting a workflow: with its history, or without."""

from __future__ import annotations

from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.format import byte_words
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import Remains
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.wording import count_of

What = Literal["workflow", "history", "nothing"]


class DeleteWorkflowDialog(Dialog[What]):
    """Says what there is of a workflow, and asks what is to go.

    Args:
        context: What all screens share.
        name: The workflow.
        remains: What there is of it.
    """

    def __init__(self, context: AppContext, name: str, remains: Remains) -> None:
        super().__init__(context)
        self._name, self._remains = name, remains

    def heading(self) -> str:
        """The question."""
        return f"Delete {self._name}?"

    def compose_fields(self) -> ComposeResult:
        """What there is, and what stays."""
        there = self._remains
        if not there.runs:
            words = "It has no runs. Its file stays."
        else:
            pinned = f" {count_of(there.pinned, 'pinned run stays', 'pinned runs stay')} in any case." if there.pinned else ""
            words = (
                f"It has {count_of(there.runs, 'run')}, about {byte_words(there.bytes)}: journals, answers and output. They can stay in the"
                f" history, or be removed for good.{pinned} Its file stays."
            )
        yield Static(Content.styled(safe_text(words), "$text-muted"), markup=False)

    def compose_buttons(self) -> ComposeResult:
        """What can go."""
        yield DialogButton("Delete it, keep its runs" if self._remains.runs else "Delete it", id="workflow", classes="-reject")
        going = self._remains.runs - self._remains.pinned
        if going:
            yield DialogButton(f"Delete it and {count_of(going, 'run')}", id="history", classes="-reject")
        yield DialogButton("Keep it", id="nothing")

    def first_focus(self) -> Widget | None:
        """What changes nothing."""
        return self.query_one("#nothing")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        answers: dict[str | None, What] = {"workflow": "workflow", "history": "history"}
        self.dismiss(answers.get(event.button.id, "nothing"))
