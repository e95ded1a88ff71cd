"""A run that waits is held as a few words, and goes on at once when somebody answers, when a time comes, or when anything else happens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.engine import resting
from oyama_tui.engine.local import LocalEngine
from oyama_tui.settings import Settings
from oyama_tui.store import claims
from oyama_tui.studio import Studio
from tests.engine.test_clock import HOUR, MINUTE, SetClock, place
from tests.engine.workplace import Script, until_status, workplace, write

ASKS: list[dict[str, Any]] = [{"id": "ask", "gate": "Go?"}, {"id": "act", "run": "act"}]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs rest as soon as they wait."""
    monkeypatch.setattr(resting, "REST_AFTER", 0.0)


def engine_of(studio: Studio) -> LocalEngine:
    engine = studio._context.engine
    assert engine is not None
    return engine


async def until_resting(studio: Studio, *runs: str) -> None:
    """Wait until these runs are driven here, and at rest."""
    async with asyncio.timeout(20):
        while not all(run in engine_of(studio)._resting for run in runs):
            await asyncio.sleep(0.005)
    assert studio.system.driven() >= set(runs)


async def answer(studio: Studio, run: str, verdict: str = "approve") -> None:
    [asked] = await studio.approvals.of_run(run, pending=True)
    await studio.approvals.decide(asked.id, verdict, digest=asked.digest, comment="seen")  # type: ignore[arg-type]


async def left(folder: Path, count: int = 1, steps: list[dict[str, Any]] = ASKS) -> list[str]:
    """Runs that wait, and whose engine has ended."""
    async with workplace(folder, Script()) as studio:
        rows = [await studio.runs.start(write(folder, steps=steps), {}) for _ in range(count)]
        for row in rows:
            await until_status(studio, row.id, "waiting")
    return [row.id for row in rows]


@contextmanager
def journals_read() -> Iterator[list[str]]:
    """The statements that read a journal from its beginning or from anywhere."""
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "workflow_events.seq >" in statement:
            read.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield read
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def rows(folder: Path, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as database:
        return database.execute(f"SELECT {columns} FROM workflow_states ORDER BY key").fetchall()


async def test_waiting_runs_are_taken_without_reading_their_journals_and_the_one_that_is_answered_is_read_alone(tmp_path: Path) -> None:
    runs = await left(tmp_path, 30)
    with journals_read() as read:
        async with workplace(tmp_path, Script()) as studio:
            await until_resting(studio, *runs)
            assert read == []
            await answer(studio, runs[7])
            await until_status(studio, runs[7], "completed")
            assert len(read) == 1
            assert studio.system.driven() == set(runs) - {runs[7]}
    assert [owner for key, owner in rows(tmp_path, "key, owner") if key != 8] == [None] * 29, "they are given back at the end"
    assert rows(tmp_path, "stalled_takeovers") == [(0,)] * 30


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_run_that_was_let_go_acts_on_an_answer_from_here_and_from_elsewhere(tmp_path: Path, elsewhere: bool) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=ASKS), {})
        await until_resting(studio, run.id)
        await answer(other if elsewhere else studio, run.id)
        await until_status(studio, run.id, "completed")
    assert script.begun == [("act", 1)]


@pytest.mark.usefixtures("soon")
async def test_run_is_let_go_and_woken_as_often_as_something_happens_to_it(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=ASKS), {})
        await until_resting(studio, run.id)
        for one in (studio, other) * 4:
            await one.runs.pause(run.id)
            await until_status(studio, run.id, "paused")
            await until_resting(studio, run.id)
            await one.runs.resume(run.id)
            await until_status(studio, run.id, "waiting")
        await other.runs.cancel(run.id, reason="no more")
        await until_status(studio, run.id, "cancelled")
        async with asyncio.timeout(20):
            while studio.system.driven():
                await asyncio.sleep(0.005)


@pytest.mark.usefixtures("soon")
async def test_many_who_answer_a_run_at_rest_at_once_wake_it_once(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=ASKS), {})
        await until_resting(studio, run.id)
        [asked] = await studio.approvals.of_run(run.id, pending=True)
        told = await asyncio.gather(*(studio.approvals.decide(asked.id, "approve", digest=asked.digest) for _ in range(8)))
        assert sorted(one.already for one in told) == [False] + [True] * 7
        await until_status(studio, run.id, "completed")
    assert script.begun == [("act", 1)]


async def test_question_of_a_run_at_rest_expires_when_its_time_comes(tmp_path: Path) -> None:
    """Of a run that was let go, and of one that was taken without looking into it."""
    steps = [{"id": "ask", "gate": {"title": "Go?", "timeout": "30m"}}, {"id": "act", "run": "act"}]
    clock, script = SetClock(), Script()
    async with place(tmp_path, script, clock) as studio:
        file = write(tmp_path, steps=steps)
        first, second = [(await studio.runs.start(file, {})).id for _ in range(2)]
        for run in (first, second):
            await until_status(studio, run, "waiting")
        await answer(studio, first)
        await until_status(studio, first, "completed")
    async with place(tmp_path, script, clock) as studio:
        await until_resting(studio, second)
        clock.passes(29 * MINUTE)
        engine_of(studio)._resting._wake_due()
        assert second in engine_of(studio)._resting, "it is not time yet"
        clock.passes(2 * MINUTE)
        engine_of(studio)._resting._wake_due()
        await until_status(studio, second, "failed", "rejected")


