"""What it means that the clock was set forward: nothing has taken longer."""

from __future__ import annotations

import heapq

from oyama_tui.core.definition.kinds.wait import WaitStep
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def goes_by_wall_clock(node: NodeState) -> bool:
    """Whether a node waits until a time that was told to people, and not for a length of time."""
    step = node.spec.step
    return node.status is StepStatus.WAITING and isinstance(step, WaitStep) and step.wait.until is not None


def leap(state: RunState, by: int) -> None:
    """Move on everything from which or up to which a length is measured; deadlines and times that were told to people stay.

    Args:
        state: The run.
        by: Milliseconds by which the clock was set forward.
    """
    state.leapt += by
    if state.taken_up_at is not None:
        state.taken_up_at += by
    if state.working_since is not None:
        state.working_since += by
    if state.waiting_since is not None:
        state.waiting_since += by
    for node in state.nodes.values():
        if node.first_at:
            node.first_at += by
            node.begun_at += by
    for node in sorted(state.retrying | state.waits, key=lambda node: node.order):
        if node.due is not None and not goes_by_wall_clock(node):
            node.due += by
            heapq.heappush(state.timers, (node.due, node.key))
