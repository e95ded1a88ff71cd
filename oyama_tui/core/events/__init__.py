"""Events: the facts in a run's journal, numbered 1, 2, 3... without gaps."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from oyama_tui.core.events.base import SYSTEM, EventBase, NodeEvent, Origin, Principal
from oyama_tui.core.events.context import ContextChanged, TimerFired
from oyama_tui.core.events.gate import (
    ApprovalCancelled,
    ApprovalContent,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    Evidence,
    FileEvidence,
    GatePassed,
    Place,
    Verdict,
    VoteCast,
)
from oyama_tui.core.events.run import (
    CancelRequested,
    PauseMode,
    PauseRequested,
    RunCancelled,
    RunCompleted,
    RunError,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    Trigger,
)
from oyama_tui.core.events.step import (
    ErrorKind,
    RetryScheduled,
    StepCancelled,
    StepFailed,
    StepInterrupted,
    StepScheduled,
    StepSkipped,
    StepSucceeded,
)

Event: TypeAlias = (
    RunStarted
    | PauseRequested
    | RunPaused
    | RunResumed
    | CancelRequested
    | RunCompleted
    | RunFailed
    | RunCancelled
    | StepScheduled
    | StepSucceeded
    | StepFailed
    | RetryScheduled
    | StepSkipped
    | StepCancelled
    | StepInterrupted
    | ApprovalRequested
    | VoteCast
    | ApprovalDecided
    | ApprovalExpired
    | ApprovalCancelled
    | GatePassed
    | TimerFired
    | ContextChanged
)
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")], config=ConfigDict(defer_build=True))
"""Reads and writes events as JSON."""
ENGINE_ONLY: tuple[type[EventBase], ...] = (
    StepScheduled,
    StepSucceeded,
    StepFailed,
    RetryScheduled,
    StepSkipped,
    StepInterrupted,
    ApprovalRequested,
    ApprovalExpired,
    GatePassed,
    RunCompleted,
    RunFailed,
    TimerFired,
)
"""Events that only the owner of a run may append: orders, outcomes and what follows from them by itself."""
ENDS: tuple[type[EventBase], ...] = (RunCompleted, RunFailed, RunCancelled)
"""Events after which a journal goes on only by a person's recovery."""

__all__ = [
    "ENDS",
    "ENGINE_ONLY",
    "EVENT",
    "SYSTEM",
    "ApprovalCancelled",
    "ApprovalContent",
    "ApprovalDecided",
    "ApprovalExpired",
    "ApprovalRequested",
    "CancelRequested",
    "ContextChanged",
    "ErrorKind",
    "Event",
    "EventBase",
    "Evidence",
    "FileEvidence",
    "GatePassed",
    "NodeEvent",
    "Origin",
    "PauseMode",
    "PauseRequested",
    "Place",
    "Principal",
    "RetryScheduled",
    "RunCancelled",
    "RunCompleted",
    "RunError",
    "RunFailed",
    "RunPaused",
    "RunResumed",
    "RunStarted",
    "StepCancelled",
    "StepFailed",
    "StepInterrupted",
    "StepScheduled",
    "StepSkipped",
    "StepSucceeded",
    "TimerFired",
    "Trigger",
    "Verdict",
    "VoteCast",
]
