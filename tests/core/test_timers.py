"""Waits, the working time of a run, and what people's time has to do with it."""

from __future__ import annotations

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import next_timer
from oyama_tui.core.state import RunStatus
from tests.core.play import Play, of_type, workflow

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
