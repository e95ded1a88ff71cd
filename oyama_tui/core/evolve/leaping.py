"""What it means that the clock was set forward: nothing has taken longer."""

from __future__ import annotations

import heapq

from oyama_tui.core.state import RunState


def leap(state: RunState, by: int) -> None:
    """Move on everything from which or up to which a length is measured; deadlines of gates are told to people and stay.

    Args:
        state: The run.
        by: Milliseconds by which the clock was set forward.
    """
    state.leapt += by
    if state.working_since is not None:
        state.working_since += by
    if state.waiting_since is not None:
        state.waiting_since += by
    for node in state.nodes.values():
        if node.first_at:
            node.first_at += by
            node.begun_at += by
    for node in sorted(state.retrying | state.waits, key=lambda node: node.order):
        if node.due is not None:
            node.due += by
            heapq.heappush(state.timers, (node.due, node.key))
