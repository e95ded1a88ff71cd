"""Folding events of handlers."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import corrupt, run_status
from oyama_tui.core.evolve.settling import release, stop
from oyama_tui.core.scope import Scope
from oyama_tui.core.state import RunState, open_scope


def fold_handler_started(state: RunState, event: e.HandlerStarted) -> None:
    """Settle how the run ends, and begin what is there for that."""
    status = run_status(state, event)
    if event.round != state.ends + 1:
        raise corrupt(state, event, f"begins the handler of end {event.round}, and this is end {state.ends + 1}")
    body = state.graph.handlers.get(event.handler)
    if body is None or event.handler in state.handled or state.handler is not None or not state.idle or state.open or state.blocks:
        raise corrupt(state, event, f"begins the handler for {event.handler}, which there is not, or before everything else is over")
    if event.outcome == "cancelled":
        # What was ready when the run was cancelled never begins.
        stop(state, state.root, e.RunError(kind="step", message="the run was cancelled"), cancel_running=True)
    state.ready.clear()
    # A paused run that is cancelled or rejected goes on to its end.
    state.status = status
    state.pause = None
    state.finishing = state.finishing or event
    state.handled[event.handler] = ""
    state.total_steps += body.leaves
    order = (len(state.root.nodes) + len(state.handled),)
    state.handler = Scope(body, order=order, behind=state.root)
    open_scope(state, state.handler, event.round)
    for node in state.handler.nodes:
        if node.unmet == 0:
            release(state, node)


def fold_handler_settled(state: RunState, event: e.HandlerSettled) -> None:
    """Note what became of a handler."""
    run_status(state, event)
    scope = state.handler
    under_way = not state.idle or state.open or state.blocks or state.retrying or state.waits
    if scope is None or event.handler not in state.handled or under_way or (scope.busy and event.status != "cancelled"):
        raise corrupt(state, event, f"settles the handler for {event.handler}, of which something goes on or nothing has begun")
    state.ready.clear()
    state.handler = None
    if event.status == "failed":
        state.handled[event.handler] = f"{event.cause}: {event.error}" if event.cause else event.error
