"""What a report is made of."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import ApprovalCard, AttemptView, Check, ContextView, EventView, RunView


class RunEvidence(Frozen):
    """Everything that a report tells of a run, as it was at one moment."""

    run: RunView
    cards: tuple[ApprovalCard, ...]
    """What was asked, in the order in which it was."""
    asked: int
    """How many questions there were; more than `cards` when not all are told."""
    attempts: tuple[AttemptView, ...]
    """What the steps did, in the order in which they began."""
    begun: int
    """How many attempts there were; more than `attempts` when not all are told."""
    context: tuple[ContextView, ...]
    events: tuple[EventView, ...]
    """The journal in words, its newest part."""
    head: str
    """Hash of the newest event, 32 hexadecimal digits."""
    checks: tuple[Check, ...]
    """What `verify` says of the run."""
    origin: str
    """Where an imported run comes from, in words; empty for a run of this database."""
    program: str
    """The version that makes the report."""
    at: datetime
    """When it is made."""
