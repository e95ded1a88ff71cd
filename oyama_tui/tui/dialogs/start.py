"""The form from which a run starts, made from the workflow's inputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import InvalidInput, OyamaError
from oyama_tui.core.views import RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.fields import Field, show_problems, values_of
from oyama_tui.tui.wording import count_of, line_of
from oyama_tui.tui.work import work


class StartDialog(Dialog[RunRow]):
    """Fill in the inputs of a workflow and start it.

    Args:
        context: What all screens share.
        workflow: What is to run.
        inputs: Values to begin with; those typed last when empty.
    """

    def __init__(self, context: AppContext, workflow: Workflow, inputs: Mapping[str, JsonValue]) -> None:
        super().__init__(context)
        self._workflow = workflow
        self._inputs = dict(inputs) or context.remembered.get(workflow.id, {})

    def heading(self) -> str:
        """The workflow's name."""
        return f"Run {self._workflow.label}"

    def compose_fields(self) -> ComposeResult:
        """What it is, and a field for each input."""
        about = self._workflow.description or f"{count_of(len(list(self._workflow.every_step)), 'step')}, {self._workflow.type}"
        yield Static(Content.styled(line_of(about), "$text-muted"), markup=False)
        if not self._workflow.inputs:
            yield Static(Content.styled("It takes no inputs.", "$text-muted"), markup=False)
        for name, spec in self._workflow.inputs.items():
            yield Field(name, spec, self._inputs.get(name))

    def compose_buttons(self) -> ComposeResult:
        """Start, or not."""
        yield DialogButton(f"Start {self._workflow.label}", id="yes", classes="-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """The first field, or the button when there is none."""
        first = next(iter(self.query(Field)), None)
        return first.control_widget if first is not None else self.query_one("#yes")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif not self.busy:
            self.busy = True
            work(self, partial(self._start, values_of(list(self.query(Field)))), group="start")

    async def _start(self, values: dict[str, JsonValue]) -> None:
        self.context.remembered[self._workflow.id] = values
        try:
            row = await self.context.studio.runs.start(self._workflow.id, values)
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
