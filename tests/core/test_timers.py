"""Waits, the working time of a run, and what people's time has to do with it."""

from __future__ import annotations

import json

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER, next_timer
from tests.core.play import ANA, Play, failing, of_type, statuses, workflow

HOUR = 3_600_000


def test_a_wait_ends_when_its_time_has_come_and_not_before() -> None:
    run = Play(workflow(steps=[{"id": "nap", "wait": {"for": "10s"}}]))
    run.start()
    assert next_timer(run.state) == (11_000, "nap")
    assert run.send(c.FireTimer(at=10_999, id="nap")) == []
    run.at = 11_000
    run.fire(11_000, "nap")
    run.plan()
    assert run.state.status is RunStatus.COMPLETED
    assert of_type(run.journal, e.StepSucceeded)[0].duration == 10_000


def test_a_step_may_be_called_run_like_the_timer_of_the_working_time() -> None:
    run = Play(workflow(timeout="1h", steps=[{"id": "run", "wait": {"for": "10s"}}]))
    run.start()
    due, timer = next_timer(run.state) or (0, "")
    run.fire(due, timer)
    run.plan()
    assert run.state.status is RunStatus.COMPLETED


def test_a_wait_goes_on_while_the_run_is_paused() -> None:
    run = Play(workflow(steps=[{"id": "nap", "wait": {"for": "10s"}}, {"id": "b", "run": "true"}]))
    run.start()
    run.send(c.Pause(at=2_000, by=ANA))
    run.fire(11_000, "nap")
    run.plan()
    assert (run.state.status, statuses(run.state)) == (RunStatus.PAUSED, {"nap": "completed", "b": "ready"})


def test_the_working_time_ends_what_runs_and_fails_the_run() -> None:
    run = Play(workflow(type="parallel", timeout="1h", steps=[{"id": "a", "run": "true"}, {"id": "ask", "gate": {"title": "Sure?"}}]))
    run.start()
    assert next_timer(run.state) == (1_000 + HOUR, RUN_TIMER)
    assert run.send(c.FireTimer(at=HOUR, id=RUN_TIMER)) == []
    run.fire(1_000 + HOUR, RUN_TIMER)
    run.plan()
    assert statuses(run.state) == {"a": "cancelled", "ask": "cancelled"}
    assert run.state.error == e.RunError(kind="timeout", message="the run's working time is used up")


