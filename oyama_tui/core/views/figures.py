"""How workflows and their steps have done, in numbers."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen


class Spread(Frozen):
    """How long something took."""

    count: int
    """How often it was measured."""
    p50_ms: int | None
    """Half of the times it took no longer; none where it was never measured."""
    p95_ms: int | None
    """Of a hundred times, 95 took no longer."""


class StepFigures(Frozen):
    """How a step has done."""

    step_id: str
    """The step."""
    begun: int
    """How often it was begun, each item and each round of a block counted, further attempts not."""
    attempts: int
    """How often it was tried."""
    completed: int
    """Ended well, in the last attempt."""
    failed: int
    """Failed, in the last attempt."""
    rejected: int
    """Gates of it that were answered with a no."""
    cancelled: int
    """Cut off or called off, in the last attempt."""
    skipped: int
    """Passed over."""
    success_rate: float | None
    """Completed among completed and failed."""
    worked: Spread
    """Of attempts that completed."""
    asked: Spread
    """From the opening of its gates to their answers."""
    running: int
    """Attempts that are under way now, in any run."""
    waiting: int
    """Approvals that are open now, and attempts that wait for a time or for word from outside, in any run."""


class WorkflowFigures(Frozen):
    """How a workflow has done lately."""

    workflow_id: str
    """The workflow."""
    runs: int
    """The runs that count: the newest ones, that have not come from a file."""
    truncated: bool
    """There are older ones that would count too, but for their number."""
    since: datetime | None
    """When the oldest of them was started; none where there is none."""
    completed: int
    """Those that completed."""
    failed: int
    """Those that failed."""
    rejected: int
    """Those that a person turned down."""
    cancelled: int
    """Those that were cancelled."""
    undone: int
    """Those that were undone."""
    success_rate: float | None
    """Completed among completed and failed; rejected, cancelled and undone ones do not count."""
    worked: Spread
    """Working time of those that completed: people's time is not in it."""
    asked: Spread
    """Time in which only people were waited for, of those that are over and have asked."""
    running: int
    """Runs in which something runs, or is undone, now."""
    waiting: int
    """Runs that wait now."""
    steps: tuple[StepFigures, ...] | None = None
    """In the order in which they were begun first; none where they were not asked for."""
    steps_truncated: bool = False
    """There were more attempts in these runs than are looked at; the newest ones count."""


class FiguresPage(Frozen):
    """Figures of some workflows, by their ids."""

    rows: tuple[WorkflowFigures, ...]
    """By id."""
    total: int
    """How many workflows there are."""
    more: bool
    """Others come after them."""
