"""How steps follow each other in each type of workflow, and what a failure does to the rest."""

from __future__ import annotations

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus
from tests.core.play import Play, failing, finished, of_type, statuses, workflow


def no(node: str, opening: int) -> e.Verdict:
    """Every gate is rejected."""
    return "reject"


def runs(*ids: str, **values: object) -> list[dict[str, object]]:
    """Steps that run something."""
    return [{"id": step_id, "run": "true", **values} for step_id in ids]


def skips(play: Play) -> dict[str, tuple[str, str]]:
    """By node, why it was skipped, and the kind of cause."""
    return {event.node: (event.why, event.cause) for event in of_type(play.journal, e.StepSkipped)}


def played(play: Play) -> RunState:
    play.start()
    return play.run()


def test_sequential_steps_start_one_after_the_other() -> None:
    run = Play(workflow(steps=runs("a", "b")))
    run.start()
    assert statuses(run.state) == {"a": "running", "b": "pending"}
    assert run.run().status is RunStatus.COMPLETED


def test_sequential_stops_at_the_first_failure() -> None:
    run = Play(workflow(steps=runs("a", "b", "c")), answer=failing("b"))
    assert played(run).status is RunStatus.FAILED
    assert run.state.error == e.RunError(kind="step", message="b broke", node="b")
    assert [event.node for event in of_type(run.journal, e.StepScheduled)] == ["a", "b"]


def test_a_failure_in_a_sequence_lets_finish_what_runs_beside_it() -> None:
    run = Play(workflow(steps=[*runs("a"), *runs("b", "c", needs=[])]), answer=failing("a"))
    run.start()
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"a": "failed", "b": "running", "c": "running"}
    assert statuses(run.run()) == {"a": "failed", "b": "completed", "c": "completed"}


def test_on_failure_continue_goes_on_as_if_the_step_had_succeeded() -> None:
    for kind in ("sequential", "conditional", "graph"):
        steps = [{"id": "a", "run": "true", "on_failure": "continue"}, {"id": "b", "run": "true", "needs": ["a"]}]
        state = finished(steps, type=kind, answer=failing("a"))
        assert (state.status, statuses(state)) == (RunStatus.COMPLETED, {"a": "failed", "b": "completed"})


@pytest.mark.parametrize("seed", range(5))
def test_parallel_steps_all_settle_before_the_run_fails(seed: int) -> None:
    run = Play(workflow(type="parallel", steps=runs("a", "b", "c")), answer=failing("a"))
    run.start()
    assert set(statuses(run.state).values()) == {"running"}
    assert run.run(seed).status is RunStatus.FAILED
    assert statuses(run.state) == {"a": "failed", "b": "completed", "c": "completed"}


def test_fail_fast_cancels_the_rest_by_events() -> None:
    steps = [*runs("a", "b"), {"id": "ask", "gate": {"title": "Go on?"}}, {"id": "nap", "wait": {"for": "1h"}}]
    run = Play(workflow(type="parallel", fail_fast=True, steps=steps), answer=failing("a"))
    run.start()
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == dict.fromkeys(["b", "ask", "nap"], "cancelled") | {"a": "failed"}
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["b", "nap"]
    assert len(of_type(run.journal, e.ApprovalCancelled)) == 1
    assert run.state.status is RunStatus.FAILED


def test_fail_fast_counts_after_a_rejection_too() -> None:
    steps = [*runs("a", "b"), {"id": "ask", "gate": {"title": "Go on?"}}]
    run = Play(workflow(type="parallel", fail_fast=True, steps=steps), answer=failing("a"), verdict=no)
    run.start()
    run.decide(next(iter(run.state.open)))
    run.plan()
    assert statuses(run.state) == {"a": "running", "b": "running", "ask": "rejected"}
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"a": "failed", "b": "cancelled", "ask": "rejected"}
    assert run.state.status is RunStatus.REJECTED


