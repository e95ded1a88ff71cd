"""What holds for every run holds for runs that are taken back: blocks in blocks, loops, gates, handlers, failures on the way.

`OYAMA_EXAMPLES` says how many workflows each property is tried on, `OYAMA_SEED` from which one on.
"""

from __future__ import annotations

from collections import Counter

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.events.undo import undone_by
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.play import EVENT
from tests.core.test_nested import EXAMPLES, FIRST, Property, told
from tests.core.test_order import counters_agree, watched
from tests.core.undoing import live_and_take_back, undoable
from tests.core.world import Fated, same_end


def goes_on_from_every_prefix_when_it_was_taken_back(seed: int) -> None:
    workflow = undoable(seed)
    whole = Fated(workflow, seed=seed, interrupts=False)
    whole.start()
    live_and_take_back(whole)
    stride = 1 + len(whole.journal) // 12
    for length in range(seed % stride, len(whole.journal) + 1, stride):
        again = Fated(workflow, seed=seed, interrupts=False)
        again.resumed_from(whole.journal[:length], interrupt=False)
        live_and_take_back(again)
        try:
            same_end(again, whole)
        except AssertionError as error:
            raise AssertionError(f"cut after {length}\n{told(whole)}\n-- again\n{told(again)}") from error


def is_undone_once_and_wholly(seed: int) -> None:
    run = Fated(undoable(seed), seed=seed)
    run.start()
    live_and_take_back(run)
    state = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        watched(state, [event])
        counters_agree(state)
        summarise(state)
        assert EVENT.validate_json(EVENT.dump_json(event)) == event
        if isinstance(event, e.UndoFinished):
            assert not owed(state, event)
    done = Counter(undone_by(event.node) for event in run.journal if isinstance(event, e.StepSucceeded) and undone_by(event.node))
    assert not [node for node, times in done.items() if times > 1]
    assert not [*state.running, *state.children, *state.open, *state.retrying, *state.waits]


def owed(state: RunState, finished: e.UndoFinished) -> list[str]:
    """What a step that begins anew has done, and nothing has undone; of a run that ends everything."""
    roots, graph = state.graph.roots, state.graph
    anew = {roots[graph.spec_of(key).step.id] for key in finished.nodes}
    return [key for key, order in state.done.items() if not anew or roots[order.step] in anew]


def each_ends_or_rests_for_a_reason(seed: int) -> None:
    run = Fated(undoable(seed, limited=True, queued=True), seed=seed, pauses=True)
    run.start()
    live_and_take_back(run)
    assert run.state.status.ended or run.state.status is RunStatus.PAUSED


PROPERTIES: list[Property] = [
    goes_on_from_every_prefix_when_it_was_taken_back,
    is_undone_once_and_wholly,
    each_ends_or_rests_for_a_reason,
]


@pytest.mark.parametrize("holds", PROPERTIES, ids=[holds.__name__ for holds in PROPERTIES])
def test_a_run_of_blocks(holds: Property) -> None:
    for seed in range(FIRST, FIRST + EXAMPLES):
        try:
            holds(seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
