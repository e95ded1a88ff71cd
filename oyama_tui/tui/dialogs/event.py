"""The event that a run waits for."""

from __future__ import annotations

import uuid
from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.payload_text import payload_of_text
from oyama_tui.core.views import RunRow, SentEvent
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import NEW_LINE, SeveralLines
from oyama_tui.tui.work import work


class EventDialog(Dialog[SentEvent]):
    """Write the payload of an event and send it.

    Args:
        context: What all screens share.
        run: What gets it.
        name: The event.
    """

    def __init__(self, context: AppContext, run: RunRow, name: str) -> None:
        super().__init__(context)
        self._run = run
        self._awaited = name
        self._key = uuid.uuid4().hex

    def heading(self) -> str:
        """The event."""
        return f"Send {self._awaited} to {self._run.label}"

    def compose_fields(self) -> ComposeResult:
        """What it does, and the payload."""
        words = "A step waits for this event and goes on with it; the payload becomes its result."
        yield Static(plain(words, "$text-muted"), markup=False)
        label = Content.assemble("payload", ("  JSON", "$text-accent"), (f"  {NEW_LINE}", "$text-disabled"))
        yield Static(label, classes="label", markup=False)
        yield SeveralLines(id="payload", classes="control", placeholder="nothing, or for example {}")

    def compose_buttons(self) -> ComposeResult:
        """Send it, or not."""
        yield DialogButton(f"Send {self._awaited}", id="yes", classes="-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """The payload."""
        return self.query_one("#payload")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif not self.busy:
            try:
                payload = payload_of_text(self.query_one("#payload", SeveralLines).value)
            except OyamaError as error:
                self.refuse(error)
                self.query_one("#payload").focus()
                return
            self.busy = True
            work(self, partial(self._send, payload), group="send")

    async def _send(self, payload: JsonValue) -> None:
        try:
            sent = await self.context.studio.signals.send(self._run.id, self._awaited, payload, key=self._key)
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(sent)
        finally:
            self.busy = False
