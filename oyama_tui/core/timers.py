"""Times that a run waits for: pauses and waits of its nodes, deadlines of its questions, and the limits of the run as a whole."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oyama_tui.core.statuses import ApprovalStatus, StepStatus

if TYPE_CHECKING:
    from oyama_tui.core.state import RunState

RUN_TIMER: Final = "the run"
"""The id of the timer for a run's working time; no node's key, because a step may well be called `run`."""
TOTAL_TIMER: Final = "the whole run"
"""The id of the timer for all the time that a run may take."""


def working_deadline(state: RunState) -> int | None:
    """When the run's working time is used up, as long as it goes on working; none without a limit or while it waits for people."""
    limits = state.graph.workflow.timeout
    if limits is None or limits.working is None or state.working_since is None or _is_cut_short(state):
        return None
    return state.working_since + max(0, limits.working - (state.worked - state.ends_worked))


def total_deadline(state: RunState) -> int | None:
    """When the run has taken all the time that it may; none without a limit."""
    limits = state.graph.workflow.timeout
    if limits is None or limits.total is None or state.started is None or _is_cut_short(state):
        return None
    begun = state.started.at + state.leapt if state.taken_up_at is None else state.taken_up_at
    return begun + limits.total


def _is_cut_short(state: RunState) -> bool:
    """Whether what goes on is ended already, or does what is done when everything else is over."""
    if state.undo is not None:
        return True
    return state.status.ended or state.finishing is not None or (state.ending is not None and state.ending.cancel_running)


def next_timer(state: RunState) -> tuple[int, str] | None:
    """The nearest due time of all and what it is for."""
    length, deadline = next_length(state), next_deadline(state)
    return (length or deadline) if length is None or deadline is None else min(length, deadline)


def next_length(state: RunState) -> tuple[int, str] | None:
    """When the nearest wait, pause or working time is over, and whose; drops entries that are void from the state's heap."""
    while state.timers and not _is_armed(state, *state.timers[0]):
        heapq.heappop(state.timers)
    nearest = state.timers[0] if state.timers else None
    if state.graph.workflow.timeout is None:
        return nearest
    own = [(due, timer) for timer, found in OF_RUN.items() if (due := found(state)) is not None]
    return min(own if nearest is None else [nearest, *own], default=None)


def next_deadline(state: RunState) -> tuple[int, str] | None:
    """The nearest time by the wall clock, and whose; drops entries that are void from the state's heap."""
    while state.deadlines and not _is_open(state, *state.deadlines[0]):
        heapq.heappop(state.deadlines)
    return state.deadlines[0] if state.deadlines else None


OF_RUN: Final[dict[str, Callable[[RunState], int | None]]] = {RUN_TIMER: working_deadline, TOTAL_TIMER: total_deadline}
"""When the timers of a run as a whole are due, by id."""


def _is_open(state: RunState, due: int, key: str) -> bool:
    """Whether a time by the wall clock still means something."""
    approval = state.approvals.get(key)
    if approval is None:
        return _is_armed(state, due, key)
    return approval.status is ApprovalStatus.PENDING and approval.due == due


def _is_armed(state: RunState, due: int, timer: str) -> bool:
    node = state.nodes.get(timer)
    return node is not None and node.due == due and node.status in (StepStatus.WAITING, StepStatus.RETRYING) and node not in state.matched
