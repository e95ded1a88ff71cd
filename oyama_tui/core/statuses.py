"""Where runs, nodes and approvals are in their lives: tables of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from oyama_tui.core import events as e


class RunStatus(StrEnum):
    """Where a run is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNDONE = "undone"

    @property
    def ended(self) -> bool:
        """Whether nothing follows by itself."""
        return self in _ENDED


class StepStatus(StrEnum):
    """Where a node is in its life."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def settled(self) -> bool:
        """Whether the node is over."""
        return self in _SETTLED


class ApprovalStatus(StrEnum):
    """Where an approval is in its life."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


Place = Literal["", "queued", "held", "released"]
"""A run's place under the limit of its workflow: it queues for one, has one, or has given it up; empty without a limit."""

_R, _S, _A = RunStatus, StepStatus, ApprovalStatus
_ENDED: Final = frozenset({_R.COMPLETED, _R.FAILED, _R.REJECTED, _R.CANCELLED, _R.UNDONE})
_SETTLED: Final = frozenset({_S.COMPLETED, _S.FAILED, _S.SKIPPED, _S.REJECTED, _S.CANCELLED})

MAX_INTERRUPTIONS: Final = 3
"""After so many interruptions of a node in a row the run is paused."""

RUN_TABLE: Final[Mapping[tuple[RunStatus, type[e.EventBase]], tuple[RunStatus, ...]]] = {
    (_R.PENDING, e.RunStarted): (_R.RUNNING,),
    (_R.RUNNING, e.PauseRequested): (_R.RUNNING,),
    (_R.RUNNING, e.RunPaused): (_R.PAUSED,),
    (_R.RUNNING, e.RunResumed): (_R.RUNNING,),
    (_R.PAUSED, e.RunResumed): (_R.RUNNING,),
    (_R.RUNNING, e.CancelRequested): (_R.RUNNING,),
    (_R.PAUSED, e.CancelRequested): (_R.PAUSED,),
    (_R.RUNNING, e.RunAdmitted): (_R.RUNNING,),
    (_R.RUNNING, e.PlaceReleased): (_R.RUNNING,),
    (_R.RUNNING, e.PlaceRequested): (_R.RUNNING,),
    (_R.RUNNING, e.BreakpointSet): (_R.RUNNING,),
    (_R.PAUSED, e.BreakpointSet): (_R.PAUSED,),
    (_R.RUNNING, e.BreakpointsCleared): (_R.RUNNING,),
    (_R.PAUSED, e.BreakpointsCleared): (_R.PAUSED,),
    (_R.RUNNING, e.HandlerStarted): (_R.RUNNING,),
    (_R.PAUSED, e.HandlerStarted): (_R.RUNNING,),
    (_R.RUNNING, e.HandlerSettled): (_R.RUNNING,),
    (_R.RUNNING, e.StepsRestarted): (_R.RUNNING,),
    (_R.PAUSED, e.StepsRestarted): (_R.PAUSED, _R.RUNNING),
    (_R.FAILED, e.StepsRestarted): (_R.RUNNING,),
    (_R.REJECTED, e.StepsRestarted): (_R.RUNNING,),
    (_R.CANCELLED, e.StepsRestarted): (_R.RUNNING,),
    **{(status, e.UndoStarted): (_R.RUNNING,) for status in (_R.RUNNING, _R.PAUSED, _R.COMPLETED, _R.FAILED, _R.REJECTED, _R.CANCELLED)},
    (_R.RUNNING, e.UndoFinished): (_R.PAUSED, _R.RUNNING),
    (_R.RUNNING, e.RunUndone): (_R.UNDONE,),
    (_R.RUNNING, e.RunCompleted): (_R.COMPLETED,),
    (_R.RUNNING, e.RunFailed): (_R.FAILED, _R.REJECTED),
    (_R.PAUSED, e.RunFailed): (_R.FAILED, _R.REJECTED),
    (_R.RUNNING, e.RunCancelled): (_R.CANCELLED,),
    (_R.PAUSED, e.RunCancelled): (_R.CANCELLED,),
}
"""For a run: status and event -> the statuses that may follow."""

