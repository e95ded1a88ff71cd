"""Projections: what each event means for the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.events.undo import UNDO
from oyama_tui.core.summary import RunSummary
from oyama_tui.store import statements as sql
from oyama_tui.store.approval_projections import APPROVAL_PROJECTIONS
from oyama_tui.store.block_projections import BLOCK_PROJECTIONS, further_round
from oyama_tui.store.projection import Projection, inline, short, short_json
from oyama_tui.store.statements import Row
from oyama_tui.store.undo_projections import mark_undone

WORKFLOW_WORDS: Final = {"pending": "executing", "running": "executing", "paused": "paused", "completed": "completed", "failed": "failed"}
WHY_INTERRUPTED: Final = {"engine_ended": "the engine ended", "engine_stopped": "the engine was stopped", "paused": "the run was paused"}


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
        Rows of named parameters, by statement of `statements`.
    """
    projection = Projection(run, workflow_id)
    for offset, event in enumerate(events):
        apply = _PROJECTIONS.get(type(event))
        if apply is not None:
            apply(projection, first_seq + offset, event)
            if isinstance(event, e.NodeEvent) and UNDO in event.node:
                mark_undone(projection, event)
    if before is None or (before.status, before.phase, before.reason, before.waited_ms) != (
        after.status,
        after.phase,
        after.reason,
        after.waited_ms,
    ):
        _move_execution(projection, after)
    if before is None or before.status != after.status:
        projection.add(sql.MOVE_WORKFLOW, status=WORKFLOW_WORDS[after.status], at=after.at, workflow_id=workflow_id, run=run)
    if before is not None and before.ended and not after.ended:
        projection.add(sql.FREE_RUN, run=run)
    return projection.rows


def _move_execution(projection: Projection, after: RunSummary) -> None:
    projection.add(
        sql.MOVE_EXECUTION,
        run=projection.run,
        status=after.status,
        phase=after.phase,
        reason=after.reason,
        finished_at=after.at if after.ended else None,
        passed_at=after.at - after.leapt if after.ended else None,
        human_wait_ms=after.waited_ms,
        error=after.error,
    )


def _scheduled(projection: Projection, seq: int, event: e.StepScheduled) -> None:
    projection.add(
        sql.INSERT_STEP,
        run=projection.run,
        node=event.node,
        attempt=event.attempt,
        kind=event.step_kind,
        status="running" if event.due is None else "waiting",
        scheduled_seq=seq,
        due=event.due,
        input=inline(event.input, {}),
        truncated=False,
        scheduled_at=event.at,
        started_at=event.at,
        scope=event.scope,
    )
    if event.attempt > 1:
        projection.add(sql.CLOSE_RETRY, run=projection.run, node=event.node, attempt=event.attempt - 1)


def _succeeded(projection: Projection, seq: int, event: e.StepSucceeded) -> None:
    projection.add(
        sql.SETTLE_STEP,
        run=projection.run,
        node=event.node,
        attempt=event.attempt,
        status="completed",
        settled_seq=seq,
        output=short(event.output),
        outputs=inline(event.outputs, {}),
        result=inline(event.result),
        truncated=event.truncated,
        exit_code=event.exit_code,
        started_at=event.started_at,
        finished_at=event.at,
        duration_ms=event.duration,
    )
    for name, value in event.context.items():
        _put(projection, name, value, seq, event.at)


def _failed(projection: Projection, seq: int, event: e.StepFailed) -> None:
    _place(projection, seq, event, event.attempt, "failed", event.message, event.kind, kind=event.step_kind)
    projection.add(
        sql.DETAIL_FAILURE,
        run=projection.run,
        node=event.node,
        attempt=event.attempt,
        output=short(event.output),
        outputs=inline(event.outputs, {}),
        truncated=event.truncated,
        exit_code=event.exit_code,
        started_at=event.started_at,
        duration_ms=event.duration,
    )


