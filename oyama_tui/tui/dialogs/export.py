"""The file that a run goes into."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.errors import FileTaken, OyamaError
from oyama_tui.core.views import RunFile, RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import ButtonRow, DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.work import work


class ExportDialog(Dialog[RunFile]):
    """Write a run into one file.

    Args:
        context: What all screens share.
        run: The run.
    """

    ENTER_ANSWERS = True

    def __init__(self, context: AppContext, run: RunRow) -> None:
        super().__init__(context)
        self._run = run

    def heading(self) -> str:
        """The run."""
        return f"Export {self._run.label}"

    def compose_fields(self) -> ComposeResult:
        """What goes into the file, and its path."""
        words = "Definition, journal and logs, with all values and answers; secrets are not in it."
        yield Static(plain(words, "$text-muted"), markup=False)
        if self._run.ended_at is None:
            yield Static(plain("The run is not over: the file has what there is of it now.", "$text-warning"), markup=False)
        yield Static(Content("path of the new file"), classes="label", markup=False)
        suggested = f"{self._run.workflow_id}-{self._run.number}.oyamarun"
        yield OneLine(value=suggested, id="path", compact=True, classes="control")

    def compose_buttons(self) -> ComposeResult:
        """Write, or not."""
        yield DialogButton("Write the file", id="yes", classes="-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """The path."""
        return self.query_one("#path")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no" or self.busy:
            self.action_close_dialog()
            return
        text = self.query_one("#path", Input).value.strip()
        if text:
            work(self, partial(self._write, Path(text), replace=event.button.id == "replace"), group="file", exclusive=True)
        else:
            self.complain("Type the path of the new file.")

    async def _write(self, path: Path, *, replace: bool) -> None:
        self.busy = True
        try:
            file = await self.context.studio.archive.export(self._run.id, path, replace=replace)
        except FileTaken as taken:
            self.refuse(taken)
            if not self.query("#replace"):
                buttons = self.query_one(ButtonRow)
                await buttons.mount(DialogButton("Replace it", id="replace", classes="-reject"), before="#no")
                buttons.line_up()
        except OyamaError as error:
            self.refuse(error)
            self.query_one("#path").focus()
        else:
            self.dismiss(file)
        finally:
            self.busy = False