STEP_TABLE: Final[Mapping[tuple[StepStatus, type[e.EventBase]], tuple[StepStatus, ...]]] = {
    (_S.READY, e.StepScheduled): (_S.RUNNING, _S.WAITING),
    (_S.READY, e.StepSuspended): (_S.WAITING,),
    (_S.READY, e.StepSkipped): (_S.SKIPPED,),
    (_S.READY, e.StepReused): (_S.COMPLETED, _S.SKIPPED),
    (_S.READY, e.StepFailed): (_S.FAILED,),
    (_S.READY, e.StepCancelled): (_S.CANCELLED,),
    (_S.READY, e.ApprovalRequested): (_S.WAITING,),
    (_S.READY, e.GatePassed): (_S.COMPLETED,),
    (_S.READY, e.BlockOpened): (_S.RUNNING,),
    (_S.RUNNING, e.ChildStarted): (_S.RUNNING,),
    (_S.RUNNING, e.ScopeOpened): (_S.RUNNING,),
    (_S.RUNNING, e.ScopeSettled): (_S.RUNNING,),
    (_S.RUNNING, e.BlockRested): (_S.WAITING,),
    (_S.RUNNING, e.StepSucceeded): (_S.COMPLETED, _S.READY),
    (_S.RUNNING, e.StepFailed): (_S.FAILED, _S.RETRYING),
    (_S.RUNNING, e.StepCancelled): (_S.CANCELLED,),
    (_S.RUNNING, e.StepSuspended): (_S.WAITING,),
    (_S.RUNNING, e.StepInterrupted): (_S.READY,),
    (_S.WAITING, e.TimerFired): (_S.WAITING, _S.RUNNING),
    (_S.WAITING, e.RetryRequested): (_S.RUNNING,),
    (_S.WAITING, e.StepResumed): (_S.RUNNING,),
    (_S.WAITING, e.StepSucceeded): (_S.COMPLETED,),
    (_S.WAITING, e.StepFailed): (_S.FAILED,),
    (_S.WAITING, e.StepCancelled): (_S.CANCELLED,),
    (_S.WAITING, e.ApprovalDecided): (_S.READY, _S.REJECTED, _S.FAILED, _S.COMPLETED),
    (_S.WAITING, e.ApprovalExpired): (_S.READY, _S.REJECTED, _S.FAILED),
    (_S.WAITING, e.ApprovalCancelled): (_S.CANCELLED,),
    (_S.WAITING, e.LookWanted): (_S.READY,),
    (_S.RETRYING, e.RetryScheduled): (_S.RETRYING,),
    (_S.RETRYING, e.TimerFired): (_S.READY,),
    (_S.RETRYING, e.RetryRequested): (_S.READY,),
    (_S.RETRYING, e.StepCancelled): (_S.CANCELLED,),
    (_S.FAILED, e.StepsRestarted): (_S.RUNNING,),
    (_S.CANCELLED, e.StepsRestarted): (_S.RUNNING,),
}
"""For a node: status and event -> the statuses that may follow."""

APPROVAL_TABLE: Final[Mapping[tuple[ApprovalStatus, type[e.EventBase]], tuple[ApprovalStatus, ...]]] = {
    (_A.PENDING, e.VoteCast): (_A.PENDING,),
    (_A.PENDING, e.ApprovalDecided): (_A.APPROVED, _A.REJECTED, _A.SENT_BACK),
    **{
        (_A.PENDING, event): (_A.PENDING,)
        for event in (e.ApprovalCommented, e.ApprovalDelegated, e.ApprovalSnoozed, e.ApprovalExtended, e.ApprovalEscalated)
    },
    (_A.PENDING, e.ApprovalExpired): (_A.EXPIRED,),
    (_A.PENDING, e.ApprovalCancelled): (_A.CANCELLED,),
    (_A.PENDING, e.LookWanted): (_A.CANCELLED,),
}
"""For an approval: status and event -> the statuses that may follow."""

PLACE_TABLE: Final[Mapping[tuple[Place, type[e.EventBase]], tuple[Place, ...]]] = {
    ("queued", e.RunAdmitted): ("held",),
    ("held", e.PlaceReleased): ("released",),
    ("released", e.PlaceRequested): ("queued",),
}
"""For a run's place under the limit of its workflow: place and event -> the places that may follow."""
