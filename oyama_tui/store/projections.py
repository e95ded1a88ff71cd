"""Projections: what each event means for the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.answer_words import status_after
from oyama_tui.core.approval_likeness import likeness
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.events.undo import UNDO
from oyama_tui.core.rerun import ANSWER, DONE
from oyama_tui.core.summary import RunSummary
from oyama_tui.store import statements as sql
from oyama_tui.store.block_projections import BLOCK_PROJECTIONS, further_round
from oyama_tui.store.encoding import json_text
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


def _requested(projection: Projection, seq: int, event: e.ApprovalRequested) -> None:
    content = event.content
    projection.add(
        sql.INSERT_APPROVAL,
        id=event.id,
        run=projection.run,
        workflow_id=projection.workflow_id,
        node=event.node,
        attempt=event.attempt,
        title=content.title,
        target=content.target,
        risk=content.risk,
        digest=event.digest,
        seq=seq,
        previous=event.previous,
        kind=_kind(event),
        approvers=json_text(content.approvers.model_dump(mode="json")) if content.approvers else None,
        asker=json_text(event.asker.model_dump(mode="json")) if event.asker else None,
        alike=likeness(content, projection.workflow_id, event.node),
        at=event.at,
        deadline=event.deadline,
        on_timeout=event.on_timeout,
    )
    if event.cut:
        projection.add(sql.ASK_STEP, run=projection.run, node=event.node, attempt=event.cut)


def _kind(event: e.ApprovalRequested) -> str:
    """What it asks for."""
    if event.cut:
        return "rerun"
    return event.asker.kind if event.asker else "task" if event.step_kind == "task" else "gate"


def _voted(projection: Projection, seq: int, event: e.VoteCast) -> None:
    projection.add(
        sql.INSERT_VOTE,
        approval_id=event.id,
        principal=event.principal.name,
        kind=event.principal.kind,
        verdict=event.verdict,
        comment=event.comment,
        form=json_text(event.form),
        metadata=json_text(event.metadata),
        digest=event.digest,
        client_key=event.client_key,
        at=event.at,
        origin=_origin(event.origin),
        facts=_vote_facts(event),
    )
    projection.add(sql.COUNT_YESES, id=event.id)
    if event.metadata:
        projection.add(sql.MARK_APPROVAL, metadata=json_text(event.metadata), id=event.id)


def _vote_facts(vote: e.VoteCast) -> str | None:
    """What is known of how it came about."""
    facts: dict[str, JsonValue] = {}
    if vote.groups:
        facts["groups"] = list(vote.groups)
    if vote.seen is not None:
        facts["seen"] = vote.seen.model_dump(mode="json", exclude_defaults=True)
    return json_text(facts) if facts else None


def _origin(origin: e.Origin | None) -> str | None:
    return json_text(origin.model_dump(mode="json")) if origin else None


def _act(projection: Projection, event: e.ApprovalAct, verdict: str, facts: dict[str, JsonValue] | None = None) -> None:
    """Keep what somebody did with a question besides answering it."""
    projection.add(
        sql.INSERT_VOTE,
        approval_id=event.id,
        principal=event.by.name,
        kind=event.by.kind,
        verdict=verdict,
        comment=event.comment,
        form=None,
        metadata=None,
        digest="",
        client_key="",
        at=event.at,
        origin=_origin(event.origin),
        facts=json_text(facts) if facts else None,
    )


def _commented(projection: Projection, seq: int, event: e.ApprovalCommented) -> None:
    _act(projection, event, "comment")
    projection.add(sql.ADD_COMMENT, id=event.id)


def _delegated(projection: Projection, seq: int, event: e.ApprovalDelegated) -> None:
    _act(projection, event, "delegate", {"to": [event.to]})
    projection.add(sql.ASSIGN, id=event.id, to=event.to)


def _snoozed(projection: Projection, seq: int, event: e.ApprovalSnoozed) -> None:
    _act(projection, event, "snooze", {"until": event.until})
    projection.add(sql.PUT_OFF, id=event.id, times=json_text({event.by.name: event.until}))


def _extended(projection: Projection, seq: int, event: e.ApprovalExtended) -> None:
    _act(projection, event, "extend", {"until": event.deadline})
    projection.add(sql.EXTEND, id=event.id, deadline=event.deadline)


def _escalated(projection: Projection, seq: int, event: e.ApprovalEscalated) -> None:
    to = e.ApprovalDelegated(at=event.at, id=event.id, by=e.SYSTEM, to="")
    _act(projection, to, "escalate", {"to": list(event.to)})
    for name in event.to:
        projection.add(sql.ASSIGN, id=event.id, to=name)


def _decided(projection: Projection, seq: int, event: e.ApprovalDecided) -> None:
    status = status_after(event.verdict)
    _close(projection, event.id, status, event.at, event.by.name, event.comment, json_text(event.form))
    projection.add(sql.NAME_DECIDER, by=event.by.name, run=projection.run)
    if event.cut and event.verdict == "reject":
        _answered(projection, seq, event, "failed", f"it was cut off, and {event.by.name} let it fail: {event.comment}", "interrupted")
    elif event.cut and event.form.get(ANSWER) == DONE:
        _answered(projection, seq, event, "completed", f"it was cut off, and {event.by.name} said that it was done", None)
    elif event.cut:
        _answered(projection, seq, event, "interrupted", f"{event.by.name} let it run again", None)


def _expired(projection: Projection, seq: int, event: e.ApprovalExpired) -> None:
    _close(projection, event.id, "expired", event.at, "", "nobody answered in time", None)


def _withdrawn(projection: Projection, seq: int, event: e.ApprovalCancelled) -> None:
    _close(projection, event.id, "cancelled", event.at, "", event.why, None)
    if event.cut:
        _answered(projection, seq, event, "cancelled", event.why, None)


def _answered(
    projection: Projection, seq: int, event: e.ApprovalDecided | e.ApprovalCancelled, status: str, error: str, kind: str | None
) -> None:
    """What became of an attempt that was cut off."""
    row = {"run": projection.run, "node": event.node, "attempt": event.cut, "at": event.at}
    projection.add(sql.ANSWER_STEP, **row, status=status, seq=seq, error=error, error_kind=kind)


def _close(projection: Projection, id: str, status: str, at: int, by: str, comment: str, form: str | None) -> None:
    projection.add(sql.CLOSE_APPROVAL, id=id, status=status, at=at, by=by, comment=comment, form=form)


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
    e.ApprovalRequested: _requested,
    e.VoteCast: _voted,
    e.ApprovalDecided: _decided,
    e.ApprovalExpired: _expired,
    e.ApprovalCancelled: _withdrawn,
    e.ApprovalCommented: _commented,
    e.ApprovalDelegated: _delegated,
    e.ApprovalSnoozed: _snoozed,
    e.ApprovalExtended: _extended,
    e.ApprovalEscalated: _escalated,
    e.ContextChanged: _changed,
    e.UndoFinished: _undo_finished,
    **BLOCK_PROJECTIONS,
}
