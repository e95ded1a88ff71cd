"""Folding events of a run as a whole, of time and of the context."""

from __future__ import annotations

from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.evolve.blocks import end_rest
from oyama_tui.core.evolve.checks import corrupt, find_node, live, run_status
from oyama_tui.core.evolve.limit import leave_line
from oyama_tui.core.evolve.listening import mute
from oyama_tui.core.evolve.settling import make_ready, release, stop
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus, StepStatus
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER

_USED_UP: Final = {RUN_TIMER: "the run's working time is used up", TOTAL_TIMER: "the run has taken longer than it may in all"}


def fold_run_started(state: RunState, event: e.RunStarted) -> None:
    """Take inputs and context, and make the nodes without needs ready."""
    state.status = run_status(state, event)
    state.started = event
    state.context = dict(event.context)
    if event.queued:
        state.place, state.place_since = "queued", event.at
    for node in state.root.nodes:
        if node.unmet == 0:
            release(state, node)


def fold_pause_requested(state: RunState, event: e.PauseRequested) -> None:
    """Note that nothing new is to start."""
    status = run_status(state, event)
    if event.step and event.step not in state.breakpoints:
        raise corrupt(state, event, f"pauses before {event.step!r}, where nobody wanted it to")
    state.status = status
    state.pause = event
    state.breakpoints.pop(event.step, None)


def fold_breakpoint_set(state: RunState, event: e.BreakpointSet) -> None:
    """Note before which step the run is to pause."""
    run_status(state, event)
    if event.step in state.breakpoints or event.step not in state.graph.pausable:
        raise corrupt(state, event, f"sets a breakpoint at {event.step!r}, which has one or is no step")
    state.breakpoints[event.step] = event.by


def fold_breakpoints_cleared(state: RunState, event: e.BreakpointsCleared) -> None:
    """Forget breakpoints."""
    run_status(state, event)
    if not state.breakpoints.keys() >= set(event.steps):
        raise corrupt(state, event, "clears a breakpoint that there is not")
    for step in event.steps:
        del state.breakpoints[step]


def fold_run_paused(state: RunState, event: e.RunPaused) -> None:
    """No step is running; stop counting working time."""
    state.status = run_status(state, event)


def fold_run_resumed(state: RunState, event: e.RunResumed) -> None:
    """Let nodes start again, repeatedly_interrupted ones too."""
    state.status = run_status(state, event)
    state.pause = None
    for node in state.repeatedly_interrupted:
        node.interruptions = 0
    state.repeatedly_interrupted.clear()


def fold_cancel_requested(state: RunState, event: e.CancelRequested) -> None:
    """Note that the run is to end now; once it ends already, that its handlers end as well."""
    state.status = run_status(state, event)
    state.handlers_cut = state.finishing is not None
    state.cancel = state.cancel or event


def fold_run_completed(state: RunState, event: e.RunCompleted) -> None:
    """End the run and keep its outputs."""
    state.status = run_status(state, event)
    state.outputs = dict(event.outputs)
    leave_line(state)


def fold_run_failed(state: RunState, event: e.RunFailed) -> None:
    """End the run and keep the reason."""
    rejected = event.error.kind == "rejected"
    state.status = run_status(state, event, RunStatus.REJECTED if rejected else RunStatus.FAILED)
    state.error = event.error
    leave_line(state)


def fold_run_cancelled(state: RunState, event: e.RunCancelled) -> None:
    """End the run and keep who wanted that."""
    state.status = run_status(state, event)
    state.by = event.by
    leave_line(state)


def fold_timer_fired(state: RunState, event: e.TimerFired) -> None:
    """End a retry's pause, a wait, or the run's time."""
    if event.id in _USED_UP:
        live(state, event)
        stop(state, state.root, e.RunError(kind="timeout", message=_USED_UP[event.id]), cancel_running=True)
        return
    known = state.nodes.get(event.id)
    retrying = known in state.retrying
    block = known.block if known is not None else None
    wanted = StepStatus.READY if retrying else StepStatus.RUNNING if block is not None else StepStatus.WAITING
    node = find_node(state, event, event.id, wanted)
    if node.due is None:
        raise corrupt(state, event, f"fires a timer of {event.id}, which has none")
    if retrying:
        make_ready(state, node)
    elif block is not None:
        end_rest(state, node, block)
    else:
        node.due = None
        state.fired.add(node)
        if node.waits_for:
            mute(state, node)


def fold_context_changed(state: RunState, event: e.ContextChanged) -> None:
    """Change variables as a person said."""
    live(state, event)
    state.context.update(event.set)
    for name in event.unset:
        state.context.pop(name, None)
