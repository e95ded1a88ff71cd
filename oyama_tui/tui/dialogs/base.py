"""What all dialogs share: they are armed late, so that keys typed ahead cannot answer them."""

from __future__ import annotations

from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text
from oyama_tui.tui.commands import Command, bindings
from oyama_tui.tui.desk import Desk
from oyama_tui.tui.wording import line_of

ResultT = TypeVar("ResultT")
ARMED_AFTER = 0.3
"""Seconds in which a new dialog takes no key and no click."""


class CloseDialog(Command):
    """Close it; nothing is changed."""

    key, label, room = "escape", "close", "dialog"


class NextField(Command):
    """Go to the next field or button."""

    key, label, room = "tab,down", "next field", "dialog"


class PreviousField(Command):
    """Go to the field or button before."""

    key, label, room = "shift+tab,up", "previous field", "dialog"


class NextButton(Command):
    """Go to the next button."""

    key, label, room = "right", "next button", "dialog"


class PreviousButton(Command):
    """Go to the button before."""

    key, label, room = "left", "previous button", "dialog"


class DialogButton(Button):
    """A button whose label is a sentence from outside."""

    def __init__(self, label: str, *, id: str, classes: str = "") -> None:
        super().__init__(Content(f" {line_of(label)} "), id=id, classes=classes, compact=True)


class Dialog(ModalScreen[ResultT], inherit_bindings=False):
    """A question on top of a screen.

    Args:
        desk: What all screens share.
    """

    BINDINGS = bindings(CloseDialog, NextField, PreviousField, NextButton, PreviousButton)
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
    DEFAULT_CLASSES = "dialog"
    TITLE_STYLE = "bold $foreground"
    ENTER_ANSWERS = False
    """Enter in the last field is the first answer: for what can be taken back easily."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.armed = False
        self.busy = False
        """An answer is on its way to the studio: until it is there, the dialog stays."""

    def compose(self) -> ComposeResult:
        """Title, body, what is wrong, buttons."""
        with Vertical(id="frame", disabled=True):
            yield Static(Content.styled(line_of(self.heading()), self.TITLE_STYLE), id="heading", markup=False)
            with VerticalScroll(id="fields", can_focus=False):
                yield from self.compose_fields()
            yield Static("", id="wrong", markup=False)
            with Horizontal(id="buttons"):
                yield from self.compose_buttons()

    def heading(self) -> str:
        """What it asks, in one line."""
        return ""

    def compose_fields(self) -> ComposeResult:
        """What is between title and buttons."""
        yield from ()

    def compose_buttons(self) -> ComposeResult:
        """The answers."""
        yield from ()

    def first_focus(self) -> Widget | None:
        """Where the keys go at first; the first button unless told otherwise."""
        return next(iter(self.query(Button)), None)

    def on_mount(self) -> None:
        """Arm it when it has been seen."""
        self.call_after_refresh(self.set_timer, ARMED_AFTER, self._arm)

    def _arm(self) -> None:
        self.armed = True
        self.query_one("#frame").disabled = False
        first = self.first_focus()
        if first is not None:
            first.focus()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is possible until it is armed."""
        return self.armed

    def complain(self, words: str) -> None:
        """Say inside the dialog what is wrong."""
        self.query_one("#wrong", Static).update(Content.styled(safe_text(words), "$text-error"))
        self.query_one("#wrong").set_class(bool(words), "-there")

    def refuse(self, error: OyamaError) -> None:
        """Say inside the dialog what the studio refused."""
        self.complain(f"{error.sentence} {error.hint}".strip())

    def close_with(self, words: str) -> None:
        """Close it without an answer, and say why."""
        if self.is_current:
            self.app.notify(line_of(words), timeout=8, markup=False)
            self.dismiss(None)

    @on(Input.Submitted)
    def _next_after_enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()
        if self.ENTER_ANSWERS and isinstance(self.focused, Button):
            self.focused.press()

    def action_close_dialog(self) -> None:
        """Close it; nothing is changed."""
        if not self.busy:
            self.dismiss(None)

    def action_next_field(self) -> None:
        """Go to the next field or button."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Go to the field or button before."""
        self.focus_previous()

    def action_next_button(self) -> None:
        """Go to the next button."""
        self.focus_next(DialogButton)

    def action_previous_button(self) -> None:
        """Go to the button before."""
        self.focus_previous(DialogButton)
