"""One path, and what is done with it; a file that stands in the way gives way only when that is said."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Button, Input

from oyama_tui.core.errors import FileTaken, OyamaError, WorkflowConflict
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import ButtonRow, DialogButton
from oyama_tui.tui.work import work

ResultT = TypeVar("ResultT")


class PathDialog(Dialog[ResultT]):
    """Asks for a path in the field `#path`."""

    ENTER_ANSWERS = True
    YES: ClassVar[str]
    """The button that does it."""
    REPLACE: ClassVar[str]
    """The button that does it whatever stands in the way; it is there from the moment when something does."""
    ASKED: ClassVar[str]
    """What is said when the field is empty."""

    async def take(self, path: Path, *, replace: bool) -> ResultT:
        """Do it.

        Args:
            path: As it was typed; the studio reads what it begins with.
            replace: Whether what stands in the way may give way.

        Raises:
            FileTaken: A file stands in the way.
            WorkflowConflict: A workflow does.
        """
        raise NotImplementedError

    def compose_buttons(self) -> ComposeResult:
        """Do it, or not."""
        yield DialogButton(self.YES, id="yes", classes="-approve")
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
            work(self, partial(self._take, Path(text), replace=event.button.id == "replace"), group="file", exclusive=True)
        else:
            self.complain(self.ASKED)

    async def _take(self, path: Path, *, replace: bool) -> None:
        self.busy = True
        try:
            done = await self.take(path, replace=replace)
        except (FileTaken, WorkflowConflict) as taken:
            self.refuse(taken)
            if not self.query("#replace"):
                buttons = self.query_one(ButtonRow)
                await buttons.mount(DialogButton(self.REPLACE, id="replace", classes="-reject"), before="#no")
                buttons.line_up()
        except OyamaError as error:
            self.refuse(error)
            self.query_one("#path").focus()
        else:
            self.dismiss(done)
        finally:
            self.busy = False
