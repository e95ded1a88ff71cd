"""Planning the end of a run: its handlers, one after the other, and then the end itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from oyama_tui.core import events as e
from oyama_tui.core.events.handler import HandlerName, Outcome
from oyama_tui.core.state import RunState

End: TypeAlias = e.RunCompleted | e.RunFailed | e.RunCancelled | e.RunUndone
_FOR: dict[Outcome, HandlerName] = {"completed": "success", "failed": "failure", "cancelled": "cancel"}
"""The handler that is there for each end; a rejection has none but that for every end."""


def end_run(state: RunState, end: End) -> e.Event:
    """The end of a run, or the first handler that is there for it.

    Args:
        state: A run in which nothing goes on any more, or will not once this follows.
        end: How it ends.
    """
    outcome: Outcome = "completed"
    if isinstance(end, e.RunCancelled):
        outcome = "cancelled"
    elif isinstance(end, e.RunUndone):
        outcome = "undone"
    elif isinstance(end, e.RunFailed):
        outcome = "rejected" if end.error.kind == "rejected" else "failed"
    error = end.error if isinstance(end, e.RunFailed | e.RunUndone) else None
    handler = next(_left(state, outcome, error), None)
    if handler is None:
        return end
    return e.HandlerStarted(
        at=state.at,
        handler=handler,
        outcome=outcome,
        outputs=end.outputs if isinstance(end, e.RunCompleted) else {},
        error=error,
        round=state.ends + 1,
        nodes=tuple(spec.key for spec in state.graph.handlers[handler].nodes) if state.ends else (),
    )


def _left(state: RunState, outcome: Outcome, error: e.RunError | None) -> Iterator[HandlerName]:
    """The handlers that are still to run, in order; what is undone because it failed has failed."""
    failed = outcome == "undone" and error is not None and error.kind != "rejected"
    wanted: list[HandlerName] = ["failure"] if failed else [_FOR[outcome]] if outcome in _FOR else []
    for handler in (*wanted, "exit"):
        if handler in state.graph.handlers and handler not in state.handled and not state.handlers_cut:
            yield handler


def handler_settled(state: RunState) -> e.HandlerSettled:
    """What the handler that is under way came to, once nothing of it goes on."""
    scope = state.handler
    assert scope is not None
    name = next(reversed(state.handled))
    error = scope.ending.error if scope.ending is not None else scope.error
    if error is None:
        return e.HandlerSettled(at=state.at, handler=name)
    return e.HandlerSettled(at=state.at, handler=name, status="failed", error=error.message, cause=error.node)


def settled_end(state: RunState) -> End:
    """How the run ends, as it was settled before its first handler began."""
    finishing = state.finishing
    assert finishing is not None
    if finishing.outcome == "completed":
        return e.RunCompleted(at=state.at, outputs=finishing.outputs)
    if finishing.outcome == "cancelled":
        assert state.cancel is not None
        return e.RunCancelled(at=state.at, by=state.cancel.by, reason=state.cancel.reason)
    if finishing.outcome == "undone":
        return undone_end(state)
    assert finishing.error is not None
    return e.RunFailed(at=state.at, error=finishing.error)


def undone_end(state: RunState) -> e.RunUndone:
    """The end of a run whose steps are undone."""
    undone = state.undone
    assert undone is not None
    return e.RunUndone(at=state.at, by=undone.by, error=undone.error)
