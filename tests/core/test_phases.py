"""The words in which a run is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyama_tui.core import commands as c
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import RunSummary, summarise
from oyama_tui.core.views import ENDED_PHASES
from tests.core.generated import workflows
from tests.core.play import ANA, Play, failing, workflow
from tests.core.world import Fated

RUN = {"id": "a", "name": "Unit tests", "run": "true"}
GATE = {"id": "ask", "gate": {"title": "Publish v1?", "timeout": "4h"}}
WAIT = {"id": "nap", "wait": {"for": "1h"}}
RETRY = {"id": "a", "run": "true", "retry": {"max_attempts": 2, "interval": "10s", "jitter": False}}


def started(*steps: object, broken: tuple[str, ...] = (), **values: object) -> Play:
    run = Play(workflow(type="parallel", steps=steps, **values), answer=failing(*broken))
    run.start()
    return run


def wished(run: Play, *wishes: c.Command) -> Play:
    for wish in wishes:
        run.send(wish)
        run.plan()
    return run


def moved(run: Play) -> Play:
    run.moves()[0]()
    run.plan()
    return run


def rejected(run: Play) -> Play:
    key = next(iter(run.state.open))
    return wished(run, c.Decide(at=5, by=ANA, id=key, verdict="reject", comment="not today"))


DRAIN, NOW = c.Pause(at=2, by=ANA), c.Pause(at=2, by=ANA, mode="now", reason="lunch")
SITUATIONS: dict[str, tuple[Callable[[], Play], str, str, str]] = {
    "before the start": (lambda: Play(workflow(steps=[RUN])), "pending", "queued", ""),
    "a step runs": (lambda: started(RUN), "running", "running", ""),
    "a step runs beside a gate": (lambda: started(RUN, GATE), "running", "running", "Publish v1?"),
    "only a gate is left": (lambda: started(GATE), "running", "waiting", "Publish v1?"),
    "two gates are left": (lambda: started(GATE, {**GATE, "id": "other"}), "running", "waiting", "Publish v1? and 1 more"),
    "only time is left": (lambda: started(WAIT), "running", "waiting", ""),
    "between two attempts": (lambda: moved(started(RETRY, broken=("a",))), "running", "waiting", ""),
    "draining": (lambda: wished(started(RUN, GATE), DRAIN), "running", "draining", "by ana"),
    "paused": (lambda: wished(started(RUN, GATE), NOW), "paused", "paused", "lunch"),
    "paused at a gate": (lambda: wished(started(GATE), DRAIN), "paused", "paused", "by ana"),
    "resumed": (lambda: wished(started(GATE), DRAIN, c.Resume(at=3, by=ANA)), "running", "waiting", "Publish v1?"),
    "completed": (lambda: moved(started(RUN)), "completed", "completed", ""),
    "failed": (lambda: moved(started(RUN, broken=("a",))), "failed", "failed", "a: a broke"),
    "rejected": (lambda: rejected(started(GATE)), "failed", "rejected", "by ana: not today"),
    "cancelled": (lambda: wished(started(RUN, GATE), c.Cancel(at=2, by=ANA)), "failed", "cancelled", "cancelled by ana"),
    "cancelled while paused": (lambda: wished(started(GATE), DRAIN, c.Cancel(at=3, by=ANA)), "failed", "cancelled", "cancelled by ana"),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_has_its_word_and_its_reason(situation: str) -> None:
    make, status, phase, reason = SITUATIONS[situation]
    summary = summarise(make().state)
    assert (summary.status, summary.phase, summary.reason) == (status, phase, reason)
    assert summary.ended == (phase in ENDED_PHASES)


def test_an_expired_gate_is_told_without_a_name() -> None:
    run = started(GATE)
    run.fire(1_000 + 4 * 3_600_000, next(iter(run.state.open)))
    run.plan()
    assert (summarise(run.state).phase, summarise(run.state).reason) == ("rejected", "nobody answered in time")


def test_progress_counts_steps_and_not_the_gates_before_them() -> None:
    run = started({**RUN, "gate": {"title": "Sure?"}}, {**RUN, "id": "b", "if": "false"}, GATE)
    assert (summarise(run.state).completed, summarise(run.state).total) == (1, 3)
    run.run()
    assert (summarise(run.state).completed, summarise(run.state).total) == (3, 3)


def test_a_gate_that_was_answered_while_no_engine_runs_does_not_wait_any_more() -> None:
    run = started({**RUN, "gate": {"title": "Sure?"}})
    run.decide(next(iter(run.state.open)))
    assert (summarise(run.state).phase, summarise(run.state).open_approvals) == ("running", 0)


def test_the_summary_tells_deadline_step_error_and_outputs() -> None:
    waiting = summarise(started(GATE).state)
    assert (waiting.next_due, waiting.current_step, waiting.open_approvals) == (1_000 + 4 * 3_600_000, "ask", 1)
    failed = summarise(moved(started(RUN, broken=("a",))).state)
    assert (failed.error, failed.error_node, failed.current_step, failed.next_due) == ("a broke", "a", "", None)
    done = summarise(moved(started(RUN, outputs={"said": "${{ steps.a.output }}"})).state)
    assert (done.outputs, done.error) == ({"said": "out of a"}, "")


def fits(summary: RunSummary, run: Fated) -> None:
    """What a summary says must be so."""
    state = run.state
    assert summary.ended == state.status.ended == (summary.phase in ENDED_PHASES)
    assert (summary.phase == "waiting") <= (state.idle and bool(state.open or state.waits or state.retrying))
    if not state.idle and not state.status.ended:
        assert summary.current_step in {node.spec.step.id for node in state.nodes.values() if not node.status.settled}
    assert (summary.phase == "paused") == (state.status is RunStatus.PAUSED)
    assert (summary.phase == "draining") <= (state.pause is not None)
    assert summary.completed <= summary.total
    assert summary.ended <= (summary.running == 0 and summary.open_approvals == 0 and summary.next_due is None)
    assert (summary.next_due is None) <= (not run.armed())


@settings(deadline=None, print_blob=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(workflows(limited=True), st.integers(0, 2**32))
def test_a_summary_fits_at_every_point_of_a_run(workflow: Workflow, seed: int) -> None:
    run = Fated(workflow, seed=seed, pauses=True)
    run.start()
    run.live()
    history = run.journal
    run.state = new_state(run.run_id, run.graph, 1)
    for event in history:
        evolve(run.state, event)
        fits(summarise(run.state), run)
    assert decide(run.state, c.FireTimer(at=run.at, id="s0")) == []
