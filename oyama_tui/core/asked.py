"""How a question from outside stands, as its journal tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.events.base import round_of
from oyama_tui.core.format import moment
from oyama_tui.core.questions import STEP
from oyama_tui.core.views.asked import AskedStatus, AskedView
from oyama_tui.core.views.runs import AttemptView

FIRST_ARGUMENT: Final = "argument_0"


@dataclass(slots=True)
class _Standing:
    """What is known of a question so far."""

    command: bool
    """Something runs after a yes."""
    status: AskedStatus = "checking"
    approval: e.ApprovalRequested | None = None
    deadline: int | None = None
    by: str = ""
    comment: str = ""
    form: dict[str, JsonValue] = field(default_factory=dict)
    decided_at: int | None = None
    exit_code: int | None = None
    error: str = ""
    begun: bool = False
    """What was approved has begun, and nobody knows yet what became of it."""
    cut_off: bool = False


def asked_view(run_id: str, number: int, workflow_id: str, events: Iterable[e.Event]) -> AskedView | None:
    """A question as its journal tells it; none when the run is no question from outside.

    Args:
        run_id: The state id.
        number: Of the run among those of its workflow.
        workflow_id: The workflow.
        events: The whole journal, in order.
    """
    journal = iter(events)
    started = next(journal, None)
    if not isinstance(started, e.RunStarted) or started.asker is None:
        return None
    asker, now = started.asker, _Standing(command=FIRST_ARGUMENT in started.inputs)
    for event in journal:
        fold = _FOLDS.get(type(event))
        if fold is not None:
            fold(now, event)
    approval = now.approval
    return AskedView(
        run_id=run_id,
        run_label=f"{workflow_id} #{number}",
        approval_id=approval.id if approval is not None else "",
        title=str(started.inputs.get("title", "")),
        status=now.status,
        digest=asker.digest,
        approval_digest=approval.digest if approval is not None else "",
        key=asker.key,
        session=asker.session,
        call=asker.call,
        deadline=moment(now.deadline) if now.deadline is not None else None,
        by=now.by,
        comment=now.comment,
        form=now.form,
        decided_at=moment(now.decided_at) if now.decided_at is not None else None,
        exit_code=now.exit_code,
        error=now.error,
        cut_off=now.cut_off,
        runs=now.command,
    )


def is_of_command(attempt: AttemptView) -> bool:
    """Whether an attempt is one of the command of a question: a gate alone gathers its evidence under the same name.

    Args:
        attempt: Of a question's run.
    """
    return round_of(attempt.node)[0] == STEP and isinstance(attempt.input, dict) and "argv" in attempt.input


def _requested(now: _Standing, event: e.ApprovalRequested) -> None:
    now.approval, now.deadline, now.status = event, event.deadline, "waiting"


def _extended(now: _Standing, event: e.ApprovalExtended) -> None:
    now.deadline = event.deadline


def _decided(now: _Standing, event: e.ApprovalDecided) -> None:
    if event.cut:
        now.status = "checking"
        return
    now.by, now.comment, now.form, now.decided_at = event.by.name, event.comment, dict(event.form), event.at
    now.status = "rejected" if event.verdict == "reject" else _after_yes(now)


def _expired(now: _Standing, event: e.ApprovalExpired) -> None:
    now.by, now.comment, now.form, now.decided_at = "", "", {}, event.at
    now.status = _after_yes(now) if event.then == "approve" else "expired"


def _after_yes(now: _Standing) -> AskedStatus:
    """Nothing is looked at again where nothing runs."""
    return "checking" if now.command else "approved"


def _scheduled(now: _Standing, event: e.StepScheduled) -> None:
    if _is_command(now, event):
        now.status, now.begun, now.exit_code, now.error = "running", True, None, ""
    elif now.status not in ("rejected", "expired", "approved"):
        now.status = "checking"


def _succeeded(now: _Standing, event: e.StepSucceeded) -> None:
    if _is_command(now, event):
        now.begun, now.exit_code = False, event.exit_code


def _failed(now: _Standing, event: e.StepFailed) -> None:
    now.error = event.message
    if _is_command(now, event):
        now.begun, now.exit_code = False, event.exit_code


def _broken_off(now: _Standing, event: e.StepInterrupted | e.StepCancelled) -> None:
    if _is_command(now, event) and now.begun:
        now.begun, now.cut_off = False, True


def _is_command(now: _Standing, event: e.NodeEvent) -> bool:
    return now.command and round_of(event.node)[0] == STEP


def _completed(now: _Standing, event: e.RunCompleted) -> None:
    if now.status != "approved":
        now.status = "completed"


def _run_failed(now: _Standing, event: e.RunFailed) -> None:
    if now.status not in ("rejected", "expired"):
        now.status, now.error = "failed", now.error or event.error.message


def _cancelled(now: _Standing, event: e.RunCancelled) -> None:
    if now.status == "approved":
        return
    if now.cut_off:
        now.status, now.error = "failed", f"cancelled by {event.by.name}{f': {event.reason}' if event.reason else ''}"
    else:
        now.status, now.by, now.comment, now.decided_at = "withdrawn", event.by.name, event.reason, event.at


def _restarted(now: _Standing, event: e.StepsRestarted) -> None:
    now.status, now.error = "checking", ""


_FOLDS: Final[dict[type[e.EventBase], Callable[[_Standing, Any], None]]] = {
    e.ApprovalRequested: _requested,
    e.ApprovalExtended: _extended,
    e.ApprovalDecided: _decided,
    e.ApprovalExpired: _expired,
    e.StepScheduled: _scheduled,
    e.StepSucceeded: _succeeded,
    e.StepFailed: _failed,
    e.StepInterrupted: _broken_off,
    e.StepCancelled: _broken_off,
    e.RunCompleted: _completed,
    e.RunFailed: _run_failed,
    e.RunCancelled: _cancelled,
    e.StepsRestarted: _restarted,
}
