"""Folding an undo: what is under way ends, what undoes steps runs in a scope of its own, and then the steps begin anew."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Body, Graph, NodeSpec
from oyama_tui.core.events.undo import UNDO, UNDONE_BACK
from oyama_tui.core.evolve.checks import corrupt, run_status
from oyama_tui.core.evolve.limit import leave_line
from oyama_tui.core.evolve.recovery import Restart, begin_anew, restart_of, settle_down, take_up
from oyama_tui.core.evolve.settling import release, stop
from oyama_tui.core.scope import Scope
from oyama_tui.core.state import RunState, Undo, open_scope
from oyama_tui.core.statuses import RunStatus

MOST_NEEDS: Final = 100_000
"""Of compensations of each other, in one undo; with more, one follows the other."""
UNDONE: Final = "the run is undone"


def fold_undo_started(state: RunState, event: e.UndoStarted) -> None:
    """Bring everything under way to its end, and get ready what undoes steps."""
    status = run_status(state, event)
    over = state.status.ended
    nodes = [state.nodes.get(key) for key in event.nodes]
    if state.undo is not None or state.undone is not None or not state.idle or (not over and (state.finishing or state.cancel)):
        raise corrupt(state, event, "undoes a run that is being undone, in which something runs, or which is ending")
    found = [node for node in nodes if node is not None and node.scope is state.root]
    if len(found) != len(nodes) or tuple(node.key for node in restart_of(found).nodes) != event.nodes:
        raise corrupt(state, event, "undoes steps that have not begun, are not in the run, or not without others")
    wrong = [order.step for order in event.compensations if order.step not in state.graph.compensating]
    if wrong or len({order.of for order in event.compensations}) != len(event.compensations):
        raise corrupt(state, event, "names a compensation that there is not, or one of them twice")
    if over:
        take_up(state, event)
    state.status = status
    state.pause = None
    state.repeatedly_interrupted.clear()
    stop(state, state.root, e.RunError(kind="step", message=UNDONE), cancel_running=True)
    state.ready.clear()
    order = (len(state.root.nodes) + len(state.graph.handlers) + 1,)
    orders = tuple(one.input or {} for one in event.compensations)
    scope = Scope(undo_body(state.graph, event.compensations), order=order, orders=orders)
    state.undo = Undo(event, scope)
    open_scope(state, scope)
    for node in scope.nodes:
        if node.unmet == 0:
            release(state, node)


def fold_undo_finished(state: RunState, event: e.UndoFinished) -> None:
    """Begin anew where the run was then, or let it come to its end."""
    undo = state.undo
    ends = undo is not None and undo.started.then == "undone"
    status = run_status(state, event, RunStatus.RUNNING if ends else RunStatus.PAUSED)
    if undo is None or undo.scope.busy or undo.scope.error is not None or state.root.busy:
        raise corrupt(state, event, "ends an undo of which something goes on, failed, or which has not begun")
    restart = _restart(state, undo.started.nodes)
    if event.nodes != (() if ends else undo.started.nodes):
        raise corrupt(state, event, "begins other steps anew than those that were undone")
    state.context.update(event.set)
    for name in event.unset:
        state.context.pop(name, None)
    for node in undo.scope.nodes:
        state.nodes.pop(node.key, None)
    forget_effects(state, restart)
    state.undo = None
    state.ready.clear()
    state.status = status
    if ends:
        state.undone = undo.started
        return
    settle_down(state, state.root)
    begin_anew(state, restart)
    state.pause = e.PauseRequested(at=event.at, by=event.by, reason=f"{UNDONE_BACK} {undo.started.label}")


def fold_run_undone(state: RunState, event: e.RunUndone) -> None:
    """End the run and keep why."""
    state.status = run_status(state, event)
    state.error = event.error
    state.by = event.by
    leave_line(state)


def _restart(state: RunState, keys: Iterable[str]) -> Restart:
    return restart_of(node for key in keys if (node := state.nodes.get(key)) is not None)


def forget_effects(state: RunState, restart: Restart) -> None:
    """Forget what steps had done that is undone now.

    Args:
        state: The run.
        restart: What begins anew.
    """
    places = restart.closures.get(state.root, set())
    roots = state.graph.roots
    state.done = {key: order for key, order in state.done.items() if roots[order.step] not in places}
    state.effects = {step: effect for step, effect in state.effects.items() if roots[step] not in places}


def undo_body(graph: Graph, orders: Sequence[e.CompensationOrder]) -> Body:
    """The nodes that undo others, each of which needs those that undo what had begun after its own was over.

    So what happened one after the other is undone in the opposite order, and what happened at the same time at the same time.

    Args:
        graph: The revision that the run is pinned to.
        orders: The newest first.
    """
    needs = _needs(orders)
    dependents: list[list[int]] = [[] for _ in orders]
    for index, needed in enumerate(needs):
        for need in needed:
            dependents[need].append(index)
    nodes = tuple(
        NodeSpec(
            index, f"{order.of}{UNDO}", graph.compensating[order.step], "action", order.kind, needs[index], tuple(dependents[index]), True
        )
        for index, order in enumerate(orders)
    )
    # As in a sequential list the first failure lets nothing more begin.
    return Body(nodes, "sequential")


def _needs(orders: Sequence[e.CompensationOrder]) -> list[tuple[int, ...]]:
    """For each compensation the places of those before it that are not before each other."""
    by_begin = sorted(range(len(orders)), key=lambda place: orders[place].begun)
    begins = [orders[place].begun for place in by_begin]
    # By place in that order: the first end of those from there on.
    first_end = [0] * len(by_begin)
    nearest = None
    for place in reversed(range(len(by_begin))):
        settled = orders[by_begin[place]].settled
        nearest = first_end[place] = settled if nearest is None else min(nearest, settled)
    needs: list[tuple[int, ...]] = []
    count = 0
    for order in orders:
        first = bisect_right(begins, order.settled)
        # Of those that had begun later, the ones that had begun before any of them was over: the others are needed by these.
        last = bisect_right(begins, first_end[first]) if first < len(begins) else first
        needs.append(tuple(sorted(by_begin[first:last])))
        count += last - first
        if count > MOST_NEEDS:
            return [() if place == 0 else (place - 1,) for place in range(len(orders))]
    return needs


def is_stopped(state: RunState) -> bool:
    """Whether an undo has come to a halt because something could not be undone."""
    undo = state.undo
    return undo is not None and not undo.scope.busy and undo.scope.error is not None
