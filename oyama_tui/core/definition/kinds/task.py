"""The step kind `task`: what a person does by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field

from oyama_tui.core.definition.base import InputField, Text, VariableName
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.kind import StepKind, Words
from oyama_tui.core.definition.step_base import StepBase


class TaskStep(StepBase):
    """Let a person do something by hand, who then says that it is done, or that it could not be done and why."""

    task: Text = Field(min_length=1)
    """What is to be done, in one plain line for the queue."""
    prompt: Text = ""
    """Markdown: how it is done, shown as the workflow's words."""
    form: dict[VariableName, InputField] = {}
    """Values that the person fills in with *Done*; they are in `steps.ID.decision.form`."""

    @cached_property
    def question(self) -> Gate:
        """The task as what is asked; a task that nobody has done in time has failed."""
        limit = None if self.timeout is None else self.timeout.attempt
        asked = Gate(title=self.task, prompt=self.prompt, form=self.form, on_timeout="fail")
        return asked.model_copy(update={"timeout": limit})


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse what means something only for a program or for a question."""
    if "gate" in data:
        message = "a task is for a person already, so it has no gate"
        document.add((*path, "gate"), message, "make the gate a step of its own before it", key=True)
    for key in ("env", "secrets"):
        if key in data:
            message = f"no program runs for a task, so its {key} {'do' if key == 'secrets' else 'does'} nothing"
            document.add((*path, key), message, f"take {key} away", key=True)
    timeout = data.get("timeout")
    for key in ("total", "idle"):
        if isinstance(timeout, dict) and key in timeout:
            document.add((*path, "timeout", key), f"a task is tried once by a person, so {key} does nothing", "write timeout: 4h", key=True)


def _describe(step: TaskStep, words: Words) -> str:
    return f"by hand: {words.text(step.task)}"


TASK = StepKind(
    name="task",
    model=TaskStep,
    execution="person",
    templates={"task": "text", "prompt": "text", "form": "plain"},
    describe=_describe,
    values=("outputs",),
    check=_check,
)
"""The kind."""
