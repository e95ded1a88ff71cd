"""A run that goes on from any prefix of its journal comes to the same end."""

from __future__ import annotations

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from oyama_tui.core.definition import Workflow
from oyama_tui.core.evolve import fold
from oyama_tui.core.state import new_state
from tests.core.commanded import picture
from tests.core.generated import CHAINED, workflows
from tests.core.play import EVENT
from tests.core.world import Fated, same_end

SEEDS = st.integers(0, 2**32)
BOUNDED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def cut_everywhere(workflow: Workflow, seed: int, *, pauses: bool) -> None:
    whole = Fated(workflow, seed=seed, pauses=pauses)
    whole.start()
    end = whole.live()
    note(f"{workflow.canonical()}\n" + "\n".join(event.model_dump_json(exclude_defaults=True) for event in whole.journal))
    ordered = not pauses or workflow.type in CHAINED
    stride = 1 + len(whole.journal) // 60
    for length in range(seed % stride, len(whole.journal) + 1, stride):
        for interrupt in (True, False):
            again = Fated(workflow, seed=seed, pauses=pauses)
            again.resumed_from(whole.journal[:length], interrupt=interrupt)
            try:
                same_end(again.live(), end, ordered=ordered)
            except AssertionError:
                note(f"cut after {length}, {'interrupted' if interrupt else 'answered'}")
                raise


@settings(BOUNDED, max_examples=60)
@given(workflows(), SEEDS)
def test_every_prefix_goes_on_to_the_same_end(workflow: Workflow, seed: int) -> None:
    cut_everywhere(workflow, seed, pauses=False)


@settings(BOUNDED, max_examples=40)
@given(workflows(stops=False), SEEDS)
def test_every_prefix_of_a_paused_run_goes_on_to_the_same_end(workflow: Workflow, seed: int) -> None:
    cut_everywhere(workflow, seed, pauses=True)


@settings(BOUNDED, max_examples=60)
@given(workflows(), SEEDS)
def test_a_journal_reads_back_as_it_was_written(workflow: Workflow, seed: int) -> None:
    run = Fated(workflow, seed=seed)
    run.start()
    end = run.live()
    read = [EVENT.validate_json(EVENT.dump_json(event)) for event in run.journal]
    assert read == run.journal
    assert picture(fold(new_state(run.run_id, run.graph, 1), read), timers=False) == picture(end, timers=False)


@settings(BOUNDED, max_examples=80)
@given(workflows(stops=False), SEEDS, st.integers(2, 5))
def test_outcomes_that_are_decided_together_lead_to_the_same_end(workflow: Workflow, seed: int, together: int) -> None:
    one, other = Fated(workflow, seed=seed), Fated(workflow, seed=seed)
    one.start()
    one.live()
    other.start()
    while not other.state.status.ended:
        for _ in range(together):
            moves = other.ranked()
            if moves:
                other.at += 1
                min(moves, key=lambda move: move[:2])[2]()
        other.plan()
    same_end(other.state, one.state, ordered=workflow.type in CHAINED)
