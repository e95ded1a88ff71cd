"""Projections of approvals and of what people do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.answer_words import status_after
from oyama_tui.core.approval_likeness import likeness
from oyama_tui.core.rerun import ANSWER, DONE
from oyama_tui.store import statements as sql
from oyama_tui.store.encoding import json_text
from oyama_tui.store.projection import Projection


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
        assigned=json_text(list(event.assigned)) if event.assigned else None,
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
        edits=json_text(event.edits) if event.edits else None,
        facts=_vote_facts(event),
    )
    if event.content is not None:
        projection.add(sql.ASK_OTHERWISE, id=event.id, digest=event.becomes, seq=seq)
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
        edits=None,
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


def _looked_again(projection: Projection, seq: int, event: e.LookWanted) -> None:
    _act(projection, event, "look")
    _close(projection, event.id, "cancelled", event.at, "", f"{event.by.name} wants the evidence anew", None)


def _escalated(projection: Projection, seq: int, event: e.ApprovalEscalated) -> None:
    to = e.ApprovalDelegated(at=event.at, id=event.id, by=e.SYSTEM, to="")
    _act(projection, to, "escalate", {"to": list(event.to)})
    for name in event.to:
        projection.add(sql.ASSIGN, id=event.id, to=name)


def _decided(projection: Projection, seq: int, event: e.ApprovalDecided) -> None:
    status = status_after(event.verdict)
    _close(projection, event.id, status, event.at, event.by.name, event.comment, json_text(event.form))
    projection.add(sql.NAME_DECIDER, by=event.by.name, run=projection.run)
    if event.edits:
        projection.add(sql.KEEP_EDITS, edits=json_text(event.edits), id=event.id)
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


APPROVAL_PROJECTIONS: Final[dict[type[e.EventBase], Callable[[Projection, int, Any], None]]] = {
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
    e.LookWanted: _looked_again,
}
