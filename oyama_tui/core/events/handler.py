"""Events of a workflow's handlers: what runs once everything else is over, before the run ends."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import EventBase
from oyama_tui.core.events.run import RunError

HandlerName = Literal["success", "failure", "cancel", "exit"]
Outcome = Literal["completed", "failed", "rejected", "cancelled", "undone"]


class HandlerStarted(EventBase):
    """Everything else is over, and how the run ends is settled; the steps that are there for that begin."""

    type: Literal["handler_started"] = "handler_started"
    handler: HandlerName
    outcome: Outcome
    """How the run ends, whatever becomes of the handler."""
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    """Of a completed run."""
    error: RunError | None = None
    """Of one that failed or was rejected, or that was undone because of that."""
    round: int = 1
    """How often the run has come to an end, this time included: people may have taken it up anew."""
    nodes: tuple[str, ...] = ()
    """The handler's nodes in their first round, where this is a further one."""


class HandlerSettled(EventBase):
    """Nothing of a handler runs, rests or asks any more."""

    type: Literal["handler_settled"] = "handler_settled"
    handler: HandlerName
    status: Literal["completed", "failed", "cancelled"] = "completed"
    error: str = ""
    """Why it failed, which is shown and changes nothing."""
    cause: str = ""
    """The node that failed."""
