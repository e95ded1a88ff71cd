"""What all dialogs share: they are armed late, so that keys typed ahead cannot answer them, and they never go away under the keys."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text
from oyama_tui.tui.commands import Command, bindings
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.arming import ArmedLate
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.widgets.buttons import ButtonRow, DialogButton
from oyama_tui.tui.widgets.frame import TooSmall
from oyama_tui.tui.widgets.writing import SeveralLines
from oyama_tui.tui.wording import line_of

ResultT = TypeVar("ResultT")
MOST_OF_WINDOW = 0.94
"""How much of the window's height a dialog may take."""
MOST_COMPLAINT = 3
"""Lines of what is wrong at the most."""
LOW = 24
"""Rows below which nothing is spent on air."""


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


class Dialog(ArmedLate[ResultT]):
    """A question on top of a screen.

    Args:
        context: What all screens share.
    """

    BINDINGS = bindings(CloseDialog, NextField, PreviousField, NextButton, PreviousButton)
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_COLUMNS, "-narrow"), (80, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_ROWS, "-low"), (LOW, "-tall")]
    DEFAULT_CLASSES = "dialog"
    TITLE_STYLE = "bold $foreground"
    ENTER_ANSWERS = False
    """Enter in the last field is the first answer: for what can be taken back easily."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self.busy = False
        """An answer is on its way to the studio: until it is there, the dialog stays."""
        self.is_dismissed = False
        """It is closed, or is to be closed as soon as it is on top again."""
        self._result: tuple[ResultT | None] | None = None
        """What it is closed with, or is to be closed with as soon as it is on top again."""

    def compose(self) -> ComposeResult:
        """Title, body, what is wrong, buttons."""
        with Vertical(id="frame", disabled=True):
            with VerticalScroll(id="fields", can_focus=False):
                yield Static(Content.styled(line_of(self.heading()), self.TITLE_STYLE), id="heading", markup=False)
                yield from self.compose_fields()
            yield Static("", id="wrong", markup=False)
            with ButtonRow(id="buttons"):
                yield from self.compose_buttons()
        yield TooSmall()

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is possible until it is armed, and only to close it once it is over."""
        return self.armed and (not self.over or action == "close_dialog")

    def complain(self, words: str, style: str = "$text-error") -> None:
        """Say inside the dialog what is wrong."""
        self.query_one("#wrong", Static).update(Content.styled(safe_text(words), style))
        self.query_one("#wrong").set_class(bool(words), "-there")
        self.fit()

    def fit(self) -> None:
        """Give what is read the room that the answers leave: they are always in sight."""
        rows = int(self.size.height * MOST_OF_WINDOW)
        air = 0 if self.size.height < LOW else 1
        wrong = self.query_one("#wrong").has_class("-there")
        taken = self.query_one(ButtonRow).lines + 3 * air + (MOST_COMPLAINT + air if wrong else 0)
        self.query_one("#fields").styles.max_height = max(rows - taken, 1)

    @on(events.Resize)
    @on(ButtonRow.Arranged)
    def _fit_again(self) -> None:
        self.fit()

    def refuse(self, error: OyamaError) -> None:
        """Say inside the dialog what the studio refused."""
        self.complain(f"{error.sentence} {error.hint}".strip())

    def end_with(self, words: str) -> None:
        """Take no answer any more and say why; it stays until somebody closes it, so that what is being typed goes nowhere."""
        if self.is_dismissed:
            return
        if self.over:
            self.over = words
            self.complain(words, "bold $foreground")
            return
        self.over = words
        self.set_focus(None)
        self.query_one("#fields").disabled = True
        row = self.query_one(ButtonRow)
        row.query(Button).remove()
        close = DialogButton("esc closes this", id="over")
        close.can_focus = False
        row.mount(close)
        self.call_after_refresh(row.line_up)
        self.complain(words, "bold $foreground")
        self._disarm()

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close it; once only, and when it is on top."""
        if self._result is None:
            self._result, self.is_dismissed = (result,), True
        return super().dismiss(self._result[0]) if self.is_current else AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close it now, when it was to be closed under another dialog."""
        if self._result is not None:
            self.dismiss(self._result[0])

    @on(Input.Submitted)
    @on(SeveralLines.Submitted)
    def _next_after_enter(self, event: Message) -> None:
        event.stop()
        self.focus_next()
        if self.ENTER_ANSWERS and isinstance(self.focused, Button):
            self.focused.press()

    @on(Button.Pressed, "#over")
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