def test_conditional_walks_on_after_a_failure_and_the_run_fails() -> None:
    state = finished(runs("a", "b"), type="conditional", answer=failing("a"))
    assert (state.status, statuses(state)) == (RunStatus.FAILED, {"a": "failed", "b": "completed"})


def test_a_step_for_failures_runs_after_one_and_saves_the_run() -> None:
    steps = [*runs("a"), *runs("mend", **{"if": "failure"}), *runs("c")]
    saved = finished(steps, type="conditional", answer=failing("a"))
    assert (saved.status, statuses(saved)) == (RunStatus.COMPLETED, {"a": "failed", "mend": "completed", "c": "completed"})
    calm = finished(steps, type="conditional")
    assert (calm.status, statuses(calm)) == (RunStatus.COMPLETED, {"a": "completed", "mend": "skipped", "c": "completed"})


def test_a_step_for_successes_is_skipped_after_a_failure_and_one_for_anything_is_not() -> None:
    steps = [*runs("a"), *runs("well", **{"if": "success"}), *runs("anyway", **{"if": "always"})]
    assert statuses(finished(steps, type="conditional", answer=failing("a"))) == {"a": "failed", "well": "skipped", "anyway": "completed"}


def test_a_question_for_failures_saves_the_run_when_it_is_approved() -> None:
    steps = [*runs("a"), {"id": "ask", "if": "failure", "gate": {"title": "Leave it so?"}}]
    assert finished(steps, type="conditional", answer=failing("a")).status is RunStatus.COMPLETED
    assert finished(steps, type="conditional", answer=failing("a"), verdict=no).status is RunStatus.REJECTED


def test_a_step_for_failures_that_fails_itself_saves_nothing() -> None:
    state = finished([*runs("a"), *runs("mend", **{"if": "failure"})], type="conditional", answer=failing("a", "mend"))
    assert (state.status, state.error) == (RunStatus.FAILED, e.RunError(kind="step", message="a broke", node="a"))


def test_a_failure_after_the_one_that_was_made_up_for_fails_the_run() -> None:
    steps = [*runs("a"), *runs("mend", **{"if": "failure"}), *runs("c")]
    state = finished(steps, type="conditional", answer=failing("a", "c"))
    assert (state.status, state.error and state.error.node) == (RunStatus.FAILED, "c")


def test_the_step_before_is_the_nearest_that_was_not_skipped() -> None:
    steps = [*runs("a"), *runs("never", **{"if": "inputs.n > 1"}), *runs("mend", **{"if": "failure"}), *runs("well", **{"if": "success"})]
    state = finished(steps, type="conditional", inputs={"n": {"type": "integer", "default": 1}}, answer=failing("a"))
    assert statuses(state) == {"a": "failed", "never": "skipped", "mend": "completed", "well": "completed"}


def test_a_rejected_gate_before_it_is_no_failure() -> None:
    steps = [
        {"id": "a", "run": "true", "gate": {"title": "Do a?", "on_reject": "skip"}},
        *runs("mend", **{"if": "failure"}),
        *runs("well", **{"if": "success"}),
        *runs("anyway", **{"if": "always"}),
    ]
    state = finished(steps, type="conditional", verdict=no)
    assert statuses(state) == {"a.gate": "rejected", "a": "skipped", "mend": "skipped", "well": "completed", "anyway": "completed"}
    assert state.status is RunStatus.COMPLETED


def test_a_gate_that_fails_is_the_failure_before_the_next_step() -> None:
    gate = {"title": "Do b?", "timeout": "1h", "on_timeout": "fail"}
    steps = [*runs("a"), {"id": "b", "run": "true", "gate": gate}, *runs("mend", **{"if": "failure"})]
    run = Play(workflow(type="conditional", steps=steps))
    run.start()
    run.moves()[0]()
    run.plan()
    run.fire(run.at + 3_600_000, next(iter(run.state.open)))
    assert run.run().status is RunStatus.COMPLETED
    assert statuses(run.state) == {"a": "completed", "b.gate": "failed", "b": "skipped", "mend": "completed"}


