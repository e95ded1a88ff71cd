"""What steps have done that may have to be undone, noted when they are over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.step import KINDS, kind_of
from oyama_tui.core.events.undo import undone_by
from oyama_tui.core.orders import compensation_order
from oyama_tui.core.scope import NodeState, Scope, StepResult
from oyama_tui.core.state import Effect, RunState
from oyama_tui.core.statuses import StepStatus

_LEAVES_SOMETHING: Final = frozenset({"process", "task", "child", "person"})
"""Where what is carried out may leave something behind."""


def note_effect(state: RunState, node: NodeState) -> None:
    """Note what a node has done outside, now that it is over.

    Args:
        state: The run.
        node: One that is over with the event that is folded now.
    """
    if state.undo is not None and node.scope is state.undo.scope:
        state.undo.settled += 1
        if node.status is StepStatus.COMPLETED:
            state.done.pop(undone_by(node.key) or "", None)
        return
    if not has_acted(state, node):
        return
    step_id = node.spec.step.id
    if step_id in state.graph.compensating:
        order = compensation_of(state, node)
        if order is not None:
            state.done[node.key] = order
    elif KINDS[node.spec.kind].execution in _LEAVES_SOMETHING:
        effect = state.effects.setdefault(step_id, Effect())
        effect.succeeded += node.status is StepStatus.COMPLETED
        effect.failed += node.status is StepStatus.FAILED
        effect.cut_off += node.status is StepStatus.CANCELLED


def has_acted(state: RunState, node: NodeState) -> bool:
    """Whether anything of a node's action has begun here, or a person says that it was done.

    Args:
        state: The run.
        node: Any node of it.
    """
    spec = node.spec
    if spec.step.id not in state.graph.roots or node.reused or KINDS[spec.kind].execution == "none":
        return False
    if spec.role == "gate":
        return spec.kind == TASK.name and node.status in (StepStatus.COMPLETED, StepStatus.FAILED)
    return bool(node.attempt) or node.status is StepStatus.COMPLETED


def under_way(scope: Scope) -> Iterator[NodeState]:
    """The nodes of a scope, and of those in it, that have begun and are not over.

    Args:
        scope: The outermost one, or one in it.
    """
    for node in scope.nodes:
        if not node.status.settled and (node.attempt or node.openings):
            yield node
            for inner in node.block.open.values() if node.block is not None else ():
                yield from under_way(inner)


def permanent(state: RunState, places: Iterable[int]) -> Iterator[str]:
    """The steps in these places that have acted, or may have, and cannot be undone.

    Args:
        state: The run.
        places: Of nodes outside of blocks.
    """
    wanted = set(places)
    for step_id, place in state.graph.roots.items():
        effect = effect_of(state, step_id)
        step = state.graph.specs[step_id].step
        if place in wanted and step.effect == "permanent" and (effect.succeeded or effect.cut_off):
            yield step_id


def effect_of(state: RunState, step_id: str) -> Effect:
    """How often a step has acted, what is under way counted as cut off.

    Args:
        state: The run.
        step_id: Any step of it.
    """
    known = state.effects.get(step_id, Effect())
    open_now = sum(node.spec.step.id == step_id and has_acted(state, node) for node in under_way(state.root))
    return Effect(known.succeeded, known.failed, known.cut_off + open_now)


def would_repeat(state: RunState, node: NodeState) -> bool:
    """Whether a node that began once more would do a second time what cannot be undone; the try of one that failed was none.

    Args:
        state: The run.
        node: Any node of it; of a block, everything in it begins once more.
    """
    if not node.spec.bodies:
        return node.spec.step.effect == "permanent" and has_acted(state, node) and node.status is not StepStatus.FAILED
    inside = {inner.step.id for body in node.spec.bodies for inner in body.all_nodes() if inner.step.effect == "permanent"}
    return any((effect := effect_of(state, step_id)).succeeded or effect.cut_off for step_id in inside)


def compensation_of(state: RunState, node: NodeState) -> e.CompensationOrder | None:
    """What undoes a node; none when nothing is to be undone of it, or nothing is declared.

    Args:
        state: The run.
        node: One that is over, or that would be cut off now.
    """
    declared = node.spec.step.compensate
    if declared is None or (declared.when == "finished" and node.status is not StepStatus.COMPLETED):
        return None
    step = state.graph.compensating[node.spec.step.id]
    order, error = None, ""
    try:
        order = compensation_order(state, node, step, node.scope.results.get(step.id, StepResult()))
    except ExpressionError as wrong:
        error = str(wrong)
    settled = node.settled or state.seq + 1
    return e.CompensationOrder(
        of=node.key, step=step.id, kind=kind_of(step), begun=node.begun or settled, settled=settled, input=order, error=error
    )
