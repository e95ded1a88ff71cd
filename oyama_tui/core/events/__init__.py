"""Events: the facts in a run's journal, numbered 1, 2, 3... without gaps."""

from __future__ import annotations

from typing import TypeAlias

from oyama_tui.core.events.base import SYSTEM, Asker, AskerKind, EventBase, FirstNodeEvent, NodeEvent, Origin, Principal, Seen
from oyama_tui.core.events.block import BlockOpened, BlockRested, ScopeOpened, ScopeSettled
from oyama_tui.core.events.breakpoint import BreakpointsCleared, BreakpointSet
from oyama_tui.core.events.child import ChildStarted
from oyama_tui.core.events.context import ContextChanged, TimerFired
from oyama_tui.core.events.gate import (
    ApprovalAct,
    ApprovalCancelled,
    ApprovalCommented,
    ApprovalContent,
    ApprovalDecided,
    ApprovalDelegated,
    ApprovalEscalated,
    ApprovalExpired,
    ApprovalExtended,
    ApprovalRequested,
    ApprovalSnoozed,
    ApproverRule,
    EscalationStep,
    Evidence,
    FileEvidence,
    GatePassed,
    LookWanted,
    OnTimeout,
    Place,
    Verdict,
    VoteCast,
)
from oyama_tui.core.events.handler import HandlerSettled, HandlerStarted
from oyama_tui.core.events.limit import PlaceReleased, PlaceRequested, RunAdmitted
from oyama_tui.core.events.recovery import RestartedScope, StepsRestarted, Supplied, Supply
from oyama_tui.core.events.reuse import StepReused
from oyama_tui.core.events.round import StepsReopened
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
from oyama_tui.core.events.signal import EventReceived, RetryRequested, StepResumed, StepSuspended
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
from oyama_tui.core.events.undo import CompensationOrder, RunUndone, UndoEnd, UndoFinished, UndoStarted

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
    | StepSuspended
    | StepResumed
    | EventReceived
    | RetryRequested
    | ChildStarted
    | BlockOpened
    | ScopeOpened
    | ScopeSettled
    | BlockRested
    | StepsReopened
    | StepsRestarted
    | StepReused
    | UndoStarted
    | UndoFinished
    | RunUndone
    | BreakpointSet
    | BreakpointsCleared
    | HandlerStarted
    | HandlerSettled
    | ApprovalRequested
    | VoteCast
    | ApprovalDecided
    | ApprovalExpired
    | ApprovalCancelled
    | ApprovalCommented
    | ApprovalDelegated
    | ApprovalSnoozed
    | ApprovalExtended
    | ApprovalEscalated
    | LookWanted
    | GatePassed
    | TimerFired
    | ContextChanged
    | RunAdmitted
    | PlaceReleased
    | PlaceRequested
)
ENGINE_ONLY: tuple[type[EventBase], ...] = (
    StepScheduled,
    StepSucceeded,
    StepFailed,
    RetryScheduled,
    StepSkipped,
    StepInterrupted,
    StepSuspended,
    StepResumed,
    ChildStarted,
    ApprovalRequested,
    ApprovalExpired,
    GatePassed,
    BlockOpened,
    ScopeOpened,
    ScopeSettled,
    BlockRested,
    StepsReopened,
    HandlerStarted,
    HandlerSettled,
    RunCompleted,
    RunFailed,
    UndoFinished,
    RunUndone,
    TimerFired,
    RunAdmitted,
    PlaceReleased,
    PlaceRequested,
)
"""Events that only the owner of a run may append: orders, outcomes and what follows from them by itself."""
ENDS: tuple[type[EventBase], ...] = (RunCompleted, RunFailed, RunCancelled, RunUndone)
"""Events after which a journal goes on only when a person takes the run up anew, or back."""

__all__ = [
    "ENDS",
    "ENGINE_ONLY",
    "SYSTEM",
    "ApprovalAct",
    "ApprovalCancelled",
    "ApprovalCommented",
    "ApprovalContent",
    "ApprovalDecided",
    "ApprovalDelegated",
    "ApprovalEscalated",
    "ApprovalExpired",
    "ApprovalExtended",
    "ApprovalRequested",
    "ApprovalSnoozed",
    "ApproverRule",
    "Asker",
    "AskerKind",
    "BlockOpened",
    "BlockRested",
    "BreakpointSet",
    "BreakpointsCleared",
    "CancelRequested",
    "ChildStarted",
    "CompensationOrder",
    "ContextChanged",
    "ErrorKind",
    "EscalationStep",
    "Event",
    "EventBase",
    "EventReceived",
    "Evidence",
    "FileEvidence",
    "FirstNodeEvent",
    "GatePassed",
    "HandlerSettled",
    "HandlerStarted",
    "LookWanted",
    "NodeEvent",
    "OnTimeout",
    "Origin",
    "PauseMode",
    "PauseRequested",
    "Place",
    "PlaceReleased",
    "PlaceRequested",
    "Principal",
    "RestartedScope",
    "RetryRequested",
    "RetryScheduled",
    "RunAdmitted",
    "RunCancelled",
    "RunCompleted",
    "RunError",
    "RunFailed",
    "RunPaused",
    "RunResumed",
    "RunStarted",
    "RunUndone",
    "ScopeOpened",
    "ScopeSettled",
    "Seen",
    "StepCancelled",
    "StepFailed",
    "StepInterrupted",
    "StepResumed",
    "StepReused",
    "StepScheduled",
    "StepSkipped",
    "StepSucceeded",
    "StepSuspended",
    "StepsReopened",
    "StepsRestarted",
    "Supplied",
    "Supply",
    "TimerFired",
    "Trigger",
    "UndoEnd",
    "UndoFinished",
    "UndoStarted",
    "Verdict",
    "VoteCast",
]
