"""What every step has, whatever its kind, and the policies of its attempts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from oyama_tui.core.definition.base import (
    MAX_STEPS,
    STEP_ID,
    DefinitionModel,
    EnvAndSecrets,
    Expression,
    Text,
    VariableName,
    Whole,
)
from oyama_tui.core.definition.compensation import Compensation
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.going_back import OnFailure
from oyama_tui.core.definition.retrying import RetryPolicy, StepTimeout

StepId = Annotated[str, Field(pattern=STEP_ID)]


def _join_form(value: Any) -> str:
    return "[number]" if isinstance(value, int) and not isinstance(value, bool) else "[word]"


Join: TypeAlias = Annotated[
    Annotated[Literal["all", "any"], Tag("[word]")] | Annotated[Whole, Field(ge=1, le=MAX_STEPS), Tag("[number]")],
    Discriminator(_join_form),
]
"""How many of the steps that it needs a step waits for."""


class StepBase(EnvAndSecrets):
    """What every step has, whatever it does."""

    id: StepId
    """Unique in the file; lower case letters, digits and underscores."""
    name: str = Field(default="", max_length=200)
    """For people; the id when empty."""
    needs: tuple[StepId, ...] | None = None
    """The steps that must be settled first; replaces the order that the type implies."""
    if_: Expression | None = Field(default=None, alias="if")
    """Skip the step unless this is true."""
    gate: Gate | None = None
    """Ask a person before the action."""
    retry: RetryPolicy | None = None
    """Try again after a failure."""
    timeout: StepTimeout | None = None
    """How long it may take."""
    join: Join = "all"
    """How many of its needs it waits for: all to be settled, or so many to succeed; the others are ended then."""
    on_failure: OnFailure = "stop"
    """After the last failed attempt: fail the run by the type's rules, go on as if it had succeeded, undo the run, or `{goto: ID}`."""
    compensate: Compensation | None = None
    """What undoes it."""
    effect: Literal["none", "undoable", "permanent"] | None = None
    """What it leaves outside: nothing, something that `compensate` undoes, or something that nothing undoes; not said when left out."""
    rerun: Literal["auto", "ask"] | None = None
    """After it was cut off: begin again by itself, or ask a person first; `ask` for a permanent effect, else `auto`."""
    outputs: dict[VariableName, Text] = {}
    """Named values made when the step is over, from its own `result`; of a gate alone from its own `steps.ID.decision`."""

    @property
    def label(self) -> str:
        """The step's name for people."""
        return self.name or self.id

    @property
    def asks_to_rerun(self) -> bool:
        """Whether a person is asked before it begins again after it was cut off."""
        return self.rerun == "ask" or (self.rerun is None and self.effect == "permanent")

    @property
    def question(self) -> Gate | None:
        """What a person is asked: before the action, or as all that the step is."""
        return self.gate


class Defaults(DefinitionModel):
    """Settings for all steps that do not say otherwise."""

    retry: RetryPolicy | None = None
    """Retry policy of run and python steps."""
    timeout: StepTimeout | None = None
    """Timeouts of run and python steps."""
