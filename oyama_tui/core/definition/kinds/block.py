"""What the kinds have in common that consist of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Duration, Expression, Flag, Whole, WorkflowType
from oyama_tui.core.definition.kind import StepList
from oyama_tui.core.definition.step_base import StepBase

if TYPE_CHECKING:
    Step = StepBase

MAX_ROUNDS = 10_000
Steps = Annotated["tuple[Step, ...]", Field(min_length=1)]
"""The steps of a block; what a step is stands in `step.py`, which needs the kinds first."""


class Repeat(DefinitionModel):
    """Run a block again and again."""

    until: Expression | None = None
    """Stop once this is true after a round; it sees the steps of the block and `iteration`."""
    while_: Expression | None = Field(default=None, alias="while")
    """Go on as long as this is true after a round."""
    every: Duration = 0
    """The pause between two rounds."""
    max: Whole = Field(ge=1, le=MAX_ROUNDS)
    """The most rounds; the step fails when it would need more."""

    @property
    def condition(self) -> str:
        """The one of both that there is."""
        return self.until or self.while_ or ""

    @model_validator(mode="after")
    def _one_condition(self) -> Repeat:
        if (self.until is None) == (self.while_ is None):
            raise ValueError("repeat needs one of until and while")
        return self


class RepeatableBlock(StepBase):
    """A block whose steps run once, or again and again."""

    fail_fast: Flag = False
    """The first failure cancels what still runs in it."""
    repeat: Repeat | None = None
    """Run it again and again."""


def names_of(step: RepeatableBlock) -> tuple[str, ...]:
    """What expressions in the block's steps may use besides the usual."""
    return ("iteration",) if step.repeat is not None else ()


def conditions_of(step: RepeatableBlock) -> tuple[str, ...]:
    """The bare expressions of the block's own."""
    return (step.repeat.condition,) if step.repeat is not None else ()


def one_list(step: RepeatableBlock, steps: Sequence[StepBase], kind: WorkflowType) -> tuple[StepList, ...]:
    """The body of a block that has one."""
    return (StepList(tuple(steps), kind, step.fail_fast, names_of(step)),)
