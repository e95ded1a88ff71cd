"""What can be done with the run that a screen has selected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import Change, RunRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.messages import ApprovalOpened
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.screens.taking_up import can_take_up, take_up
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work

ViewT = TypeVar("ViewT")
PAUSED = ("paused", "draining")
SEEN = 0.3
"""Seconds that a run has been under the cursor before a key changes it."""


class RunCommands(StudioScreen[ViewT]):
    """A screen with a selected run."""

    BINDINGS = bindings(c.AnswerGate, c.SendEvent, c.PauseRun, c.RunAgain, c.TakeUp, c.UndoRun, c.ForkRun, c.CancelRun, c.ExportRun)
    looks_at = ""
    """The one run that this screen is about; empty for a list of them."""
    looks_below: frozenset[str] = frozenset()
    """The runs that steps of it have started."""

    @property
    def subject(self) -> RunRow | None:
        """The selected run."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What fits the run's state."""
        run = self.subject
        if action == "answer_gate":
            return run is not None and run.needs_you
        if action == "pause_run":
            return run is not None and run.live
        if action == "cancel_run":
            # What is being undone is not cut off half done.
            return run is not None and run.live and run.status != "undoing" and not run.stopped_undoing
        if action == "take_up":
            return run is not None and (run.recoverable if parameters == ("anew",) else can_take_up(parameters[0], run))
        return super().check_action(action, parameters)

    def concerns(self, change: Change) -> bool:
        """Only the run that it is about, when it is about one, and the runs that steps of it have started."""
        return not change.runs.isdisjoint({self.looks_at, *self.looks_below}) if self.looks_at else super().concerns(change)

    def subject_id(self) -> str:
        """The run's id."""
        return self.subject.id if self.subject is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to look at it from a shell."""
        return ("show", f"{self.subject.workflow_id}#{self.subject.number}") if self.subject is not None else ("runs",)

    @property
    def slid_at(self) -> float:
        """When another run came under the cursor by itself."""
        return float("-inf")

    def _is_meant(self) -> bool:
        """Whether a key can have meant the selected run."""
        if self.context.typed_at() - self.slid_at >= SEEN:
            return True
        self.say("Another run has just come under the cursor: look, then press again.")
        return False

    def action_pause_run(self) -> None:
        """Pause it, or let it go on, as it is seen here."""
        run = self.subject
        if run is None or not self._is_meant():
            return
        runs = self.context.studio.runs
        if run.status in PAUSED:
            self._carry_out(runs.resume, run, f"{run.label} goes on.")
        else:
            waits = f"{count_of(run.running, 'running step')} finish first." if run.running else "Nothing runs any more."
            self._carry_out(runs.pause, run, f"{run.label} starts no new step. {waits}")

    def action_cancel_run(self) -> None:
        """Say what happens, then end it."""
        run = self.subject
        if run is None or not self._is_meant():
            return
        running = f"{count_of(run.running, 'running step')} will be ended. " if run.running else ""
        asked = "Its open question is withdrawn. " if run.needs_you else ""
        words = f"{running}{asked}{run.completed} of {run.total} steps are done and stay done; nothing is undone."
        dialog = ConfirmDialog(self.context, f"Cancel {run.label}?", words, yes=f"Cancel {run.label}", no="Let it run")

        def answered(yes: bool | None) -> None:
            if yes:
                self._carry_out(self.context.studio.runs.cancel, run, f"{run.label} is cancelled.")

        self.app.push_screen(dialog, answered)

    def _carry_out(self, doing: Callable[[str], Awaitable[object]], run: RunRow, words: str) -> None:
        async def carry_out() -> None:
            try:
                await doing(run.id)
            except OyamaError as error:
                self.report(error)
            else:
                self.say(words)
            self.reload()

        work(self, carry_out, group="command")

    def action_answer_gate(self) -> None:
        """Go to its question."""
        run = self.subject
        if run is None:
            return

        async def find() -> None:
            try:
                asked = await self.context.studio.approvals.of_run(run.id, pending=True)
            except OyamaError as error:
                self.report(error)
                return
            if asked:
                self.post_message(ApprovalOpened(asked[0].id, self.looks_at))
            else:
                self.say("It has been answered.")

        work(self, find, group="command")

    def action_take_up(self, how: str) -> None:
        """Start a new run with the same inputs, let this one go on although it had ended, keep it, hand it on, or delete it."""
        if self.subject is not None and (how in ("again", "file", "fork") or self._is_meant()):
            take_up(self, self.subject.id, how)
