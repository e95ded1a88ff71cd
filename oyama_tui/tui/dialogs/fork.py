"""What forking a run would do, with other inputs where somebody wants them, and whether it should be done."""

from __future__ import annotations

from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button

from oyama_tui.core.commands import ForkWish
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import InvalidInput, OyamaError
from oyama_tui.core.text import one_line
from oyama_tui.core.views import REUSE_WORDS, ForkPlan, RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.fields import Field, show_problems, values_of
from oyama_tui.tui.widgets.step_plan import StepLine, StepPlan
from oyama_tui.tui.work import work

LONGEST_WHY = 120
"""Characters of why a step begins once more."""


class ForkDialog(Dialog[RunRow]):
    """Shows the plan, lets somebody change inputs, and starts what was shown.

    Args:
        context: What all screens share.
        run: Any run.
        plan: What would be done with nothing changed.
        workflow: By what the new run goes.
    """

    def __init__(self, context: AppContext, run: RunRow, plan: ForkPlan, workflow: Workflow) -> None:
        super().__init__(context)
        self._run, self._plan, self._workflow = run, plan, workflow
        self._first = plan.inputs

    def heading(self) -> str:
        """The question."""
        return f"Fork {self._run.label} {self._plan.label}?"

    def compose_fields(self) -> ComposeResult:
        """What becomes of each step, and the inputs."""
        yield StepPlan(self._steps(), self._notes(), id="plan")
        for name, spec in self._workflow.inputs.items():
            yield Field(name, spec, self._plan.inputs.get(name))

    def compose_buttons(self) -> ComposeResult:
        """Start it, or leave it."""
        yield DialogButton("Start it", id="yes", classes="-approve")
        yield DialogButton("Leave it", id="no")

    def _steps(self) -> list[StepLine]:
        """What becomes of each step."""
        return [StepLine(REUSE_WORDS[step.does], step.label, step.permanent, one_line(step.why, LONGEST_WHY)) for step in self._plan.steps]

    def _notes(self) -> list[str]:
        """What is different, and what people should know besides."""
        idle = not any(step.does in ("again", "new") for step in self._plan.steps)
        further = ["Nothing begins once more: it comes to its end at once."] if idle else []
        return [one_line(words, 200) for words in (*further, *self._plan.changed, *self._plan.notes)]

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif not self.busy:
            self.busy = True
            work(self, partial(self._fork, values_of(list(self.query(Field)))), group="fork")

    def _wish(self, values: dict[str, JsonValue]) -> ForkWish:
        """What is filled in; a value that was taken out counts as well."""
        emptied: dict[str, JsonValue] = {name: "" for name, value in self._first.items() if value not in (None, "") and name not in values}
        return ForkWish(inputs={**values, **emptied})

    async def _fork(self, values: dict[str, JsonValue]) -> None:
        forks, wish, at = self.context.studio.forks, self._wish(values), str(self._plan.at)
        try:
            plan = await forks.plan(self._run.id, wish, at=at)
            if plan.digest != self._plan.digest:
                self._show(plan)
                return
            row = await forks.fork(self._run.id, wish.model_copy(update={"digest": plan.digest}), at=at)
        except InvalidInput as error:
            others = show_problems(list(self.query(Field)), error.problems)
            placed = len(others) < len(error.problems)
            self.complain("; ".join(str(problem) for problem in others) if placed or others else f"{error.sentence} {error.hint}".strip())
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(row)
        finally:
            self.busy = False

    def _show(self, plan: ForkPlan) -> None:
        """Show another plan: what is started is what was seen."""
        self._plan = plan
        self.query_one(StepPlan).show(self._steps(), self._notes())
        show_problems(list(self.query(Field)), [])
        self.query_one("#fields").scroll_home(animate=False)
        self._disarm()
        self.complain("That changes the plan: look at it, then start it.", "bold $foreground")
