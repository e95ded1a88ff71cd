"""Steps: the units of work in a workflow, one model for each kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from oyama_tui.core.definition.base import (
    STEP_ID,
    DefinitionModel,
    Duration,
    EnvAndSecrets,
    Expression,
    Flag,
    Number,
    Text,
    Values,
    VariableName,
    Whole,
    parse_duration,
)
from oyama_tui.core.definition.gate import Gate

FailureKind = Literal["exit", "timeout", "start", "python", "parse"]
StepId = Annotated[str, Field(pattern=STEP_ID)]
KINDS = ("run", "python", "set", "wait", "gate")
"""The step kinds of this version, in the order in which a step's kind is looked for; `gate` counts only when alone."""


class RetryPolicy(DefinitionModel):
    """How often and when a failed attempt is tried again."""

    max_attempts: Whole = Field(default=1, ge=1, le=1000)
    """Attempts in all, the first one included."""
    interval: Duration = 1_000
    """The pause before the second attempt."""
    factor: Number = Field(default=2.0, ge=1.0, le=100.0)
    """Each further pause is this many times the one before."""
    max_interval: Duration = 60_000
    """No pause is longer."""
    max_elapsed: Duration | None = None
    """No new attempt starts later than this after the first one started."""
    jitter: Flag = True
    """Spread the pauses by up to a quarter, always the same for the same attempt."""
    on: tuple[FailureKind, ...] = ("exit", "timeout", "start", "python", "parse")
    """The kinds of failure that are tried again."""


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
    on_failure: Literal["stop", "continue"] = "stop"
    """After the last failed attempt: fail the run by the type's rules, or go on as if it had succeeded."""
    outputs: dict[VariableName, Text] = {}
    """Named values made from the step's own `result`."""

    @property
    def label(self) -> str:
        """The step's name for people."""
        return self.name or self.id


class RunStep(StepBase):
    """Run a program: a string goes through the shell, a list is an argument vector."""

    run: Text | tuple[Text, ...] = Field(min_length=1)
    """A shell script, or a program and its arguments."""
    shell: tuple[str, ...] = Field(default=("/bin/sh", "-e", "-c"), min_length=1)
    """The program and arguments before the script, when `run` is a string."""
    cwd: Text | None = None
    """Working directory, relative to the definition file's."""
    stdin: Text | None = None
    """What the program reads on its standard input."""
    parse: Literal["json"] | None = None
    """Read the standard output as JSON into `result`."""


class PythonStep(StepBase):
    """Call a Python function in a process of its own; arguments and result are JSON."""

    python: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", max_length=300)
    """`module:function`; the module is found from the working directory."""
    with_: Values = Field(default={}, alias="with")
    """Keyword arguments."""
    interpreter: Text | None = None
    """Another Python; the one that runs Oyama when empty."""
    cwd: Text | None = None
    """Working directory, relative to the definition file's."""


class SetStep(StepBase):
    """Set variables of the context."""

    set: Annotated[Values, Field(min_length=1)]
    """Names and values; values may use expressions."""


class WaitSpec(DefinitionModel):
    """What a wait step waits for."""

    for_: Duration = Field(alias="for")
    """A length of time."""


class WaitStep(StepBase):
    """Wait for some time; the wait survives a restart."""

    wait: WaitSpec
    """What to wait for."""


class GateStep(StepBase):
    """A gate without an action."""

    gate: Gate
    """The question."""


def kind_of(step: Any) -> str:
    """Name the kind of a step by the key of its action, `gate` when it has none.

    Args:
        step: A step model, or the raw mapping of one.
    """
    keys = step if isinstance(step, dict) else type(step).model_fields
    return next((kind for kind in KINDS if kind in keys), "gate")


Step = Annotated[
    Annotated[RunStep, Tag("run")]
    | Annotated[PythonStep, Tag("python")]
    | Annotated[SetStep, Tag("set")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[GateStep, Tag("gate")],
    Discriminator(kind_of),
]


class Defaults(DefinitionModel):
    """Settings for all steps that do not say otherwise."""

    retry: RetryPolicy | None = None
    """Retry policy of run and python steps."""
    timeout: StepTimeout | None = None
    """Timeouts of run and python steps."""
