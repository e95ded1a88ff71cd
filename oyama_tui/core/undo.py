"""Undoing: how a person's wish to take a run back is answered, and what that would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.approval_decisions import require_storable
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.effects import compensation_of, effect_of, has_acted, permanent, under_way
from oyama_tui.core.errors import IllegalTransition, NotAllowed, NotFound
from oyama_tui.core.evolve.recovery import Restart, restart_of
from oyama_tui.core.order_text import order_words
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus, StepStatus
from oyama_tui.core.variables import context_change
from oyama_tui.core.views.plans import UndoDoes, UndoPlan, UndoStep

BEGINNING: Final = "to its beginning"


def undo(state: RunState, command: c.Undo) -> list[e.Event]:
    """Answer the wish with one event, in which everything stands that will be done.

    Args:
        state: The run; not changed.
        command: The wish.

    Raises:
        IllegalTransition: Something runs, nothing has begun after that point, the run is being undone, ends, or has moved on.
        NotAllowed: Somebody who is no person wants it.
        NotFound: A step that is named is none that cannot be undone.
    """
    restart = _undone(state, command)
    _check_forced(state, restart, command)
    context = command.context if command.context is not None else first_context(state)
    return [
        e.UndoStarted(
            at=command.at,
            by=command.by,
            why=command.why,
            to=command.to,
            label=command.label or BEGINNING,
            then="undone" if state.started is not None and state.started.parent else "paused",
            nodes=tuple(node.key for node in restart.nodes),
            compensations=tuple(orders(state, restart)),
            context=context,
            forced=tuple(dict.fromkeys(command.force)),
        )
    ]


def undo_plan(state: RunState, command: c.Undo) -> UndoPlan:
    """What the same wish would do; what must be named first stands in it.

    Args:
        state: The run; not changed.
        command: The wish.

    Raises:
        Refused: As `undo` does, but for what must be named.
    """
    restart = _undone(state, command)
    context = command.context if command.context is not None else first_context(state)
    places = restart.closures.get(state.root, set())
    changed, gone = context_change(state.context, context)
    again = [node.spec.step.label for node in restart.nodes if node.spec.represents_step]
    return UndoPlan(
        to=command.to,
        label=command.label or BEGINNING,
        ends=state.started is not None and bool(state.started.parent),
        steps=(*(_order_row(state, order) for order in orders(state, restart)), *_left_rows(state, places)),
        again=tuple(again),
        obstacles=tuple(permanent(state, places)),
        set=changed,
        unset=gone,
        seq=state.seq,
    )


def undone_by_going_back(state: RunState, to: int) -> Restart:
    """What begins anew when a run goes back: outside of blocks what was not over then, and all that depends on it.

    Args:
        state: The run.
        to: The number of the event after which everything is undone.
    """
    return restart_of(node for node in state.root.nodes if _is_after(node, to))


def _is_after(node: NodeState, to: int) -> bool:
    if node.status.settled:
        return node.settled > to
    return bool(node.attempt or node.openings)


def first_context(state: RunState) -> dict[str, JsonValue]:
    """The variables with which a run began."""
    return dict(state.started.context) if state.started is not None else {}


def orders(state: RunState, restart: Restart) -> list[e.CompensationOrder]:
    """What undoes the nodes, the newest first; what is under way is undone as if it were cut off now.

    Args:
        state: The run.
        restart: What begins anew.
    """
    places, roots = restart.closures.get(state.root, set()), state.graph.roots
    found = [order for order in state.done.values() if roots[order.step] in places]
    for node in under_way(state.root):
        if node.spec.step.compensate is not None and has_acted(state, node) and (order := compensation_of(state, node)) is not None:
            found.append(order)
    return sorted(found, key=lambda order: (-order.settled, -order.begun, order.of))


def _undone(state: RunState, command: c.Undo) -> Restart:
    """What a wish would undo, which is never nothing."""
    _check(state, command)
    restart = undone_by_going_back(state, command.to)
    if not restart.nodes:
        raise IllegalTransition(f"Nothing of run {state.run_id} has begun after that point, so nothing is to be undone.")
    return restart


def _check(state: RunState, command: c.Undo) -> None:
    if command.by.kind != "human":
        raise NotAllowed("Only a person can take a run back, and this process is none.", "A person does it, from a terminal of their own.")
    if command.seen is not None and command.seen != state.seq:
        raise IllegalTransition(
            f"Run {state.run_id} has moved on since the plan was shown, from event {command.seen} to {state.seq}.",
            "Nothing was done; look at the plan again.",
        )
    if state.status is RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has not started, so there is nothing to undo.")
    if state.status is RunStatus.UNDONE:
        raise IllegalTransition(f"Run {state.run_id} is undone already.")
    if state.undo is not None or state.undone is not None:
        raise IllegalTransition(
            f"Run {state.run_id} is being undone already.",
            f"What could not be undone is tried once more by `oyama recover {state.run_id}`.",
        )
    if not state.status.ended and (state.cancel is not None or state.finishing is not None or state.ending is not None):
        raise IllegalTransition(f"Run {state.run_id} is ending, so it cannot be undone now.", "Undo it when it is over.")
    if not state.idle:
        busy = next(iter((*state.running, *state.children)))
        child = busy in state.children
        hint = f"Pause it first: `oyama pause {state.run_id} --now`."
        if child:
            hint = f"Wait for that run, or cancel it: `oyama cancel {busy.child.run}`." if busy.child is not None else "Wait for that run."
        raise IllegalTransition(f"{busy.spec.step.label} runs, so what undoes it is not known yet.", hint)
    if not 0 <= command.to <= state.seq:
        raise NotFound(f"Run {state.run_id} has no event {command.to}; it has {state.seq}.")
    require_storable("reason", command.why)


def _check_forced(state: RunState, restart: Restart, command: c.Undo) -> None:
    """Refuse to pass over what cannot be undone, unless each such step is named."""
    staying = list(permanent(state, restart.closures.get(state.root, set())))
    strange = [step for step in command.force if step not in staying]
    if strange:
        known = ", ".join(staying) or "none"
        raise NotFound(f"{strange[0][:60]!r} is no step that has acted and cannot be undone.", f"Such steps are: {known}.")
    left = [step for step in staying if step not in command.force]
    if left:
        words = " ".join(f"--force {step}" for step in (*command.force, *left))
        raise IllegalTransition(
            f"{', '.join(left)} cannot be undone, and would stay as {'it is' if len(left) == 1 else 'they are'}.",
            f"To undo the rest all the same, name what stays: {words}",
        )


def _order_row(state: RunState, order: e.CompensationOrder) -> UndoStep:
    node = state.nodes.get(order.of)
    return UndoStep(
        node=order.of,
        step=order.step,
        label=state.graph.specs[order.step].step.label,
        was=str(node.status) if node is not None else str(StepStatus.COMPLETED),
        does="impossible" if order.input is None else "undone",
        action=order_words(order.kind, order.input) if order.input is not None else "",
        why=order.error,
    )


def _left_rows(state: RunState, places: Iterable[int]) -> Iterator[UndoStep]:
    """What steps have done that nothing undoes."""
    wanted = set(places)
    for step_id, place in state.graph.roots.items():
        step = state.graph.specs[step_id].step
        effect = effect_of(state, step_id)
        count = effect.succeeded + effect.cut_off + effect.failed
        if place not in wanted or not count or step.compensate is not None or KINDS[state.graph.specs[step_id].kind].is_block:
            continue
        does: UndoDoes = "permanent" if step.effect == "permanent" else "nothing" if step.effect == "none" else "undeclared"
        if does == "permanent" and not (effect.succeeded or effect.cut_off):
            does = "failed"
        was = "completed" if effect.succeeded else "cancelled" if effect.cut_off else "failed"
        yield UndoStep(node=step_id, step=step_id, label=step.label, was=was, does=does, count=count)


def context_at(journal: Iterable[e.Event], state: RunState, to: int) -> dict[str, JsonValue]:
    """The variables as they were after an event, without what the steps have set that begin anew.

    Args:
        journal: The run's events, in order.
        state: The run, with all of them.
        to: The number of that event; 0 for the beginning.
    """
    places, graph = undone_by_going_back(state, to).closures.get(state.root, set()), state.graph
    context: dict[str, JsonValue] = {}
    for number, event in enumerate(journal, 1):
        if number > max(to, 1):
            break
        if isinstance(event, e.RunStarted):
            context = dict(event.context)
        elif isinstance(event, e.StepSucceeded):
            if event.context and graph.roots.get(graph.spec_of(event.node).step.id) not in places:
                context.update(event.context)
        elif isinstance(event, e.ContextChanged | e.UndoFinished):
            context.update(event.set)
            for name in event.unset:
                context.pop(name, None)
    return context
