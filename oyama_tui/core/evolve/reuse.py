"""Folding what a fork takes over from another run."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import corrupt, find_node
from oyama_tui.core.evolve.settling import make_up_for_failures, settle
from oyama_tui.core.evolve.slots import leave_turn
from oyama_tui.core.scope import StepResult
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def fold_step_reused(state: RunState, event: e.StepReused) -> None:
    """Settle a node by what became of it in the run that this one is forked from."""
    status = StepStatus.COMPLETED if event.status == "completed" else StepStatus.SKIPPED
    node = find_node(state, event, event.node, status)
    if state.started is None or not state.started.forked_from or node.scope is not state.root or node.attempt or node.openings:
        raise corrupt(state, event, f"reuses {event.node}, which has begun, stands in a block, or is of no fork")
    leave_turn(node)
    step_id, scope = node.spec.step.id, node.scope
    if step_id in state.graph.referenced_steps:
        if node.spec.represents_step:
            scope.results[step_id] = StepResult(
                event.output, event.result, event.outputs, event.exit_code, truncated=event.truncated, items=event.items
            )
        if event.decision is not None:
            scope.decisions[step_id] = dict(event.decision)
    node.reused = True
    settle(state, node, status)
    if node.spec.represents_step and status is StepStatus.COMPLETED:
        make_up_for_failures(node)
