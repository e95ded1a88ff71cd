"""Leaving while runs are driven here."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.tui.desk import Desk
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work


class LeavingDialog(Dialog[bool]):
    """Leave the runs to the background, pause them, or stay; the result is whether to leave.

    Args:
        desk: What all screens share.
        driven: How many runs this process drives.
    """

    def __init__(self, desk: Desk, driven: int) -> None:
        super().__init__(desk)
        self._driven = driven

    def heading(self) -> str:
        """The matter."""
        return f"{count_of(self._driven, 'run is', 'runs are')} driven by this window"

    def compose_fields(self) -> ComposeResult:
        """What each answer does."""
        words = (
            "In the background they go on without a window; running steps finish here first. "
            "Paused, they start no new step until they are resumed. Open questions stay open either way."
        )
        yield Static(Content.styled(words, "$text-muted"), markup=False)

    def compose_buttons(self) -> ComposeResult:
        """Three answers."""
        yield DialogButton("Leave them to the background", id="background", classes="-approve")
        yield DialogButton("Pause them", id="pause")
        yield DialogButton("Stay", id="stay")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "stay":
            self.dismiss(False)
            return
        self._let_choose(False)
        self.complain("Running steps finish first; then this window closes." if event.button.id == "background" else "Pausing…")
        work(self, partial(self._leave, event.button.id == "background"), group="leave")

    def _let_choose(self, possible: bool) -> None:
        self.query_one("#background").disabled = not possible
        self.query_one("#pause").disabled = not possible
        self.query_one("#background" if possible else "#stay").focus()

    async def _leave(self, to_background: bool) -> None:
        """Do as was chosen; whoever closes the dialog meanwhile stays, and the runs stay here."""
        system = self.desk.studio.system
        try:
            await (system.leave_to_background() if to_background else system.pause_all())
        except OyamaError as error:
            self._let_choose(True)
            self.refuse(error)
        else:
            self.dismiss(True)
