"""A run that failed, was rejected or cancelled is taken up anew: what failed begins once more, what succeeded is kept."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal, IllegalTransition, InvalidInput, NotAllowed, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.recovery import recover_plan
from oyama_tui.core.statuses import RunStatus
from tests.core.play import ANA, Answer, Play, failing, of_type, statuses, succeed, workflow

CHAIN = [{"id": "a", "run": "a"}, {"id": "b", "run": "b"}, {"id": "c", "run": "c ${{ steps.b.outputs.url }}"}]


def ended(steps: list[Any], answer: Answer = succeed, **values: Any) -> Play:
    """A run of these steps at its first end."""
    play = Play(workflow(steps=steps, **values), answer=answer)
    play.start()
    play.run()
    return play


def recovered(play: Play, answer: Answer = succeed, **wish: Any) -> Play:
    """The same run, taken up anew and played to its next end."""
    play.answer = answer
    play.at += 1
    play.send(c.Recover(at=play.at, by=ANA, **wish))
    play.run()
    return play


def scheduled(play: Play) -> list[str]:
    """The nodes that were started, in order."""
    return [event.node for event in of_type(play.journal, e.StepScheduled)]


def supply(step: str, outcome: str = "done", **outputs: Any) -> tuple[c.Supply, ...]:
    return (c.Supply.model_validate({"step": step, "outcome": outcome, "outputs": outputs}),)


def test_what_failed_begins_once_more_and_what_never_began_follows() -> None:
    play = recovered(ended([*CHAIN[:2], {"id": "c", "run": "c"}], failing("b")))
    assert play.state.status is RunStatus.COMPLETED
    assert scheduled(play) == ["a", "b", "b#2", "c"]
    assert (play.state.settled_steps, play.state.total_steps) == (3, 3)


def test_in_a_graph_what_was_skipped_because_of_it_begins_too_and_nothing_else() -> None:
    steps = [
        {"id": "a", "run": "a"},
        {"id": "b", "run": "b", "needs": ["a"]},
        {"id": "c", "run": "c", "needs": ["b"]},
        {"id": "d", "run": "d"},
    ]
    play = recovered(ended(steps, failing("b"), type="graph"))
    assert sorted(scheduled(play)) == ["a", "b", "b#2", "c#2", "d"]
    assert play.state.status is RunStatus.COMPLETED


def test_a_step_for_failures_is_asked_anew_whether_it_is_needed() -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "mend", "run": "m", "needs": ["a"], "if": "failure"}]
    play = ended(steps, failing("a"), type="graph")
    assert scheduled(play) == ["a", "mend"]
    recovered(play)
    assert statuses(play.state)["mend#2"] == "skipped"
    assert play.state.status is RunStatus.COMPLETED


def test_of_a_loop_only_the_failed_step_of_the_failed_item_begins_once_more() -> None:
    loop = {
        "id": "fan",
        "for_each": {"items": [1, 2, 3], "concurrency": 3},
        "steps": [{"id": "copy", "run": "c"}, {"id": "check", "run": "k"}],
    }
    play = ended([loop, {"id": "last", "run": "l"}], failing("fan[1].check"))
    before = len(scheduled(play))
    recovered(play)
    assert scheduled(play)[before:] == ["fan[1].check#2", "last"]
    assert play.state.status is RunStatus.COMPLETED
    assert (play.state.settled_steps, play.state.total_steps) == (7, 7)


def test_blocks_in_blocks_go_on_where_they_stood() -> None:
    inner = {"id": "in", "steps": [{"id": "x", "run": "x"}, {"id": "y", "run": "y"}]}
    outer = {"id": "out", "for_each": {"items": ["p", "q"]}, "steps": [inner, {"id": "z", "run": "z"}]}
    play = ended([outer], failing("out[1].in.y"))
    before = len(scheduled(play))
    (event,) = play.send(c.Recover(at=play.at, by=ANA))
    assert isinstance(event, e.StepsRestarted)
    assert (event.nodes, event.blocks) == (("out[1].in.y",), ("out", "out[1].in"))
    play.answer = succeed
    play.run()
    assert scheduled(play)[before:] == ["out[1].in.y#2", "out[1].z"]
    assert play.state.status is RunStatus.COMPLETED


def test_a_repetition_that_gave_up_begins_anew_as_a_whole() -> None:
    block = {"id": "poll", "repeat": {"until": "steps.look.output == 'never'", "max": 2}, "steps": [{"id": "look", "run": "l"}]}
    play = ended([block])
    assert play.state.status is RunStatus.FAILED
    before = len(scheduled(play))
    recovered(play)
    assert scheduled(play)[before:] == ["poll#2#1.look", "poll#2#2.look"]


def test_a_rejected_gate_asks_once_more_and_an_old_answer_counts_for_nothing() -> None:
    play = Play(workflow(steps=[{"id": "go", "gate": "Go?", "run": "go"}]), verdict=lambda node, opening: "reject")
    play.start()
    play.run()
    assert play.state.status == "rejected"
    play.verdict = lambda node, opening: "approve"
    recovered(play)
    asked = of_type(play.journal, e.ApprovalRequested)
    assert [event.node for event in asked] == ["go.gate", "go.gate#2"]
    assert len({event.id for event in asked}) == 2
    assert play.state.status is RunStatus.COMPLETED


def test_an_action_that_failed_behind_its_gate_asks_again() -> None:
    play = recovered(ended([{"id": "go", "gate": "Go?", "run": "go"}], failing("go")))
    assert [event.node for event in of_type(play.journal, e.ApprovalRequested)] == ["go.gate", "go.gate#2"]
    assert play.state.status is RunStatus.COMPLETED


def test_a_cancelled_run_goes_on_with_what_was_cut_off_and_what_had_not_begun() -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2, 3]}, "steps": [{"id": "x", "run": "x"}]}
    play = Play(workflow(steps=[loop, {"id": "last", "run": "l"}]))
    play.start()
    play.send(c.ReportOutcome(at=play.at, outcome=succeed("fan[0].x", 1)))
    play.plan()
    play.send(c.Cancel(at=play.at, by=ANA))
    play.plan()
    assert play.state.status == "cancelled"
    play = recovered(play)
    assert scheduled(play) == ["fan[0].x", "fan[1].x", "fan[1].x#2", "fan[2].x", "last"]
    assert play.state.status is RunStatus.COMPLETED


def test_a_step_may_be_said_to_be_done_with_outputs_for_what_follows() -> None:
    play = recovered(ended(CHAIN, failing("b")), supplied=supply("b", url="https://example.org"))
    assert scheduled(play) == ["a", "b", "c"]
    assert of_type(play.journal, e.StepScheduled)[-1].input["env"] != {}
    assert "https://example.org" in str(of_type(play.journal, e.StepScheduled)[-1].input)
    assert statuses(play.state)["b#2"] == "completed"
    assert play.state.status is RunStatus.COMPLETED


def test_a_step_may_be_left_out_with_outputs_for_what_follows() -> None:
    play = recovered(ended(CHAIN, failing("b")), supplied=supply("b", "skipped", url="none"))
    assert statuses(play.state)["b#2"] == "skipped"
    assert "none" in str(of_type(play.journal, e.StepScheduled)[-1].input)
    assert play.state.status is RunStatus.COMPLETED


def test_saying_that_a_gated_step_is_done_needs_no_answer_and_runs_nothing() -> None:
    play = recovered(ended([{"id": "go", "gate": "Go?", "run": "go"}], failing("go")), supplied=supply("go"))
    assert scheduled(play) == ["go"]
    assert statuses(play.state) == {"go.gate#2": "skipped", "go#2": "completed"}


def test_a_question_itself_cannot_be_said_to_be_answered() -> None:
    play = Play(workflow(steps=[{"id": "ask", "gate": "Go?"}, {"id": "go", "run": "go"}]), verdict=lambda node, opening: "reject")
    play.start()
    play.run()
    for outcome in ("done", "skipped"):
        with pytest.raises(IllegalTransition, match="without an answer"):
            play.send(c.Recover(at=play.at, by=ANA, supplied=supply("ask", outcome)))


def test_tries_and_pauses_can_be_said() -> None:
    play = ended([{"id": "a", "run": "a"}], failing("a"))
    play.answer = failing("a#2", attempts=2)
    play.at += 1
    play.send(c.Recover(at=play.at, by=ANA, attempts=3, delay=5_000))
    assert (statuses(play.state), play.state.timers) == ({"a#2": "retrying"}, [(play.at + 5_000, "a#2")])
    play.run()
    assert scheduled(play) == ["a", "a#2", "a#2", "a#2"]
    assert [event.due - event.at for event in of_type(play.journal, e.RetryScheduled)] == [5_000, 5_000]
    assert play.state.status is RunStatus.COMPLETED


def test_handlers_run_at_every_end_with_nodes_of_their_own() -> None:
    play = ended([{"id": "a", "run": "a"}], failing("a"), handlers={"exit": [{"id": "tidy", "run": "t"}]})
    recovered(play)
    assert scheduled(play) == ["a", "tidy", "a#2", "tidy#2"]
    assert (play.state.settled_steps, play.state.total_steps) == (2, 2)


def test_limits_of_time_begin_anew() -> None:
    play = ended([{"id": "a", "run": "a"}], failing("a"), timeout={"total": "10s"})
    play.at += 60_000
    recovered(play)
    assert play.state.status is RunStatus.COMPLETED


def test_a_run_whose_outputs_failed_only_comes_to_its_end_once_more() -> None:
    play = ended([{"id": "a", "set": {"k": 1}}], outputs={"n": "${{ context.missing.deep }}"})
    assert play.state.status == "failed"
    (event,) = play.send(c.Recover(at=play.at, by=ANA))
    assert isinstance(event, e.StepsRestarted)
    assert event.nodes == ()
    play.send(c.ChangeContext(at=play.at, by=ANA, set={"missing": {"deep": 1}}))
    play.run()
    assert play.state.status is RunStatus.COMPLETED


def test_with_a_limit_it_queues_for_a_place_again() -> None:
    play = ended([{"id": "a", "run": "a"}], failing("a"), concurrency={"limit": 1})
    play.send(c.Recover(at=play.at, by=ANA))
    assert (play.state.place, play.plan()) == ("queued", [])
    play.answer = succeed
    play.run()
    assert play.state.status is RunStatus.COMPLETED


def test_a_finished_step_begins_again_in_a_run_that_goes_on_when_nothing_after_it_is_under_way() -> None:
    play = Play(workflow(steps=[{"id": "a", "run": "a"}, {"id": "b", "gate": "B?", "run": "b"}]))
    play.start()
    play.send(c.ReportOutcome(at=play.at, outcome=succeed("a", 1)))
    play.plan()
    with pytest.raises(IllegalTransition, match="under way"):
        play.send(c.Recover(at=play.at, by=ANA, steps=("a",), again=True))
    play.decide(next(iter(play.state.open)))
    play.plan()
    play.send(c.ReportOutcome(at=play.at, outcome=failing("b")("b", 1)))
    play.plan()
    recovered(play, steps=("a",), again=True)
    assert scheduled(play) == ["a", "b", "a#2", "b#2"]


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"steps": ("nobody",)}, NotFound, "What failed: b"),
    ({"steps": ("a",)}, NotFound, "a did not fail"),
    ({"attempts": 0}, InvalidInput, "between 1 and 1,000"),
    ({"delay": -1}, InvalidInput, "between 0 and 30 days"),
    ({"why": "\ud800"}, InvalidInput, "cannot be kept"),
    ({"supplied": supply("b", n="\ud800")}, InvalidInput, "outputs of b"),
    ({"seen": 1}, IllegalTransition, "has moved on since the plan"),
    ({"by": e.Principal(name="ana", kind="agent", program="claude"), "supplied": supply("b")}, NotAllowed, "Only a person"),
    ({"by": e.Principal(name="ana", kind="step", program="other-1")}, NotAllowed, "its own run"),
]


@pytest.mark.parametrize(("wish", "error", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_what_does_not_fit_is_refused_and_changes_nothing(wish: dict[str, Any], error: type[Exception], words: str) -> None:
    play = ended(CHAIN[:2], failing("b"))
    before = len(play.journal)
    with pytest.raises(error) as refused:
        play.send(c.Recover.model_validate({"at": play.at, "by": ANA, **wish}))
    said = f"{refused.value} {getattr(refused.value, 'hint', '')} {getattr(refused.value, 'problems', '')}"
    assert words in said
    assert len(play.journal) == before


@pytest.mark.parametrize("steps", [CHAIN[:1]], ids=["completed"])
def test_a_completed_run_and_one_that_goes_on_are_not_recovered(steps: list[Any]) -> None:
    play = ended(steps)
    with pytest.raises(IllegalTransition, match="has completed"):
        play.send(c.Recover(at=play.at, by=ANA))
    live = Play(workflow(steps=steps))
    with pytest.raises(IllegalTransition, match="has not started"):
        live.send(c.Recover(at=live.at, by=ANA))
    live.start()
    with pytest.raises(IllegalTransition, match="is not over"):
        live.send(c.Recover(at=live.at, by=ANA))
    with pytest.raises(InvalidInput, match="no step is named"):
        live.send(c.Recover(at=live.at, by=ANA, again=True))


def test_the_plan_says_what_the_wish_does() -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "x", "run": "x"}]}
    play = ended([loop, {"id": "go", "gate": "Go?", "run": "go"}], failing("fan[1].x"))
    plan = recover_plan(play.state, c.Recover(at=play.at, by=ANA))
    assert [(step.node, step.was, step.does) for step in plan.steps] == [("fan", "failed", "goes_on"), ("fan[1].x", "failed", "again")]
    assert plan.seq == play.state.seq
    plan = recover_plan(play.state, c.Recover(at=play.at, by=ANA, supplied=supply("x")))
    assert [step.does for step in plan.steps] == ["goes_on", "done"]


def test_the_plan_says_what_would_be_done_twice_and_cannot_be_undone() -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "x", "run": "x", "effect": "permanent"}]}
    steps = [{"id": "tell", "run": "t", "effect": "permanent"}, loop, {"id": "last", "run": "l"}]
    play = ended(steps, failing("last"))
    plan = recover_plan(play.state, c.Recover(at=play.at, by=ANA, steps=("tell",), again=True))
    assert [(step.node, step.does, step.permanent) for step in plan.steps] == [
        ("tell", "again", True),
        ("fan", "again", True),
        ("last", "again", False),
    ]


def test_what_only_failed_or_was_said_to_be_done_is_not_done_twice() -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "x", "run": "x", "effect": "permanent"}]}
    play = ended([loop], failing("fan[1].x"))
    assert not any(step.permanent for step in recover_plan(play.state, c.Recover(at=play.at, by=ANA)).steps)
    steps = [{"id": "a", "run": "a", "effect": "permanent"}, {"id": "b", "run": "b"}]
    play = ended(steps, failing("a"))
    plan = recover_plan(play.state, c.Recover(at=play.at, by=ANA, supplied=supply("a")))
    assert [(step.does, step.permanent) for step in plan.steps] == [("done", False)]


def test_a_second_recovery_of_the_same_end_is_refused() -> None:
    play = ended(CHAIN[:2], failing("b"))
    plan = recover_plan(play.state, c.Recover(at=play.at, by=ANA))
    play.send(c.Recover(at=play.at, by=ANA, seen=plan.seq))
    with pytest.raises(IllegalTransition, match="moved on"):
        play.send(c.Recover(at=play.at, by=ANA, seen=plan.seq))


def test_a_journal_that_restarts_what_did_not_fail_is_not_folded() -> None:
    play = ended(CHAIN[:2], failing("b"))
    for nodes in (("a",), ("b", "b"), ("nobody",)):
        with pytest.raises(CorruptJournal):
            evolve(play.state, e.StepsRestarted(at=play.at, by=ANA, nodes=nodes))


def test_what_depends_on_something_that_begins_anew_cannot_be_said_to_be_over() -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "b", "run": "b", "needs": ["a"], "if": "failure"}]
    play = ended(steps, failing("a", "b"), type="graph")
    with pytest.raises(IllegalTransition, match="Nobody can say yet what became of b"):
        play.send(c.Recover(at=play.at, by=ANA, supplied=supply("b")))
    recovered(play, supplied=supply("a"))
    assert statuses(play.state) == {"a#2": "completed", "b#2": "skipped"}
