"""Why a run waits, in one line, and the words of the command that would change it: every reason that people read of a whole run is here.

Why a step waits stands in `node_notes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyama_tui.core.format import near_minute
from oyama_tui.core.views.words import ENDED_PHASES, Phase, tells_not_undone

Hint = tuple[str, ...]
"""The words of a command after `oyama`; empty when there is none or nothing is needed."""
BUSY: Final[tuple[Phase, ...]] = ("queued", "running", "draining", "undoing")
"""A run of these stands still without an engine; one that waits for a person or is paused does so by itself."""


_QUEUE: Final = "waiting: queue "


def why_imported(reason: str, *, ended: bool) -> str:
    """Why a run that came from a file stands as it does.

    Args:
        reason: What its row says.
        ended: It was over when its file was written.
    """
    return "; ".join(filter(None, ("imported", reason if ended else "was not over when its file was written")))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is before a run in the line for a place."""

    before: int
    """How many runs queue before it."""
    number: int | None
    """The run that must move for it to come nearer: the one right before it, or one that has a place; none when there is none."""
    stuck: str = ""
    """Why that one does not move by itself, as the end of a sentence; empty when it does."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a run of which it is asked why it waits."""

    run_id: str
    workflow_id: str
    phase: Phase
    reason: str
    """What its row says: the question, the pause, the error."""
    needs_you: bool
    """A gate of it is open."""
    driven: bool
    """A living engine owns it."""
    left: bool
    """Its row names an engine that does not live."""
    answered: bool
    """Somebody has answered a gate of it."""
    obstacle: str
    """Why an engine that has looked at it does not drive it."""
    ahead: Ahead | None
    """What is before it, when it queues for a place."""
    due: int | None
    """When its nearest timer is due, in milliseconds since 1970 UTC."""
    now: int
    """Likewise."""
    asks_others: str = ""
    """Whom its open gates wait for, where whoever looks may answer none of them."""
    tries: int = 0
    """Which attempt of its step follows when that timer is due; 0 when it waits for another reason."""
    failed: str = ""
    """Why the attempt before that one failed."""


def why_waits(run: Standing) -> tuple[str, Hint]:
    """Why a run waits or how it ended, and the command that would change it.

    The first that fits: an obstacle, a missing engine, a pause or a question, the line for a place, a time.

    Args:
        run: What is known of it.
    """
    if run.phase in ENDED_PHASES:
        return run.reason, ()
    go_on = ("resume", run.run_id)
    if not run.driven and run.obstacle:
        return f"left alone: {run.obstacle}", go_on
    told = run.reason and run.phase != "undoing"
    if not run.driven and not told and (run.phase in BUSY or (run.phase == "waiting" and not run.needs_you)):
        return _undriven(run), go_on
    if run.phase in ("paused", "draining"):
        return run.reason, ("recover", run.run_id) if tells_not_undone(run.reason) else go_on if run.phase == "paused" else ()
    if run.needs_you:
        return run.reason, () if run.asks_others else ("approve", run.run_id)
    if run.ahead is not None:
        return _queueing(run.workflow_id, run.ahead)
    if run.phase == "waiting" and not run.reason and run.due is not None:
        when = near_minute(run.due, run.now)
        return (f"try {run.tries} at {when}: {run.failed}".removesuffix(": ") if run.tries else f"waits until {when}"), ()
    return run.reason, ()


def in_line(reason: str) -> str:
    """What is before a run that queues, where its workflow and that it queues stand beside it; any other reason as it is.

    Args:
        reason: As `why_waits` says it.
    """
    return reason.partition(", ")[2] if reason.startswith(_QUEUE) else reason


def _undriven(run: Standing) -> str:
    """Why a run stands still that no living engine drives."""
    if run.left:
        return "left: its engine has ended"
    return "waits for an engine" if run.phase == "queued" or not run.answered else "answered, waits for an engine"


def _queueing(workflow_id: str, ahead: Ahead) -> tuple[str, Hint]:
    """What is before a run that queues, and the command that would bring it nearer."""
    if ahead.number is None:
        return f"{_QUEUE}{workflow_id}, next", ()
    other = f"{workflow_id}#{ahead.number}"
    if ahead.before:
        return f"{_QUEUE}{workflow_id}, {ahead.before} before it", ("cancel", other)
    stuck = f", {ahead.stuck}" if ahead.stuck else ""
    return f"{_QUEUE}{workflow_id}, after #{ahead.number}{stuck}", ("resume" if stuck else "cancel", other)
