"""The step kind `switch`: the steps of the first branch whose condition holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oyama_tui.core.definition.base import DefinitionModel, Expression, WorkflowType
from oyama_tui.core.definition.kind import StepKind, StepList
from oyama_tui.core.definition.kinds.block import Steps
from oyama_tui.core.definition.step_base import StepBase


class Branch(DefinitionModel):
    """One branch of a switch."""

    if_: Expression | None = Field(default=None, alias="if")
    """Taken when this is true and no branch before it was; the last branch may do without."""
    else_: Literal[None, True] = Field(default=None, alias="else")
    """Says for people that the last branch has no condition."""
    steps: Steps
    """The steps of the branch."""
    type: WorkflowType = "sequential"
    """How they follow each other."""


class SwitchStep(StepBase):
    """Run the steps of one branch, or none."""

    switch: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=100)]
    """The branches, in the order in which their conditions are looked at."""


SWITCH = StepKind(
    name="switch",
    model=SwitchStep,
    execution="block",
    inside={"switch": Branch},
    lists=lambda step: tuple(StepList(branch.steps, branch.type) for branch in step.switch),
    conditions=lambda step: tuple(branch.if_ for branch in step.switch if branch.if_ is not None),
    list_keys=(("switch", None, "steps"),),
)
"""The kind."""
