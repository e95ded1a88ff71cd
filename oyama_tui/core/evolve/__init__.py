"""Folding: what each event means for the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import approvals, blocks, handlers, limit, recovery, reuse, rounds, runs, signals, steps, undo
from oyama_tui.core.evolve.leaping import leap
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus

__all__ = ["evolve", "fold"]


def evolve(state: RunState, event: e.Event) -> None:
    """Fold one event into the state, in place.

    Args:
        state: What the journal up to here has folded into.
        event: The next event of the same journal.

    Raises:
        CorruptJournal: The tables do not allow this event now; the state is as it was.
    """
    if state.status.ended and not isinstance(event, e.StepsRestarted | e.UndoStarted):
        raise CorruptJournal(f"Run {state.run_id}: event {state.seq + 1} ({event.type}) follows the end of the run.")
    if event.leap:
        _fold_after_leap(state, event)
    else:
        _FOLDS[type(event)](state, event)
    if isinstance(event, e.StepInterrupted) and event.why == "engine_ended" and state.working_since is not None:
        state.working_since += max(0, event.at - state.at)
    state.seq += 1
    state.at = event.at
    _keep_time(state, event.at)


def _fold_after_leap(state: RunState, event: e.Event) -> None:
    """Fold an event before which the clock was set forward."""
    timers = list(state.timers)
    leap(state, event.leap)
    try:
        _FOLDS[type(event)](state, event)
    except CorruptJournal:
        leap(state, -event.leap)
        state.timers = timers
        raise


def fold(state: RunState, journal: Iterable[e.Event]) -> RunState:
    """Fold a whole journal, in order."""
    for event in journal:
        evolve(state, event)
    return state


def _keep_time(state: RunState, at: int) -> None:
    """Keep account of working time and of time in which only people were waited for."""
    live = state.status is RunStatus.RUNNING
    working = live and bool(state.running or state.retrying or state.waits or state.woken)
    waiting = live and not working and not state.children and bool(state.open)
    if not working and state.working_since is not None:
        state.worked += max(0, at - state.working_since)
        state.working_since = None
    elif working and state.working_since is None:
        state.working_since = at
    if not waiting and state.waiting_since is not None:
        state.waited += max(0, at - state.waiting_since)
        state.waiting_since = None
    elif waiting and state.waiting_since is None:
        state.waiting_since = at


_FOLDS: Final[dict[type[e.EventBase], Callable[[RunState, Any], None]]] = {
    e.RunStarted: runs.fold_run_started,
    e.PauseRequested: runs.fold_pause_requested,
    e.BreakpointSet: runs.fold_breakpoint_set,
    e.BreakpointsCleared: runs.fold_breakpoints_cleared,
    e.RunPaused: runs.fold_run_paused,
    e.RunResumed: runs.fold_run_resumed,
    e.CancelRequested: runs.fold_cancel_requested,
    e.RunCompleted: runs.fold_run_completed,
    e.RunFailed: runs.fold_run_failed,
    e.RunCancelled: runs.fold_run_cancelled,
    e.StepScheduled: steps.fold_step_scheduled,
    e.StepSucceeded: steps.fold_step_succeeded,
    e.StepFailed: steps.fold_step_failed,
    e.RetryScheduled: steps.fold_retry_scheduled,
    e.StepSkipped: steps.fold_step_skipped,
    e.StepCancelled: steps.fold_step_cancelled,
    e.StepInterrupted: steps.fold_step_interrupted,
    e.StepSuspended: signals.fold_step_suspended,
    e.StepResumed: signals.fold_step_resumed,
    e.RetryRequested: signals.fold_retry_requested,
    e.EventReceived: signals.fold_event_received,
    e.ChildStarted: steps.fold_child_started,
    e.BlockOpened: blocks.fold_block_opened,
    e.ScopeOpened: blocks.fold_scope_opened,
    e.ScopeSettled: blocks.fold_scope_settled,
    e.BlockRested: blocks.fold_block_rested,
    e.HandlerStarted: handlers.fold_handler_started,
    e.HandlerSettled: handlers.fold_handler_settled,
    e.StepsReopened: rounds.fold_steps_reopened,
    e.StepsRestarted: recovery.fold_steps_restarted,
    e.UndoStarted: undo.fold_undo_started,
    e.UndoFinished: undo.fold_undo_finished,
    e.RunUndone: undo.fold_run_undone,
    e.StepReused: reuse.fold_step_reused,
    e.ApprovalRequested: approvals.fold_approval_requested,
    e.VoteCast: approvals.fold_vote_cast,
    e.ApprovalDecided: approvals.fold_approval_decided,
    e.ApprovalExpired: approvals.fold_approval_expired,
    e.ApprovalCancelled: approvals.fold_approval_cancelled,
    **dict.fromkeys((e.ApprovalCommented, e.ApprovalDelegated, e.ApprovalSnoozed, e.ApprovalExtended), approvals.fold_approval_act),
    e.ApprovalEscalated: approvals.fold_approval_escalated,
    e.LookWanted: approvals.fold_look_wanted,
    e.GatePassed: approvals.fold_gate_passed,
    e.TimerFired: runs.fold_timer_fired,
    e.ContextChanged: runs.fold_context_changed,
    e.RunAdmitted: limit.fold_run_admitted,
    e.PlaceReleased: limit.move_place,
    e.PlaceRequested: limit.move_place,
}
