"""What every step has, whatever its kind, and the policies of its attempts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from oyama_tui.core.definition.base import (
    MAX_STEPS,
    STEP_ID,
    DefinitionModel,
    Duration,
    EnvAndSecrets,
    Expression,
    Text,
    VariableName,
    Whole,
    parse_duration,
)
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.going_back import OnFailure
from oyama_tui.core.definition.retrying import RetryPolicy

StepId = Annotated[str, Field(pattern=STEP_ID)]


def _join_form(value: Any) -> str:
    return "[number]" if isinstance(value, int) and not isinstance(value, bool) else "[word]"


Join: TypeAlias = Annotated[
    Annotated[Literal["all", "any"], Tag("[word]")] | Annotated[Whole, Field(ge=1, le=MAX_STEPS), Tag("[number]")],
    Discriminator(_join_form),
]
"""How many of the steps that it needs a step waits for."""


class StepTimeout(DefinitionModel):
    """How long a step may take."""

    attempt: Duration | None = None
    """One attempt."""
    total: Duration | None = None
    """All attempts and pauses together."""
    idle: Duration | None = None
    """Without a byte of output."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """Let `timeout: 10m` stand for `timeout: {attempt: 10m}`."""
        if isinstance(value, str):
            parse_duration(value)
            return {"attempt": value}
        return value


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
    """After the last failed attempt: fail the run by the type's rules, go on as if it had succeeded, or `{goto: ID}`: begin again there."""
    outputs: dict[VariableName, Text] = {}
    """Named values made when the step is over, from its own `result`; of a gate alone from its own `steps.ID.decision`."""

    @property
    def label(self) -> str:
        """The step's name for people."""
        return self.name or self.id

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
