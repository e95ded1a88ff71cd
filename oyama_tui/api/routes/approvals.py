"""Approvals: look at what is asked, answer it, ask it no more."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from oyama_tui.api.access import Acting
from oyama_tui.api.models.approvals import (
    ApprovalDecision,
    ApprovalDetail,
    ApprovalItem,
    ApprovalStatus,
    ApprovalVote,
    Decided,
    DecisionBody,
    Withdrawn,
)
from oyama_tui.api.models.base import Page
from oyama_tui.api.paging import Cursor, Limit, cursor_place, cursor_text
from oyama_tui.api.problems import Failure
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalCard, ApprovalFilter, ApprovalRow

router = APIRouter(prefix="/api/workflows/approvals", tags=["approvals"])
Ref = Annotated[str | None, Query(min_length=1, max_length=300)]


def item(row: ApprovalRow) -> ApprovalItem:
    """An approval as in lists.

    Args:
        row: As the studio tells it.
    """
    return ApprovalItem.model_validate(_facts(row))


def _facts(row: ApprovalRow) -> dict[str, Any]:
    facts = row.model_dump(mode="json", exclude={"form"})
    return {**facts, "gate_id": row.id, "state_id": row.run_id, "waits_for": row.asks_others}


def detail(card: ApprovalCard) -> ApprovalDetail:
    """An approval with everything needed to decide.

    Args:
        card: As the studio tells it.
    """
    votes = [
        ApprovalVote(
            by=vote.by,
            verdict=vote.verdict,
            comment=vote.comment,
            at=vote.at,
            digest=vote.digest,
            how=vote.origin.how if vote.origin else "",
        )
        for vote in card.votes
    ]
    facts = card.model_dump(mode="json", include={"content", "form", "can_decide", "can_approve", "obstacle", "recorded"})
    return ApprovalDetail(**_facts(card.row), **facts, votes=votes)


@router.get("", summary="List approvals")
async def list_approvals(
    studio: Acting,
    status: Annotated[ApprovalStatus | Literal["all"], Query(description="How they stand.")] = "pending",
    workflow_id: Annotated[str, Query(alias="workflowId", max_length=100, description="Of this workflow alone.")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ApprovalItem]:
    """Approvals, the newest first: open ones unless said otherwise."""
    before = cursor_place(cursor, int) if cursor is not None else None
    wanted = ApprovalFilter(statuses=() if status == "all" else (status,), workflow=workflow_id)
    page = await studio.approval_history.page(wanted, before=before, limit=limit)
    more = cursor_text(page.rows[-1].key) if len(page.rows) == limit else None
    return Page(items=[item(row) for row in page.rows], total=page.total, next=more, damaged=list(page.damaged))


@router.get("/{gate_id}", summary="Get an approval")
async def get_approval(studio: Acting, gate_id: str) -> ApprovalDetail:
    """One approval with everything that is asked. Decide with its `digest`, so that a yes is bound to what was looked at."""
    return detail(await studio.approvals.get(gate_id))


@router.post("", summary="Decide an approval")
async def decide(studio: Acting, given: ApprovalDecision) -> Decided:
    """Answer an open question as the token's person; the answer is durable when this returns, whether or not an engine runs.

    The first answer wins. The same one again by the same person is a success; any other is a conflict that says who was first, and when.
    """
    said = given.decision
    user_id = said.user_id if given.user_id is None else given.user_id
    metadata = {**said.metadata, **({"userId": user_id} if user_id is not None else {})}
    made = await studio.approvals.decide(
        given.gate_id,
        _verdict(said),
        comment=said.comment,
        form=said.form,
        digest=said.digest,
        confirmed=said.confirmed,
        client_key=said.client_key,
        edits=said.edits,
        metadata=metadata,
    )
    return Decided(approval=item(made.approval), already=made.already, message=made.message)


@router.delete("", summary="Withdraw approvals")
async def withdraw(
    studio: Acting,
    gate_id: Annotated[Ref, Query(alias="gateId", description="This one.")] = None,
    workflow_id: Annotated[str | None, Query(alias="workflowId", min_length=1, max_length=100, description="All of this workflow.")] = None,
    comment: Annotated[str, Query(max_length=10_000, description="Why.")] = "",
) -> Withdrawn:
    """Ask one question, or all of a workflow, no more: their runs end as cancelled."""
    if (gate_id is None) == (workflow_id is None):
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "It is not clear what to withdraw.", "Give either `gateId` or `workflowId`.")
    if gate_id is not None:
        return Withdrawn(cancelled=[(await studio.approval_acts.withdraw(gate_id, comment)).id], kept=[])
    workflow = await studio.workflows.get(workflow_id or "")
    cleared, kept = await studio.approval_acts.clear(workflow.id, comment)
    return Withdrawn(cancelled=[row.id for row in cleared], kept=list(kept))


def _verdict(said: DecisionBody) -> Verdict:
    if said.send_back == (said.approved is not None):
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "It is not clear what the answer is.", "Give either `approved` or `sendBack`.")
    return "send_back" if said.send_back else "approve" if said.approved else "reject"
