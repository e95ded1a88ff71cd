"""When the steps of a run worked, when people were waited for, and how long each usually takes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.words import Phase

SpanKind = Literal["worked", "failed", "person"]


class Span(Frozen):
    """A time in which a node was at one thing."""

    node: str
    """The node's key."""
    attempt: int
    """Which of its attempts it was, from 1; 0 for a person's time."""
    kind: SpanKind
    """It worked, it worked in vain, or a person was waited for."""
    began: datetime
    """When it began."""
    ended: datetime | None
    """When it was over; none while it goes on."""


class UsualTimes(Frozen):
    """How long a workflow and its steps took in past runs that completed."""

    runs: int = 0
    """How many of them tell it, the newest ones."""
    work_p95_ms: int | None = None
    """Milliseconds of work that 95 of 100 runs do not exceed; none when too few tell it."""
    nodes: dict[str, int] = {}
    """Median milliseconds of the attempt that completed, by the node's key; only of nodes that have completed before and take any time."""


class PastRun(Frozen):
    """One run among the newest of its workflow."""

    workflow_id: str
    """Its workflow."""
    number: int
    """Its number."""
    status: Phase
    """In the word that people see."""
    needs_you: bool
    """A gate of it is open."""
    started_at: datetime
    """When it was started."""
    worked_ms: int
    """Milliseconds that it has worked so far, or did."""


class Lately(Frozen):
    """How a workflow has done in its newest runs."""

    runs: tuple[PastRun, ...] = ()
    """The newest ones, oldest first."""
    success_rate: float | None = None
    """Completed among completed and failed ones of them; none where there are neither."""
    usual_ms: int | None = None
    """Median milliseconds that the completed ones of them worked; none where there are none."""
