"""A clock that is set changes when things are noted, never how long they take."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.engine.clock import Clock
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, write

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_700_000_000_000
GATE = [{"id": "ask", "gate": {"title": "Go on?", "timeout": "30m"}}, {"id": "b", "run": "x"}]
RETRIED = [{"id": "a", "run": "x", "retry": {"max_attempts": 2, "interval": "1h", "jitter": False, "max_elapsed": "2h"}}]


class SetClock:
    """Both clocks in the hands of the test."""

    def __init__(self) -> None:
        self.wall = START
        self.steady = 0
        self.both = Clock(wall=lambda: self.wall, steady=lambda: self.steady)

    def passes(self, milliseconds: int) -> None:
        """Time passes."""
        self.wall += milliseconds
        self.steady += milliseconds

    def is_set(self, milliseconds: int) -> None:
        """Somebody sets the wall clock, and no time passes."""
        self.wall += milliseconds


@asynccontextmanager
async def place(folder: Path, script: Script, clock: SetClock) -> AsyncIterator[Studio]:
    async with open_studio(Settings(home=folder), drive="all", executors=script.kinds(), clock=clock.both) as studio:
        yield studio


def noted(folder: Path) -> list[tuple[str, int]]:
    """The types and times of all events, in order."""
    with closing(sqlite3.connect(folder / "oyama.db")) as connection:
        return connection.execute("SELECT type, at FROM workflow_events ORDER BY run, seq").fetchall()


def check_order(folder: Path) -> None:
    times = [at for _, at in noted(folder)]
    assert all(one <= other for one, other in itertools.pairwise(times)), noted(folder)


async def check_sound(studio: Studio) -> None:
    assert {check.status for check in await studio.system.verify()} == {"ok"}


async def test_run_under_a_clock_that_is_set_back_takes_the_time_that_has_passed(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    script.held.add("b")
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x"}, {"id": "b", "run": "x"}]), {})
        await script.until(lambda: ("b", 1) in script.begun)
        clock.is_set(-HOUR)
        clock.passes(5 * MINUTE)
        script.let_go("b")
        row = await until_status(studio, run.id, "completed")
        assert row.duration_ms == 5 * MINUTE
        await check_sound(studio)
    check_order(tmp_path)


@pytest.mark.parametrize("by", [-HOUR, HOUR, 3 * HOUR])
async def test_pause_before_a_retry_and_its_limit_are_lengths(tmp_path: Path, by: int) -> None:
    clock, script = SetClock(), Script()
    script.failing["a"] = 1
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, timeout="90m", steps=RETRIED), {})
        await until_status(studio, run.id, "waiting")
        clock.is_set(by)
        clock.passes(61 * MINUTE)
        row = await until_status(studio, run.id, "completed", "failed")
        assert (row.status, row.reason) == ("completed", "")
        assert row.duration_ms == 61 * MINUTE
        await check_sound(studio)
    check_order(tmp_path)


async def test_clock_set_forward_ends_no_pause_and_no_working_time(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    script.failing["a"] = 1
    script.held.add("c")
    steps: list[dict[str, Any]] = [{**RETRIED[0]}, {"id": "c", "run": "x"}, {"id": "d", "run": "x"}]
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, type="parallel", timeout="90m", steps=steps), {})
        await script.until(lambda: {("a", 1), ("c", 1), ("d", 1)} <= set(script.begun))
        clock.is_set(2 * HOUR)
        # What it notes next is under the new clock, and nothing else has come due with it.
        script.let_go("c")
        await until_note(studio, tmp_path, "step_succeeded", 2)
        assert not [kind for kind, _ in noted(tmp_path) if kind == "timer_fired"]
        clock.passes(61 * MINUTE)
        row = await until_status(studio, run.id, "completed", "failed")
        assert (row.status, row.duration_ms) == ("completed", 61 * MINUTE)
        assert [kind for kind, _ in noted(tmp_path)].count("timer_fired") == 1
        await check_sound(studio)
    check_order(tmp_path)


async def test_limit_of_all_attempts_is_a_length(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    script.failing["a"] = 1
    script.held.add("a")
    retry = {"max_attempts": 2, "interval": "1ms", "jitter": False, "max_elapsed": "30m"}
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x", "retry": retry}]), {})
        await script.until(lambda: ("a", 1) in script.begun)
        clock.is_set(HOUR)
        script.let_go("a")
        await until_note(studio, tmp_path, "retry_scheduled", 1)
        clock.passes(MINUTE)
        row = await until_status(studio, run.id, "completed", "failed")
        assert (row.status, row.duration_ms) == ("completed", MINUTE)
        await check_sound(studio)


async def test_deadline_of_a_gate_is_a_time_of_day(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, steps=GATE), {})
        await until_status(studio, run.id, "waiting")
        clock.is_set(HOUR)
        assert (await until_status(studio, run.id, "rejected", "failed")).ended
        await check_sound(studio)


async def test_gate_that_opens_after_the_clock_was_set_back_has_its_time_by_the_new_clock(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    script.held.add("a")
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x"}, *GATE]), {})
        await script.until(lambda: ("a", 1) in script.begun)
        clock.is_set(-HOUR)
        script.let_go("a")
        await until_status(studio, run.id, "waiting")
        (asked,) = await studio.approvals.list()
        assert asked.deadline is not None
        assert asked.deadline.timestamp() * 1000 == clock.wall + 30 * MINUTE
        await studio.approvals.decide(asked.id, "approve")
        row = await until_status(studio, run.id, "completed")
        assert row.duration_ms is not None
        assert row.duration_ms >= 0
        await check_sound(studio)
    check_order(tmp_path)


async def test_answer_under_a_clock_that_is_behind_is_noted_after_what_it_answers(tmp_path: Path) -> None:
    clock, script = SetClock(), Script()
    async with place(tmp_path, script, clock) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[*GATE, {"id": "second", "gate": {"title": "Sure?"}}]), {})
        await until_status(studio, run.id, "waiting")
        clock.is_set(-HOUR)
        await studio.runs.cancel(run.id, reason="enough")
        await until_status(studio, run.id, "cancelled")
        await check_sound(studio)
    check_order(tmp_path)


async def until_note(studio: Studio, folder: Path, kind: str, count: int) -> None:
    """Wait until the journal has so many events of a type."""
    changes = studio.changes()
    async with asyncio.timeout(20):
        while [found for found, _ in noted(folder)].count(kind) < count:
            await anext(changes)
    await changes.aclose()
