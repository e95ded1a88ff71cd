"""How scopes and the blocks that opened them leave the state."""

from __future__ import annotations

from collections.abc import Iterator

from oyama_tui.core.scope import BlockState, NodeState, Scope
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def blocks_around(node: NodeState) -> Iterator[BlockState]:
    """The blocks that a node stands in, from the inside out."""
    opener = node.scope.opener
    while opener is not None:
        if opener.block is not None:
            yield opener.block
        opener = opener.scope.opener


def count_total(state: RunState, node: NodeState, by: int) -> None:
    """Note that there are more steps than was known, or fewer.

    Args:
        state: The run.
        node: The block that has them.
        by: How many that do something themselves.
    """
    state.total_steps += by
    for block in blocks_around(node):
        block.leaves += by


def count_settled(state: RunState, node: NodeState) -> None:
    """Note that a node's steps are over: itself, or what of a block has not been counted yet."""
    leaves = node.spec.leaves if node.block is None else node.block.leaves - node.block.settled_leaves
    state.settled_steps += leaves
    for block in blocks_around(node):
        block.settled_leaves += leaves


def drop_scope(state: RunState, scope: Scope) -> None:
    """Forget the nodes of a scope and of all that is in it."""
    state.scopes_over.discard(scope)
    state.scopes_ending.discard(scope)
    state.going_back.discard(scope)
    for node in scope.nodes:
        state.nodes.pop(node.key, None)
        if node.block is not None:
            for inner in scopes_of(node.block):
                drop_scope(state, inner)


def scopes_of(block: BlockState) -> list[Scope]:
    """The scopes of a block that are still held."""
    held = {**block.left, **block.open}
    last = block.last
    return [*held.values(), *([last] if last is not None and last.index not in held else [])]


def close_block(state: RunState, node: NodeState) -> None:
    """Forget the scopes of a block that is over; what it left stands in its step's result.

    Of one that failed or was cut off those are kept that somebody may want to go on with.
    """
    state.blocks.discard(node)
    state.blocks_due.discard(node)
    block = node.block
    if block is None:
        return
    if node.status is not StepStatus.COMPLETED:
        block.left = dict(sorted({**block.left, **block.open}.items()))
        for scope in scopes_of(block):
            _put_aside(state, scope)
    else:
        for scope in scopes_of(block):
            drop_scope(state, scope)
        block.left = {}
        block.items = []
        block.kept = {}
        block.last = None
    block.open.clear()


def _put_aside(state: RunState, scope: Scope) -> None:
    """Keep a scope in which nothing goes on any more."""
    state.scopes_over.discard(scope)
    state.scopes_ending.discard(scope)
    state.going_back.discard(scope)


def leave_scope(state: RunState, block: BlockState, scope: Scope) -> None:
    """Keep a scope that failed until its block is over."""
    _put_aside(state, scope)
    block.left[scope.index] = scope
