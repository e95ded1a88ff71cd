"""Rounds: how steps that are over come to begin once more."""

from __future__ import annotations

from collections.abc import Iterable

from oyama_tui.core import events as e
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.evolve.checks import corrupt, live
from oyama_tui.core.evolve.joins import is_out_of_reach
from oyama_tui.core.evolve.scopes import blocks_around, count_total, drop_scope, scopes_of
from oyama_tui.core.evolve.settling import end_block, fail, is_met, leave, release, rest, settle_aside
from oyama_tui.core.evolve.slots import give_slot, leave_turn
from oyama_tui.core.scope import GoingBack, NodeState, Scope
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def may_go_back(node: NodeState, goto: Goto) -> bool:
    """Whether a node may send the run back once more."""
    scope = node.scope
    return scope.ending is None and node.round < goto.max and not scope.holds_back(node.spec.index)


def fail_or_go_back(state: RunState, node: NodeState, error: e.RunError) -> None:
    """Settle a node that has failed for good, by what its step says follows.

    Args:
        state: The run.
        node: The node.
        error: Why it failed.
    """
    goto = node.spec.step.on_failure
    if isinstance(goto, Goto) and may_go_back(node, goto):
        go_back(state, node, StepStatus.FAILED, goto, f"{node.spec.step.label} failed: {error.message}")
    else:
        fail(state, node, error)


def go_back(state: RunState, node: NodeState, status: StepStatus, goto: Goto, why: str, *, by: str = "", feedback: str = "") -> None:
    """Settle a node, and keep everything from the step that it goes back to from beginning until that is reopened.

    Args:
        state: The run.
        node: The node that sends the run back.
        status: What became of it.
        goto: Where to.
        why: The reason, for people.
        by: The person who wanted it, when one did.
        feedback: What that person said.
    """
    scope = node.scope
    settle_aside(state, node, status)
    first = scope.nodes[scope.body.steps[goto.goto]]
    entry = first.spec.index if first.own_gate is None else first.own_gate.spec.index
    closure = scope.body.depending_on(entry)
    scope.going_back.append(GoingBack(node, closure, why, by, feedback))
    state.going_back.add(scope)
    for held in [other for other in (scope.nodes[index] for index in closure) if other.status is StepStatus.READY]:
        _hold(state, held)
    for block in [other for other in state.blocks if other.scope is scope and other.spec.index in closure]:
        end_block(state, block, e.RunError(kind="step", message=why, node=node.key))
    give_slot(state, node)


def _hold(state: RunState, node: NodeState) -> None:
    """Take back that a node was ready: it begins anew anyway."""
    scope = node.scope
    if node in state.ready or any(other is node for _, other in scope.in_turn):
        leave(state, node)
        leave_turn(node)
        if not (node.attempt or node.openings):
            node.status = StepStatus.PENDING
        give_slot(state, node)
        rest(state, scope)


def fold_steps_reopened(state: RunState, event: e.StepsReopened) -> None:
    """Give steps a successor each, and release those of them whose needs are met."""
    live(state, event)
    found = [state.nodes.get(key) for key in event.nodes]
    nodes = [node for node in found if node is not None]
    scope = nodes[0].scope if nodes else state.root
    over = all(node.scope is scope and (node.status.settled or node.status is StepStatus.READY) for node in nodes)
    if len(set(nodes)) != len(found) or not over or scope not in state.going_back:
        raise corrupt(state, event, "reopens steps that are under way, or not in the run")
    sources, scope.going_back = scope.going_back, []
    state.going_back.discard(scope)
    for node in nodes:
        succeed(state, node, event.feedback)
    closure = sorted({index for source in sources for index in source.closure})
    count_anew(scope, closure)
    for index in closure:
        if is_met(scope.nodes[index]):
            release(state, scope.nodes[index])
    for _ in sources:
        rest(state, scope)


def succeed(state: RunState, node: NodeState, feedback: str) -> NodeState:
    """Put the next round of a node in its place.

    Args:
        state: The run.
        node: One that is over.
        feedback: What a person said to whoever does it again.

    Returns:
        Its successor.
    """
    scope, spec = node.scope, node.spec
    del state.nodes[node.key]
    if spec.represents_step and node.status.settled:
        leaves = spec.leaves if node.block is None else node.block.leaves
        state.settled_steps -= leaves
        for block in blocks_around(node):
            block.settled_leaves -= leaves
        for inner in scopes_of(node.block) if node.block is not None else ():
            drop_scope(state, inner)
        count_total(state, node, spec.leaves - leaves)
    scope.failures.pop(node, None)
    scope.results.pop(spec.step.id, None)
    scope.decisions.pop(spec.step.id, None)
    scope.last_action.pop(spec.index, None)
    number = node.round + 1
    following = NodeState(spec, scope, f"{scope.prefix}{spec.key}#{number}", node.order, 0, round=number, feedback=feedback)
    scope.nodes[spec.index] = following
    state.nodes[following.key] = following
    return following


def count_anew(scope: Scope, indices: Iterable[int]) -> None:
    """Find out anew what nodes wait for that are not begun.

    Args:
        scope: Where they stand.
        indices: Their places.
    """
    for index in indices:
        node = scope.nodes[index]
        needs = [scope.nodes[need] for need in node.spec.needs]
        node.unmet = sum(not need.status.settled for need in needs)
        node.succeeded_needs = sum(need.succeeded for need in needs)
        node.blocked = any(need.blocks for need in needs) if node.spec.join is None else is_out_of_reach(node)
        node.unneeded = False
