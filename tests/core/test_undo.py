"""A run is taken back: what its steps had done is undone by what they say for that, the newest first."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal, IllegalTransition, NotAllowed, NotFound
from oyama_tui.core.evolve import evolve, fold
from oyama_tui.core.evolve.undo import MOST_NEEDS, undo_body
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from oyama_tui.core.undo import context_at, undo_plan
from tests.core.commanded import picture
from tests.core.play import ANA, Answer, Play, failing, of_type, statuses, succeed, workflow

A, B, C = ({"id": name, "run": name, "compensate": {"run": f"undo {name}"}} for name in "abc")


def ended(steps: list[Any], answer: Answer = succeed, **values: Any) -> Play:
    """A run of these steps at its first end, or where it rests."""
    play = Play(workflow(steps=steps, **values), answer=answer)
    play.start()
    play.run(rests=True)
    return play


def point(play: Play, node: str) -> int:
    """The number of the event with which a node was over."""
    return next(n for n, event in enumerate(play.journal, 1) if isinstance(event, e.StepSucceeded) and event.node == node)


def undo(play: Play, **wish: Any) -> list[e.Event]:
    """Wish that the run be taken back."""
    play.at += 1
    to = wish.pop("to", 0)
    context = context_at(play.journal, play.state, to)
    return play.send(c.Undo(**{"at": play.at, "by": ANA, "to": to, "context": context, **wish}))


def undone(play: Play, **wish: Any) -> Play:
    """The run, taken back as far as that goes by itself."""
    undo(play, **wish)
    play.run(rests=True)
    return play


def scheduled(play: Play, since: int = 0) -> list[str]:
    """The nodes that were started, in order."""
    return [event.node for event in of_type(play.journal[since:], e.StepScheduled)]


def came_to(play: Play) -> tuple[object, ...]:
    """What the run has come to, whatever the order in which that happened."""
    state = play.state
    known = (sorted(state.done), sorted(state.effects), state.context, state.settled_steps, state.total_steps, bool(state.undo))
    return (state.status, statuses(state), *known, sorted(scheduled(play)), sorted(state.open), len(play.journal))


def setting(**values: dict[str, Any]) -> Answer:
    """These steps set variables, everything else just succeeds."""

    def answer(node: str, attempt: int) -> c.Outcome:
        return succeed(node, attempt).model_copy(update={"context": values.get(node, {})})

    return answer


def order(play: Play, node: str) -> Any:
    """What an attempt of a node was given."""
    return next(event.input for event in of_type(play.journal, e.StepScheduled) if event.node == node)


def test_what_was_done_is_undone_the_newest_first_and_the_run_pauses_at_its_beginning() -> None:
    play = undone(ended([A, B, C]))
    assert scheduled(play) == ["a", "b", "c", "c~undo", "b~undo", "a~undo"]
    assert (summarise(play.state).phase, summarise(play.state).reason) == ("paused", "undone, back to its beginning")
    assert (play.state.settled_steps, play.state.total_steps) == (0, 3)
    play.send(c.Resume(at=play.at, by=ANA))
    play.run(rests=True)
    assert scheduled(play)[6:] == ["a#2", "b#2", "c#2"]
    assert str(play.state.status) == "completed"


def test_what_was_over_at_the_point_stays() -> None:
    play = ended([A, B, C])
    undone(play, to=point(play, "a"), label="to after a")
    assert scheduled(play) == ["a", "b", "c", "c~undo", "b~undo"]
    play.send(c.Resume(at=play.at, by=ANA))
    play.run(rests=True)
    assert scheduled(play)[5:] == ["b#2", "c#2"]


def test_a_second_undo_undoes_the_second_rounds_and_what_the_first_one_left() -> None:
    play = ended([A, B])
    undone(play, to=point(play, "a"))
    play.send(c.Resume(at=play.at, by=ANA))
    play.run(rests=True)
    undone(play)
    assert scheduled(play) == ["a", "b", "b~undo", "b#2", "b#2~undo", "a~undo"]


def test_what_undoes_sees_what_the_step_had_got_and_left() -> None:
    steps = [
        {
            "id": "up",
            "run": ["put", "${{ inputs.v }}"],
            "outputs": {"url": "${{ result.output }}"},
            "compensate": {
                "run": ["rm", "${{ result.outputs.url }}", "${{ result.input.argv[1] }}", "${{ context.n }}", "${{ inputs.v }}"]
            },
        },
        {"id": "more", "set": {"n": 2}},
    ]
    play = Play(workflow(steps=steps, inputs={"v": {"type": "string"}}, context={"n": 1}), inputs={"v": "7"})
    play.start()
    play.run(rests=True)
    undone(play)
    assert order(play, "up~undo") == {"argv": ["rm", "out of up", "7", "1", "7"]}


def test_variables_are_put_back() -> None:
    steps = [A, {"id": "s", "set": {"n": 2, "m": 3}}, B, {"id": "t", "set": {"n": 5, "o": 1}}]
    play = ended(steps, setting(s={"n": 2, "m": 3}, t={"n": 5, "o": 1}), context={"n": 1})
    assert play.state.context == {"n": 5, "m": 3, "o": 1}
    undone(play, to=point(play, "b"))
    assert play.state.context == {"n": 2, "m": 3}
    undone(play)
    assert play.state.context == {"n": 1}


def test_steps_beside_each_other_are_undone_beside_each_other() -> None:
    play = ended([A, B, C], type="parallel")
    undo(play)
    play.plan()
    assert sorted(node.key for node in play.state.running) == ["a~undo", "b~undo", "c~undo"]


def test_items_of_a_loop_are_undone_each_with_its_own_values() -> None:
    inner = {"id": "put", "run": "put", "compensate": {"run": ["rm", "${{ item }}", "${{ result.output }}"]}}
    play = undone(ended([A, {"id": "fan", "for_each": {"items": ["x", "y", "z"]}, "steps": [inner]}, B]))
    assert scheduled(play)[5:] == ["b~undo", "fan[2].put~undo", "fan[1].put~undo", "fan[0].put~undo", "a~undo"]
    assert order(play, "fan[1].put~undo") == {"argv": ["rm", "y", "out of fan[1].put"]}


def test_a_block_that_was_under_way_at_the_point_is_undone_as_a_whole() -> None:
    inner = {"id": "put", "run": "put", "compensate": {"run": "rm"}}
    play = ended([A, {"id": "fan", "for_each": {"items": ["x", "y"]}, "steps": [inner]}])
    undone(play, to=point(play, "fan[0].put"))
    assert scheduled(play)[3:] == ["fan[1].put~undo", "fan[0].put~undo"]
    play.send(c.Resume(at=play.at, by=ANA))
    play.run(rests=True)
    assert scheduled(play)[5:] == ["fan#2[0].put", "fan#2[1].put"]
    assert str(play.state.status) == "completed"


def test_what_has_begun_and_failed_is_undone_unless_only_what_finished_is_to_be() -> None:
    finished = {"id": "b", "run": "b", "compensate": {"run": "undo b", "when": "finished"}}
    assert scheduled(undone(ended([A, B, C], failing("c"))))[3:] == ["c~undo", "b~undo", "a~undo"]
    assert scheduled(undone(ended([A, finished], failing("b"))))[2:] == ["a~undo"]


def test_what_waits_asks_or_rests_is_ended_first() -> None:
    steps = [A, {"id": "ask", "gate": "Go?", "needs": []}, {"id": "rest", "wait": {"for": "1h"}, "needs": []}, {**B, "needs": ["ask"]}]
    play = Play(workflow(steps=steps, type="graph"))
    play.start()
    play.send(c.ReportOutcome(at=2_000, outcome=succeed("a", 1)))
    play.plan()
    undone(play)
    assert statuses(play.state) == {"a#2": "ready", "ask#2": "ready", "rest#2": "ready", "b": "pending"}
    assert not play.state.open
    assert not play.state.waits


def test_a_retry_that_is_due_is_undone_instead() -> None:
    step = {**A, "retry": {"max_attempts": 3, "interval": "1h"}}
    play = Play(workflow(steps=[step]), answer=failing("a"))
    play.start()
    play.send(c.ReportOutcome(at=2_000, outcome=failing("a")("a", 1)))
    play.plan()
    play.answer = succeed
    undone(play)
    assert scheduled(play) == ["a", "a~undo"]
    assert play.state.status is RunStatus.PAUSED


def test_something_that_runs_is_waited_for_first() -> None:
    play = Play(workflow(steps=[A]))
    play.start()
    with pytest.raises(IllegalTransition, match="a runs, so what undoes it is not known yet"):
        undo(play)


def test_a_failed_step_undoes_the_run_where_it_says_so() -> None:
    play = ended([A, B, {"id": "c", "run": "c", "on_failure": "undo"}], failing("c"))
    assert scheduled(play) == ["a", "b", "c", "b~undo", "a~undo"]
    assert play.state.status is RunStatus.UNDONE
    summary = summarise(play.state)
    assert (summary.status, summary.phase, summary.reason) == ("failed", "undone", "c: c broke")
    with pytest.raises(IllegalTransition, match="is undone already"):
        undo(play)
    with pytest.raises(IllegalTransition, match="is undone, so nothing of it is to be recovered"):
        play.send(c.Recover(at=play.at, by=ANA))


def test_a_block_undoes_the_run_for_a_step_in_it_and_so_does_a_step_in_a_block() -> None:
    for outer, inner in (({"on_failure": "undo"}, {}), ({}, {"on_failure": "undo"})):
        block = {"id": "blk", "steps": [B, {"id": "c", "run": "c", **inner}], **outer}
        play = ended([A, block], failing("blk.c"))
        assert scheduled(play)[3:] == ["blk.b~undo", "a~undo"]
        assert play.state.status is RunStatus.UNDONE


def test_a_failure_that_is_borne_undoes_nothing() -> None:
    block = {"id": "blk", "steps": [{"id": "c", "run": "c", "on_failure": "undo"}], "on_failure": "continue"}
    assert ended([A, block], failing("blk.c")).state.status is RunStatus.COMPLETED


def test_a_no_undoes_the_run_where_its_gate_says_so() -> None:
    play = Play(workflow(steps=[A, {"id": "g", "gate": {"title": "Go?", "on_reject": "undo"}}, B]), verdict=lambda *_: "reject")
    play.start()
    play.run(rests=True)
    assert scheduled(play) == ["a", "a~undo"]
    assert play.state.status is RunStatus.UNDONE


def test_handlers_run_after_the_undo() -> None:
    handlers = {"failure": [{"id": "tell", "run": "t"}], "exit": [{"id": "tidy", "run": "x"}], "cancel": [{"id": "no", "run": "n"}]}
    play = ended([A, {"id": "c", "run": "c", "on_failure": "undo"}], failing("c"), handlers=handlers)
    assert scheduled(play) == ["a", "c", "a~undo", "tell", "tidy"]
    assert play.state.status is RunStatus.UNDONE


def test_a_permanent_step_keeps_a_workflow_from_undoing_itself_and_the_reason_says_so() -> None:
    steps = [A, {"id": "send", "run": "s", "effect": "permanent"}, {"id": "c", "run": "c", "on_failure": "undo"}]
    play = ended(steps, failing("c"))
    assert play.state.status is RunStatus.FAILED
    assert summarise(play.state).reason == "c: c broke; not undone, because send cannot be"


def test_a_permanent_step_that_failed_is_in_nobodys_way() -> None:
    steps = [A, {"id": "send", "run": "s", "effect": "permanent", "on_failure": "undo"}]
    assert ended(steps, failing("send")).state.status is RunStatus.UNDONE


def test_a_permanent_step_must_be_named() -> None:
    play = ended([A, {"id": "send", "run": "s", "effect": "permanent"}, B])
    with pytest.raises(IllegalTransition, match="send cannot be undone") as refused:
        undo(play)
    assert "--force send" in refused.value.hint
    with pytest.raises(NotFound, match="'b' is no step that has acted and cannot be undone"):
        undo(play, force=("b",))
    undone(play, force=("send",))
    assert scheduled(play)[3:] == ["b~undo", "a~undo"]


def test_the_plan_says_what_is_done_and_what_stays() -> None:
    steps = [
        {"id": "s", "set": {"n": 2}},
        A,
        {"id": "send", "run": "s", "effect": "permanent"},
        {"id": "look", "run": "l", "effect": "none"},
        {"id": "what", "run": "w"},
        {"id": "bad", "run": "b", "compensate": {"run": "echo ${{ result.outputs.gone }}"}},
    ]
    play = ended(steps, setting(s={"n": 2}), context={"n": 1})
    plan = undo_plan(play.state, c.Undo(at=play.at, by=ANA))
    assert [(step.node, step.does, step.action) for step in plan.steps] == [
        ("bad", "impossible", ""),
        ("a", "undone", "undo a"),
        ("send", "permanent", ""),
        ("look", "nothing", ""),
        ("what", "undeclared", ""),
    ]
    assert (plan.obstacles, plan.set, plan.unset, plan.seq) == (("send",), {"n": 1}, (), play.state.seq)
    assert plan.again == ("s", "a", "send", "look", "what", "bad")


def test_what_cannot_be_undone_stops_the_undo_and_is_tried_once_more_left_or_said_to_be_done() -> None:
    for wish, again in (
        ({}, ["b~undo#2", "a~undo"]),
        ({"supplied": (c.Supply(step="b", outcome="skipped"),)}, ["a~undo"]),
        ({"supplied": (c.Supply(step="b~undo", outcome="done"),), "why": "by hand"}, ["a~undo"]),
    ):
        play = ended([A, B])
        play.answer = failing("b~undo")
        undone(play)
        assert play.state.status is RunStatus.PAUSED
        assert summarise(play.state).reason == "b could not be undone: b~undo broke"
        with pytest.raises(IllegalTransition, match="rests because something could not be undone"):
            play.send(c.Resume(at=play.at, by=ANA))
        with pytest.raises(IllegalTransition, match="being undone"):
            play.send(c.Cancel(at=play.at, by=ANA))
        with pytest.raises(IllegalTransition, match="being undone already"):
            undo(play)
        since = len(play.journal)
        play.send(c.Recover(at=play.at, by=ANA, **wish))
        play.run(rests=True)
        assert scheduled(play, since) == again
        assert play.state.status is RunStatus.PAUSED
        assert play.state.undo is None


def test_what_undoes_is_tried_as_often_as_it_says() -> None:
    step = {"id": "a", "run": "a", "compensate": {"run": "u", "retry": {"max_attempts": 3, "interval": "1s"}}}
    play = ended([step])
    play.answer = lambda node, attempt: failing("a~undo")(node, attempt) if attempt < 3 else succeed(node, attempt)
    undone(play)
    assert scheduled(play) == ["a", *["a~undo"] * 3]
    assert play.state.undo is None


def test_an_undo_can_rest_in_its_middle() -> None:
    play = ended([A, B])
    undo(play)
    play.plan()
    play.send(c.Pause(at=play.at, by=ANA))
    play.run(rests=True)
    assert (play.state.status, scheduled(play)[2:]) == (RunStatus.PAUSED, ["b~undo"])
    play.send(c.Resume(at=play.at, by=ANA))
    play.run(rests=True)
    assert (scheduled(play)[2:], play.state.undo) == (["b~undo", "a~undo"], None)


def test_only_people_undo_only_what_they_saw_and_only_what_there_is() -> None:
    play = ended([A])
    with pytest.raises(NotAllowed, match="Only a person"):
        undo(play, by=e.Principal(name="ana", kind="agent"))
    with pytest.raises(IllegalTransition, match="has moved on since the plan was shown"):
        undo(play, seen=1)
    with pytest.raises(NotFound, match="has no event 99"):
        undo(play, to=99)
    with pytest.raises(IllegalTransition, match="Nothing of run play-1 has begun after that point"):
        undo(play, to=play.state.seq)
    undone(play)
    with pytest.raises(IllegalTransition, match="Nothing of run play-1 has begun"):
        undo(play)


def test_a_step_of_a_run_that_another_one_started_ends_undone() -> None:
    play = Play(workflow(steps=[A]))
    started = e.RunStarted(at=1, revision=play.graph.revision, by=ANA, parent="release-1", parent_node="deploy", parent_attempt=1)
    play.fold([started])
    play.plan()
    play.run(rests=True)
    undone(play)
    assert (scheduled(play), play.state.status) == (["a", "a~undo"], RunStatus.UNDONE)


def test_a_run_that_begins_again_with_nothing_to_undo_just_pauses() -> None:
    play = undone(ended([{"id": "a", "run": "a"}]))
    assert (scheduled(play), play.state.status, statuses(play.state)) == (["a"], RunStatus.PAUSED, {"a#2": "ready"})


@pytest.mark.parametrize("cut", range(1, 40))
def test_an_undo_goes_on_from_every_prefix(cut: int) -> None:
    inner = {"id": "put", "run": "put", "compensate": {"run": ["rm", "${{ item }}"]}}
    steps = [A, {"id": "fan", "for_each": {"items": [1, 2], "concurrency": 2}, "steps": [inner]}, {"id": "g", "gate": "Go?"}, B]
    whole = undone(ended(steps))
    begins = next(n for n, event in enumerate(whole.journal) if isinstance(event, e.UndoStarted))
    prefix = whole.journal[: begins + cut]
    play = Play(whole.workflow)
    fold(play.state, prefix)
    play.journal, play.at = list(prefix), prefix[-1].at
    play.plan()
    play.run(rests=True)
    for one, other in zip(came_to(play), came_to(whole), strict=True):
        assert one == other


def test_events_that_cannot_be_are_told_as_corrupt_and_change_nothing() -> None:
    play = ended([A, B])
    seen = picture(play.state)
    comp = e.CompensationOrder(of="a", step="nobody", kind="run", begun=1, settled=2, input={})
    for event in (
        e.UndoStarted(at=1, by=ANA, to=0, label="x", nodes=("a",)),
        e.UndoStarted(at=1, by=ANA, to=0, label="x", nodes=("nobody",)),
        e.UndoStarted(at=1, by=ANA, to=0, label="x", nodes=("a", "b"), compensations=(comp,)),
        e.UndoFinished(at=1, by=ANA),
        e.RunUndone(at=1, by=ANA),
    ):
        with pytest.raises(CorruptJournal):
            evolve(play.state, event)
        assert picture(play.state) == seen


def test_very_many_beside_each_other_twice_are_undone_one_after_the_other() -> None:
    graph = new_state("r", Play(workflow(steps=[A])).graph).graph
    many = 400
    orders = [e.CompensationOrder(of=f"b{n}", step="a", kind="run", begun=1_000 + n, settled=3_000, input={}) for n in range(many)]
    orders += [e.CompensationOrder(of=f"a{n}", step="a", kind="run", begun=n, settled=900, input={}) for n in range(many)]
    assert many * many > MOST_NEEDS
    body = undo_body(graph, orders)
    assert [spec.needs for spec in body.nodes] == [(), *((n,) for n in range(2 * many - 1))]
    few = undo_body(graph, orders[300:500]).nodes
    assert [spec.needs for spec in few] == [*[()] * 100, *[tuple(range(100))] * 100]
