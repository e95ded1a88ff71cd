"""Which failures are tried again, when, and how often; and what an interruption counts for."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.timers import next_timer
from tests.core.play import ANA, Play, failing, of_type, statuses, workflow

STEADY = {"max_attempts": 3, "interval": "10s", "factor": 2, "jitter": False}


def trying(retry: object = STEADY, **step: object) -> Play:
    """A run of one step that always breaks, started."""
    run = Play(workflow(steps=[{"id": "a", "run": "true", "retry": retry, **step}]), answer=failing("a"))
    run.start()
    return run


def report(run: Play, at: int | None = None, **values: object) -> list[e.Event]:
    """Report the outcome of the attempt that runs; it breaks unless said otherwise."""
    run.at = run.at if at is None else at
    told = {"node": "a", "attempt": run.state.nodes["a"].attempt, "status": "failed", "kind": "exit", "message": "a broke", **values}
    events = run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome.model_validate(told)))
    return events + run.plan()


def wake(run: Play) -> None:
    """Let the pause before the next attempt end."""
    due, timer = next_timer(run.state) or (0, "")
    run.fire(due, timer)
    run.plan()


def test_a_failed_attempt_rests_for_the_backoff_and_is_tried_again() -> None:
    run = trying()
    report(run, at=2_000)
    (retry,) = of_type(run.journal, e.RetryScheduled)
    assert (retry.attempt, retry.due) == (2, 12_000)
    assert statuses(run.state) == {"a": "retrying"}
    assert run.send(c.FireTimer(at=11_999, id="a")) == []
    wake(run)
    report(run)
    assert of_type(run.journal, e.RetryScheduled)[1].due == 32_000
    wake(run)
    report(run)
    assert str(run.state.status) == "failed"
    assert [event.retryable for event in of_type(run.journal, e.StepFailed)] == [True, True, False]


def test_a_success_at_a_later_attempt_settles_the_step() -> None:
    run = trying()
    report(run)
    wake(run)
    report(run, status="succeeded")
    assert str(run.state.status) == "completed"
    assert (run.state.nodes["a"].attempt, len(run.state.root.failures)) == (2, 0)


def test_the_pause_of_an_attempt_is_the_same_whenever_it_is_planned() -> None:
    dues = []
    for _ in range(2):
        run = trying({"max_attempts": 2, "interval": "10s"})
        report(run, at=2_000)
        dues.append(of_type(run.journal, e.RetryScheduled)[0].due)
    assert dues[0] == dues[1]
    assert 9_500 <= dues[0] <= 12_000


@pytest.mark.parametrize(("kind", "again"), [("exit", True), ("timeout", False), ("internal", False), ("secret", False)])
def test_only_the_kinds_of_failure_that_are_named_are_tried_again(kind: str, again: bool) -> None:
    run = trying({**STEADY, "on": ["exit"]})
    report(run, kind=kind)
    assert statuses(run.state) == {"a": "retrying" if again else "failed"}


def test_no_attempt_starts_later_than_max_elapsed_after_the_first() -> None:
    run = trying({**STEADY, "max_elapsed": "30s"})
    report(run, at=20_000)
    wake(run)
    report(run, at=31_000)
    assert str(run.state.status) == "failed"
    assert run.state.nodes["a"].failures == 2


def test_the_total_timeout_bounds_attempts_and_pauses_together() -> None:
    run = trying(timeout={"attempt": "1m", "total": "90s"})
    assert of_type(run.journal, e.StepScheduled)[0].timeout == 60_000
    report(run, at=51_000)
    wake(run)
    assert of_type(run.journal, e.StepScheduled)[1].timeout == 91_000 - 61_000
    report(run, at=91_000)
    assert str(run.state.status) == "failed"


def test_defaults_hold_for_steps_that_say_nothing_and_previews_are_bounded_but_never_repeated() -> None:
    steps = [
        {"id": "a", "run": "true"},
        {"id": "b", "run": "true", "retry": {"max_attempts": 1}, "timeout": "5s"},
        {"id": "c", "set": {"x": 1}},
        {"id": "d", "run": "true", "gate": {"title": "Sure?", "preview": "true"}},
    ]
    run = Play(workflow(type="parallel", defaults={"retry": STEADY, "timeout": "1m"}, steps=steps), answer=failing("a", "b", "c", "d.gate"))
    run.start()
    limits = {event.node: event.timeout for event in of_type(run.journal, e.StepScheduled)}
    assert limits == {
        "a": 60_000,
        "b": 5_000,
        "c": None,
        "d.gate": 60_000,
    }
    for move in run.moves():
        move()
    again = {event.node: event.retryable for event in of_type(run.journal, e.StepFailed)}
    assert again == {
        "a": True,
        "b": False,
        "c": False,
        "d.gate": False,
    }


def test_a_failure_in_a_run_that_is_ending_is_not_tried_again() -> None:
    steps = [{"id": "a", "run": "true", "retry": STEADY, "needs": []}, {"id": "b", "run": "true", "needs": []}]
    run = Play(workflow(steps=steps))
    run.start()
    run.send(c.ReportOutcome(at=2_000, outcome=c.Outcome(node="b", attempt=1, status="failed", kind="exit", message="b broke")))
    run.plan()
    report(run)
    assert statuses(run.state) == {"a": "failed", "b": "failed"}
    assert str(run.state.status) == "failed"


def test_an_interruption_is_not_counted_as_an_attempt() -> None:
    run = trying({**STEADY, "max_attempts": 2})
    report(run, status="interrupted", why="engine_stopped")
    assert statuses(run.state) == {"a": "running"}
    report(run)
    wake(run)
    report(run)
    assert str(run.state.status) == "failed"
    assert (run.state.nodes["a"].attempt, run.state.nodes["a"].failures) == (3, 2)


def test_the_time_in_which_nothing_could_run_counts_neither_for_the_total_nor_for_max_elapsed() -> None:
    for cut_off in (["engine_ended"], ["engine_stopped", "engine_ended"]):
        run = trying({**STEADY, "max_elapsed": "90s"}, timeout={"total": "90s"})
        report(run, at=21_000)
        wake(run)
        for why in cut_off:
            report(run, at=run.at + 9_000_000, status="interrupted", why=why)
        assert of_type(run.journal, e.StepScheduled)[-1].timeout == 60_000
        report(run, at=run.at + 10_000)
        assert statuses(run.state) == {"a": "retrying"}
        wake(run)
        assert of_type(run.journal, e.StepScheduled)[-1].timeout == 30_000


def test_three_interruptions_in_a_row_park_the_run_until_somebody_resumes_it() -> None:
    run = trying()
    report(run, status="interrupted")
    report(run, status="interrupted")
    assert str(run.state.status) == "running"
    report(run, status="interrupted")
    assert str(run.state.status) == "paused"
    (pause,) = of_type(run.journal, e.PauseRequested)
    assert (pause.by, pause.reason) == (e.SYSTEM, "a was interrupted 3 times in a row")
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert statuses(run.state) == {"a": "running"}
    report(run, status="interrupted")
    report(run, status="interrupted")
    assert str(run.state.status) == "running"


def test_an_outcome_between_interruptions_begins_the_count_anew() -> None:
    run = trying()
    for status in ("interrupted", "interrupted", "failed", "interrupted", "interrupted"):
        report(run, status=status)
        if status == "failed":
            wake(run)
    assert str(run.state.status) == "running"


def test_an_engine_that_stops_in_good_order_never_parks_a_run() -> None:
    run = trying()
    for _ in range(5):
        report(run, status="interrupted", why="engine_stopped")
    assert statuses(run.state) == {"a": "running"}


def test_what_runs_beside_a_worn_step_finishes_before_the_run_is_parked() -> None:
    run = Play(workflow(type="parallel", steps=[{"id": "a", "run": "true"}, {"id": "b", "run": "true"}]))
    run.start()
    for _ in range(3):
        report(run, status="interrupted")
    assert str(run.state.status) == "running"
    assert statuses(run.state) == {"a": "ready", "b": "running"}
    run.moves()[0]()
    run.plan()
    assert str(run.state.status) == "paused"
    assert statuses(run.state) == {"a": "ready", "b": "completed"}


def test_an_outcome_that_comes_twice_or_too_late_changes_nothing() -> None:
    run = trying()
    late = c.ReportOutcome(at=9, outcome=c.Outcome(node="a", attempt=1, status="succeeded"))
    report(run)
    assert run.send(late) == []
    wake(run)
    assert run.send(late) == []
    assert statuses(run.state) == {"a": "running"}


@pytest.mark.parametrize(
    ("policy", "failure", "again"),
    [
        ({"on": [{"exit": [75, "100-110"]}]}, {"exit_code": 75}, True),
        ({"on": [{"exit": [75, "100-110"]}]}, {"exit_code": 100}, True),
        ({"on": [{"exit": [75, "100-110"]}]}, {"exit_code": 110}, True),
        ({"on": [{"exit": [75, "100-110"]}]}, {"exit_code": 111}, False),
        ({"on": [{"exit": [75]}]}, {"kind": "timeout"}, False),
        ({"on": [{"exit": [75]}]}, {"kind": "timeout", "exit_code": 75}, False),
        ({"on": [{"exit": [75]}]}, {"kind": "python", "exit_code": 75}, True),
        ({"on": ["timeout", {"exit": [75]}]}, {"kind": "timeout"}, True),
        ({"on": ["exit"], "not_on": [{"exit": ["64-78"]}]}, {"exit_code": 70}, False),
        ({"on": ["exit"], "not_on": [{"exit": ["64-78"]}]}, {"exit_code": 1}, True),
        ({"not_on": ["timeout"]}, {"kind": "timeout"}, False),
        ({"not_on": ["timeout"]}, {"kind": "start"}, True),
        ({}, {"kind": "network"}, True),
        ({}, {"kind": "http", "outputs": {"status": 503}}, True),
        ({}, {"kind": "secret"}, False),
        ({"on": ["exit"]}, {"kind": "network"}, False),
        ({"on": [{"status": [429, "500-599"]}]}, {"kind": "http", "outputs": {"status": 503}}, True),
        ({"on": [{"status": [429, "500-599"]}]}, {"kind": "http", "outputs": {"status": 404}}, False),
        ({"on": [{"status": [429]}]}, {"kind": "exit", "exit_code": 1, "outputs": {"status": 429}}, False),
        ({"not_on": [{"status": ["400-428", "430-499"]}]}, {"kind": "http", "outputs": {"status": 429}}, True),
        ({"not_on": [{"status": ["400-428", "430-499"]}]}, {"kind": "http", "outputs": {"status": 404}}, False),
    ],
)
def test_only_a_failure_that_fits_the_policy_is_tried_again(policy: dict[str, object], failure: dict[str, Any], again: bool) -> None:
    run = trying({**STEADY, **policy})
    report(run, **failure)
    assert of_type(run.journal, e.StepFailed)[0].retryable is again
    assert statuses(run.state) == {"a": "retrying" if again else "failed"}


@pytest.mark.parametrize(("asked", "pause"), [(None, 10_000), (4_000, 10_000), (90_000, 90_000)])
def test_a_pause_is_as_long_as_the_other_side_asks_at_least(asked: int | None, pause: int) -> None:
    run = trying()
    report(run, at=2_000, kind="http", retry_after=asked)
    (retry,) = of_type(run.journal, e.RetryScheduled)
    assert retry.due == 2_000 + pause
    wake(run)
    report(run, kind="http")
    second = of_type(run.journal, e.RetryScheduled)[1]
    assert second.due == run.at + 20_000
