"""Folding events of blocks and of the scopes in them."""

from __future__ import annotations

import heapq

from oyama_tui.core import events as e
from oyama_tui.core.definition.kinds.block import Repeat, RepeatableBlock
from oyama_tui.core.definition.kinds.for_each import ForEachStep
from oyama_tui.core.evolve.checks import corrupt, find_node
from oyama_tui.core.evolve.scopes import count_total, drop_scope, leave_scope
from oyama_tui.core.evolve.settling import end_block, leave, release
from oyama_tui.core.rendering import item_value
from oyama_tui.core.scope import BlockState, NodeState, Scope
from oyama_tui.core.state import RunState, open_scope
from oyama_tui.core.statuses import StepStatus


def fold_block_opened(state: RunState, event: e.BlockOpened) -> None:
    """Begin a block: what its expressions say is known from here on."""
    node = find_node(state, event, event.node, StepStatus.RUNNING)
    bodies = node.spec.bodies
    if not 0 <= event.branch < len(bodies) or (event.items and len(event.items) != event.count):
        raise corrupt(state, event, f"opens {event.node}, which has no such branch or items")
    body = bodies[event.branch]
    leave(state, node)
    node.status = StepStatus.RUNNING
    node.attempt = 1
    node.begun = state.seq + 1
    node.first_at = node.begun_at = event.at
    leaves = body.leaves * event.count if isinstance(node.spec.step, ForEachStep) else body.leaves
    node.block = BlockState(body, event.count, event.items, leaves)
    count_total(state, node, leaves - node.spec.leaves)
    state.blocks.add(node)
    state.blocks_due.add(node)


def _block_of(state: RunState, event: e.ScopeOpened | e.ScopeSettled | e.BlockRested, wanted: StepStatus) -> tuple[NodeState, BlockState]:
    node = find_node(state, event, event.node, wanted)
    if node.block is None:
        raise corrupt(state, event, f"speaks of a scope of {event.node}, which is no block that has begun")
    return node, node.block


def fold_scope_opened(state: RunState, event: e.ScopeOpened) -> None:
    """Begin one instance of a block's body."""
    node, block = _block_of(state, event, StepStatus.RUNNING)
    if event.index != block.opened or block.opened >= block.count or node.scope.ending is not None:
        raise corrupt(state, event, f"begins {event.index + 1} of {event.node} after {block.opened} of {block.count}")
    is_loop, repeats = isinstance(node.spec.step, ForEachStep), repeat_of(node) is not None
    mark = f"[{event.index}]" if is_loop else f"#{event.index + 1}" if repeats else ""
    scope = Scope(block.body, f"{node.key}{mark}.", node, event.index, order=(*node.order, event.index))
    if repeats and block.last is not None:
        count_total(state, node, block.body.leaves)
        block.leaves += block.body.leaves
        drop_scope(state, block.last)
    block.opened += 1
    block.open[event.index] = scope
    block.again = block.rested = False
    if not is_loop:
        block.last = scope
    open_scope(state, scope)
    for inner in scope.nodes:
        if inner.unmet == 0:
            release(state, inner)
    if not may_open(node, block):
        state.blocks_due.discard(node)


def repeat_of(node: NodeState) -> Repeat | None:
    """How a block runs again and again, when it does."""
    return node.spec.step.repeat if isinstance(node.spec.step, RepeatableBlock) else None


def may_open(node: NodeState, block: BlockState) -> bool:
    """Whether a further scope may begin now, as far as scopes and their number tell."""
    if block.ending or block.opened >= block.count:
        return False
    if isinstance(node.spec.step, ForEachStep):
        return len(block.open) < node.spec.step.for_each.concurrency
    return not block.open and (block.opened == 0 or block.again)


def fold_scope_settled(state: RunState, event: e.ScopeSettled) -> None:
    """Drop an instance of a body to what it came to."""
    node, block = _block_of(state, event, StepStatus.RUNNING)
    scope = block.open.get(event.index)
    if scope is None or scope not in state.scopes_over:
        raise corrupt(state, event, f"settles {event.index + 1} of {event.node}, in which something goes on or nothing has begun")
    del block.open[event.index]
    state.scopes_over.discard(scope)
    failed = event.status == "failed"
    block.failed += failed
    block.again = event.again
    if failed and (block.failed_at is None or event.index < block.failed_at):
        block.failed_at, block.error, block.cause = event.index, event.error, event.cause
    step = node.spec.step
    if failed:
        leave_scope(state, block, scope)
    if isinstance(step, ForEachStep):
        if step.id in state.graph.kept_items:
            block.kept[event.index] = item_value(scope, event.status)
        if not failed:
            drop_scope(state, scope)
        if failed and step.for_each.fail_fast:
            end_block(state, node, e.RunError(kind="step", message=event.error, node=event.cause), cancel_running=True)
    state.blocks_due.add(node)


def fold_block_rested(state: RunState, event: e.BlockRested) -> None:
    """Pause before the next round of a repetition."""
    node, block = _block_of(state, event, StepStatus.WAITING)
    if not block.again or block.rested or block.open:
        raise corrupt(state, event, f"rests {event.node}, which is due for no further round")
    node.status = StepStatus.WAITING
    node.due = event.due
    state.waits.add(node)
    state.blocks_due.discard(node)
    heapq.heappush(state.timers, (event.due, event.node))


def end_rest(state: RunState, node: NodeState, block: BlockState) -> None:
    """Let the next round of a repetition begin."""
    state.waits.discard(node)
    node.due = None
    node.status = StepStatus.RUNNING
    block.rested = True
    state.blocks_due.add(node)
