"""Projections: what each event means for the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.summary import RunSummary
from oyama_tui.store import statements as sql
from oyama_tui.store.encoding import json_text
from oyama_tui.store.tables import INLINE_LIMIT

Row = tuple[Any, ...]
WORKFLOW_WORDS: Final = {"pending": "executing", "running": "executing", "paused": "paused", "completed": "completed", "failed": "failed"}

WHY_INTERRUPTED: Final = {"engine_ended": "the engine ended", "engine_stopped": "the engine was stopped", "paused": "the run was paused"}


@dataclass(slots=True)
class Projection:
    """The rows of one append, by statement."""

    run: int
    workflow_id: str
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, statement: str, *row: Any) -> None:
        """Note one execution of a statement."""
        self.rows.setdefault(statement, []).append(row)


def inline(value: JsonValue, empty: JsonValue = None) -> str | None:
    """A value as JSON text for a row; none when it is empty or too large, and then stands only in its event."""
    return None if value == empty or value is None else short_json(value)


def short_json(value: JsonValue) -> str | None:
    """A value as JSON text for a row, null as `null`; none when it is too large, and then stands only in its event."""
    text = json_text(value)
    return text if len(text) <= INLINE_LIMIT else None


def project(
    run: int, workflow_id: str, first_seq: int, events: Sequence[e.Event], before: RunSummary | None, after: RunSummary
) -> dict[str, list[Row]]:
    """The rows that events change, besides the run's own row.

    Args:
        run: The run's key.
        workflow_id: Its workflow.
        first_seq: Number of the first event.
        events: In order.
        before: The run's summary before them; none at its start.
        after: The run's summary after them.

    Returns:
        Parameters by statement of `statements`.
    """
    projection = Projection(run, workflow_id)
    for offset, event in enumerate(events):
        apply = _PROJECTIONS.get(type(event))
        if apply is not None:
            apply(projection, first_seq + offset, event)
    if before is None or (before.status, before.phase, before.reason, before.waited_ms) != (
        after.status,
        after.phase,
        after.reason,
        after.waited_ms,
    ):
        _move_execution(projection, after)
    if before is None or before.status != after.status:
        projection.add(sql.MOVE_WORKFLOW, WORKFLOW_WORDS[after.status], after.at, workflow_id, run)
    return projection.rows


def _move_execution(projection: Projection, after: RunSummary) -> None:
    finished = after.at if after.ended else None
    passed = after.at - after.leapt if after.ended else None
    projection.add(
        sql.MOVE_EXECUTION, after.status, after.phase, after.reason, finished, passed, after.waited_ms, after.error, projection.run
    )


def summary_row(summary: RunSummary, seq: int, head: bytes) -> Row:
    """The values of `statements.SUMMARY_COLUMNS`."""
    return (
        summary.status,
        summary.phase,
        summary.reason,
        summary.current_step,
        summary.completed,
        summary.running,
        summary.open_approvals,
        summary.next_due,
        summary.pause_mode,
        summary.error,
        summary.error_node,
        summary.worked_ms,
        summary.working_since,
        None if summary.outputs is None else short_json(dict(summary.outputs)),
        seq,
        head,
        summary.at,
        summary.at if summary.ended else None,
    )


def _scheduled(projection: Projection, seq: int, event: e.StepScheduled) -> None:
    status = "running" if event.due is None else "waiting"
    projection.add(
        sql.INSERT_STEP,
        projection.run,
        event.node,
        event.attempt,
        event.step_kind,
        status,
        seq,
        event.due,
        inline(event.input, {}),
        False,
        event.at,
        event.at,
    )
    if event.attempt > 1:
        projection.add(sql.CLOSE_RETRY, projection.run, event.node, event.attempt - 1)


def _succeeded(projection: Projection, seq: int, event: e.StepSucceeded) -> None:
    output = event.output if len(event.output) <= INLINE_LIMIT else None
    projection.add(
        sql.SETTLE_STEP,
        *("completed", seq, None, output, inline(event.outputs, {}), inline(event.result), event.truncated, event.exit_code, None, None),
        *(event.started_at, event.at, event.duration, projection.run, event.node, event.attempt),
    )
    for name, value in event.context.items():
        projection.add(sql.PUT_VARIABLE, projection.run, name, short_json(value), seq, event.at)


def _failed(projection: Projection, seq: int, event: e.StepFailed) -> None:
    projection.add(
        sql.PLACE_STEP,
        projection.run,
        event.node,
        event.attempt,
        event.step_kind,
        "failed",
        seq,
        seq,
        False,
        event.message,
        event.kind,
        event.at,
        event.at,
    )
    output = event.output if len(event.output) <= INLINE_LIMIT else None
    projection.add(
        sql.DETAIL_FAILURE,
        *(output, inline(event.outputs, {}), event.truncated, event.exit_code, event.started_at, event.duration),
        *(projection.run, event.node, event.attempt),
    )


def _retry(projection: Projection, seq: int, event: e.RetryScheduled) -> None:
    projection.add(sql.REST_STEP, "retrying", event.due, projection.run, event.node, event.attempt - 1)


def _skipped(projection: Projection, seq: int, event: e.StepSkipped) -> None:
    projection.add(
        sql.PLACE_STEP, projection.run, event.node, 0, event.step_kind, "skipped", seq, seq, False, event.why, None, event.at, event.at
    )


def _cancelled(projection: Projection, seq: int, event: e.StepCancelled) -> None:
    projection.add(
        sql.PLACE_STEP,
        projection.run,
        event.node,
        event.attempt,
        event.step_kind,
        "cancelled",
        seq,
        seq,
        False,
        event.why,
        None,
        event.at,
        event.at,
    )


def _interrupted(projection: Projection, seq: int, event: e.StepInterrupted) -> None:
    projection.add(
        sql.PLACE_STEP,
        *(projection.run, event.node, event.attempt, "", "interrupted", seq, seq, False, WHY_INTERRUPTED[event.why], None),
        *(event.at, event.at),
    )


def _requested(projection: Projection, seq: int, event: e.ApprovalRequested) -> None:
    content = event.content
    projection.add(
        sql.INSERT_APPROVAL,
        *(
            event.id,
            projection.run,
            projection.workflow_id,
            event.node,
            event.attempt,
            "pending",
            content.title,
            content.target,
            content.risk,
        ),
        *(event.digest, seq, event.previous, event.at, event.deadline, event.on_timeout, "", ""),
    )


def _voted(projection: Projection, seq: int, event: e.VoteCast) -> None:
    projection.add(
        sql.INSERT_VOTE,
        *(
            event.id,
            event.principal.name,
            event.principal.kind,
            event.verdict,
            event.comment,
            json_text(event.form),
            json_text(event.metadata),
        ),
        *(event.digest, event.client_key, event.at, json_text(event.origin.model_dump(mode="json")) if event.origin else None),
    )
    if event.metadata:
        projection.add(sql.MARK_APPROVAL, json_text(event.metadata), event.id)


def _decided(projection: Projection, seq: int, event: e.ApprovalDecided) -> None:
    status = "approved" if event.verdict == "approve" else "rejected"
    projection.add(sql.CLOSE_APPROVAL, status, event.at, event.by.name, event.comment, json_text(event.form), event.id)
    projection.add(sql.NAME_DECIDER, *[event.by.name] * 3, projection.run)


def _expired(projection: Projection, seq: int, event: e.ApprovalExpired) -> None:
    projection.add(sql.CLOSE_APPROVAL, "expired", event.at, "", "nobody answered in time", None, event.id)


def _withdrawn(projection: Projection, seq: int, event: e.ApprovalCancelled) -> None:
    projection.add(sql.CLOSE_APPROVAL, "cancelled", event.at, "", event.why, None, event.id)


def _started(projection: Projection, seq: int, event: e.RunStarted) -> None:
    for name, value in event.context.items():
        projection.add(sql.PUT_VARIABLE, projection.run, name, short_json(value), seq, event.at)


def _changed(projection: Projection, seq: int, event: e.ContextChanged) -> None:
    for name, value in event.set.items():
        projection.add(sql.PUT_VARIABLE, projection.run, name, short_json(value), seq, event.at)
    for name in event.unset:
        projection.add(sql.DROP_VARIABLE, projection.run, name)


_PROJECTIONS: Final[dict[type[e.EventBase], Callable[[Projection, int, Any], None]]] = {
    e.RunStarted: _started,
    e.StepScheduled: _scheduled,
    e.StepSucceeded: _succeeded,
    e.StepFailed: _failed,
    e.RetryScheduled: _retry,
    e.StepSkipped: _skipped,
    e.StepCancelled: _cancelled,
    e.StepInterrupted: _interrupted,
    e.ApprovalRequested: _requested,
    e.VoteCast: _voted,
    e.ApprovalDecided: _decided,
    e.ApprovalExpired: _expired,
    e.ApprovalCancelled: _withdrawn,
    e.ContextChanged: _changed,
}
