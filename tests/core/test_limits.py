"""A run under the limit of its workflow: what it does without a place, and when it gives its own up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.admission import queues
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import admitted, summarise
from tests.core.commanded import Chance, picture
from tests.core.generated import nested, workflows
from tests.core.play import ANA, Play, workflow
from tests.core.test_prefix import cut_everywhere
from tests.core.test_totality import move, tried
from tests.core.world import Fated

SEEDS = st.integers(0, 2**32)
BOUNDED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
ONE = {"limit": 1}
RUN, GATE, WAIT = {"id": "a", "run": "true"}, {"id": "ask", "gate": "Go on?"}, {"id": "nap", "wait": {"for": "1h"}}
BEGIN = (e.StepScheduled, e.StepSuspended, e.ApprovalRequested, e.BlockOpened, e.ScopeOpened, e.BlockRested)


def started(*steps: object, concurrency: object = ONE, **values: object) -> Play:
    run = Play(workflow(steps=steps, concurrency=concurrency, **values))
    run.start()
    return run


def has_place(*steps: object, **values: object) -> Play:
    run = started(*steps, **values)
    run.admit()
    run.plan()
    return run


def answered(run: Play) -> Play:
    run.decide(next(iter(run.state.open)))
    run.plan()
    return run


def last(run: Play, count: int) -> list[str]:
    return [event.type for event in run.journal[-count:]]


def test_nothing_follows_the_start_before_the_run_is_admitted() -> None:
    run = started(RUN)
    assert last(run, 9) == ["run_started"]
    assert queues(run.state)
    run.admit()
    assert [event.type for event in run.plan()] == ["step_scheduled"]
    assert not queues(run.state)


def test_a_run_of_a_workflow_without_a_limit_never_queues() -> None:
    run = started(RUN, concurrency=None)
    assert last(run, 9) == ["run_started", "step_scheduled"]
    assert run.state.place == ""


def test_an_answer_that_ends_the_run_needs_no_place() -> None:
    run = answered(has_place(GATE))
    assert last(run, 5) == ["place_released", "vote_cast", "approval_decided", "gate_passed", "run_completed"]


def test_an_answer_after_which_something_starts_makes_the_run_queue_again() -> None:
    run = answered(has_place(GATE, RUN))
    assert last(run, 3) == ["approval_decided", "gate_passed", "place_requested"]
    assert run.plan() == []


@pytest.mark.parametrize(
    ("steps", "released"),
    [((GATE,), True), ((GATE, WAIT), False), ((GATE, RUN), False), ((GATE, {**GATE, "id": "two"}), True)],
    ids=["a gate", "a wait beside it", "a step beside it", "two gates"],
)
def test_the_place_is_given_up_when_only_people_are_waited_for(steps: tuple[object, ...], released: bool) -> None:
    assert (has_place(*steps, type="parallel").state.place == "released") is released
    kept = has_place(*steps, type="parallel", concurrency={"limit": 1, "hold_while_waiting": True})
    assert kept.state.place == "held"


def test_a_paused_run_keeps_its_place_and_its_turn() -> None:
    for run in (has_place(RUN), started(RUN)):
        place = (run.state.place, run.state.place_since)
        run.send(c.Pause(at=run.at + 1, by=ANA, mode="now"))
        run.plan()
        assert run.state.status is RunStatus.PAUSED
        assert not queues(run.state)
        run.send(c.Resume(at=run.at + 2, by=ANA))
        assert (run.state.place, run.state.place_since) == place


@pytest.mark.parametrize("make", [lambda: started(RUN), lambda: has_place(RUN), lambda: has_place(GATE)])
def test_a_run_that_is_over_has_no_place(make: Callable[[], Play]) -> None:
    run = make()
    run.send(c.Cancel(at=run.at + 1, by=ANA))
    run.plan()
    assert run.state.status is RunStatus.CANCELLED
    assert (run.state.place, run.state.place_since) == ("", None)


def test_a_run_that_queues_is_cancelled_at_once_by_whoever_wants_it() -> None:
    run = started(RUN)
    assert [event.type for event in run.send(c.Cancel(at=run.at + 1, by=ANA))] == ["cancel_requested", "run_cancelled"]


def test_a_handler_of_a_run_that_has_given_its_place_up_begins_with_a_place() -> None:
    run = has_place(GATE, handlers={"exit": [{"id": "tidy", "run": "true"}]})
    assert run.state.place == "released"
    answered(run)
    assert last(run, 2) == ["handler_started", "place_requested"]
    run.admit()
    assert [event.type for event in run.plan()] == ["step_scheduled"]
    assert run.run().status is RunStatus.COMPLETED


@pytest.mark.parametrize("priority", [-101, 101])
def test_a_priority_out_of_range_is_refused(priority: int) -> None:
    run = Play(workflow(steps=[RUN], concurrency=ONE))
    with pytest.raises(InvalidInput, match="between -100 and 100"):
        decide(run.state, c.StartRun(at=1, by=ANA, revision="r", priority=priority))


def test_a_run_is_pending_until_its_first_place_and_queued_whenever_it_queues() -> None:
    run = started(GATE, RUN)
    assert (summarise(run.state).status, summarise(run.state).phase) == ("pending", "queued")
    run.admit()
    run.plan()
    assert (summarise(run.state).status, summarise(run.state).phase) == ("running", "waiting")
    answered(run)
    assert (summarise(run.state).status, summarise(run.state).phase) == ("running", "queued")


def obeys(run: Fated) -> None:
    """Fail unless the journal begins things only with a place, and a place is given up only while people alone are waited for."""
    state = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        if isinstance(event, BEGIN):
            assert state.place == "held", f"{event.type} without a place"
        if isinstance(event, e.PlaceReleased):
            assert state.open
            assert not [*state.running, *state.retrying, *state.waits, *state.ready]
        if isinstance(event, e.RunAdmitted):
            same_summary(state, event)
        evolve(state, event)


def same_summary(state: RunState, event: e.RunAdmitted) -> None:
    """The summary that is made without folding is what folding would give."""
    leap = event.model_copy(update={"leap": 7_000})
    for one in (event, leap):
        after = new_state(state.run_id, state.graph, 1)
        for folded in [*JOURNAL[state.run_id][: state.seq], one]:
            evolve(after, folded)
        assert admitted(state, one) == summarise(after)


JOURNAL: dict[str, list[e.Event]] = {}
"""What is being checked, by run."""


def lived(workflow: Workflow, seed: int) -> Fated:
    run = Fated(workflow, seed=seed, pauses=seed % 3 == 0)
    run.start()
    run.live()
    note(f"{workflow.canonical()}\n" + "\n".join(event.model_dump_json(exclude_defaults=True) for event in run.journal))
    JOURNAL[run.run_id] = run.journal
    return run


@settings(BOUNDED, max_examples=80)
@given(workflows(queued=True, limited=True), SEEDS)
def test_only_a_run_with_a_place_begins_anything(workflow: Workflow, seed: int) -> None:
    obeys(lived(workflow, seed))


@settings(BOUNDED, max_examples=60)
@given(SEEDS)
def test_only_a_run_with_a_place_begins_anything_in_blocks(seed: int) -> None:
    obeys(lived(nested(seed, queued=True), seed))


@settings(BOUNDED, max_examples=40)
@given(workflows(queued=True), SEEDS)
def test_every_prefix_of_a_queueing_run_goes_on_to_the_same_end(workflow: Workflow, seed: int) -> None:
    cut_everywhere(workflow, seed, pauses=False)


@settings(BOUNDED, max_examples=30)
@given(SEEDS)
def test_every_prefix_of_a_queueing_run_with_blocks_goes_on_to_the_same_end(seed: int) -> None:
    cut_everywhere(nested(seed, queued=True, most=8), seed, pauses=False)


@settings(BOUNDED, max_examples=80)
@given(workflows(queued=True, limited=True), SEEDS)
def test_every_command_to_a_queueing_run_is_answered_or_refused(workflow: Workflow, seed: int) -> None:
    run, chance = Fated(workflow, seed=seed), Chance(seed)
    for turn in range(20):
        for _ in range(chance.one([0, 1, 2])):
            tried(run, chance.command(run.state))
        if turn and not run.journal:
            run.start()
        run.plan()
        summarise(run.state)
        move(run)
    again = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        evolve(again, event)
    assert picture(again, timers=False) == picture(run.state, timers=False)
