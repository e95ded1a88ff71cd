"""The words that people see for where things are."""

from __future__ import annotations

from typing import Final, Literal

from oyama_tui.core.events.undo import NOT_UNDONE

Phase = Literal["queued", "running", "waiting", "draining", "paused", "undoing", "completed", "failed", "rejected", "cancelled", "undone"]
"""A run's status in the words that people see."""
RunOrder = Literal["need", "newest", "workflow"]
"""Of live runs: those first that need a person, the newest first, or by workflow."""
ApprovalOrder = Literal["workflow", "deadline", "risk", "age"]
"""How the queue is sorted: workflows by their earliest deadline and then by age, or all by deadline, by risk, or by age."""
StepWord = Literal[
    "pending", "ready", "running", "waiting", "retrying", "completed", "failed", "skipped", "rejected", "cancelled", "undone"
]
"""Where a step is in its life, in the words that people see."""
ENDED_PHASES: frozenset[str] = frozenset({"completed", "failed", "rejected", "cancelled", "undone"})
"""Words for a run that is over."""
RECOVERABLE: frozenset[str] = frozenset({"failed", "rejected", "cancelled"})
"""Words for a run that ended without completing, so that it may be taken up anew."""
NEEDS_YOU: Final = "needs you"
"""Said of a run, a step or a workflow in which a gate is open that whoever looks may answer."""


def waiting_for(others: str) -> str:
    """What is said in place of `needs you` where somebody else must answer: `waiting: ana, ben`.

    Args:
        others: Whom it waits for.
    """
    return f"waiting: {others}"


def tells_not_undone(reason: str) -> bool:
    """Whether a run that is paused rests because something could not be undone, so that it is taken up anew instead of resumed.

    Args:
        reason: Why it rests.
    """
    return f" {NOT_UNDONE}: " in reason


def word_of(status: str, needs_you: bool, others: str = "") -> str:
    """What people read of a status, everywhere: an open gate comes before everything but an end, a pause and a wish for one.

    Args:
        status: A run's, a step's or a workflow's.
        needs_you: A gate is open.
        others: Whom it waits for, where that is not whoever looks.
    """
    if not needs_you or status not in ("queued", "running", "waiting"):
        return status
    return waiting_for(others) if others else NEEDS_YOU


def asked_and_why(title: str, reason: str) -> str:
    """What is said of a run in a list.

    Args:
        title: What it asks, when it is a question from outside; empty for other runs.
        reason: Why it waits or how it ended.
    """
    return reason if reason.startswith(title) else f"{title}: {reason}" if reason else title
