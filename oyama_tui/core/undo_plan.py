"""Planning an undo: when a run takes itself back, and what follows once everything is undone."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.effects import permanent
from oyama_tui.core.events.undo import NOT_UNDONE, UNDONE_BACK
from oyama_tui.core.node_keys import MARKS
from oyama_tui.core.state import RunState, Undo
from oyama_tui.core.undo import BEGINNING, first_context, orders, undone_by_going_back
from oyama_tui.core.variables import context_change


def undo_itself(state: RunState, error: e.RunError) -> e.UndoStarted | None:
    """How a run that is about to end takes itself back; none where its workflow does not say so, or cannot.

    Args:
        state: A run in which nothing goes on any more.
        error: Why it would fail.
    """
    if not _wants_undo(state, error):
        return None
    restart = undone_by_going_back(state, 0)
    places = restart.closures.get(state.root, set())
    if next(permanent(state, places), None) is not None:
        return None
    return e.UndoStarted(
        at=state.at,
        by=e.SYSTEM,
        to=0,
        label=BEGINNING,
        then="undone",
        error=error,
        nodes=tuple(node.key for node in restart.nodes),
        compensations=tuple(orders(state, restart)),
        context=first_context(state),
    )


def why_not_undone(state: RunState, error: e.RunError) -> str:
    """Why a run that is to take itself back does not; empty where it does, or is not to.

    Args:
        state: A run in which nothing goes on any more.
        error: Why it fails.
    """
    if not _wants_undo(state, error):
        return ""
    places = undone_by_going_back(state, 0).closures.get(state.root, set())
    staying = list(permanent(state, places))
    return f"not undone, because {', '.join(staying)} cannot be" if staying else ""


def _wants_undo(state: RunState, error: e.RunError) -> bool:
    """Whether the step that ends the run, or a block around it, says that the run is undone then."""
    specs = state.graph.specs
    if error.kind == "rejected":
        gate = state.graph.spec_of(error.node).gate if error.node else None
        return gate is not None and gate.on_reject == "undo"
    if error not in state.root.failures.values():
        return False
    ids = {part for node, found in state.root.failures.items() for part in (node.spec.step.id, *MARKS.sub("", found.node).split("."))}
    return any(specs[step_id].step.on_failure == "undo" for step_id in ids if step_id in specs)


def failing(state: RunState, error: e.RunError) -> e.RunFailed:
    """The failure of a run, with the reason why it is not undone where its workflow wants that.

    Args:
        state: A run in which nothing goes on any more.
        error: Why it fails.
    """
    why = why_not_undone(state, error)
    return e.RunFailed(at=state.at, error=error.model_copy(update={"message": f"{error.message}; {why}"}) if why else error)


def undo_settled(state: RunState, undo: Undo) -> e.Event:
    """What follows when nothing of an undo goes on any more: the run is where it was, or rests because something could not be undone.

    Args:
        state: The run.
        undo: The undo.
    """
    error, started = undo.scope.error, undo.started
    if error is not None:
        label = state.graph.spec_of(error.node).step.label
        return e.PauseRequested(at=state.at, by=e.SYSTEM, reason=f"{label} {NOT_UNDONE}: {error.message}")
    changed, gone = context_change(state.context, started.context)
    ends = started.then == "undone"
    return e.UndoFinished(
        at=state.at,
        nodes=() if ends else started.nodes,
        set=changed,
        unset=gone,
        by=started.by,
        why="" if ends else f"{UNDONE_BACK} {started.label}",
    )
