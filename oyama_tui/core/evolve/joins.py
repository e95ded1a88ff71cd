"""Joins: steps that need only some of the steps before them, and what becomes of the others."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus

NOT_NEEDED: Final = "what needs one of these steps has what it needs"
"""Why such a step is ended or skipped."""
_BUSY = (StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.WAITING)


def is_out_of_reach(node: NodeState) -> bool:
    """Whether too few of the steps before a join can succeed any more."""
    return node.spec.join is not None and node.succeeded_needs + node.unmet < node.spec.join


def no_longer_needed(node: NodeState) -> list[NodeState]:
    """What is not settled yet of the steps before a join, and is there for joins only that have what they need.

    Args:
        node: A join that has just been released.
    """
    scope = node.scope
    found: list[NodeState] = []
    for index in node.spec.needs:
        need = scope.nodes[index]
        waiting = [scope.nodes[dependent] for dependent in need.spec.dependents]
        if need.status.settled or any(other.spec.join is None or other.status is StepStatus.PENDING for other in waiting):
            continue
        gate = need.own_gate
        found += [need] if gate is None or gate.status.settled else [gate, need]
    return found


def mark_unneeded(state: RunState, node: NodeState) -> None:
    """Note that nobody needs a node any more: it is skipped when its turn comes, and ended when it is under way."""
    node.unneeded = True
    if node.status in _BUSY and node not in state.blocks:
        state.unneeded.add(node)
