"""What a fork takes over from another run, and what of that begins here after all."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import corrupt, find_node
from oyama_tui.core.evolve.settling import make_up_for_failures, settle
from oyama_tui.core.evolve.slots import leave_turn
from oyama_tui.core.scope import Scope, StepResult
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus
from oyama_tui.core.stored_items import usable_items


def fold_step_reused(state: RunState, event: e.StepReused) -> None:
    """Settle a node by what became of it in the run that this one is forked from."""
    status = StepStatus.COMPLETED if event.status == "completed" else StepStatus.SKIPPED
    node = find_node(state, event, event.node, status)
    if state.started is None or not state.started.forked_from or node.scope is not state.root or node.attempt or node.openings:
        raise corrupt(state, event, f"reuses {event.node}, which has begun, stands in a block, or is of no fork")
    try:
        items = None if event.items is None else [usable_items(item) for item in event.items]
    except ValueError as wrong:
        raise corrupt(state, event, f"brings items of {event.node} that cannot be read: {wrong}") from None
    leave_turn(node)
    node.asked_elsewhere = event.asked
    step_id, scope = node.spec.step.id, node.scope
    if step_id in state.graph.referenced_steps:
        # A question leaves what it names alone, and what was left out nothing, unless somebody said what.
        if node.spec.represents_step and (event.outputs or (node.spec.role != "gate" and status is StepStatus.COMPLETED)):
            scope.results[step_id] = StepResult(
                event.output, event.result, event.outputs, event.exit_code, truncated=event.truncated, items=items
            )
        if event.decision is not None:
            scope.decisions[step_id] = dict(event.decision)
    node.reused = True
    settle(state, node, status)
    if node.spec.represents_step and status is StepStatus.COMPLETED:
        make_up_for_failures(node)


def ask_again(scope: Scope, closure: set[int]) -> None:
    """Add the questions before what begins anew that were answered in another run: that answer lets nothing pass here.

    Args:
        scope: Where something begins anew.
        closure: The places of the nodes that do; added to.
    """
    questions = {node.spec.index: scope.body.depending_on(node.spec.index) for node in scope.nodes if node.asked_elsewhere}
    while found := [index for index, behind in questions.items() if index not in closure and behind & closure]:
        for index in found:
            closure |= questions[index]
