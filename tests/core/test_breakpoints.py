"""Pausing before a step: once, before anything of it begins, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.errors import CorruptJournal, IllegalTransition, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.generated import TYPES, nested
from tests.core.play import ANA, EVENT, Play, failing, of_type, statuses, workflow
from tests.core.world import Fated, same_end

BEN = e.Principal(name="ben")
A: dict[str, Any] = {"id": "a", "run": "true"}
B: dict[str, Any] = {"id": "b", "run": "true", "needs": ["a"]}
C: dict[str, Any] = {"id": "c", "run": "true", "needs": ["b"]}


def started(*steps: dict[str, Any], before: str = "", **values: Any) -> Play:
    """A run that has begun, and is to pause before a step."""
    run = Play(workflow(steps=steps, **values))
    run.start()
    if before:
        run.send(c.Pause(at=run.at, by=ANA, before=(before,)))
    return run


def moved(run: Play) -> Play:
    """Let happen what can, in the order of the definition, until the run is paused or over."""
    run.plan()
    while not run.state.status.ended and run.state.status is not RunStatus.PAUSED:
        run.at += 1
        run.moves()[0]()
        run.plan()
    return run


def resumed(run: Play) -> Play:
    run.send(c.Resume(at=run.at, by=ANA))
    return moved(run)


def begun(run: Play, step: str) -> list[str]:
    """What has begun of a step, in order."""
    began = (e.StepScheduled, e.ApprovalRequested, e.BlockOpened, e.StepSuspended)
    return [event.node for event in run.journal if isinstance(event, began) and run.graph.spec_of(event.node).step.id == step]


@pytest.mark.parametrize("kind", TYPES)
def test_the_run_pauses_once_before_the_step(kind: str) -> None:
    run = moved(started(A, B, C, type=kind, before="b"))
    assert (run.state.status, statuses(run.state)["a"], begun(run, "b")) == (RunStatus.PAUSED, "completed", [])
    assert summarise(run.state).reason == "before b"
    pause = of_type(run.journal, e.PauseRequested)[-1]
    assert (pause.by, pause.step, pause.mode) == (ANA, "b", "drain")
    assert run.state.breakpoints == {}
    assert resumed(run).state.status is RunStatus.COMPLETED
    assert begun(run, "b") == ["b"]


def test_what_stands_before_the_step_begins_and_finishes_and_nothing_after_it_begins() -> None:
    beside = [{"id": name, "run": "true", "needs": ["first"]} for name in ("a", "b", "c")]
    run = started({"id": "first", "run": "true"}, *beside, type="graph", before="b")
    run.moves()[0]()
    run.plan()
    assert (statuses(run.state)["a"], summarise(run.state).phase) == ("running", "draining")
    assert (begun(run, "b"), begun(run, "c")) == ([], [])
    assert moved(run).state.status is RunStatus.PAUSED
    assert statuses(run.state) == {"first": "completed", "a": "completed", "b": "ready", "c": "ready"}
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_it_pauses_before_the_question_of_a_gate_and_not_again_after_the_answer() -> None:
    run = moved(started(A, {**B, "gate": {"title": "Sure?"}}, before="b"))
    assert (begun(run, "b"), run.state.open) == ([], {})
    assert resumed(run).state.status is RunStatus.COMPLETED
    assert begun(run, "b") == ["b.gate", "b"]


def test_it_pauses_before_evidence_is_gathered() -> None:
    run = moved(started(A, {**B, "gate": {"title": "Sure?", "preview": "./show.sh"}}, before="b"))
    assert begun(run, "b") == []


def test_set_while_a_gate_asks_it_pauses_after_the_yes_and_before_the_action() -> None:
    run = started({"id": "b", "run": "true", "gate": {"title": "Sure?"}}, before="b")
    assert moved(run).state.status is RunStatus.PAUSED
    assert statuses(run.state) == {"b.gate": "completed", "b": "ready"}
    assert resumed(run).state.status is RunStatus.COMPLETED
    assert len(of_type(run.journal, e.ApprovalRequested)) == 1


def test_a_gate_and_a_task_alone_and_a_wait_can_be_paused_before() -> None:
    for step in ({"gate": {"title": "Sure?"}}, {"task": "Look"}, {"wait": {"for": "1h"}}, {"set": {"x": 1}}, {"workflow": "deploy"}):
        run = moved(started(A, {"id": "b", **step}, before="b"))
        assert (run.state.status, begun(run, "b")) == (RunStatus.PAUSED, [])
        assert run.state.children == {}
        assert resumed(run).state.status is RunStatus.COMPLETED


def test_in_a_loop_the_first_item_that_comes_to_the_step_is_paused_before() -> None:
    loop = {
        "id": "fan",
        "for_each": {"items": [1, 2, 3], "concurrency": 1},
        "steps": [{"id": "x", "run": "true"}, {"id": "y", "run": "true"}],
    }
    run = moved(started(A, loop, before="y"))
    assert (statuses(run.state)["fan[0].x"], begun(run, "y")) == ("completed", [])
    assert resumed(run).state.status is RunStatus.COMPLETED
    run = moved(started(A, loop, before="fan"))
    assert begun(run, "fan") == []
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_set_between_two_items_it_pauses_before_the_next_one() -> None:
    run = started({"id": "fan", "for_each": {"items": [1, 2], "concurrency": 1}, "steps": [{"id": "x", "run": "true"}]})
    assert begun(run, "x") == ["fan[0].x"]
    run.send(c.Pause(at=run.at, by=ANA, before=("x",)))
    assert moved(run).state.status is RunStatus.PAUSED
    assert begun(run, "x") == ["fan[0].x"]
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_a_repetition_pauses_before_its_next_round() -> None:
    loop = {"id": "poll", "repeat": {"until": "iteration >= 3", "max": 5}, "steps": [{"id": "x", "run": "true"}]}
    run = moved(started(loop, before="x"))
    assert begun(run, "x") == ["poll#1.x"]
    assert resumed(run).state.status is RunStatus.COMPLETED
    assert begun(run, "x") == ["poll#1.x", "poll#2.x", "poll#3.x"]


def test_with_few_at_once_only_what_has_its_turn_is_paused_before() -> None:
    steps = [{"id": name, "run": "true"} for name in ("a", "b", "c")]
    run = moved(started(*steps, type="parallel", max_parallel=1, before="c"))
    assert statuses(run.state) == {"a": "completed", "b": "completed", "c": "ready"}
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_a_run_that_queues_keeps_its_breakpoint_until_it_has_a_place() -> None:
    run = started(A, B, concurrency={"limit": 1}, before="a")
    run.plan()
    assert (run.state.status, summarise(run.state).phase) == (RunStatus.RUNNING, "queued")
    run.admit()
    assert moved(run).state.status is RunStatus.PAUSED
    assert (run.state.place, begun(run, "a")) == ("held", [])
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_while_paused_breakpoints_are_set_and_taken_back() -> None:
    run = started(A, B, C)
    run.send(c.Pause(at=run.at, by=ANA))
    assert moved(run).state.status is RunStatus.PAUSED
    run.send(c.Pause(at=run.at, by=BEN, before=("b", "c")))
    run.send(c.ClearBreakpoints(at=run.at, by=ANA, steps=("b",)))
    assert resumed(run).state.status is RunStatus.PAUSED
    assert (statuses(run.state)["b"], begun(run, "c")) == ("completed", [])
    assert of_type(run.journal, e.PauseRequested)[-1].by == BEN
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_setting_one_twice_changes_nothing_and_naming_several_is_all_or_nothing() -> None:
    run = started(A, B, C, before="b")
    assert run.send(c.Pause(at=run.at, by=BEN, before=("b",))) == []
    assert run.state.breakpoints["b"] == ANA
    with pytest.raises(NotFound):
        run.send(c.Pause(at=run.at, by=ANA, before=("c", "nobody")))
    assert list(run.state.breakpoints) == ["b"]
    assert [event.step for event in of_type(run.send(c.Pause(at=run.at, by=ANA, before=("c", "c", "b"))), e.BreakpointSet)] == ["c"]


def test_two_breakpoints_pause_twice_and_clearing_all_lets_it_run_through() -> None:
    run = started(A, B, C, before="b")
    run.send(c.Pause(at=run.at, by=ANA, before=("c",)))
    assert moved(run).state.status is RunStatus.PAUSED
    assert resumed(run).state.status is RunStatus.PAUSED
    assert resumed(run).state.status is RunStatus.COMPLETED
    run = started(A, B, C, before="b")
    run.send(c.Pause(at=run.at, by=ANA, before=("c",)))
    cleared = run.send(c.ClearBreakpoints(at=run.at, by=BEN))
    assert [event.steps for event in of_type(cleared, e.BreakpointsCleared)] == [("b", "c")]
    assert run.send(c.ClearBreakpoints(at=run.at, by=BEN)) == []
    assert moved(run).state.status is RunStatus.COMPLETED


def test_a_step_that_has_begun_for_the_last_time_is_refused() -> None:
    run = started(A, B)
    with pytest.raises(IllegalTransition, match="a has begun already"):
        run.send(c.Pause(at=run.at, by=ANA, before=("a",)))
    loop = {"id": "fan", "for_each": {"items": [1]}, "steps": [{"id": "x", "run": "true"}]}
    run = started(loop, {"id": "then", "run": "true"})
    run.send(c.Pause(at=run.at, by=ANA, before=("x",)))
    run.send(c.ClearBreakpoints(at=run.at, by=ANA))
    with pytest.raises(IllegalTransition, match="fan has begun already"):
        run.send(c.Pause(at=run.at, by=ANA, before=("fan",)))
    run.moves()[0]()
    run.plan()
    with pytest.raises(IllegalTransition, match="x has begun already"):
        run.send(c.Pause(at=run.at, by=ANA, before=("x",)))


def test_a_step_to_which_the_run_may_go_back_can_be_paused_before_its_next_round() -> None:
    ask = {"id": "ask", "gate": {"title": "Sure?", "on_reject": {"goto": "a"}}}
    run = Play(workflow(steps=[A, ask]), verdict=lambda node, opening: "approve" if "#" in node else "reject")
    run.start()
    run.send(c.Pause(at=run.at, by=ANA, before=("a",)))
    assert moved(run).state.status is RunStatus.PAUSED
    assert (begun(run, "a"), statuses(run.state)["a#2"]) == (["a"], "ready")
    assert resumed(run).state.status is RunStatus.COMPLETED


def test_what_is_left_out_pauses_nothing_and_what_hangs_on_a_condition_does() -> None:
    steps = [A, {"id": "b", "run": "true", "needs": ["a"]}, {"id": "c", "run": "true"}]
    run = Play(workflow(type="graph", steps=steps), answer=failing("a"))
    run.start()
    run.send(c.Pause(at=run.at, by=ANA, before=("b",)))
    assert moved(run).state.status is RunStatus.FAILED
    run = moved(started(A, {**B, "if": "inputs.absent == 1"}, type="conditional", before="b"))
    assert run.state.status is RunStatus.PAUSED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "Its steps: fan, x"),
        ("fam", "Did you mean fan?"),
        ("fan[0].x", "name the step alone, x"),
        ("", "Its steps"),
        ("\x00" * 5_000, "Its steps"),
    ],
)
def test_what_is_no_step_is_refused_with_the_steps_that_there_are(name: str, words: str) -> None:
    run = started({"id": "fan", "for_each": {"items": [1]}, "steps": [{"id": "x", "run": "true"}]})
    with pytest.raises(NotFound) as refused:
        run.send(c.Pause(at=run.at, by=ANA, before=(name,)))
    assert words in refused.value.hint
    with pytest.raises(NotFound, match="is not to pause before"):
        run.send(c.ClearBreakpoints(at=run.at, by=ANA, steps=(name,)))


def test_the_steps_of_a_handler_are_refused() -> None:
    run = started(A, handlers={"exit": [{"id": "tidy", "run": "true"}]})
    with pytest.raises(NotFound, match="belongs to a handler"):
        run.send(c.Pause(at=run.at, by=ANA, before=("tidy",)))


def test_a_run_that_is_over_ending_or_not_begun_is_refused() -> None:
    run = started(A, B)
    wish = c.Pause(at=run.at, by=ANA, before=("b",))
    with pytest.raises(IllegalTransition, match="has not started"):
        Play(run.workflow).send(wish)
    with pytest.raises(IllegalTransition, match="interrupts nothing"):
        run.send(c.Pause(at=run.at, by=ANA, mode="now", before=("b",)))
    run.run()
    with pytest.raises(IllegalTransition, match="is completed"):
        run.send(wish)
    beside = Play(workflow(steps=[A, {"id": "b", "run": "true", "needs": []}, C]), answer=failing("a"))
    beside.start()
    beside.moves()[0]()
    beside.plan()
    with pytest.raises(IllegalTransition, match="is ending"):
        beside.send(c.Pause(at=beside.at, by=ANA, before=("c",)))


def test_a_cancel_comes_before_a_breakpoint() -> None:
    run = started(A, B, before="b")
    run.send(c.Cancel(at=run.at, by=ANA))
    run.plan()
    assert run.state.status is RunStatus.CANCELLED


def test_a_step_of_a_run_taken_up_anew_is_paused_before_in_its_next_round() -> None:
    run = Play(workflow(type="graph", steps=[A, {"id": "ask", "gate": {"title": "Sure?"}}]), answer=failing("a", attempts=1))
    run.start()
    run.moves()[0]()
    run.plan()
    run.send(c.Recover(at=run.at, by=ANA, steps=("a",), again=True))
    run.send(c.Pause(at=run.at, by=ANA, before=("a",)))
    assert moved(run).state.status is RunStatus.PAUSED
    assert begun(run, "a") == ["a"]


def test_a_journal_that_pauses_where_nobody_wanted_it_is_corrupt() -> None:
    run = started(A, B, before="b")
    unwanted: list[e.Event] = [
        e.PauseRequested(at=2, by=ANA, step="a"),
        e.BreakpointSet(at=2, by=ANA, step="b"),
        e.BreakpointSet(at=2, by=ANA, step="nobody"),
        e.BreakpointsCleared(at=2, by=ANA, steps=("a", "b")),
    ]
    for event in unwanted:
        with pytest.raises(CorruptJournal):
            evolve(run.state, event)
    assert list(run.state.breakpoints) == ["b"]


def test_a_run_with_breakpoints_comes_to_the_same_end_from_every_prefix() -> None:
    """A pause changes nothing of what a run comes to, wherever its journal is cut."""
    paused = 0
    for seed in range(60):
        flow = nested(seed, stops=False)
        whole = Fated(flow, seed=seed, pauses=True, interrupts=False)
        whole.start()
        whole.live()
        paused += any(event.step for event in of_type(whole.journal, e.PauseRequested))
        for length in range(seed % 5, len(whole.journal) + 1, 1 + len(whole.journal) // 8):
            again = Fated(flow, seed=seed, pauses=True, interrupts=False)
            again.resumed_from(whole.journal[:length], interrupt=False)
            again.live()
            same_end(again, whole)
    assert paused > 10


def test_breakpoints_survive_in_the_journal() -> None:
    run = started(A, B, C, before="b")
    run.send(c.Pause(at=run.at, by=ANA, before=("c",)))
    run.send(c.ClearBreakpoints(at=run.at, by=ANA, steps=("b",)))
    again = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        evolve(again, EVENT.validate_json(EVENT.dump_json(event)))
    assert (again.breakpoints, summarise(again).breakpoints) == ({"c": ANA}, "c")
    assert decide(again, c.Pause(at=9, by=ANA, before=("c",))) == []
