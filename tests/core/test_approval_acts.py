"""What people do with an open question besides yes and no."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidForm, InvalidInput, NotAllowed, Refused
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from oyama_tui.core.timers import next_timer
from tests.core.commanded import picture
from tests.core.play import ANA, EVENT, Play, of_type, statuses, workflow
from tests.core.test_answers import BEN, answer, asking, refused

HOUR = 3_600_000
BACK: dict[str, Any] = {"send_back": {"to": "notes", "max": 2}}


def noted(**gate: Any) -> Play:
    """A run that waits at a gate after a step."""
    steps = [{"id": "notes", "run": 'write "${{ feedback }}"'}, {"id": "publish", "run": "p", "gate": {"title": "Fine?", **BACK, **gate}}]
    run = Play(workflow(steps=steps))
    run.start()
    return ready(run)


def ready(run: Play) -> Play:
    """Let what runs succeed, until somebody is asked."""
    for node, attempt in list(run.state.running.items()):
        run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=attempt, status="succeeded")))
        run.plan()
    return run


def act(run: Play, kind: Any, **values: Any) -> list[e.Event]:
    newest = list(run.state.approvals.values())[-1]
    return run.send(kind(**{"at": run.at, "by": ANA, "id": newest.id, **values}))


def in_vain(run: Play, reason: type[Exception], kind: Any, **values: Any) -> str:
    """Try something: nothing changes."""
    before = picture(run.state)
    with pytest.raises(reason) as caught:
        act(run, kind, **values)
    assert picture(run.state) == before
    return str(caught.value)


def test_a_step_that_is_sent_back_begins_once_more_with_what_was_said() -> None:
    run = noted()
    content = of_type(run.journal, e.ApprovalRequested)[0].content
    assert content.back == "notes begins again with what you say; possible 2 times more"
    answer(run, "send_back", comment="shorter")
    run.plan()
    assert statuses(run.state)["notes#2"] == "running"
    assert "shorter" in str(of_type(run.journal, e.StepScheduled)[-1].input)
    ready(run)
    assert [approval.status for approval in run.state.approvals.values()] == [ApprovalStatus.SENT_BACK, ApprovalStatus.PENDING]
    assert of_type(run.journal, e.ApprovalRequested)[-1].content.back == "notes begins again with what you say; possible once more"
    answer(run)
    run.plan()
    ready(run)
    assert run.state.status is RunStatus.COMPLETED


@pytest.mark.parametrize(("then", "ends"), [("reject", RunStatus.REJECTED), ("refuse", None)])
def test_it_is_sent_back_so_often_and_no_more(then: str, ends: RunStatus | None) -> None:
    run = noted(send_back={"to": "notes", "max": 1, "then": then})
    answer(run, "send_back")
    run.plan()
    ready(run)
    if ends is None:
        assert "sent back once, which is as often as it may be" in refused(run, IllegalTransition, "send_back")
        return
    assert of_type(run.journal, e.ApprovalRequested)[-1].content.back == "counts as a no: it was sent back as often as it may be"
    answer(run, "send_back", comment="still too long")
    run.plan()
    assert run.state.status is ends


def test_sending_back_needs_a_word_and_a_way() -> None:
    assert "comment" in refused(noted(), InvalidForm, "send_back", comment=" ")
    assert "its gate does not say where to" in refused(asking(), IllegalTransition, "send_back")


def test_the_same_sending_back_again_is_the_same() -> None:
    run = noted()
    answer(run, "send_back", comment="shorter")
    assert answer_first(run, "send_back", comment="shorter") == []
    with pytest.raises(Refused, match="Already sent back by ana"):
        answer_first(run, "approve")


def answer_first(run: Play, verdict: e.Verdict, **values: Any) -> list[e.Event]:
    first = next(iter(run.state.approvals.values()))
    return run.send(
        c.Decide(**{"at": run.at, "by": ANA, "id": first.id, "digest": first.digest, "verdict": verdict, "comment": "x", **values})
    )


def test_a_comment_changes_nothing_and_is_kept() -> None:
    run = asking()
    act(run, c.CommentOn, comment="wait for me")
    assert of_type(run.journal, e.ApprovalCommented)[0].comment == "wait for me"
    assert run.plan() == []
    assert "say something" in in_vain(run, InvalidForm, c.CommentOn, comment="  ")


def test_whoever_a_question_is_handed_on_to_may_answer_and_whoever_could_still_can() -> None:
    run = asking(approvers={"any_of": ["ana"]})
    refused(run, NotAllowed, by=BEN)
    assert "ben may not answer" in in_vain(run, NotAllowed, c.Delegate, by=BEN, to="ben")
    act(run, c.Delegate, to="ben", comment="you know it")
    assert act(run, c.Delegate, to="ben") == []
    answer(run, by=BEN)
    assert next(iter(run.state.approvals.values())).status is ApprovalStatus.APPROVED


@pytest.mark.parametrize("to", ["", "group:", "a\nb", "x" * 101])
def test_nobody_can_be_asked_who_has_no_name(to: str) -> None:
    in_vain(asking(), InvalidInput, c.Delegate, to=to)


def test_it_is_never_handed_on_to_whoever_is_left_out() -> None:
    run = asking(approvers={"allow_self": False})
    assert "ana started this run" in in_vain(run, NotAllowed, c.Delegate, by=BEN, to="ana")


def test_more_time_moves_the_deadline_and_survives_a_restart() -> None:
    run = asking(timeout="1h")
    asked = next(iter(run.state.approvals.values()))
    first = asked.deadline
    assert first is not None
    assert "already" in in_vain(run, InvalidInput, c.Extend, deadline=first)
    act(run, c.Extend, deadline=first + HOUR)
    again = Play(run.workflow)
    again.fold([EVENT.validate_json(EVENT.dump_json(event)) for event in run.journal])
    for play in (run, again):
        play.at = first
        assert play.send(c.FireTimer(at=first, id=asked.id)) == []
        assert next_of(play)[0] == first + HOUR
        play.fire(first + HOUR, asked.id)
        assert play.state.approvals[asked.id].status is ApprovalStatus.EXPIRED
    assert "waits as long as it takes" in in_vain(asking(), IllegalTransition, c.Extend, deadline=10**12)


def test_putting_off_is_a_matter_of_one_person() -> None:
    run = asking(timeout="1h")
    act(run, c.Snooze, until=run.at + HOUR)
    assert run.plan() == []
    answer(run)
    in_vain(run, IllegalTransition, c.Snooze, until=run.at)


def test_a_question_that_is_withdrawn_ends_its_run_as_cancelled() -> None:
    run = asking()
    act(run, c.Withdraw, comment="not today")
    run.plan()
    assert run.state.status is RunStatus.CANCELLED
    assert of_type(run.journal, e.CancelRequested)[0].reason == "its question was withdrawn: not today"
    assert "withdrawn" in in_vain(run, IllegalTransition, c.CommentOn, comment="x")
    in_vain(run, IllegalTransition, c.Withdraw)


def test_where_something_runs_beside_it_the_question_is_gone_at_once() -> None:
    steps = [{"id": "busy", "run": "b"}, {"id": "publish", "run": "p", "gate": "Publish?"}]
    run = Play(workflow(type="parallel", steps=steps))
    run.start()
    act(run, c.Withdraw)
    assert next(iter(run.state.approvals.values())).status is ApprovalStatus.CANCELLED
    run.plan()
    for node, attempt in list(run.state.running.items()):
        run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=attempt, status="cancelled")))
    run.plan()
    assert run.state.status is RunStatus.CANCELLED


def test_a_step_cannot_withdraw_what_another_run_asks() -> None:
    step = e.Principal(name="ana", kind="step", program="other-1")
    in_vain(asking(), NotAllowed, c.Withdraw, by=step)
    for kind, values in ((c.CommentOn, {"comment": "x"}), (c.Snooze, {"until": 5}), (c.Delegate, {"to": "ben"})):
        in_vain(asking(), NotAllowed, kind, by=step, **values)


def test_those_are_told_who_are_next_when_nobody_answers() -> None:
    run = asking(timeout="4h", approvers={"any_of": ["ana"]}, escalate=[{"after": "2h", "to": ["ben"]}, {"after": "1h"}])
    asked = next(iter(run.state.approvals.values()))
    for _ in range(3):
        run.fire(*next_of(run))
    told = of_type(run.journal, e.ApprovalEscalated)
    assert [(event.step, event.to, event.at - 1_000) for event in told] == [(0, (), HOUR), (1, ("ben",), 2 * HOUR)]
    assert asked.status is ApprovalStatus.EXPIRED


def test_whoever_was_told_may_answer_and_nobody_is_told_afterwards() -> None:
    run = asking(approvers={"any_of": ["ana"]}, escalate=[{"after": "1h", "to": ["ben"]}, {"after": "2h", "to": ["cyd"]}])
    run.fire(*next_of(run))
    answer(run, by=BEN)
    run.plan()
    asked = next(iter(run.state.approvals.values()))
    assert run.send(c.FireTimer(at=run.at + 9 * HOUR, id=asked.id)) == []
    assert len(of_type(run.journal, e.ApprovalEscalated)) == 1


def next_of(run: Play) -> tuple[int, str]:
    timer = next_timer(run.state)
    assert timer is not None
    return timer


def looked_at(found: str = "ok", **gate: Any) -> Play:
    """A run whose gate has a preview, and waits."""
    steps = [{"id": "publish", "run": "p", "gate": {"title": "Fine?", "preview": "./look.sh", "timeout": "4h", **gate}}]
    run = Play(workflow(steps=steps))
    run.start()
    return look(run, found)


def look(run: Play, found: str) -> Play:
    """Bring what the preview shows."""
    [node] = run.state.running
    result = e.Evidence(preview=found, exit_code=0, at=run.at).model_dump(mode="json")
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=node.attempt, status="succeeded", result=result)))
    run.plan()
    return run


def test_evidence_is_gathered_anew_and_the_question_asked_once_more_until_the_same_time() -> None:
    run = looked_at(escalate=[{"after": "1h", "to": ["dan"]}])
    act(run, c.Delegate, to="cyd")
    run.at += 600_000
    act(run, c.LookAgain, comment="is it still so?")
    assert "ana had the evidence gathered anew" in in_vain(run, IllegalTransition, c.CommentOn, comment="x")
    run.plan()
    assert statuses(run.state)["publish.gate"] == "running"
    look(run, "other")
    first, second = of_type(run.journal, e.ApprovalRequested)
    assert (second.previous, second.deadline, second.assigned, second.escalate) == (first.id, first.deadline, ("cyd",), first.escalate)
    assert second.content.evidence.preview == "other"
    with pytest.raises(AlreadyDecided, match="ana had the evidence gathered anew"):
        answer_first(run, "approve")
    answer(run)
    run.plan()
    look(run, "other")
    ready(run)
    assert run.state.status is RunStatus.COMPLETED


def test_a_yes_of_two_does_not_hold_for_what_is_looked_at_anew() -> None:
    run = looked_at(approvers={"quorum": 2})
    answer(run)
    act(run, c.LookAgain)
    run.plan()
    look(run, "ok")
    answer(run, by=BEN)
    assert list(run.state.approvals.values())[-1].status is ApprovalStatus.PENDING


def test_what_was_wanted_anew_goes_on_after_a_look_that_was_cut_off() -> None:
    run = looked_at()
    act(run, c.LookAgain)
    run.plan()
    [node] = run.state.running
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=node.attempt, status="interrupted")))
    run.plan()
    look(run, "ok")
    first, second = of_type(run.journal, e.ApprovalRequested)
    assert (second.previous, second.deadline) == (first.id, first.deadline)


def test_a_time_that_passes_while_it_is_looked_at_is_over_when_it_is_asked_again() -> None:
    run = looked_at()
    [deadline] = [event.deadline for event in of_type(run.journal, e.ApprovalRequested)]
    assert deadline is not None
    act(run, c.LookAgain)
    run.plan()
    run.at = deadline + 1
    look(run, "ok")
    newest = list(run.state.approvals.values())[-1]
    run.fire(deadline, newest.id)
    assert newest.status is ApprovalStatus.EXPIRED


@pytest.mark.parametrize(
    ("gate", "words"),
    [({}, "neither preview nor files"), ({"approvers": {"any_of": ["ben"]}}, "ana may not answer this")],
)
def test_looking_again_needs_evidence_and_somebody_who_may_answer(gate: dict[str, Any], words: str) -> None:
    assert words in in_vain(asking(**gate), Refused, c.LookAgain)


def test_nobody_looks_where_that_could_not_begin_at_once() -> None:
    run = looked_at()
    run.send(c.Pause(at=run.at, by=ANA))
    run.plan()
    assert "its run is paused" in in_vain(run, IllegalTransition, c.LookAgain)
    steps = [
        {"id": "publish", "gate": {"title": "Fine?", "preview": "./look.sh"}},
        {"id": "other", "run": "sleep"},
    ]
    run = Play(workflow(type="parallel", max_parallel=1, steps=steps))
    run.start()
    look(run, "ok")
    assert statuses(run.state)["other"] == "running"
    assert "as many steps beside it run as may at once" in in_vain(run, IllegalTransition, c.LookAgain)
