"""Planning inside blocks: which of their scopes begin and end, and what becomes of the block."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.base import json_type
from oyama_tui.core.definition.expressions import ExpressionError, evaluate_condition, references
from oyama_tui.core.definition.kinds.for_each import MAX_ITEMS, ForEachStep
from oyama_tui.core.definition.kinds.switch import SwitchStep
from oyama_tui.core.evolve.blocks import may_open, repeat_of
from oyama_tui.core.evolve.joins import NOT_NEEDED
from oyama_tui.core.format import as_text
from oyama_tui.core.names import named
from oyama_tui.core.orders import order_of
from oyama_tui.core.rendering import items_value, rendered, scope_for
from oyama_tui.core.scope import BlockState, NodeState, Scope, StepResult
from oyama_tui.core.state import RunState
from oyama_tui.core.text import first_line

BEGINS_ANEW: Final = "it begins anew"
LABEL: Final = 60
"""Characters of an item that its scope is called by."""


def open_block(state: RunState, node: NodeState) -> e.Event:
    """Find out what a block goes through, or which branch it takes.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step = node.spec.step
    if isinstance(step, ForEachStep):
        items = _items(order_of(state, node)["items"])
        return e.BlockOpened(at=state.at, **named(node), count=len(items), items=items)
    if isinstance(step, SwitchStep):
        for index, branch in enumerate(step.switch):
            if branch.if_ is None or evaluate_condition(branch.if_, scope_for(state, node, references(branch.if_))):
                return e.BlockOpened(at=state.at, **named(node), branch=index)
        return e.StepSkipped(at=state.at, **named(node), why="no branch applies")
    repeat = repeat_of(node)
    return e.BlockOpened(at=state.at, **named(node), count=repeat.max if repeat is not None else 1)


def _items(value: JsonValue) -> list[JsonValue]:
    """The items of a loop: those of a list, or the entries of a map."""
    if isinstance(value, dict):
        value = [{"key": key, "value": item} for key, item in value.items()]
    if not isinstance(value, list):
        raise ExpressionError(f"items must be a list or a map, not of type {json_type(value)}")
    if len(value) > MAX_ITEMS:
        raise ExpressionError(f"items are {len(value):,}, and at most {MAX_ITEMS:,} are allowed")
    return value


def settle_scope(state: RunState, scope: Scope) -> e.ScopeSettled:
    """What a scope in which nothing goes on any more came to.

    Args:
        state: The run.
        scope: A scope of a block.
    """
    node = scope.opener
    assert node is not None
    error = scope.ending.error if scope.ending is not None else scope.error
    if error is not None:
        return e.ScopeSettled(
            at=state.at, node=node.key, index=scope.index, status="failed", error=error.message, cause=error.node or node.key
        )
    repeat = repeat_of(node)
    again = False
    if repeat is not None:
        try:
            held = evaluate_condition(repeat.condition, scope_for(state, node, references(repeat.condition), inside=scope))
        except ExpressionError as wrong:
            word = "until" if repeat.until is not None else "while"
            return e.ScopeSettled(
                at=state.at, node=node.key, index=scope.index, status="failed", error=f"repeat.{word}: {wrong}", cause=node.key
            )
        again = held if repeat.until is None else not held
    return e.ScopeSettled(at=state.at, node=node.key, index=scope.index, again=again)


def move_block(state: RunState, node: NodeState) -> e.Event | None:
    """Begin what may begin next in a block, or end it when all its scopes are over; none while others are under way.

    Args:
        state: The run.
        node: A block that has begun.
    """
    block = node.block
    assert block is not None
    if node.scope.ending is not None or node.unneeded or node.scope.holds_back(node.spec.index):
        return None if block.open else _cancelled(state, node)
    if may_open(node, block):
        repeat = repeat_of(node)
        if repeat is not None and block.opened and repeat.every and not block.rested:
            return e.BlockRested(at=state.at, node=node.key, due=state.at + repeat.every)
        return e.ScopeOpened(at=state.at, node=node.key, index=block.opened, label=_label(block, block.opened))
    if block.open:
        return None
    return _failed(state, node, block) if block.failed or block.again else _succeeded(state, node, block)


def _label(block: BlockState, index: int) -> str:
    """What people call one item of a loop."""
    if not block.items:
        return ""
    item = block.items[index]
    return first_line(as_text(item["key"] if isinstance(item, dict) and set(item) == {"key", "value"} else item), LABEL)


def _cancelled(state: RunState, node: NodeState) -> e.StepCancelled:
    ending = node.scope.ending
    why = ending.error.message if ending is not None else NOT_NEEDED if node.unneeded else BEGINS_ANEW
    return e.StepCancelled(at=state.at, **named(node), attempt=node.attempt, why=first_line(why, LABEL))


def _failed(state: RunState, node: NodeState, block: BlockState, message: str = "") -> e.StepFailed:
    origin = ""
    if not message and block.failed:
        some = f"{block.failed:,} of {block.count:,} items failed; " if isinstance(node.spec.step, ForEachStep) else ""
        message = f"{some}{block.cause}: {block.error}" if block.cause != node.key else f"{some}{block.error}"
        origin = block.error
    return e.StepFailed(
        at=state.at,
        **named(node),
        attempt=node.attempt,
        kind="block",
        message=message or f"after {block.count:,} rounds it is not done yet",
        cause=block.cause if block.failed and block.cause != node.key else "",
        origin=origin,
        started_at=node.first_at,
        duration=max(0, state.at - node.first_at),
    )


def _succeeded(state: RunState, node: NodeState, block: BlockState) -> e.Event:
    wanted = node.spec.step.outputs
    outputs: JsonValue = {}
    if wanted:
        items = items_value(block) if node.spec.step.id in state.graph.kept_items else None
        try:
            outputs = rendered(state, node, dict(wanted), StepResult(items=items), block.last)
        except ExpressionError as wrong:
            return _failed(state, node, block, f"outputs: {wrong}")
    return e.StepSucceeded(
        at=state.at,
        node=node.key,
        attempt=node.attempt,
        outputs=outputs if isinstance(outputs, dict) else {},
        started_at=node.first_at,
        duration=max(0, state.at - node.first_at),
    )