@pytest.mark.usefixtures("soon")
async def test_clock_that_is_set_wakes_the_runs_that_wait_for_a_time(tmp_path: Path) -> None:
    clock = SetClock()
    async with place(tmp_path, Script(), clock) as studio:
        timed = [{"id": "ask", "gate": {"title": "Go?", "timeout": "30m"}}, {"id": "act", "run": "act"}]
        run = await studio.runs.start(write(tmp_path, steps=timed), {})
        await until_resting(studio, run.id)
        clock.is_set(HOUR)
        # The watch that looks whether the clock was set tells of it within half a second.
        await until_status(studio, run.id, "failed", "rejected")


async def test_answer_that_came_while_nobody_drove_is_not_slept_through(tmp_path: Path) -> None:
    [run] = await left(tmp_path)
    async with workplace(tmp_path, Script(), drive="none") as other:
        await answer(other, run)
    script = Script()
    async with workplace(tmp_path, script) as studio:
        await until_status(studio, run, "completed")
    assert script.begun == [("act", 1)]


async def test_run_that_somebody_has_commented_is_looked_into(tmp_path: Path) -> None:
    """Its newest event is none with which it began to wait: what follows from it is known by folding alone."""
    [run] = await left(tmp_path)
    async with workplace(tmp_path, Script(), drive="none") as other:
        [asked] = await other.approvals.of_run(run, pending=True)
        await other.approval_acts.comment(asked.id, "who knows")
    with journals_read() as read:
        async with workplace(tmp_path, Script()) as studio:
            async with asyncio.timeout(20):
                while not read:
                    await asyncio.sleep(0.005)
            await answer(studio, run)
            await until_status(studio, run, "completed")


async def test_runs_at_rest_stall_no_engine_that_takes_them_over(tmp_path: Path) -> None:
    """Five engines in a row die beside it: it has ended none of them, and the sixth drives it."""
    [run] = await left(tmp_path)
    for number in range(5):
        with closing(sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)) as database:
            database.execute("UPDATE workflow_states SET owner = ?", (f"dead-{number}",))
        async with workplace(tmp_path, Script()) as studio:
            await until_resting(studio, run)
            assert rows(tmp_path, "stalled_takeovers") == [(0,)]
    async with workplace(tmp_path, Script()) as studio:
        await until_resting(studio, run)
        await answer(studio, run)
        await until_status(studio, run, "completed")


async def test_run_that_moves_on_while_it_is_taken_is_not_taken_as_one_at_rest(tmp_path: Path) -> None:
    [run] = await left(tmp_path)
    async with workplace(tmp_path, Script(), drive="none") as other:
        store = other._context.store
        claim = await store.database.read(lambda connection: claims.find_claim(connection, run))
        assert claim is not None
        assert claim.rests
        await answer(other, run)
        assert await store.writer.run(lambda connection: claims.take_all(connection, [claim], "1-aa")) == [None]
    assert rows(tmp_path, "owner, epoch") == [(None, claim.epoch)]


async def test_changed_journal_of_a_run_at_rest_does_nothing_and_says_so(tmp_path: Path) -> None:
    [run] = await left(tmp_path)
    with closing(sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)) as database:
        database.execute("UPDATE workflow_events SET payload = replace(payload, 'Go?', 'No?') WHERE type = 'run_started'")
        changed = database.execute("UPDATE workflow_events SET at = at + 1 WHERE type = 'run_started'").rowcount
        assert changed == 1
    script = Script()
    async with workplace(tmp_path, script) as studio:
        await until_resting(studio, run)
        [asked] = await studio.approvals.of_run(run, pending=True)
        with pytest.raises(CorruptJournal):
            await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
        assert run in studio.system.parked()
    assert script.begun == []


async def test_long_run_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folding it again would take longer than a person waits."""
    monkeypatch.setattr(resting, "LONGEST_AT_REST", 4)
    monkeypatch.setattr(resting, "REST_AFTER", 0.0)
    async with workplace(tmp_path, Script()) as studio:
        long = await studio.runs.start(write(tmp_path, id="long", steps=[{"id": "a", "run": "a"}, {"id": "b", "run": "b"}, *ASKS]), {})
        short = await studio.runs.start(write(tmp_path, id="short", steps=ASKS), {})
        await until_status(studio, long.id, "waiting")
        await until_resting(studio, short.id)
        assert long.id not in engine_of(studio)._resting
        with journals_read() as read:
            await answer(studio, long.id)
            await until_status(studio, long.id, "completed")
        assert read == []


async def test_question_of_a_run_at_rest_is_told_as_if_its_run_had_been_read(tmp_path: Path) -> None:
    """Whoever is to be told of it and was not, because its engine had no address to tell it to, hears of it now."""
    [run] = await left(tmp_path)
    told: list[str] = []
    async with workplace(tmp_path, Script(), notify={"default": SecretStr("json://127.0.0.1:9/")}) as studio:
        engine = engine_of(studio)
        assert engine.tells
        engine.asked = lambda run, _wanted, _approval, _event: told.append(run.id)
        async with asyncio.timeout(20):
            while not told:
                await asyncio.sleep(0.005)
    assert told == [run]


async def test_engine_that_ends_wakes_none_and_gives_all_back(tmp_path: Path) -> None:
    """News and commands come while it ends: what they are about is for the next engine."""
    runs = await left(tmp_path, 3)
    async with workplace(tmp_path, Script()) as studio:
        await until_resting(studio, *runs)
        engine = engine_of(studio)
        ending = asyncio.create_task(engine._give_back())
        await asyncio.sleep(0)
        engine.notice(runs[0], 99)
        await answer(studio, runs[1])
        await ending
        assert engine.driven() == frozenset()
        assert rows(tmp_path, "owner") == [(None,)] * 3
    script = Script()
    async with workplace(tmp_path, script) as studio:
        await until_status(studio, runs[1], "completed")
    assert script.begun == [("act", 1)]
