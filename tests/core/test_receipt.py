"""The receipt of an answer, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oyama_tui.core.events import ApprovalContent, Evidence, Seen
from oyama_tui.core.events.gate import FileEvidence
from oyama_tui.core.receipt import decisive, receipt
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Recorded, VoteView

ASKED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENDED = ASKED + timedelta(minutes=10, seconds=2)


def card(votes: tuple[VoteView, ...] = (), content: ApprovalContent | None = None, **facts: Any) -> ApprovalCard:
    """A question that is over."""
    recorded = facts.pop("recorded", None)
    row = ApprovalRow.model_construct(**{"requested_at": ASKED, "decided_at": ENDED, "decided_by": "ana", "deadline": None, **facts})
    told = {"row": row, "votes": votes, "content": content or ApprovalContent(title="Go?"), "recorded": recorded}
    return ApprovalCard.model_construct(None, **told)


def vote(by: str = "ana", **facts: Any) -> VoteView:
    given: dict[str, Any] = {"verdict": "approve", "comment": "", "form": {}, "digest": "d" * 32, **facts}
    return VoteView(by=by, at=ENDED, **given)


def test_it_says_what_was_read_said_waited_bound_and_recorded() -> None:
    seen = Seen(how="card", parts=4, read=4, milliseconds=104_000, typed="production")
    evidence = Evidence(
        preview_digest="5" * 64, files=(FileEvidence(path="publish.sh", digest="a" * 64), FileEvidence(path="gone", digest=""))
    )
    found = card(
        (vote("ben", comment="first"), vote(comment="looks right", seen=seen)),
        ApprovalContent(title="Go?", evidence=evidence),
        deadline=ASKED + timedelta(hours=4),
        recorded=Recorded(seq=23, hash="9" * 32, previous="3" * 32),
    )
    assert list(receipt(found)) == [
        ("Looked", "read 4 of 4 parts in 1 m 44 s, typed production"),
        ("Said", "looks right"),
        ("Waited", "10 m 02 s of 4 h 00 m"),
        ("Bound to", f"question {'d' * 12}   preview {'5' * 12}   publish.sh {'a' * 12}   gone not there"),
        ("Journal", f"event 23   hash {'9' * 12}   before it {'3' * 12}"),
    ]


@pytest.mark.parametrize(
    ("facts", "titles"),
    [
        ({"decided_by": ""}, ["Waited"]),
        ({"decided_at": None, "decided_by": ""}, []),
        ({"recorded": Recorded(seq=1, hash="9" * 32, previous="")}, ["Looked", "Waited", "Bound to", "Journal"]),
    ],
)
def test_it_leaves_out_what_is_not_known(facts: dict[str, Any], titles: list[str]) -> None:
    assert [title for title, _ in receipt(card((vote(),), **facts))] == titles


def test_the_decisive_answer_is_the_last_of_whoever_decided() -> None:
    comment = vote(verdict="comment", comment="wait")
    answers = (vote(comment="no", verdict="reject"), vote("ben"), vote(comment="yes now"), comment)
    found = decisive(card(answers))
    assert found is not None
    assert found.comment == "yes now"
