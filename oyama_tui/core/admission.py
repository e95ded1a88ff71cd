"""Places under the limit of a workflow: what a run may do without one, and when it gives its own up.

The plan never admits a run: whether a place is free stands in no journal, so the engine tries it by an append with a condition.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.definition.concurrency import MAX_LIMIT
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus

_BEGIN: Final = (e.StepScheduled, e.StepSuspended, e.ApprovalRequested, e.BlockOpened, e.ScopeOpened, e.BlockRested)
"""What only a run with a place does."""


def within_limit(state: RunState, following: list[e.Event]) -> list[e.Event]:
    """What a run does next of what it would do without a limit.

    Whatever begins nothing needs no place: skipping, settling and ending go on without.

    Args:
        state: Of a run whose workflow has a limit.
        following: What would follow without one.
    """
    if state.place == "held":
        return following or _released(state)
    free = list(takewhile(lambda event: not isinstance(event, _BEGIN), following))
    if following and not free and state.place == "released":
        return [e.PlaceRequested(at=state.at)]
    return free


def _released(state: RunState) -> list[e.Event]:
    """Give the place up when only people are waited for, unless the workflow keeps it."""
    concurrency = state.graph.workflow.concurrency
    kept = concurrency is not None and concurrency.hold_while_waiting
    return [] if kept or state.waiting_since is None else [e.PlaceReleased(at=state.at)]


def queues(state: RunState) -> bool:
    """Whether the run waits for a place and would take one now."""
    return state.place == "queued" and state.status is RunStatus.RUNNING


def limit_of(state: RunState) -> int:
    """How many runs of the workflow may have a place at once, as the run's own revision says."""
    concurrency = state.graph.workflow.concurrency
    return MAX_LIMIT if concurrency is None else concurrency.limit
