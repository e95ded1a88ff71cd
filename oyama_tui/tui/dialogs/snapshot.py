"""A name for a moment of a run."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow, SnapshotView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.work import work


class SnapshotDialog(Dialog[SnapshotView]):
    """Type a name and give it to a moment.

    Args:
        context: What all screens share.
        run: The run.
        seq: The number of the event after which the moment is.
        what: What happened then.
    """

    ENTER_ANSWERS = True

    def __init__(self, context: AppContext, run: RunRow, seq: int, what: str) -> None:
        super().__init__(context)
        self._run = run
        self._seq = seq
        self._what = what

    def heading(self) -> str:
        """The moment."""
        return f"Name {self._run.label} as it was after event {self._seq}"

    def compose_fields(self) -> ComposeResult:
        """What happened, and the name."""
        yield Static(plain(self._what, "$text-muted"), markup=False)
        yield Static(Content("name"), classes="label", markup=False)
        yield OneLine(id="name", compact=True, classes="control", placeholder="before the upload")

    def compose_buttons(self) -> ComposeResult:
        """Keep it, or not."""
        yield DialogButton("Keep the name", id="yes", classes="-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """The name."""
        return self.query_one("#name")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        name = self.query_one("#name", Input).value.strip()
        if event.button.id == "no" or self.busy:
            self.action_close_dialog()
        elif name:
            self.busy = True
            work(self, partial(self._keep, name), group="send")
        else:
            self.complain("Type a name.")

    async def _keep(self, name: str) -> None:
        try:
            point = await self.context.studio.moments.name(self._run.id, name, at=self._seq)
        except OyamaError as error:
            self.refuse(error)
            self.query_one("#name").focus()
        else:
            self.dismiss(point)
        finally:
            self.busy = False
