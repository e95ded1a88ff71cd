"""Events of steps: orders to the engine, and what became of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import FirstNodeEvent, NodeEvent

ErrorKind = Literal["exit", "timeout", "start", "python", "parse", "http", "network", "expression", "secret", "block", "child", "internal"]


class StepScheduled(FirstNodeEvent):
    """An attempt is to start; durable before the executor does anything.

    `input` is what the executor needs, rendered; `steps.protocol.StepOrder.input` says its shape by kind. A secret stands in it by name.
    """

    type: Literal["step_scheduled"] = "step_scheduled"
    attempt: int = 1
    input: dict[str, JsonValue] = Field(default_factory=dict)
    due: int | None = None
    """When a wait ends, in milliseconds since 1970 UTC; such a step has no executor."""
    timeout: int | None = None
    """The most that this attempt may take, in milliseconds."""


class StepSucceeded(NodeEvent):
    """An attempt did what it should."""

    type: Literal["step_succeeded"] = "step_succeeded"
    attempt: int = 1
    output: str = ""
    """What it wrote: head and tail, at most 64 KiB, one trailing newline cut."""
    truncated: bool = False
    """Output was longer than what is kept here; the log file has more."""
    result: JsonValue = None
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    context: dict[str, JsonValue] = Field(default_factory=dict)
    """Variables that it set."""
    exit_code: int | None = None
    started_at: int | None = None
    duration: int = 0
    """Milliseconds, measured on a clock that is never set back."""


class StepFailed(FirstNodeEvent):
    """An attempt did not do what it should, or could not start."""

    type: Literal["step_failed"] = "step_failed"
    attempt: int
    kind: ErrorKind
    message: str
    retryable: bool = False
    """Another attempt follows; false settles the node."""
    cause: str = ""
    """Of a block: the node in it whose failure it is; empty for any other node."""
    origin: str = ""
    """Of a block: what the failure of that node says."""
    output: str = ""
    truncated: bool = False
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    """What it had written to the file for outputs: evidence, which expressions may read too."""
    exit_code: int | None = None
    started_at: int | None = None
    duration: int = 0
    """Milliseconds, measured on a clock that is never set back."""
    retry_after: int | None = None
    """The least pause before another attempt that the other side has asked for, in milliseconds."""


class RetryScheduled(NodeEvent):
    """The next attempt starts at a certain time."""

    type: Literal["retry_scheduled"] = "retry_scheduled"
    attempt: int
    """The number of the attempt to come."""
    due: int
    """Milliseconds since 1970 UTC."""


class StepSkipped(FirstNodeEvent):
    """The node will not run; its needs count as met."""

    type: Literal["step_skipped"] = "step_skipped"
    why: str
    cause: Literal["condition", "upstream", "rejected"] = "condition"
    """`upstream`: something it needs has failed; what depends on it is skipped too."""


class StepCancelled(FirstNodeEvent):
    """The node is over; the order to the engine to end its attempt."""

    type: Literal["step_cancelled"] = "step_cancelled"
    attempt: int
    why: str = ""


class StepInterrupted(NodeEvent):
    """An attempt ended without an outcome; it is not counted and runs again."""

    type: Literal["step_interrupted"] = "step_interrupted"
    attempt: int
    why: Literal["engine_ended", "engine_stopped", "paused"] = "engine_ended"
    """`engine_stopped`: in good order; only attempts that an engine's death cut off count towards parking the run."""
    asks: bool = False
    """A person is asked before it begins again."""
