"""Whatever a run is and wherever it is forked: the fork comes to the same end, and lets nothing pass that nobody agreed to in it.

`OYAMA_EXAMPLES` says how many workflows each property is tried on, `OYAMA_SEED` from which one on.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from oyama_tui.core.summary import summarise
from tests.core.forked import FatedFork, fork_of, nothing_is_released_by_an_answer_of_another_run
from tests.core.generated import nested
from tests.core.test_nested import told
from tests.core.test_order import counters_agree, watched
from tests.core.world import Fated

EXAMPLES = int(os.environ.get("OYAMA_EXAMPLES", "60"))
FIRST = int(os.environ.get("OYAMA_SEED", "0"))
MOST_POINTS = 12


def source_of(seed: int, *, stops: bool, recoveries: int = 0) -> Fated:
    run = Fated(nested(seed, stops=stops, most=9), seed=seed, recoveries=recoveries)
    run.start()
    run.live()
    return run


def points(run: Fated, seed: int) -> range:
    """Some points of a run, the last one among them."""
    stride = 1 + len(run.journal) // MOST_POINTS
    return range(len(run.journal) - seed % stride if seed % 2 else len(run.journal), 0, -stride)


def forked(run: Fated, at: int, **wish: Any) -> FatedFork:
    fork = fork_of(run.graph, run.journal[:at], **wish)
    made = FatedFork(run.workflow, seed=run.seed, fork=fork, recoveries=run.recoveries)
    made.start()
    return made


def is_repeatable(run: Fated) -> bool:
    """Whether what its steps do depends on nothing that changes on the way: a fork begins with the variables of its point."""
    return "context." not in run.workflow.canonical() and run.state.status is RunStatus.COMPLETED


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_a_fork_of_which_nothing_is_changed_comes_to_the_same_end(seed: int) -> None:
    run = source_of(seed, stops=False)
    if not is_repeatable(run):
        return
    for at in points(run, seed):
        fork = forked(run, at)
        fork.live()
        same = (fork.state.status, fork.state.outputs) == (run.state.status, run.state.outputs)
        assert same, f"forked after {at}\n{told(run)}\n-- fork\n{told(fork)}"


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_a_fork_that_is_cut_off_anywhere_goes_on_to_the_same_end(seed: int) -> None:
    run = source_of(seed, stops=True)
    for at in list(points(run, seed))[seed % 3 :: 3]:
        fork = forked(run, at)
        fork.live()
        assert fork.fork is not None
        taken = 1 + len(fork.fork.part.reused)
        stride = 1 + (len(fork.journal) - taken) // 6
        for length in range(taken, len(fork.journal) + 1, stride):
            again = FatedFork(run.workflow, seed=seed, fork=fork.fork)
            again.resumed_from(fork.journal[:length], interrupt=False)
            again.live()
            assert (again.state.status, again.state.outputs) == (fork.state.status, fork.state.outputs), (
                f"forked after {at}, cut at {length}"
            )


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_nothing_passes_in_a_fork_that_nobody_agreed_to_in_it(seed: int) -> None:
    run = source_of(seed, stops=True, recoveries=seed % 2)
    ids = list(run.graph.body.steps)
    for at in points(run, seed):
        step = ids[run.draw("from", at) % len(ids)]
        for wish in ({}, {"steps": (step,)}, {"inputs": {"n": 7}}, {"asked": ids}):
            fork = forked(run, at, **wish)
            assert not [approval for approval in fork.state.approvals.values() if approval.status is ApprovalStatus.APPROVED]
            fork.live()
            nothing_is_released_by_an_answer_of_another_run(fork.graph, fork.journal)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_a_fork_is_a_run_like_any_other_to_all_that_counts_and_sums_up(seed: int) -> None:
    run = source_of(seed, stops=True)
    for at in points(run, seed):
        fork = forked(run, at)
        fork.live()
        state = new_state(fork.run_id, fork.graph, 1)
        for event in fork.journal:
            watched(state, [event])
            counters_agree(state)
            summarise(state)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_a_fork_of_a_fork_comes_to_the_same_end(seed: int) -> None:
    run = source_of(seed, stops=False)
    if not is_repeatable(run):
        return
    first = forked(run, points(run, seed)[-1] + (len(run.journal) - 1) // 2)
    first.live()
    for at in points(first, seed):
        second = forked(first, at)
        second.live()
        assert (second.state.status, second.state.outputs) == (run.state.status, run.state.outputs), (
            f"{told(first)}\n-- fork\n{told(second)}"
        )
