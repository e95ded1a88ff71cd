"""A run whose secret an engine lacks waits, says so everywhere, and goes on when the secret appears."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from oyama_tui.core.views import RunRow
from oyama_tui.engine import takeover
from oyama_tui.settings import Settings
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write

NAME = "OYAMA_TEST_TOKEN"
STEPS = [{"id": "a", "run": "true"}]


def give(home: Path) -> None:
    (home / "secrets").mkdir(mode=0o700)
    path = home / "secrets" / NAME
    path.touch(mode=0o600)
    path.write_text("hunter22")


async def until_obstacle(studio: Studio, run_id: str) -> RunRow:
    changes = studio.changes()
    async with asyncio.timeout(20):
        while not (row := (await studio.runs.get(run_id)).row).obstacle:
            await anext(changes)
    await changes.aclose()
    return row


async def left_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that an engine with the secret has begun and given back."""
    script = Script()
    script.held.add("a")
    monkeypatch.setenv(NAME, "hunter22")
    async with workplace(home, script) as studio:
        run = await studio.runs.start(write(home, secrets=[NAME], steps=STEPS), {})
        await script.until(lambda: ("a", 1) in script.begun)
    monkeypatch.delenv(NAME)
    return run.id


async def test_a_run_goes_on_when_its_secret_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = await left_run(tmp_path, monkeypatch)
    script = Script()
    async with workplace(tmp_path, script) as engine, workplace(tmp_path, Script(), drive="none") as looker:
        row = await until_obstacle(looker, run_id)
        assert row.obstacle.startswith(f"Process {os.getpid()}, which would drive run {run_id}, lacks a secret.")
        assert row.reason == f"left alone: {row.obstacle}"
        assert row.hint == ("resume", run_id)
        assert [found.reason for found in await looker.runs.list()] == [row.reason]
        assert any(check.id == "runs" and row.obstacle in check.message for check in await looker.system.doctor())
        assert engine.system.lacking() == {run_id}
        give(tmp_path)
        ended = await until_status(looker, run_id, "completed")
        assert (ended.obstacle, ended.reason, engine.system.parked()) == ("", "", {})


async def test_a_run_of_a_dead_engine_waits_for_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = await left_run(tmp_path, monkeypatch)
    database = sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)
    database.execute("UPDATE workflow_states SET owner = 'dead-engine'")
    async with workplace(tmp_path, Script()) as studio:
        await until_obstacle(studio, run_id)
        assert database.execute("SELECT owner FROM workflow_states").fetchone() == ("dead-engine",)
        give(tmp_path)
        await until_status(studio, run_id, "completed")
    database.close()


async def test_what_was_said_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = await left_run(tmp_path, monkeypatch)
    monkeypatch.setattr(takeover, "ADOPT_EVERY", 0.01)
    looks = 0
    look = SecretSource.require

    def counted(source: SecretSource, names: frozenset[str], who: str) -> None:
        nonlocal looks
        looks += 1
        look(source, names, who)

    monkeypatch.setattr(SecretSource, "require", counted)
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script()) as other:
        await until_obstacle(studio, run_id)
        async with asyncio.timeout(20):
            while len(studio.system.parked()) + len(other.system.parked()) < 2:
                await asyncio.sleep(0.01)
            before, commits = looks, studio.system.commits() + other.system.commits()
            while looks < before + 20:
                await asyncio.sleep(0.01)
        assert studio.system.commits() + other.system.commits() - commits <= 1


async def test_a_run_that_is_over_lacks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = await left_run(tmp_path, monkeypatch)
    monkeypatch.setattr(takeover, "ADOPT_EVERY", 0.01)
    async with workplace(tmp_path, Script()) as engine, workplace(tmp_path, Script(), drive="none") as looker:
        await until_obstacle(looker, run_id)
        row = await looker.runs.cancel(run_id)
        assert row.obstacle == ""
        async with asyncio.timeout(20):
            while engine.system.parked():
                await asyncio.sleep(0.01)
