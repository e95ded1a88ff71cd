"""Events about what reaches a run from outside while it waits, and about waits that end before their time."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import EventBase, FirstNodeEvent, NodeEvent, Principal


class EventReceived(EventBase):
    """Somebody has sent the run an event; it is kept until a step takes it."""

    type: Literal["event_received"] = "event_received"
    name: str
    """What steps wait for."""
    payload: JsonValue = None
    key: str = ""
    """What the sender calls it: the same key again is the same event."""
    by: Principal


class RetryRequested(NodeEvent):
    """Somebody wants no further pause: the next attempt, or the next round of a repetition, begins now."""

    type: Literal["retry_requested"] = "retry_requested"
    by: Principal


class StepSuspended(FirstNodeEvent):
    """An attempt rests until an event comes; nothing runs for it meanwhile."""

    type: Literal["step_suspended"] = "step_suspended"
    attempt: int = 1
    waits_for: str
    """The name of the event."""
    match: str = ""
    """The bare expression that must be true of the event; every one of the name is taken when it is empty."""
    due: int | None = None
    """When it has waited long enough, in milliseconds since 1970 UTC."""
    saved: JsonValue = None
    """What it goes on with."""


class StepResumed(NodeEvent):
    """An attempt goes on with the event that it has waited for; no other step gets that one."""

    type: Literal["step_resumed"] = "step_resumed"
    attempt: int = 1
    event: int
    """The number of the `event_received`."""
