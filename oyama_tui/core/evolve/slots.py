"""Slots: how many steps of one body may be under way at once."""

from __future__ import annotations

import heapq

from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState


def take_slot(state: RunState, node: NodeState) -> None:
    """Let plan look at a ready node, or let it wait for its turn where only so many may be under way.

    Args:
        state: The run.
        node: A node whose needs are met.
    """
    scope, most = node.scope, node.scope.body.max_parallel
    if most is None or node.has_slot:
        state.ready.add(node)
    elif scope.slots < most:
        scope.slots += 1
        node.has_slot = True
        state.ready.add(node)
    else:
        heapq.heappush(scope.in_turn, (node.spec.index, node))


def leave_turn(node: NodeState) -> None:
    """Take a node out of the line of those that wait for a slot."""
    in_turn = node.scope.in_turn
    in_turn[:] = sorted(entry for entry in in_turn if entry[1] is not node)


def give_slot(state: RunState, node: NodeState) -> None:
    """Let the next node have the slot of one that is over, or that only a person moves on."""
    if not node.has_slot:
        return
    scope = node.scope
    node.has_slot = False
    scope.slots -= 1
    if scope.ending is None and scope.in_turn:
        take_slot(state, heapq.heappop(scope.in_turn)[1])
