"""The step kind `workflow`: a run of another workflow, whose outputs are those of the step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from oyama_tui.core.definition.base import WORKFLOW_ID, Values
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.expressions import OPEN
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase

_ID: Final = re.compile(WORKFLOW_ID)


class WorkflowStep(StepBase):
    """Start a run of another workflow and wait for its end."""

    workflow: str = Field(min_length=1, max_length=4096)
    """The id of a workflow, or the path of its file, which begins with `.` or `/` or ends in `.yaml` or `.yml`; relative to this file."""
    with_: Values = Field(default={}, alias="with")
    """Its inputs."""
    on_parent_cancel: Literal["cancel", "leave"] = "cancel"
    """When this step is cancelled: cancel the run too and wait for its end, or let it go on by itself."""


def names_file(workflow: str) -> bool:
    """Whether a step names the file of a workflow, not its id.

    Args:
        workflow: As it is written.
    """
    return workflow.startswith((".", "/")) or workflow.endswith((".yaml", ".yml"))


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse what names neither a workflow nor a file."""
    named = data.get("workflow")
    if isinstance(named, str) and named and OPEN not in named and not names_file(named) and not _ID.fullmatch(named):
        hint = f"write ./{named[:80]} for a file" if "/" in named else "a file's path begins with ./ or ends in .yaml"
        document.add((*path, "workflow"), f"{named[:80]!r} is neither a workflow's id nor a file's path", hint)


def _order(step: WorkflowStep, maker: Renderer) -> Order:
    return {"workflow": step.workflow, "inputs": maker.nested(dict(step.with_), "inputs")}


def _describe(step: WorkflowStep, words: Words) -> str:
    return f"start {step.workflow}({', '.join(f'{name}={words.value(value)}' for name, value in step.with_.items())})"


WORKFLOW = StepKind(
    name="workflow",
    model=WorkflowStep,
    execution="child",
    templates={"workflow": "plain", "with": "values", "on_parent_cancel": "plain"},
    order=_order,
    typed=frozenset({"inputs"}),
    describe=_describe,
    said=frozenset({"workflow", "inputs"}),
    values=("result", "outputs"),
    check=_check,
)
"""The kind."""
