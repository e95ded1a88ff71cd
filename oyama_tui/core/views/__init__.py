"""Views: the frozen values that front ends show; every number and word in them is final."""

from __future__ import annotations

from oyama_tui.core.views.approval_history import ApprovalFilter, ApprovalPage, PastApproval
from oyama_tui.core.views.approvals import ApprovalCard, ApprovalRow, CheckedStep, Decision, LastYes, VoteView
from oyama_tui.core.views.archive import Backup, ImportedRun, RunFile
from oyama_tui.core.views.asked import AskedStatus, AskedView
from oyama_tui.core.views.history import HistoryFilter, HistoryPage, HistoryRow
from oyama_tui.core.views.keeping import CleanupPlan, CleanupRow, KeepRules, Remains, Removed
from oyama_tui.core.views.moments import Difference, MarkKind, MarkView, MomentView, SnapshotView
from oyama_tui.core.views.plans import (
    RECOVERY_WORDS,
    REUSE_WORDS,
    TWICE,
    UNDO_WORDS,
    ForkLink,
    ForkPlan,
    ForkStep,
    RecoverPlan,
    RecoverStep,
    UndoDoes,
    UndoPlan,
    UndoStep,
)
from oyama_tui.core.views.runs import (
    AttemptView,
    BlockCounts,
    ContextView,
    EventView,
    HurriedRun,
    LogChunk,
    NodeView,
    RunRow,
    RunView,
    ScopeSpan,
    SentEvent,
    StartedAttempt,
)
from oyama_tui.core.views.system import Change, Check, SystemView
from oyama_tui.core.views.trees import BlockPart, TreeOpening
from oyama_tui.core.views.ways import WAY, RunPlace, way_to, way_within
from oyama_tui.core.views.words import ENDED_PHASES, NEEDS_YOU, RECOVERABLE, Phase, RunOrder, StepWord, tells_not_undone, word_of
from oyama_tui.core.views.workflows import PlannedStep, WorkflowRow, WorkflowStats

__all__ = [
    "ENDED_PHASES",
    "NEEDS_YOU",
    "RECOVERABLE",
    "RECOVERY_WORDS",
    "REUSE_WORDS",
    "TWICE",
    "UNDO_WORDS",
    "WAY",
    "ApprovalCard",
    "ApprovalFilter",
    "ApprovalPage",
    "ApprovalRow",
    "AskedStatus",
    "AskedView",
    "AttemptView",
    "Backup",
    "BlockCounts",
    "BlockPart",
    "Change",
    "Check",
    "CheckedStep",
    "CleanupPlan",
    "CleanupRow",
    "ContextView",
    "Decision",
    "Difference",
    "EventView",
    "ForkLink",
    "ForkPlan",
    "ForkStep",
    "HistoryFilter",
    "HistoryPage",
    "HistoryRow",
    "HurriedRun",
    "ImportedRun",
    "KeepRules",
    "LastYes",
    "LogChunk",
    "MarkKind",
    "MarkView",
    "MomentView",
    "NodeView",
    "PastApproval",
    "Phase",
    "PlannedStep",
    "RecoverPlan",
    "RecoverStep",
    "Remains",
    "Removed",
    "RunFile",
    "RunOrder",
    "RunPlace",
    "RunRow",
    "RunView",
    "ScopeSpan",
    "SentEvent",
    "SnapshotView",
    "StartedAttempt",
    "StepWord",
    "SystemView",
    "TreeOpening",
    "UndoDoes",
    "UndoPlan",
    "UndoStep",
    "VoteView",
    "WorkflowRow",
    "WorkflowStats",
    "tells_not_undone",
    "way_to",
    "way_within",
    "word_of",
]
