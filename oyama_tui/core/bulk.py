"""Answering several questions at once: which ones take part, why the others do not, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalRow, BulkQuestion, Decision
from oyama_tui.core.views.words import waiting_for

CHANGED: Final = "had changed"
GONE: Final = "was gone"
COUNTED: Final = "counted, and takes more yeses"


def left_out(question: BulkQuestion, verdict: Verdict, digest: str, looked_at: str) -> str:
    """Why a question is not answered together with others, in a few words; empty when it is.

    Whatever asks for care of its own, at high risk, with a form or with a target to type, is answered by itself; and a yes is for what
    somebody has looked at, on its own card or on that of a group of questions that are the same but for their target.

    Args:
        question: As it is now.
        verdict: The answer.
        digest: Of what it asked when it was marked.
        looked_at: Of what it asked when somebody had it before their eyes; empty when nobody has.
    """
    row = question.row
    if row.status != "pending":
        return row.said
    if row.asks_others:
        return waiting_for(row.asks_others)
    if row.digest != digest:
        return "has changed"
    if verdict != "approve":
        return ""
    by_itself = not answer_words(row.kind).is_yes_or_no
    reasons = {
        "high risk": row.risk == "high",
        "has a form": question.has_form,
        "its target must be typed": question.confirms,
        "is not answered with yes or no": by_itself,
        "not looked at": looked_at != row.digest,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), "")


def what_became(decision: Decision) -> str:
    """What became of an answer that the studio took; empty where it decided.

    Args:
        decision: From the studio.
    """
    return COUNTED if decision.approval.status == "pending" else ""


def what_had_become(row: ApprovalRow) -> str:
    """Why an answer to a question came too late.

    Args:
        row: The question as it is now.
    """
    if row.status == "expired":
        return "had expired"
    if row.status == "cancelled":
        return "had been withdrawn"
    return f"had been answered by {row.decided_by}" if row.decided_by else "could not be answered"


def outcome_words(verdict: Verdict, done: int, others: Iterable[str]) -> str:
    """What was done and what was not, in one sentence: `9 approved; 2 had been answered by ben; 1 had changed.`

    Args:
        verdict: The answer.
        done: How many it has decided.
        others: Of each other one, what became of it.
    """
    parts = [f"{done} {'approved' if verdict == 'approve' else 'rejected'}"]
    parts += [f"{count} {words}" for words, count in Counter(others).items()]
    return "; ".join(parts) + "."
