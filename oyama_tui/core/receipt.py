"""The receipt of an answer: what was read, what the answer was bound to, and where the journal has it."""

from __future__ import annotations

from collections.abc import Iterator

from oyama_tui.core.format import between, spoken
from oyama_tui.core.views import ApprovalCard, VoteView

SHORT = 12
"""Digits of a digest that are enough to compare it by eye."""


def decisive(card: ApprovalCard) -> VoteView | None:
    """The answer that ended a question; none while it is open, and when it ended without one.

    Args:
        card: The question.
    """
    if not card.row.decided_by:
        return None
    return next((vote for vote in reversed(card.votes) if vote.is_answer and vote.by == card.row.decided_by), None)


def receipt(card: ApprovalCard) -> Iterator[tuple[str, str]]:
    """The lines of a receipt, each with its title; none while the question is open.

    Args:
        card: The question.
    """
    row = card.row
    if row.decided_at is None:
        return
    vote = decisive(card)
    if vote is not None and vote.looked:
        yield "Looked", vote.looked
    if vote is not None and vote.comment:
        yield "Said", vote.comment
    room = f" of {spoken(between(row.requested_at, row.deadline))}" if row.deadline is not None else ""
    yield "Waited", f"{spoken(between(row.requested_at, row.decided_at))}{room}"
    if vote is not None and vote.digest:
        yield "Bound to", "   ".join(_bound(card, vote))
    if card.recorded is not None:
        before = f"   before it {card.recorded.previous[:SHORT]}" if card.recorded.previous else ""
        yield "Journal", f"event {card.recorded.seq}   hash {card.recorded.hash[:SHORT]}{before}"


def _bound(card: ApprovalCard, vote: VoteView) -> Iterator[str]:
    """What a yes or no was given to, by digests: all that was asked, and what of it was looked at by itself."""
    evidence = card.content.evidence
    yield f"question {vote.digest[:SHORT]}"
    if evidence.preview_digest:
        yield f"preview {evidence.preview_digest[:SHORT]}"
    for file in evidence.files:
        yield f"{file.path} {file.digest[:SHORT] or 'not there'}"
