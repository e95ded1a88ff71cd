"""Runs without an owner are taken together, each by one engine, and one that cannot be driven harms no other."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.engine import takeover
from oyama_tui.settings import Settings
from tests.engine.workplace import Script, until_status, workplace, write

RUNS = 60
ASKS = [{"id": "ask", "gate": "Go?"}, {"id": "act", "run": "act"}]


async def left_waiting(folder: Path, count: int = RUNS) -> list[str]:
    """Runs that wait for an answer, and whose engine has ended."""
    async with workplace(folder, Script()) as studio:
        file = write(folder, steps=ASKS)
        rows = await asyncio.gather(*(studio.runs.start(file, {}) for _ in range(count)))
        for row in rows:
            await until_status(studio, row.id, "waiting")
    return [row.id for row in rows]


async def test_many_runs_are_taken_in_a_few_commits_and_one_of_them_acts_at_once(tmp_path: Path) -> None:
    runs = await left_waiting(tmp_path)
    async with workplace(tmp_path, Script()) as studio:
        [asked] = await studio.approvals.of_run(runs[-1], pending=True)
        await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
        await until_status(studio, runs[-1], "completed")
        async with asyncio.timeout(20):
            while studio.system.driven() != frozenset(runs[:-1]):
                await asyncio.sleep(0.005)
        # The engine's registration, the take-overs in groups, and the run that went on.
        assert studio.system.commits() <= 20


async def test_of_engines_that_look_at_once_one_takes_each_run(tmp_path: Path) -> None:
    runs = await left_waiting(tmp_path)
    async with workplace(tmp_path, Script()) as one, workplace(tmp_path, Script()) as other:
        async with asyncio.timeout(20):
            while one.system.driven() | other.system.driven() != frozenset(runs):
                await asyncio.sleep(0.005)
        assert not one.system.driven() & other.system.driven()


async def test_a_run_that_cannot_be_driven_is_left_alone_and_the_others_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OYAMA_TEST_TOKEN", "made up")
    runs = await left_waiting(tmp_path, 5)
    async with workplace(tmp_path, Script()) as studio:
        secret = [*ASKS, {"id": "use", "run": "use", "env": {"T": "${{ secrets.OYAMA_TEST_TOKEN }}"}}]
        needy = await studio.runs.start(write(tmp_path, id="needy", secrets=["OYAMA_TEST_TOKEN"], steps=secret), {})
        await until_status(studio, needy.id, "waiting")
    monkeypatch.delenv("OYAMA_TEST_TOKEN")
    async with workplace(tmp_path, Script()) as studio:
        async with asyncio.timeout(20):
            while studio.system.driven() != frozenset(runs) or needy.id not in studio.system.parked():
                await asyncio.sleep(0.005)
        assert "OYAMA_TEST_TOKEN" in studio.system.parked()[needy.id]


async def test_runs_that_were_taken_are_driven_later_where_what_was_left_cannot_be_ended_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine has no thread to spare for it; to all other engines the runs have a living owner by then."""
    runs = await left_waiting(tmp_path, 5)
    with closing(sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)) as database:
        database.execute("UPDATE workflow_states SET owner = 'dead-engine'")
    end, tries = takeover.end_all_left, 0

    def fails_at_first(folder: Path, grace: float) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return end(folder, grace)

    monkeypatch.setattr(takeover, "end_all_left", fails_at_first)
    monkeypatch.setattr(takeover, "ADOPT_EVERY", 0.01)
    async with workplace(tmp_path, Script()) as studio, asyncio.timeout(20):
        while studio.system.driven() != frozenset(runs):
            await asyncio.sleep(0.005)
    assert tries == 2
