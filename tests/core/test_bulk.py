"""Answering several questions at once: what takes part, why the rest stays out, and what is said afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oyama_tui.core.bulk import left_out, outcome_words, what_had_become
from oyama_tui.core.views import ApprovalRow, BulkQuestion

AT = datetime(2024, 1, 1, tzinfo=UTC)


def row(**given: Any) -> ApprovalRow:
    facts: dict[str, Any] = {
        **{"id": "a1", "run_id": "r-1", "run_number": 1, "workflow_id": "r", "workflow_name": "R", "step_id": "s", "node": "s.gate"},
        **{"status": "pending", "title": "Go", "target": "", "risk": "normal", "requested_at": AT, "deadline": None},
        **{"on_timeout": "reject", "decided_at": None, "decided_by": "", "comment": "", "digest": "d"},
    }
    return ApprovalRow(**{**facts, **given})


def question(*, has_form: bool = False, confirms: bool = False, **given: Any) -> BulkQuestion:
    return BulkQuestion(row=row(**given), has_form=has_form, confirms=confirms)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (question(), ""),
        (question(kind="ask"), ""),
        (question(risk="high"), "high risk"),
        (question(has_form=True), "has a form"),
        (question(confirms=True), "its target must be typed"),
        (question(kind="task"), "is not answered with yes or no"),
        (question(status="approved", decided_by="ben"), "approved by ben"),
        (question(status="expired"), "expired"),
        (question(asks_others="ben, cyd"), "waiting: ben, cyd"),
        (question(digest="e"), "has changed"),
    ],
)
def test_what_asks_for_care_of_its_own_stays_out_of_a_yes(asked: BulkQuestion, why: str) -> None:
    assert left_out(asked, "approve", "d", "d") == why


def test_a_yes_is_for_what_somebody_has_looked_at_as_it_is_now() -> None:
    assert left_out(question(), "approve", "d", "") == "not looked at"
    assert left_out(question(), "approve", "d", "before") == "not looked at"


def test_a_no_is_for_whatever_is_open_and_mine() -> None:
    assert left_out(question(risk="high", has_form=True), "reject", "d", "") == ""
    assert left_out(question(digest="e"), "reject", "d", "") == "has changed"
    assert left_out(question(asks_others="ben"), "reject", "d", "") == "waiting: ben"


def test_the_result_names_what_was_done_and_what_was_not() -> None:
    late = [what_had_become(row(status="approved", decided_by="ben"))] * 2
    words = [*late, "had changed", what_had_become(row(status="expired")), what_had_become(row(status="cancelled"))]
    said = outcome_words("approve", 9, words)
    assert said == "9 approved; 2 had been answered by ben; 1 had changed; 1 had expired; 1 had been withdrawn."
    assert outcome_words("reject", 3, []) == "3 rejected."
