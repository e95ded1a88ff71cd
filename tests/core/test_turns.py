"""Whose turn a question is: that of whoever looks, or of others, who are named."""

from __future__ import annotations

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.approvers import Person, asks_others

ANA = Person("ana", ("release", "wheel"))


@pytest.mark.parametrize(
    ("rule", "assigned", "yes", "others"),
    [
        ({}, (), (), ""),
        ({"any_of": ("ana", "ben")}, (), (), ""),
        ({"any_of": ("group:release",)}, (), (), ""),
        ({"any_of": ("ben", "cyd")}, (), (), "ben, cyd"),
        ({"any_of": ("group:ops", "ben")}, (), (), "group ops, ben"),
        ({"any_of": ("ben",)}, ("ana",), (), ""),
        ({"any_of": ("ben",)}, ("group:wheel",), (), ""),
        ({"any_of": ("ben",)}, ("cyd",), (), "ben, cyd"),
        ({"any_of": ("ana", "ben", "cyd"), "quorum": 3}, (), ("ana", "ben"), "cyd"),
        ({"any_of": ("ana", "ben", "cyd"), "quorum": 3}, (), ("ben",), ""),
        ({"quorum": 2}, (), ("ana",), "somebody else"),
        ({"not_by": "ana"}, (), (), "somebody else"),
        ({"any_of": ("ana", "ben"), "not_by": "ana"}, (), (), "ben"),
        ({"any_of": ("ana",), "not_by": "ana"}, (), (), "somebody else"),
    ],
)
def test_a_question_waits_for_whoever_may_still_answer_it(
    rule: dict[str, object], assigned: tuple[str, ...], yes: tuple[str, ...], others: str
) -> None:
    assert asks_others(e.ApproverRule.model_validate(rule), assigned, yes, ANA) == others


def test_whoever_is_nobody_in_particular_may_answer_everything() -> None:
    assert asks_others(e.ApproverRule(any_of=("ben",)), (), (), Person()) == ""
