"""A step that was cut off and asks: nobody but a person has it begin again, take it as done, or lets it fail."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import AlreadyDecided, CorruptJournal, InvalidForm, NotAllowed, StaleDigest
from oyama_tui.core.evolve import evolve
from oyama_tui.core.rerun import AGAIN, ANSWER, DONE
from oyama_tui.core.state import ApprovalState, new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.generated import nested
from tests.core.play import ANA, Play, of_type, statuses, workflow
from tests.core.world import Fated, same_end

PUBLISH: dict[str, Any] = {"id": "publish", "run": "./publish.sh ${{ context.version }}", "effect": "permanent"}
AFTER: dict[str, Any] = {"id": "after", "run": "true"}


def cut(run: Play, node: str = "publish", why: Literal["engine_ended", "engine_stopped"] = "engine_ended") -> None:
    """The attempt under way is cut off."""
    attempt = run.state.nodes[node].attempt
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node, attempt=attempt, status="interrupted", why=why)))
    run.plan()


def started(*steps: dict[str, Any], **values: Any) -> Play:
    run = Play(workflow(steps=steps or (PUBLISH, AFTER), context={"version": "v1"}, **values))
    run.start()
    return run


def asked(run: Play) -> ApprovalState:
    """The one open question."""
    (key,) = run.state.open
    return run.state.approvals[key]


def say(run: Play, word: str, by: e.Principal = ANA, **values: Any) -> list[e.Event]:
    """Answer it; an empty word is a no."""
    question = asked(run)
    given: dict[str, Any] = {"digest": question.digest, **values}
    form: dict[str, Any] = {ANSWER: word} if word else {}
    verdict: e.Verdict = "approve" if word else "reject"
    events = run.send(c.Decide(at=run.at, by=by, id=question.id, verdict=verdict, comment="I looked", form=form, **given))
    run.plan()
    return events


def attempts(run: Play, node: str = "publish") -> list[int]:
    return [event.attempt for event in of_type(run.journal, e.StepScheduled) if event.node == node]


@pytest.mark.parametrize("why", ["engine_ended", "engine_stopped"])
def test_a_person_is_asked_instead(why: Literal["engine_ended", "engine_stopped"]) -> None:
    run = started()
    cut(run, why=why)
    assert (attempts(run), statuses(run.state)["publish"], summarise(run.state).phase) == ([1], "waiting", "waiting")
    request = of_type(run.journal, e.ApprovalRequested)[-1]
    content = request.content
    assert (request.cut, request.deadline, content.title) == (1, None, "publish was cut off: was it done?")
    assert (content.action, content.risk, content.no) == ('./publish.sh "v1"', "high", "publish fails and the run stops here")
    assert content.order == of_type(run.journal, e.StepScheduled)[0].input
    assert run.plan() == []


def test_pause_now_asks_once_the_run_goes_on() -> None:
    run = started()
    run.send(c.Pause(at=run.at, by=ANA, mode="now"))
    run.plan()
    assert (run.state.status, list(run.state.open)) == (RunStatus.PAUSED, [])
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert (attempts(run), asked(run).cut) == ([1], 1)


def test_run_it_again_begins_with_the_same_order() -> None:
    run = started()
    cut(run)
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"version": "v2"}))
    say(run, AGAIN)
    orders = [event.input for event in of_type(run.journal, e.StepScheduled)]
    assert (attempts(run), orders[0] == orders[1]) == ([1, 2], True)
    assert run.run().status is RunStatus.COMPLETED


def test_it_was_done_completes_the_step_in_the_name_of_who_says_so() -> None:
    run = started(PUBLISH, {"id": "after", "run": "echo ${{ steps.publish.outputs }}"})
    cut(run)
    events = say(run, DONE)
    decided = of_type(events, e.ApprovalDecided)[0]
    assert (decided.kind, decided.by, decided.node, decided.cut) == ("rerun", ANA, "publish", 1)
    assert (attempts(run), statuses(run.state)["publish"]) == ([1], "completed")
    assert run.run().status is RunStatus.COMPLETED


def test_a_no_fails_the_step_as_any_last_failure() -> None:
    run = started()
    cut(run)
    say(run, "")
    assert run.state.status is RunStatus.FAILED
    assert run.state.error is not None
    assert run.state.error.message == "it was cut off, and ana let it fail: I looked"
    run = started({**PUBLISH, "on_failure": "continue", "retry": {"max_attempts": 3}}, AFTER)
    cut(run)
    assert asked(run).content is not None
    say(run, "")
    assert (attempts(run), statuses(run.state)) == ([1], {"publish": "failed", "after": "running"})
    run = started({"id": "before", "run": "true"}, {**PUBLISH, "on_failure": {"goto": "before"}})
    run.moves()[0]()
    run.plan()
    cut(run)
    say(run, "")
    assert statuses(run.state)["before#2"] == "running"


def test_the_yes_of_its_own_gate_still_counts() -> None:
    run = started({**PUBLISH, "gate": {"title": "Publish?"}})
    run.decide(next(iter(run.state.open)))
    run.plan()
    cut(run)
    say(run, AGAIN)
    assert len([event for event in of_type(run.journal, e.ApprovalRequested) if not event.cut]) == 1
    assert run.run().status is RunStatus.COMPLETED


def test_each_cut_is_asked_of_and_never_parks_the_run() -> None:
    run = started()
    for number in range(1, 6):
        cut(run)
        assert asked(run).cut == number
        say(run, AGAIN)
    assert attempts(run) == [1, 2, 3, 4, 5, 6]
    assert of_type(run.journal, e.PauseRequested) == []
    assert len({event.id for event in of_type(run.journal, e.ApprovalRequested)}) == 5


def test_a_preview_that_was_cut_off_is_gathered_again_without_a_question() -> None:
    run = started({**PUBLISH, "gate": {"title": "Publish?", "preview": "./show.sh"}})
    cut(run, "publish.gate")
    assert (run.state.open, attempts(run, "publish.gate")) == ({}, [1, 2])


def test_a_retry_after_a_failure_is_made_anew_and_asks_nobody() -> None:
    run = started({**PUBLISH, "rerun": "ask", "retry": {"max_attempts": 2, "interval": "0s", "on": ["exit"]}})
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="publish", attempt=1, status="failed", kind="exit", message="no")))
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"version": "v2"}))
    run.plan()
    while attempts(run) == [1]:
        run.moves()[0]()
        run.plan()
    assert "v2" in str(of_type(run.journal, e.StepScheduled)[-1].input)
    assert run.state.open == {}


def test_auto_begins_again_by_itself() -> None:
    run = started({**PUBLISH, "rerun": "auto"})
    cut(run)
    assert (attempts(run), run.state.open) == ([1, 2], {})


def test_only_a_person_who_saw_what_is_asked_can_answer_and_says_one_of_two_things() -> None:
    run = started()
    cut(run)
    with pytest.raises(NotAllowed):
        say(run, AGAIN, e.Principal(name="claude", kind="agent"))
    with pytest.raises(StaleDigest):
        say(run, AGAIN, digest="0" * 32)
    with pytest.raises(InvalidForm, match="unseen"):
        say(run, AGAIN, digest="")
    with pytest.raises(InvalidForm):
        say(run, "perhaps")
    question = asked(run)
    for form in ({}, {ANSWER: None}):
        with pytest.raises(InvalidForm):
            run.send(c.Decide(at=run.at, by=ANA, id=question.id, verdict="approve", form=form, digest=question.digest))
    with pytest.raises(InvalidForm, match="a step is to fail"):
        run.send(c.Decide(at=run.at, by=ANA, id=question.id, verdict="reject", digest=question.digest))
    assert (attempts(run), statuses(run.state)["publish"]) == ([1], "waiting")


def test_the_first_answer_counts_and_the_same_one_again_is_taken() -> None:
    run = started()
    cut(run)
    question = asked(run)
    say(run, AGAIN)
    same = c.Decide(at=run.at, by=ANA, id=question.id, verdict="approve", comment="I looked", form={ANSWER: AGAIN})
    assert run.send(same) == []
    with pytest.raises(AlreadyDecided):
        run.send(same.model_copy(update={"form": {ANSWER: DONE}}))
    with pytest.raises(AlreadyDecided):
        run.send(same.model_copy(update={"by": e.Principal(name="ben")}))


def test_a_cancel_withdraws_the_question() -> None:
    run = started()
    cut(run)
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    assert (run.state.status, statuses(run.state)["publish"]) == (RunStatus.CANCELLED, "cancelled")
    withdrawn = of_type(run.journal, e.ApprovalCancelled)[0]
    assert (withdrawn.node, withdrawn.cut) == ("publish", 1)


def test_a_journal_that_begins_it_again_without_an_answer_is_corrupt() -> None:
    run = started()
    journal = [*run.journal, e.StepInterrupted(at=run.at, node="publish", attempt=1, why="engine_ended", asks=True)]
    state = new_state(run.run_id, run.graph, 1)
    for event in journal:
        evolve(state, event)
    with pytest.raises(CorruptJournal, match="nobody has said so"):
        evolve(state, e.StepScheduled(at=run.at, node="publish", attempt=2, step="publish", step_kind="run"))


def test_a_journal_that_asks_about_what_begins_again_by_itself_is_corrupt_and_one_that_asks_nobody_folds() -> None:
    run = started(AFTER)
    with pytest.raises(CorruptJournal, match="begins again by itself"):
        evolve(run.state, e.StepInterrupted(at=run.at, node="after", attempt=1, asks=True))
    run = started()
    evolve(run.state, e.StepInterrupted(at=run.at, node="publish", attempt=1))
    evolve(run.state, e.StepScheduled(at=run.at, node="publish", attempt=2))
    assert statuses(run.state)["publish"] == "running"


def test_whatever_is_said_a_run_comes_to_the_same_from_every_prefix() -> None:
    answers: set[str] = set()
    for seed in range(80):
        flow = nested(seed)
        whole = Fated(flow, seed=seed, doubts=True)
        whole.start()
        whole.live()
        for decided in of_type(whole.journal, e.ApprovalDecided):
            if decided.cut:
                answers.add(str(decided.form.get(ANSWER, "no")))
        for length in range(seed % 3, len(whole.journal) + 1, 1 + len(whole.journal) // 10):
            again = Fated(flow, seed=seed, doubts=True)
            again.resumed_from(whole.journal[:length], interrupt=False)
            again.live()
            same_end(again, whole)
    assert answers == {AGAIN, DONE, "no"}
