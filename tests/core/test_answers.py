"""Who may answer a gate, what an answer must bring, and what happens to the same answer given twice."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidForm, NotAllowed, StaleDigest
from oyama_tui.core.state import ApprovalStatus, RunStatus
from tests.core.commanded import picture
from tests.core.play import ANA, Play, statuses, workflow

BEN = e.Principal(name="ben")
FORM = {"reason": {"type": "string", "required": True}, "count": {"type": "integer", "default": 3}}


def asking(**gate: object) -> Play:
    """A run that waits at its only gate."""
    run = Play(workflow(steps=[{"id": "publish", "run": "./publish.sh", "gate": {"title": "Publish?", **gate}}]))
    run.start()
    return run


def answer(run: Play, verdict: e.Verdict = "approve", **values: Any) -> list[e.Event]:
    """Answer the newest opening, having seen it."""
    newest = list(run.state.approvals.values())[-1]
    told: dict[str, Any] = {"at": run.at, "by": ANA, "id": newest.id, "digest": newest.digest, "comment": "because", **values}
    return run.send(c.Decide(verdict=verdict, **told))


def refused(run: Play, reason: type[Exception], verdict: e.Verdict = "approve", **values: Any) -> str:
    """Answer in vain: nothing changes."""
    before = picture(run.state)
    with pytest.raises(reason) as caught:
        answer(run, verdict, **values)
    assert picture(run.state) == before
    return str(caught.value)


def test_a_yes_lets_the_action_run() -> None:
    run = asking()
    assert statuses(run.state) == {"publish.gate": "waiting", "publish": "pending"}
    answer(run)
    run.plan()
    assert statuses(run.state) == {"publish.gate": "completed", "publish": "running"}


def test_an_agent_is_refused_whatever_it_says() -> None:
    run = asking()
    for kind in ("agent", "step", "system"):
        by = e.Principal.model_validate({"name": "ana", "kind": kind, "program": "claude"})
        for verdict in ("approve", "reject"):
            assert "Only a person" in refused(run, NotAllowed, verdict, by=by)


def test_an_answer_to_an_older_content_is_refused() -> None:
    run = asking()
    assert "changed since you looked" in refused(run, StaleDigest, digest="0" * 32)
    refused(run, StaleDigest, "reject", digest="0" * 32)


def test_a_rejection_needs_a_comment_and_an_approval_does_not() -> None:
    run = asking()
    assert refused(run, InvalidForm, "reject", comment=" \n") == "comment: is required with a rejection; say why"
    answer(run, comment="")
    assert run.state.approvals[next(iter(run.state.nodes.values())).approval].status is ApprovalStatus.APPROVED


@pytest.mark.parametrize("comment", ["x" * 10_001, "half \ud800"])
def test_a_comment_that_cannot_be_kept_is_refused(comment: str) -> None:
    assert refused(asking(), InvalidForm, comment=comment).startswith("comment: ")


def test_metadata_that_cannot_be_kept_is_refused() -> None:
    assert refused(asking(), InvalidForm, metadata={"a": [float("nan")]}) == "metadata: holds a number that is not finite, at a[0]"


def test_the_form_is_checked_before_anything_moves() -> None:
    run = asking(form=FORM)
    assert refused(run, InvalidForm) == "reason: is required"
    assert refused(run, InvalidForm, form={"reason": "x", "count": "many"}).startswith("count: must be a whole number")
    assert refused(run, InvalidForm, form={"reason": "x", "colour": "red"}).startswith("colour: there is no field")
    events = answer(run, form={"reason": "x", "count": "7"})
    assert [event.form for event in events if isinstance(event, e.VoteCast | e.ApprovalDecided)] == [{"reason": "x", "count": 7}] * 2


def test_a_rejection_needs_no_form() -> None:
    run = asking(form=FORM)
    answer(run, "reject", form={"count": "many"})
    run.plan()
    assert run.state.status is RunStatus.REJECTED


def test_the_target_must_be_typed_where_the_gate_asks_for_that() -> None:
    run = asking(risk="high", confirm=True, target="production")
    assert refused(run, InvalidForm, confirmed="prod") == "confirm: type production to confirm"
    answer(run, confirmed="production")


def test_high_risk_is_never_approved_unseen_but_may_be_rejected_unseen() -> None:
    run = asking(risk="high")
    assert refused(run, InvalidForm, digest="").startswith("digest: is required")
    answer(run, "reject", digest="")


def test_normal_risk_may_be_approved_unseen_and_the_vote_says_so() -> None:
    vote = answer(asking(), digest="")[0]
    assert isinstance(vote, e.VoteCast)
    assert vote.digest == ""


def test_an_answer_after_the_deadline_is_refused_with_its_time() -> None:
    run = asking(timeout="4h")
    assert refused(run, IllegalTransition, at=14_401_000) == "The time for this answer ran out at 1970-01-01 04:00:01."
    answer(run, at=14_400_999)


def test_an_answer_to_a_run_that_is_ending_is_refused() -> None:
    gate = {"title": "Sure?"}
    run = Play(workflow(type="parallel", steps=[{"id": "a", "gate": gate}, {"id": "b", "gate": gate}]))
    run.start()
    first, second = run.state.approvals.values()
    answer(run, "reject", id=first.id, digest=first.digest)
    assert "is ending" in refused(run, IllegalTransition, id=second.id, digest=second.digest)


def test_an_unknown_approval_is_refused() -> None:
    assert "has no approval nobody" in refused(asking(), IllegalTransition, id="nobody")


def test_the_target_need_not_be_typed_where_confirm_does_not_count() -> None:
    answer(asking(risk="normal", confirm=True, target="production"))


def test_the_same_answer_again_without_its_comment_succeeds() -> None:
    for verdict in ("approve", "reject"):
        run = asking()
        answer(run, verdict)
        assert answer(run, verdict, comment="") == []


def test_the_same_answer_again_succeeds_without_an_event() -> None:
    run = asking(form=FORM)
    answer(run, form={"reason": "x", "count": "7"})
    for form in ({"reason": "x", "count": "7"}, {"count": 7, "reason": "x"}, {}):
        assert answer(run, form=form) == []


def test_the_same_rejection_again_succeeds_whatever_stood_in_the_form() -> None:
    run = asking(form=FORM)
    answer(run, "reject", form={"count": "7"})
    assert answer(run, "reject", form={"count": "7"}) == []


def test_the_same_client_key_again_succeeds_even_with_another_comment() -> None:
    run = asking()
    answer(run, client_key="k", comment="first")
    assert answer(run, client_key="k", comment="second") == []
    refused(run, AlreadyDecided, comment="second")


def test_another_answer_is_told_who_was_first_and_when() -> None:
    run = asking(form=FORM)
    answer(run, form={"reason": "x"})
    sentence = "Already approved by ana at 1970-01-01 00:00:01."
    assert refused(run, AlreadyDecided, by=BEN) == sentence
    assert refused(run, AlreadyDecided, "reject") == sentence
    assert refused(run, AlreadyDecided, form={"reason": "y"}) == sentence
    run.plan()
    run.run()
    assert refused(run, AlreadyDecided, by=BEN) == sentence


def test_an_answer_at_a_time_that_no_calendar_has_is_still_told() -> None:
    run = asking()
    answer(run, at=10**18)
    assert refused(run, AlreadyDecided, by=BEN) == "Already approved by ana at 9999-12-30 23:59:59."


def test_an_answer_to_a_withdrawn_question_is_refused() -> None:
    run = asking()
    run.send(c.Cancel(at=2_000, by=ANA))
    assert refused(run, AlreadyDecided) == "The question was withdrawn at 1970-01-01 00:00:02."


def test_a_vote_that_was_withdrawn_before_it_counted_is_not_told_as_a_success() -> None:
    twin, run = asking(), asking()
    run.fold(answer(twin)[:1])
    run.send(c.Cancel(at=2_000, by=ANA))
    assert refused(run, AlreadyDecided) == "The question was withdrawn at 1970-01-01 00:00:02."


def test_times_in_a_refusal_are_on_the_clock_of_whoever_asked() -> None:
    run = asking(timeout="4h")
    assert refused(run, IllegalTransition, at=14_401_000, zone=330) == "The time for this answer ran out at 1970-01-01 09:30:01."
    assert refused(run, IllegalTransition, at=14_401_000, zone=-300) == "The time for this answer ran out at 1969-12-31 23:00:01."
