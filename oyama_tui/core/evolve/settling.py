"""How a node comes to rest, what that releases, and how a scope comes to its end."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.definition.kinds.gate import GATE
from oyama_tui.core.effects import note_effect
from oyama_tui.core.evolve.joins import NOT_NEEDED, is_out_of_reach, mark_unneeded, no_longer_needed
from oyama_tui.core.evolve.listening import mute
from oyama_tui.core.evolve.scopes import close_block, count_settled
from oyama_tui.core.evolve.slots import give_slot, take_slot
from oyama_tui.core.scope import Ending, NodeState, Scope
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def leave(state: RunState, node: NodeState) -> None:
    """Take a node out of every collection that says what it is doing."""
    state.ready.discard(node)
    state.running.pop(node, None)
    state.children.pop(node, None)
    state.retrying.discard(node)
    state.retry_unplanned.discard(node)
    state.waits.discard(node)
    state.fired.discard(node)
    state.woken.pop(node, None)
    state.repeatedly_interrupted.discard(node)
    state.unneeded.discard(node)
    node.due = None
    if node.waits_for:
        mute(state, node)


def make_ready(state: RunState, node: NodeState) -> None:
    """Mark a node ready to be planned."""
    leave(state, node)
    node.status = StepStatus.READY
    if node.scope.ending is None and not node.scope.holds_back(node.spec.index):
        take_slot(state, node)
    else:
        give_slot(state, node)
        rest(state, node.scope)


def rest(state: RunState, scope: Scope) -> None:
    """Note that one node of a scope does nothing any more."""
    scope.busy -= 1
    if scope.busy == 0:
        state.scopes_ending.discard(scope)
        if scope.opener is not None:
            state.scopes_over.add(scope)


def release(state: RunState, node: NodeState) -> None:
    """Mark a node ready whose needs are met; in a scope that ends, or where it begins anew soon, it stays where it is."""
    if node.scope.ending is None and not node.scope.holds_back(node.spec.index):
        node.status = StepStatus.READY
        node.scope.busy += 1
        take_slot(state, node)


def is_met(node: NodeState) -> bool:
    """Whether a node that has not begun has what it waits for, or can never have it."""
    if node.status is not StepStatus.PENDING:
        return False
    join = node.spec.join
    return node.unmet == 0 if join is None else node.blocked or node.succeeded_needs >= join


def settle(state: RunState, node: NodeState, status: StepStatus, *, blocks: bool = False) -> None:
    """End a node and release what waited for it."""
    settle_aside(state, node, status, blocks=blocks)
    scope = node.scope
    for dependent in node.spec.dependents:
        waiting = scope.nodes[dependent]
        if is_met(waiting):
            release(state, waiting)
            for other in no_longer_needed(waiting) if waiting.spec.join is not None and not waiting.blocked else ():
                mark_unneeded(state, other)
                if other in state.blocks:
                    end_block(state, other, e.RunError(kind="step", message=NOT_NEEDED), cancel_running=True)
    give_slot(state, node)
    rest(state, scope)


def settle_aside(state: RunState, node: NodeState, status: StepStatus, *, blocks: bool = False) -> None:
    """End a node, without releasing what waited for it: its scope is as busy as before, and its slot is taken."""
    leave(state, node)
    spec, scope = node.spec, node.scope
    node.status = status
    node.blocks = blocks
    node.succeeded = status is StepStatus.COMPLETED
    for dependent in spec.dependents:
        waiting = scope.nodes[dependent]
        waiting.unmet -= 1
        waiting.succeeded_needs += node.succeeded
        waiting.blocked |= blocks if waiting.spec.join is None else is_out_of_reach(waiting)
    node.evidence = None
    node.given = None
    node.looks_again = ""
    gate = node.own_gate
    if gate is not None:
        gate.approved_order = None
    node.settled = state.seq + 1
    note_effect(state, node)
    if spec.represents_step:
        count_settled(state, node)
        scope.last_action[spec.index] = last_action_up_to(node)
    if node.block is not None:
        close_block(state, node)


def last_action_up_to(node: NodeState) -> int:
    """The nearest node up to this one, in definition order, that did something: -1 when there is none."""
    spec = node.spec
    if node.status is not StepStatus.SKIPPED and (spec.kind != GATE.name or node.status is not StepStatus.COMPLETED):
        return spec.index
    gate = node.own_gate
    if gate is not None and gate.status in (StepStatus.FAILED, StepStatus.REJECTED):
        return gate.spec.index
    first = spec.index if gate is None else gate.spec.index
    return node.scope.last_action.get(first - 1, -1)


def tolerated(node: NodeState) -> bool:
    """Whether a failure of this node's step counts as if it had succeeded."""
    return node.spec.step.on_failure == "continue"


def stops(node: NodeState) -> bool:
    """Whether a failure of this node ends its scope."""
    body = node.scope.body
    return (body.fail_fast or body.type == "sequential") and not tolerated(node)


def stop(state: RunState, scope: Scope, error: e.RunError, *, cancel_running: bool = False) -> None:
    """Bring a scope and all in it to an end; the first reason counts, and what is to be ended stays so."""
    if scope.ending is not None and (scope.ending.cancel_running or not cancel_running):
        return
    first = scope.ending is None
    scope.ending = Ending(scope.ending.error if scope.ending is not None else error, cancel_running)
    if scope.busy:
        state.scopes_ending.add(scope)
    if first:
        _give_up(state, scope)
    for block in [node for node in state.blocks if node.scope is scope]:
        end_block(state, block, error, cancel_running=cancel_running)


def _give_up(state: RunState, scope: Scope) -> None:
    """Let nothing begin any more in a scope that ends: what was ready, what waited for its turn, what was to begin anew."""
    for node in [node for node in state.ready if node.scope is scope]:
        state.ready.discard(node)
        rest(state, scope)
    for _ in (*scope.in_turn, *scope.going_back):
        rest(state, scope)
    scope.in_turn.clear()
    scope.going_back.clear()
    state.going_back.discard(scope)


def outermost(scope: Scope) -> Scope:
    """The scope that ends with the run, or with one of its handlers, around another one or that one itself."""
    while scope.opener is not None:
        scope = scope.opener.scope
    return scope


def end_block(state: RunState, node: NodeState, error: e.RunError, *, cancel_running: bool = False) -> None:
    """Bring a block and all in it to an end; it is over when its scopes are.

    Args:
        state: The run.
        node: A block that has begun.
        error: Why.
        cancel_running: End what runs in it, instead of letting it finish.
    """
    block = node.block
    if block is None:
        return
    block.ending = True
    state.blocks_due.add(node)
    for inner in list(block.open.values()):
        if inner not in state.scopes_over:
            stop(state, inner, error, cancel_running=cancel_running)


def fail(state: RunState, node: NodeState, error: e.RunError) -> None:
    """Settle a node as failed, and send the run back, or stop its scope, where the step or its type's rules say so."""
    scope = node.scope
    spared = tolerated(node) or scope.holds_back(node.spec.index)
    settle(state, node, StepStatus.FAILED, blocks=not spared and scope.body.type in ("graph", "parallel"))
    if spared:
        return
    scope.failures[node] = error
    if stops(node):
        stop(state, scope, error, cancel_running=scope.body.fail_fast)


def make_up_for_failures(node: NodeState) -> None:
    """Forget the failures before a step of a conditional body that is there for them and has succeeded."""
    if node.scope.body.type == "conditional" and node.spec.step.if_ == "failure":
        node.scope.failures.clear()
