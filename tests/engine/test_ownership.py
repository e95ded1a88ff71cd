"""Exactly one engine drives a run; a dead one's runs are taken over, whatever had happened by then."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from oyama_tui.core.errors import MissingSecret
from oyama_tui.core.evolve import evolve, fold
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.engine.ownership import Instance, is_alive, living
from oyama_tui.settings import Settings
from oyama_tui.store import catalog
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from oyama_tui.studio import Studio
from tests.core.play import Play, workflow
from tests.engine.workplace import Script, until_status, workplace, write

STEPS = [{"id": "a", "run": "x"}, {"id": "b", "run": "x"}]
MIXED = {
    "type": "graph",
    "steps": [
        {"id": "a", "run": "x"},
        {"id": "b", "run": "x", "needs": ["a"]},
        {"id": "ask", "gate": {"title": "Go on?"}, "needs": ["a"]},
        {"id": "c", "set": {"k": 1}, "needs": ["b", "ask"]},
    ],
}


def test_a_lock_tells_life_from_death(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from oyama_tui.engine.ownership import Instance;"
        "instance = Instance(Path(sys.argv[1])); print(instance.id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert is_alive(tmp_path, name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not is_alive(tmp_path, name)
    assert living(tmp_path) == frozenset()
    instance = Instance(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [instance.path.name], "the dead one's lock file stays for ever"
    instance.close()


def test_the_lock_of_a_dead_engine_stays_while_its_process_groups_are_to_be_ended(tmp_path: Path) -> None:
    for name in ("1-dead.lock", "1-dead.groups", "2-dead.lock"):
        (tmp_path / name).touch()
    instance = Instance(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"1-dead.lock", "1-dead.groups", instance.path.name}
    instance.close()


def test_an_instance_that_ends_in_good_order_leaves_nothing(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    assert living(tmp_path) == {instance.id}
    instance.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_run_has_one_driver_among_two_engines(tmp_path: Path) -> None:
    one, two = Script(), Script()
    one.held.add("b")
    async with workplace(tmp_path, one) as first, workplace(tmp_path, two) as second:
        run = await first.runs.start(write(tmp_path, steps=STEPS), {})
        await one.until(lambda: ("b", 1) in one.begun)
        assert (await second.runs.get(run.id)).row.owner == "elsewhere"
        await second.runs.resume(run.id)
        assert second.system.driven() == frozenset()
        one.let_go("b")
        await until_status(second, run.id, "completed")
        assert two.begun == []


async def test_a_run_given_back_goes_on_in_another_engine(tmp_path: Path) -> None:
    one, two = Script(), Script()
    one.held.add("b")
    async with workplace(tmp_path, one) as first:
        run = await first.runs.start(write(tmp_path, steps=STEPS), {})
        await one.until(lambda: ("b", 1) in one.begun)
    assert one.ended == [("b", 1)]
    async with workplace(tmp_path, two) as second:
        await until_status(second, run.id, "completed")
    assert two.begun == [("b", 2)]


async def test_a_run_that_is_left_alone_says_why_until_somebody_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Script(), Script()
    one.held.add("a")
    monkeypatch.setenv("OYAMA_TEST_TOKEN", "hunter22")
    async with workplace(tmp_path, one) as first:
        run = await first.runs.start(write(tmp_path, secrets=["OYAMA_TEST_TOKEN"], steps=STEPS), {})
        await one.until(lambda: ("a", 1) in one.begun)
    monkeypatch.delenv("OYAMA_TEST_TOKEN")
    async with workplace(tmp_path, two) as second:
        changes = second.changes()
        async with asyncio.timeout(10):
            while not (await second.runs.get(run.id)).row.reason.startswith("left alone: "):
                assert run.id in (await anext(changes)).runs
        await changes.aclose()
        (listed,) = await second.runs.list()
        assert "The secret OYAMA_TEST_TOKEN is not set" in listed.reason
        assert two.begun == []
        with pytest.raises(MissingSecret, match="OYAMA_TEST_TOKEN"):
            await second.runs.resume(run.id)
        monkeypatch.setenv("OYAMA_TEST_TOKEN", "hunter22")
        await second.runs.resume(run.id)
        view = await until_status(second, run.id, "completed")
        assert view.reason == ""


async def test_what_an_engine_has_gone_on_with_counts_anew(tmp_path: Path) -> None:
    """Engines that die while they wait for a person say nothing about the run."""
    gate = [{"id": "ask", "gate": {"title": "Go on?"}}]
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=gate), {})
        await until_status(studio, run.id, "waiting")
    database = sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)
    for _ in range(5):
        database.execute("UPDATE workflow_states SET owner = 'dead-engine'")
        async with workplace(tmp_path, script) as studio:
            changes = studio.changes()
            async with asyncio.timeout(10):
                while studio.system.driven() != {run.id} or stalled(database):
                    await anext(changes)
            await changes.aclose()
    database.execute("UPDATE workflow_states SET owner = 'dead-engine', stalled_takeovers = 3")
    async with workplace(tmp_path, script) as studio:
        changes = studio.changes()
        async with asyncio.timeout(10):
            while "3 engines in a row" not in (await studio.runs.get(run.id)).row.reason:
                await anext(changes)
        await changes.aclose()
        await studio.runs.resume(run.id)
        await _approve(studio)
        await until_status(studio, run.id, "completed")
        assert stalled(database) == 0
    database.close()


def stalled(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT stalled_takeovers FROM workflow_states").fetchone()[0])


@pytest.mark.parametrize("seed", range(3))
async def test_an_engine_goes_on_from_every_prefix_of_a_journal(tmp_path: Path, seed: int) -> None:
    definition = workflow(**MIXED)
    play = Play(definition)
    play.start()
    play.run(seed)
    for length in range(1, len(play.journal) + 1):
        folder = tmp_path / str(length)
        folder.mkdir()
        settings = Settings(home=folder)
        store = Store(settings.database_path, settings.files_path)
        revision = await store.writer.run(lambda connection: catalog.keep_workflow(connection, definition, "", "", 1))
        started = play.journal[0]
        assert started.type == "run_started"
        first = started.model_copy(update={"revision": revision})
        run, head = await store.journal.create(NewRun(play.graph, str(folder), first, "dead-engine"))
        state = new_state(run.id, play.graph, run.number)
        evolve(state, first)
        rest = play.journal[1:length]
        if rest:
            fold(state, rest)
            await store.journal.append(run, JournalPosition(1, head, summarise(play.state)), rest, summarise(state), 1)
        store.close()
        async with workplace(folder, Script()) as studio:
            if "vote_cast" not in [event.type for event in rest]:
                await _approve(studio)
            view = await until_status(studio, run.id, "completed")
            assert (view.completed, view.total) == (4, 4)


async def _approve(studio: Studio) -> None:
    """Answer the one gate as soon as it is open."""
    changes = studio.changes()
    async with asyncio.timeout(10):
        while not (asked := await studio.approvals.list()):
            await anext(changes)
    await changes.aclose()
    await studio.approvals.decide(asked[0].id, "approve", comment="because")
