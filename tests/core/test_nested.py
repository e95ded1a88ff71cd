"""What holds for every run holds for runs of blocks in blocks: loops, switches, repetitions, gates in items.

`OYAMA_EXAMPLES` says how many workflows each property is tried on, `OYAMA_SEED` from which one on.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.children import children_to_end, is_cancelling
from oyama_tui.core.decide import decide
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve, fold
from oyama_tui.core.plan import plan
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.commanded import Chance, picture
from tests.core.generated import nested
from tests.core.play import ANA, EVENT
from tests.core.test_order import counters_agree, watched
from tests.core.test_totality import move, tried
from tests.core.world import Fated, same_end

EXAMPLES = int(os.environ.get("OYAMA_EXAMPLES", "60"))
FIRST = int(os.environ.get("OYAMA_SEED", "0"))
Property = Callable[[int], None]


def told(run: Fated) -> str:
    """A failing example, to be read."""
    events = (event.model_dump_json(exclude_defaults=True, exclude={"content", "by"}) for event in run.journal)
    return f"{run.workflow.canonical()}\n" + "\n".join(events)


def goes_on_from_every_prefix(seed: int) -> None:
    workflow = nested(seed)
    whole = Fated(workflow, seed=seed)
    whole.start()
    whole.live()
    stride = 1 + len(whole.journal) // 12
    for length in range(seed % stride, len(whole.journal) + 1, stride):
        for interrupt in (True, False):
            again = Fated(workflow, seed=seed)
            again.resumed_from(whole.journal[:length], interrupt=interrupt)
            again.live()
            try:
                same_end(again, whole)
            except AssertionError as error:
                raise AssertionError(f"cut after {length}, {interrupt=}\n{told(whole)}\n-- again\n{told(again)}") from error


def goes_on_from_every_prefix_when_it_was_taken_up_anew(seed: int) -> None:
    workflow = nested(seed)
    whole = Fated(workflow, seed=seed, recoveries=2, interrupts=False)
    whole.start()
    whole.live()
    state = new_state(whole.run_id, whole.graph, 1)
    for event in whole.journal:
        watched(state, [event])
        counters_agree(state)
        summarise(state)
    stride = 1 + len(whole.journal) // 12
    for length in range(seed % stride, len(whole.journal) + 1, stride):
        again = Fated(workflow, seed=seed, recoveries=2, interrupts=False)
        again.resumed_from(whole.journal[:length], interrupt=False)
        again.live()
        try:
            same_end(again, whole)
        except AssertionError as error:
            raise AssertionError(f"cut after {length}\n{told(whole)}\n-- again\n{told(again)}") from error


def starts_nothing_before_its_needs_nor_after_its_end(seed: int) -> None:
    run = Fated(nested(seed, limited=True), seed=seed, pauses=seed % 2 == 0)
    run.start()
    run.live()
    state = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        watched(state, [event])
        counters_agree(state)
        summarise(state)
        assert EVENT.validate_json(EVENT.dump_json(event)) == event
    assert isinstance(run.journal[-1], e.ENDS)
    assert not [*state.running, *state.children, *state.open, *state.retrying, *state.waits]
    if state.status is RunStatus.COMPLETED:
        assert not state.blocks | state.ready
        assert not state.scopes_over
        assert any(state.handled.values()) or state.settled_steps == state.total_steps


def rests_only_when_there_is_something_to_rest_for(seed: int) -> None:
    run = Fated(nested(seed, limited=True), seed=seed, pauses=True)
    run.start()
    while not run.state.status.ended:
        assert plan(run.state) == []
        assert not run.state.idle or run.state.open or run.state.retrying or run.state.waits or run.state.status is RunStatus.PAUSED
        moves = run.ranked()
        run.at += 1
        min(moves, key=lambda move: move[:2])[2]()
        run.plan()


def answers_or_refuses_every_command(seed: int) -> None:
    run, chance = Fated(nested(seed, limited=True), seed=seed), Chance(seed)
    for turn in range(20):
        for _ in range(chance.one([0, 1, 2, 6])):
            tried(run, chance.command(run.state))
            if chance.one([True, False]):
                run.plan()
        if turn and not run.journal:
            run.start()
        run.plan()
        move(run)
    again = fold(new_state(run.run_id, run.graph, 1), run.journal)
    assert picture(again, timers=False) == picture(run.state, timers=False)


def takes_no_event_that_is_not_allowed(seed: int) -> None:
    run, chance = Fated(nested(seed), seed=seed), Chance(seed)
    run.start()
    run.live()
    state = fold(new_state(run.run_id, run.graph, 1), run.journal[: chance.random.randrange(len(run.journal) + 1)])
    for _ in range(10):
        before = picture(state)
        try:
            evolve(state, chance.event(state))
        except CorruptJournal:
            assert picture(state) == before
        else:
            return


def await_children(run: Fated) -> None:
    """Runs of steps end by themselves, and nothing but them is left to wait for."""
    while is_cancelling(run.state) and run.state.children:
        assert not run.state.status.ended
        assert not [*run.state.running, *run.state.open, *run.state.retrying]
        assert children_to_end(run.state) == list(run.state.children)
        min(run.ranked(), key=lambda move: move[:2])[2]()
        run.plan()


def is_cancelled_to_the_end_at_once(seed: int) -> None:
    run = Fated(nested(seed), seed=seed)
    run.start()
    for _ in range(run.draw("steps") % 25):
        if run.state.status.ended:
            return
        min(run.ranked(), key=lambda move: move[:2])[2]()
        run.plan()
    if run.state.status.ended:
        return
    run.fold(decide(run.state, c.Cancel(at=run.at, by=ANA)))
    run.plan()
    await_children(run)
    if run.state.finishing is not None:
        outcome = run.state.finishing.outcome
        if outcome == "cancelled" and not run.state.handlers_cut:
            run.fold(decide(run.state, c.Cancel(at=run.at, by=ANA)))
            run.plan()
            await_children(run)
        assert run.state.status == outcome
    else:
        assert run.state.status is RunStatus.CANCELLED
    assert not [*run.state.running, *run.state.children, *run.state.open, *run.state.retrying, *run.state.waits, *run.state.blocks]


def comes_to_the_same_when_outcomes_are_decided_together(seed: int) -> None:
    workflow = nested(seed, stops=False)
    one, other = Fated(workflow, seed=seed), Fated(workflow, seed=seed)
    one.start()
    one.live()
    other.start()
    while not other.state.status.ended:
        for _ in range(2 + seed % 4):
            if moves := other.ranked():
                other.at += 1
                min(moves, key=lambda move: move[:2])[2]()
        other.plan()
    try:
        same_end(other, one, ordered=False)
    except AssertionError as error:
        raise AssertionError(f"{told(one)}\n-- together\n{told(other)}") from error


PROPERTIES: list[Property] = [
    goes_on_from_every_prefix,
    goes_on_from_every_prefix_when_it_was_taken_up_anew,
    starts_nothing_before_its_needs_nor_after_its_end,
    rests_only_when_there_is_something_to_rest_for,
    answers_or_refuses_every_command,
    takes_no_event_that_is_not_allowed,
    is_cancelled_to_the_end_at_once,
    comes_to_the_same_when_outcomes_are_decided_together,
]


@pytest.mark.parametrize("holds", PROPERTIES, ids=[holds.__name__ for holds in PROPERTIES])
def test_a_run_of_blocks(holds: Property) -> None:
    for seed in range(FIRST, FIRST + EXAMPLES):
        try:
            holds(seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