def test_a_graph_runs_what_its_needs_allow() -> None:
    steps = [*runs("join", needs=["left", "right"]), *runs("left", "right", needs=["root"]), *runs("root")]
    run = Play(workflow(type="graph", steps=steps))
    run.start()
    assert statuses(run.state) == {"join": "pending", "left": "pending", "right": "pending", "root": "running"}
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"join": "pending", "left": "running", "right": "running", "root": "completed"}
    assert run.run().status is RunStatus.COMPLETED


def test_a_graph_skips_what_depends_on_a_failure_and_says_why() -> None:
    steps = [*runs("a", "other"), *runs("b", needs=["a"]), *runs("c", needs=["b", "other"])]
    run = Play(workflow(type="graph", steps=steps), answer=failing("a"))
    assert played(run).status is RunStatus.FAILED
    assert statuses(run.state) == {"a": "failed", "other": "completed", "b": "skipped", "c": "skipped"}
    assert skips(run) == {"b": ("a failed", "upstream"), "c": ("b was skipped", "upstream")}


def test_the_reason_names_the_need_that_counts() -> None:
    spared = {"id": "spared", "run": "true", "on_failure": "continue"}
    steps = [spared, *runs("idle", **{"if": "false"}), *runs("bad"), *runs("last", needs=["spared", "idle", "bad"])]
    run = Play(workflow(type="graph", steps=steps), answer=failing("spared", "bad"))
    played(run)
    assert skips(run)["last"] == ("bad failed", "upstream")


def test_a_skipped_step_satisfies_needs() -> None:
    steps = [*runs("a", **{"if": "false"}), *runs("b", needs=["a"])]
    run = Play(workflow(type="graph", steps=steps))
    assert played(run).status is RunStatus.COMPLETED
    assert statuses(run.state) == {"a": "skipped", "b": "completed"}
    assert skips(run) == {"a": ("if: false", "condition")}


def test_written_needs_replace_the_implied_one() -> None:
    run = Play(workflow(steps=[*runs("a", "b"), *runs("c", needs=["a"]), *runs("d", needs=[])]))
    run.start()
    assert statuses(run.state) == {"a": "running", "b": "pending", "c": "pending", "d": "running"}
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"a": "completed", "b": "running", "c": "running", "d": "running"}


@pytest.mark.parametrize("kind", ["sequential", "parallel", "conditional", "graph"])
def test_a_rejection_never_counts_as_a_failure(kind: str) -> None:
    step = {"id": "a", "run": "true", "gate": {"title": "Do a?"}}
    state = finished([step, *runs("b", needs=["a"])], type=kind, verdict=no)
    assert (state.status, state.error) == (
        RunStatus.REJECTED,
        e.RunError(kind="rejected", message="because", node="a.gate", by="ana"),
    )
    assert (len(state.root.failures), statuses(state)["b"]) == (0, "pending")


@pytest.mark.parametrize("kind", ["sequential", "parallel", "conditional", "graph"])
def test_on_reject_skip_skips_the_step_and_goes_on(kind: str) -> None:
    step = {"id": "a", "run": "true", "gate": {"title": "Do a?", "on_reject": "skip"}}
    run = Play(workflow(type=kind, steps=[step, *runs("b", needs=["a"])]), verdict=no)
    assert played(run).status is RunStatus.COMPLETED
    assert statuses(run.state) == {"a.gate": "rejected", "a": "skipped", "b": "completed"}
    assert skips(run) == {"a": ("its gate was rejected", "rejected")}


def test_a_rejection_lets_finish_what_runs() -> None:
    steps = [*runs("a"), {"id": "ask", "gate": {"title": "Go on?"}}, {"id": "nap", "wait": {"for": "1h"}}]
    run = Play(workflow(type="parallel", steps=steps), verdict=no)
    run.start()
    run.decide(next(iter(run.state.open)))
    run.plan()
    assert statuses(run.state) == {"a": "running", "ask": "rejected", "nap": "cancelled"}
    assert run.run().status is RunStatus.REJECTED
    assert statuses(run.state)["a"] == "completed"
