"""What taking a run up anew would do, and whether it should be done."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import one_line
from oyama_tui.core.views import RECOVERY_WORDS, RecoverPlan, RecoverStep, RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import LOW, Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.step_plan import StepLine, StepPlan
from oyama_tui.tui.work import work

LONGEST = 60
"""Characters of a step's node."""


class RecoverDialog(Dialog[RunRow]):
    """Shows the plan, and does it.

    Args:
        context: What all screens share.
        run: One that did not complete.
        plan: What would be done.
    """

    def __init__(self, context: AppContext, run: RunRow, plan: RecoverPlan) -> None:
        super().__init__(context)
        self._run, self._plan = run, plan

    def heading(self) -> str:
        """The question."""
        return f"Take {self._run.label} up anew?"

    def compose_fields(self) -> ComposeResult:
        """Why it ended, and what becomes of each step."""
        if self._run.reason:
            yield Static(plain(one_line(self._run.reason, 300), "$text-error"), markup=False)
        yield Static(plain(self._consequence(), "$text-muted"), markup=False)
        yield StepPlan([self._line(step) for step in self._plan.steps])

    def _line(self, step: RecoverStep) -> StepLine:
        node = "" if step.node == step.label else f"  {one_line(step.node, LONGEST)}"
        return StepLine(RECOVERY_WORDS[step.does], step.label, step.permanent, f"was {step.was}{node}")

    def _consequence(self) -> str:
        if self._plan.resumes:
            return "It rests because a step was cut off again and again; it goes on with that."
        if not self._plan.steps:
            return "No step failed: it only comes to its end once more."
        low = self.app.size.height < LOW
        return "What succeeded is kept." if low else "What succeeded is kept and not done again; what never began follows."

    def compose_buttons(self) -> ComposeResult:
        """Do it, or leave it."""
        yield DialogButton("Take it up", id="yes", classes="-approve")
        yield DialogButton("Leave it", id="no")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif not self.busy:
            self.busy = True
            work(self, self._recover, group="recover")

    async def _recover(self) -> None:
        try:
            row = await self.context.studio.recovery.recover(self._run.id, seen=self._plan.seq)
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(row)
        finally:
            self.busy = False
