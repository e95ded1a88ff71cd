"""Events of time and of the context."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import EventBase, Principal


class TimerFired(EventBase):
    """A due time has come.

    `id` is a node's key for the end of a wait or of a retry's pause, `the run` for its working time, and `the whole run` for
    all its time.
    """

    type: Literal["timer_fired"] = "timer_fired"
    id: str


class ContextChanged(EventBase):
    """Variables were changed by a person."""

    type: Literal["context_changed"] = "context_changed"
    set: dict[str, JsonValue] = Field(default_factory=dict)
    unset: tuple[str, ...] = ()
    by: Principal