def test_people_take_none_of_the_working_time() -> None:
    steps = [{"id": "a", "run": "true"}, {"id": "ask", "gate": {"title": "Sure?"}}, {"id": "b", "run": "true"}]
    run = Play(workflow(timeout="1h", steps=steps))
    run.start()
    run.at += HOUR // 2
    run.moves()[0]()
    run.plan()
    assert (next_timer(run.state), run.state.worked) == (None, HOUR // 2)
    run.at += 100 * HOUR
    run.moves()[0]()
    run.plan()
    assert next_timer(run.state) == (run.at + HOUR // 2, RUN_TIMER)
    assert run.state.waited == 100 * HOUR


def test_a_pause_takes_none_of_the_working_time_and_a_wait_does() -> None:
    run = Play(workflow(timeout="1h", steps=[{"id": "nap", "wait": {"for": "3h"}}]))
    run.start()
    run.send(c.Pause(at=1_000 + HOUR // 2, by=ANA))
    assert next_timer(run.state) == (1_000 + 3 * HOUR, "nap")
    run.send(c.Resume(at=1_000 + 2 * HOUR, by=ANA))
    assert next_timer(run.state) == (1_000 + 2 * HOUR + HOUR // 2, RUN_TIMER)


def test_the_time_without_an_engine_is_no_working_time() -> None:
    run = Play(workflow(type="parallel", timeout="1h", steps=[{"id": "a", "run": "true"}, {"id": "b", "run": "true"}]))
    run.start()
    run.at += HOUR // 2
    run.moves()[0]()
    run.plan()
    run.at += 100 * HOUR
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="b", attempt=1, status="interrupted")))
    run.plan()
    assert next_timer(run.state) == (run.at + HOUR // 2, RUN_TIMER)


def test_the_time_between_an_answer_and_an_engine_that_acts_on_it_is_no_working_time() -> None:
    run = Play(workflow(timeout="1h", steps=[{"id": "a", "run": "true", "gate": {"title": "Sure?"}}]))
    run.start()
    run.decide(next(iter(run.state.open)))
    run.at += 100 * HOUR
    run.send(c.Pause(at=run.at, by=ANA))
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert (run.state.worked, next_timer(run.state)) == (0, (run.at + HOUR, RUN_TIMER))


def test_the_working_time_bounds_a_run_that_is_ending_too() -> None:
    steps = [{"id": "a", "run": "true"}, {"id": "endless", "run": "true", "needs": []}]
    run = Play(workflow(timeout="1h", steps=steps), answer=failing("a"))
    run.start()
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"a": "failed", "endless": "running"}
    run.fire(*(next_timer(run.state) or (0, "")))
    run.plan()
    assert statuses(run.state) == {"a": "failed", "endless": "cancelled"}
    assert run.state.error == e.RunError(kind="step", message="a broke", node="a")


def test_the_nearest_of_several_timers_is_told_and_void_ones_are_forgotten() -> None:
    gate = {"title": "Sure?", "timeout": "30m"}
    run = Play(workflow(type="parallel", timeout="1h", steps=[{"id": "nap", "wait": {"for": "40m"}}, {"id": "ask", "gate": gate}]))
    run.start()
    (approval,) = run.state.open
    assert next_timer(run.state) == (1_000 + HOUR // 2, approval)
    run.decide(approval)
    run.plan()
    assert next_timer(run.state) == (1_000 + 2 * HOUR // 3, "nap")
    assert len(run.state.timers) == 1


def test_the_total_time_counts_that_of_people_and_pauses_too() -> None:
    steps = [{"id": "a", "run": "true"}, {"id": "ask", "gate": {"title": "Sure?"}}, {"id": "b", "run": "true"}]
    run = Play(workflow(timeout={"working": "1h", "total": "3h"}, steps=steps))
    run.start()
    begun = run.at
    assert next_timer(run.state) == (begun + HOUR, RUN_TIMER)
    run.moves()[0]()
    run.plan()
    assert next_timer(run.state) == (begun + 3 * HOUR, TOTAL_TIMER)
    run.send(c.Pause(at=run.at, by=ANA))
    assert run.send(c.FireTimer(at=begun + 3 * HOUR - 1, id=TOTAL_TIMER)) == []
    run.fire(begun + 3 * HOUR, TOTAL_TIMER)
    run.plan()
    assert (run.state.status, statuses(run.state)["ask"]) == (RunStatus.FAILED, "cancelled")
    assert run.state.error == e.RunError(kind="timeout", message="the run has taken longer than it may in all")
    assert next_timer(run.state) is None


def test_the_total_time_ends_what_runs() -> None:
    run = Play(workflow(timeout={"total": "1h"}, steps=[{"id": "a", "run": "true"}, {"id": "b", "run": "true"}]))
    run.start()
    run.fire(*(next_timer(run.state) or (0, "")))
    run.plan()
    assert (run.state.status, statuses(run.state)["a"]) == (RunStatus.FAILED, "cancelled")


def test_the_total_time_is_a_length_that_no_leap_of_the_clock_shortens() -> None:
    run = Play(workflow(timeout={"total": "1h"}, steps=[{"id": "ask", "gate": {"title": "Sure?"}}]))
    run.start()
    run.fold([e.ContextChanged(at=run.at + 5 * HOUR, leap=5 * HOUR, by=ANA)])
    assert next_timer(run.state) == (1_000 + 6 * HOUR, TOTAL_TIMER)


@pytest.mark.parametrize(
    ("timeout", "written"),
    [("2h", "2h"), ({"working": "2h"}, "2h"), ({"total": "2h"}, {"total": "2h"}), ({"working": "1h", "total": "2h"},) * 2],
)
def test_a_working_time_alone_is_stored_as_it_always_was(timeout: object, written: object) -> None:
    made = workflow(timeout=timeout, steps=[{"id": "a", "run": "true"}])
    assert json.loads(made.canonical())["timeout"] == written
    assert Workflow.model_validate_json(made.canonical()) == made