def _place(
    projection: Projection, seq: int, event: e.NodeEvent, attempt: int, status: str, error: str, error_kind: str | None, *, kind: str
) -> None:
    """End an attempt that may have no row yet."""
    projection.add(
        sql.PLACE_STEP,
        run=projection.run,
        node=event.node,
        attempt=attempt,
        kind=kind,
        status=status,
        seq=seq,
        error=error,
        error_kind=error_kind,
        at=event.at,
        scope=event.scope if isinstance(event, e.FirstNodeEvent) else None,
    )


def _put(projection: Projection, name: str, value: JsonValue, seq: int, at: int) -> None:
    projection.add(sql.PUT_VARIABLE, run=projection.run, name=name, value=short_json(value), seq=seq, at=at)


def _retry(projection: Projection, seq: int, event: e.RetryScheduled) -> None:
    projection.add(sql.REST_STEP, run=projection.run, node=event.node, attempt=event.attempt - 1, due=event.due)


def _skipped(projection: Projection, seq: int, event: e.StepSkipped) -> None:
    _place(projection, seq, event, 0, "skipped", event.why, None, kind=event.step_kind)


def _cancelled(projection: Projection, seq: int, event: e.StepCancelled) -> None:
    _place(projection, seq, event, event.attempt, "cancelled", event.why, None, kind=event.step_kind)
    if event.step_kind in KINDS and KINDS[event.step_kind].is_block:
        projection.add(sql.CLOSE_SCOPES, run=projection.run, node=event.node, why=event.why, at=event.at)


def _interrupted(projection: Projection, seq: int, event: e.StepInterrupted) -> None:
    _place(projection, seq, event, event.attempt, "interrupted", WHY_INTERRUPTED[event.why], None, kind="")


def _suspended(projection: Projection, seq: int, event: e.StepSuspended) -> None:
    projection.add(
        sql.SUSPEND_STEP,
        run=projection.run,
        node=event.node,
        attempt=event.attempt,
        kind=event.step_kind,
        status="waiting",
        scheduled_seq=seq,
        due=event.due,
        input=inline({"event": event.waits_for, **({"match": event.match} if event.match else {})}),
        truncated=False,
        scheduled_at=event.at,
        started_at=event.at,
        scope=event.scope,
    )


def _resumed(projection: Projection, seq: int, event: e.StepResumed) -> None:
    projection.add(sql.MOVE_STEP, run=projection.run, node=event.node, attempt=event.attempt, status="running", due=None)


def _hurried(projection: Projection, seq: int, event: e.RetryRequested) -> None:
    projection.add(sql.END_PAUSE, run=projection.run, node=event.node)


def _started(projection: Projection, seq: int, event: e.RunStarted) -> None:
    for name, value in event.context.items():
        _put(projection, name, value, seq, event.at)


def _changed(projection: Projection, seq: int, event: e.ContextChanged | e.UndoFinished) -> None:
    for name, value in event.set.items():
        _put(projection, name, value, seq, event.at)
    for name in event.unset:
        projection.add(sql.DROP_VARIABLE, run=projection.run, name=name)


def _undo_finished(projection: Projection, seq: int, event: e.UndoFinished) -> None:
    _changed(projection, seq, event)
    for node in event.nodes:
        further_round(projection, event, node, "", event.why, event.by.name)


_PROJECTIONS: Final[dict[type[e.EventBase], Callable[[Projection, int, Any], None]]] = {
    e.RunStarted: _started,
    e.StepScheduled: _scheduled,
    e.StepSucceeded: _succeeded,
    e.StepFailed: _failed,
    e.RetryScheduled: _retry,
    e.StepSkipped: _skipped,
    e.StepCancelled: _cancelled,
    e.StepInterrupted: _interrupted,
    e.StepSuspended: _suspended,
    e.StepResumed: _resumed,
    e.RetryRequested: _hurried,
    e.ContextChanged: _changed,
    e.UndoFinished: _undo_finished,
    **APPROVAL_PROJECTIONS,
    **BLOCK_PROJECTIONS,
}
