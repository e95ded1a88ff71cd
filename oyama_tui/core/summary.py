"""The summary of a run: the few values that its row shows, made from its state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.timers import next_deadline, next_length, next_timer
from oyama_tui.core.views import Phase

if TYPE_CHECKING:
    from oyama_tui.core.state import RunState


@dataclass(slots=True)
class RunSummary:
    """What a run's row says after an append."""

    status: str
    phase: Phase
    reason: str
    current_step: str
    completed: int
    total: int
    running: int
    open_approvals: int
    next_due: int | None
    pause_mode: str
    error: str
    error_node: str
    worked_ms: int
    working_since: int | None
    waited_ms: int
    at: int
    ended: bool
    outputs: dict[str, JsonValue] | None
    place: str = ""
    place_since: int | None = None
    breakpoints: str = ""
    """The steps before which it is to pause, comma separated."""
    leapt: int = 0
    """How much of the time since the start is none that has passed."""


def summarise(state: RunState) -> RunSummary:
    """Make the summary; its cost does not depend on the number of steps."""
    timer = None if state.status.ended else next_timer(state)
    error = state.error if state.status in (RunStatus.FAILED, RunStatus.REJECTED) else None
    return RunSummary(
        status=_status(state),
        phase=_phase(state),
        reason=_reason(state),
        current_step=_current_step(state),
        completed=_completed(state),
        total=state.total_steps if state.undo is None else len(state.undo.scope.nodes),
        running=len(state.running) + len(state.children),
        open_approvals=len(state.open),
        next_due=timer[0] if timer else None,
        pause_mode=state.pause.mode if state.pause else "",
        error=error.message if error else "",
        error_node=error.node if error else "",
        worked_ms=state.worked,
        working_since=state.working_since,
        waited_ms=state.waited,
        at=state.at,
        ended=state.status.ended,
        outputs=dict(state.outputs) or None,
        place=state.place,
        place_since=state.place_since,
        leapt=state.leapt,
        breakpoints=",".join(state.breakpoints),
    )


def _completed(state: RunState) -> int:
    """How many steps are over; while the run is undone, how many of those that undo others."""
    return state.settled_steps if state.undo is None else state.undo.settled


def admitted(state: RunState, event: e.RunAdmitted) -> RunSummary:
    """The summary of a queueing run once it has its place, made without folding: whether it gets it is known only after the append.

    Args:
        state: As it queues; not changed.
        event: That would give it its place.
    """
    now = summarise(state)
    # A leap of the clock is no time that has passed: what measures a length comes so much later.
    length, deadline = next_length(state), next_deadline(state)
    due = min([*([length[0] + event.leap] if length else []), *([deadline[0]] if deadline else [])], default=None)
    return replace(
        now,
        status="running",
        phase=_moving(state),
        next_due=due,
        place="held",
        place_since=event.at,
        at=event.at,
        leapt=now.leapt + event.leap,
    )


def _status(state: RunState) -> str:
    """The table's word: a run is pending until it has had its first place."""
    if state.status is RunStatus.RUNNING and state.place == "queued" and not state.admitted:
        return str(RunStatus.PENDING)
    return "failed" if state.status in (RunStatus.REJECTED, RunStatus.CANCELLED, RunStatus.UNDONE) else str(state.status)


def _current_step(state: RunState) -> str:
    """The step that began last, of those that run if it is over itself."""
    node = state.current
    if node is None or state.status.ended:
        return ""
    if node.status.settled and (busy := state.running or state.children):
        node = next(reversed(busy))
    return node.spec.step.id


def _phase(state: RunState) -> Phase:
    """The run's status in the word that people see."""
    if state.status is RunStatus.PENDING:
        return "queued"
    if state.status is RunStatus.RUNNING:
        if state.pause is not None:
            return "draining"
        if state.place == "queued":
            return "queued"
        return _moving(state)
    words: dict[RunStatus, Phase] = {
        RunStatus.PAUSED: "paused",
        RunStatus.COMPLETED: "completed",
        RunStatus.FAILED: "failed",
        RunStatus.REJECTED: "rejected",
        RunStatus.CANCELLED: "cancelled",
        RunStatus.UNDONE: "undone",
    }
    return words[state.status]


def _moving(state: RunState) -> Phase:
    """Whether something is under way, or people and times alone are waited for."""
    if state.undo is not None or state.undone is not None:
        return "undoing"
    resting = state.open or state.waits or state.retrying
    return "waiting" if resting and state.idle and not state.ready else "running"


def _reason(state: RunState) -> str:
    """Why the run waits or how it ended, in one line."""
    said = _reason_alone(state)
    failed = "; ".join(f"its {handler} handler failed: {why}" for handler, why in state.handled.items() if why)
    if state.handler is not None and not state.open:
        ends = f"{state.finishing.outcome}" if state.finishing is not None else ""
        said = f"{ends}, and its {next(reversed(state.handled))} handler runs"
    return f"{said.removesuffix('.')}; {failed}" if said and failed else said or failed


def _reason_alone(state: RunState) -> str:
    if state.status is RunStatus.CANCELLED and state.by is not None:
        why = state.cancel.reason if state.cancel is not None else ""
        return f"cancelled by {state.by.name}{f': {why}' if why else ''}"
    if state.status is RunStatus.UNDONE and state.by is not None:
        return f"{state.error.node}: {state.error.message}" if state.error is not None else f"undone by {state.by.name}"
    if state.status is RunStatus.REJECTED and state.error is not None:
        return f"by {state.error.by}: {state.error.message}" if state.error.by else state.error.message
    if state.status is RunStatus.FAILED and state.error is not None:
        return f"{state.error.node}: {state.error.message}" if state.error.node else state.error.message
    if state.pause is not None:
        return state.pause.reason or f"by {state.pause.by.name}"
    if state.undo is not None:
        return f"back {state.undo.started.label}"
    if state.open:
        content = state.approvals[next(iter(state.open))].content
        more = f" and {len(state.open) - 1} more" if len(state.open) > 1 else ""
        return f"{content.title if content else ''}{more}"
    return _awaited(state)


def _awaited(state: RunState) -> str:
    """The event that a run waits for while nothing runs; empty when it waits for none."""
    if state.running or not state.listening or state.status.ended:
        return ""
    name, nodes = min(state.listening.items(), key=lambda found: found[1][0].order)
    more = sum(map(len, state.listening.values())) - 1
    return f"event {name}, for {nodes[0].key}{f' and {more:,} more' if more else ''}"
