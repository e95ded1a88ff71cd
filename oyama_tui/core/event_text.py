"""What each event says to people, in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from oyama_tui.core import events as e
from oyama_tui.core.answer_words import answer_words, status_after
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.format import as_text, near_minute
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.text import first_line
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER

LONGEST = 160
"""Characters of a text from outside that one line may show."""


def event_text(event: e.Event) -> str:
    """What happened, in one line; the node is not named.

    Args:
        event: An event of any type.
    """
    return _TEXTS[type(event)](event)


def _line(text: str) -> str:
    return first_line(text, LONGEST)


def _said(text: str) -> str:
    """A reason or comment as the end of a line; nothing when there is none."""
    return f": {_line(text)}" if text.strip() else ""


def _attempt(number: int) -> str:
    return f" (attempt {number})" if number > 1 else ""


def _run_started(event: e.RunStarted) -> str:
    origin = f", forked from {event.forked_from}" if event.forked_from else f", as part of {event.parent}" if event.parent else ""
    inputs = f" with {', '.join(event.inputs)}" if event.inputs else ""
    return _line(f"started by {event.by.name} ({event.trigger}){inputs}{origin}")


def _run_failed(event: e.RunFailed) -> str:
    error = event.error
    if error.kind == "rejected":
        return f"rejected{f' by {error.by}' if error.by else ''}{_said(error.message)}"
    where = f" at {error.node}" if error.node else ""
    return f"failed{where}{_said(error.message)}"


def _pause_requested(event: e.PauseRequested) -> str:
    if event.step:
        return f"pauses before {event.step}, as {event.by.name} wanted"
    return f"{event.by.name} asked for a pause{' at once' if event.mode == 'now' else ''}{_said(event.reason)}"


def _step_scheduled(event: e.StepScheduled) -> str:
    if event.due is not None:
        return f"waits until {near_minute(event.due, event.at)}"
    return f"starts{_attempt(event.attempt)}"


def _step_succeeded(event: e.StepSucceeded) -> str:
    took = f" in {format_duration(event.duration)}" if event.duration else ""
    last = without_colours(event.output).strip().rpartition("\n")[2]
    return f"completed{_attempt(event.attempt)}{took}{_said(last)}"


def _step_failed(event: e.StepFailed) -> str:
    again = "; it will be tried again" if event.retryable else ""
    return f"failed{_attempt(event.attempt)}{_said(event.message)}{again}"


def _step_suspended(event: e.StepSuspended) -> str:
    until = f" (until {near_minute(event.due, event.at)})" if event.due is not None else ""
    return f"waits for event {event.waits_for}{until}"


def _block_opened(event: e.BlockOpened) -> str:
    if event.step_kind == "for_each":
        return f"goes through {event.count:,} item{'' if event.count == 1 else 's'}"
    if event.step_kind == "switch":
        return f"takes branch {event.branch + 1}"
    return "begins"


def _steps_reopened(event: e.StepsReopened) -> str:
    count = len(event.nodes)
    return f"goes back to {event.nodes[0]}, {f'{count} steps begin' if count > 1 else 'which begins'} anew{_said(event.why)}"


def _steps_restarted(event: e.StepsRestarted) -> str:
    said = [f"{one.step} {'is done' if one.outcome == 'done' else 'is left out'}" for one in event.supplied if one.step_kind != "gate"]
    count = len(event.nodes) - len(event.supplied)
    what = event.nodes[0] if len(event.nodes) == 1 else f"{count} step{'' if count == 1 else 's'}"
    again = [f"{what} begin{'s' if count == 1 else ''} once more"] if count else []
    return _line(f"{event.by.name}: {', '.join([*again, *said]) or 'it goes on'}{_said(event.why)}")


def _undo_started(event: e.UndoStarted) -> str:
    count = len(event.compensations)
    what = f"{count:,} step{'s are' if count != 1 else ' is'} undone" if count else "nothing is there that undoes a step"
    what += f", {', '.join(event.forced)} left as {'it is' if len(event.forced) == 1 else 'they are'}" if event.forced else ""
    who = "the workflow" if event.error is not None else event.by.name
    return _line(f"{who} takes it back {event.label}: {what}{_said(event.why)}")


def _run_undone(event: e.RunUndone) -> str:
    return f"undone{_said(event.error.message)}" if event.error is not None else f"undone by {event.by.name}"


def _step_reused(event: e.StepReused) -> str:
    return f"{'is left out' if event.status == 'skipped' else 'is done'} already, in the run that this one is forked from"


_ENDS = {"completed": "complete", "failed": "fail", "rejected": "end as rejected", "cancelled": "be cancelled", "undone": "end as undone"}


def _handler_started(event: e.HandlerStarted) -> str:
    why = _said(event.error.message) if event.error is not None else ""
    return f"is about to {_ENDS[event.outcome]}{why}; its {event.handler} handler begins"


def _handler_settled(event: e.HandlerSettled) -> str:
    how = f"failed at {event.cause}{_said(event.error)}" if event.status == "failed" else event.status
    return f"its {event.handler} handler {'was cancelled' if event.status == 'cancelled' else how}"


def _scope_settled(event: e.ScopeSettled) -> str:
    how = f"failed{_said(event.error)}" if event.status == "failed" else "completed"
    return f"{event.index + 1} {how}{'; once more' if event.again else ''}"


def _context_changed(event: e.ContextChanged) -> str:
    parts = [f"set {', '.join(event.set)}"] if event.set else []
    parts += [f"removed {', '.join(event.unset)}"] if event.unset else []
    return _line(f"{event.by.name} {' and '.join(parts) or 'changed nothing'}")


def _vote_cast(event: e.VoteCast) -> str:
    unseen = "" if event.digest else ", without a look at the card"
    edits = f", with other values of {_line(', '.join(event.edits))}" if event.edits else ""
    return f"{event.principal.name} answered {event.verdict.replace('_', ' ')}{edits}{unseen}{_said(event.comment)}"


def _delegated(event: e.ApprovalDelegated) -> str:
    return f"{event.by.name} asks {_line(event.to)} to answer{_said(event.comment)}"


def _snoozed(event: e.ApprovalSnoozed) -> str:
    if event.until <= event.at:
        return f"{event.by.name} wants to see it again"
    return f"{event.by.name} does not want to see it until {near_minute(event.until, event.at)}{_said(event.comment)}"


def _escalated(event: e.ApprovalEscalated) -> str:
    return f"nobody has answered: {_line(', '.join(event.to))} may answer too" if event.to else "nobody has answered: a reminder"


def _approval_requested(event: e.ApprovalRequested) -> str:
    again = " again, because what was approved has changed" if event.previous else ""
    until = f" (until {near_minute(event.deadline, event.at)})" if event.deadline is not None else ""
    if event.cut:
        return f"asks a person about attempt {event.cut}: {_line(event.content.title)}"
    asks = "waits for work by hand" if event.step_kind == "task" else f"asks a person{again}"
    return f"{asks}: {_line(event.content.title)}{until}"


def _approval_decided(event: e.ApprovalDecided) -> str:
    status = status_after(event.verdict)
    if event.cut and event.verdict == "approve":
        return _line(f"{event.by.name}: {event.form.get('answer')}{_said(event.comment)}")
    edits = f", {_line(', '.join(event.edits))} edited" if event.edits else ""
    return f"{answer_words(event.kind).said(status, event.by.name)}{edits}{_said(event.comment)}"


_THEN = {
    "reject": "taken as a no",
    "fail": "the step fails",
    "approve": "taken as a yes, as the workflow says",
    "goto": "the run goes back",
}
_TIMES_UP = {RUN_TIMER: "the time of the run is up", TOTAL_TIMER: "all the time of the run is up"}
_WHY_INTERRUPTED = {"engine_ended": "its engine ended", "engine_stopped": "its engine was stopped", "paused": "the run was paused"}


def _step_interrupted(event: e.StepInterrupted) -> str:
    then = "a person is asked what is so" if event.asks else "it runs again"
    return f"interrupted{_attempt(event.attempt)}, because {_WHY_INTERRUPTED[event.why]}; {then}"


_TEXTS: Final[dict[type[e.EventBase], Callable[[Any], str]]] = {
    e.RunStarted: _run_started,
    e.PauseRequested: _pause_requested,
    e.RunPaused: lambda event: "paused: nothing runs any more",
    e.RunResumed: lambda event: f"resumed by {event.by.name}",
    e.CancelRequested: lambda event: f"{event.by.name} asked to cancel it{_said(event.reason)}",
    e.RunCompleted: lambda event: _line(f"completed{' with ' + ', '.join(event.outputs) if event.outputs else ''}"),
    e.RunFailed: _run_failed,
    e.RunCancelled: lambda event: f"cancelled by {event.by.name}{_said(event.reason)}",
    e.StepScheduled: _step_scheduled,
    e.StepSucceeded: _step_succeeded,
    e.StepFailed: _step_failed,
    e.RetryScheduled: lambda event: f"attempt {event.attempt} follows in {format_duration(max(0, event.due - event.at))}",
    e.StepSkipped: lambda event: f"skipped{_said(event.why)}",
    e.StepCancelled: lambda event: f"cancelled{_said(event.why)}",
    e.StepInterrupted: _step_interrupted,
    e.EventReceived: lambda event: (
        f"event {event.name} from {event.by.name}{_said(as_text(event.payload)) if event.payload is not None else ''}"
    ),
    e.RetryRequested: lambda event: f"{event.by.name} wants no further pause",
    e.StepSuspended: _step_suspended,
    e.StepResumed: lambda event: f"goes on with event {event.event}",
    e.ChildStarted: lambda event: f"is run {event.label} ({event.run})",
    e.BlockOpened: _block_opened,
    e.ScopeOpened: lambda event: f"{event.index + 1} begins",
    e.ScopeSettled: _scope_settled,
    e.BlockRested: lambda event: f"the next round follows in {format_duration(max(0, event.due - event.at))}",
    e.HandlerStarted: _handler_started,
    e.HandlerSettled: _handler_settled,
    e.StepsReopened: _steps_reopened,
    e.StepsRestarted: _steps_restarted,
    e.StepReused: _step_reused,
    e.UndoStarted: _undo_started,
    e.UndoFinished: lambda event: "everything that was to be undone is" if not event.nodes else _line(event.why),
    e.RunUndone: _run_undone,
    e.BreakpointSet: lambda event: f"{event.by.name} wants it to pause before {event.step}",
    e.BreakpointsCleared: lambda event: f"{event.by.name} wants no pause before {_line(', '.join(event.steps))} any more",
    e.ApprovalRequested: _approval_requested,
    e.VoteCast: _vote_cast,
    e.ApprovalDecided: _approval_decided,
    e.ApprovalExpired: lambda event: f"nobody answered in time: {_THEN[event.then]}",
    e.ApprovalCancelled: lambda event: f"the question was withdrawn{_said(event.why)}",
    e.ApprovalCommented: lambda event: f"{event.by.name} says{_said(event.comment)}",
    e.ApprovalDelegated: _delegated,
    e.ApprovalSnoozed: _snoozed,
    e.ApprovalExtended: lambda event: f"{event.by.name} gives it time until {near_minute(event.deadline, event.at)}{_said(event.comment)}",
    e.ApprovalEscalated: _escalated,
    e.LookWanted: lambda event: f"{event.by.name} wants the evidence anew, and to be asked once more{_said(event.comment)}",
    e.GatePassed: lambda event: "the gate is passed: what was approved is what will happen",
    e.TimerFired: lambda event: _TIMES_UP.get(event.id, "its time has come"),
    e.ContextChanged: _context_changed,
    e.RunAdmitted: lambda event: f"its turn has come: it has one of {event.limit} place{'' if event.limit == 1 else 's'}",
    e.PlaceReleased: lambda event: "only people are waited for: the next run gets its place",
    e.PlaceRequested: lambda event: "there is something to do again: it queues for a place",
}
