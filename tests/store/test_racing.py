"""Several processes append to one run: nothing is lost, doubled or out of order, because of one statement."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.errors import Fenced, NotAllowed
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.store import catalog, claims
from oyama_tui.store.encoding import chain
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from tests.core.play import ANA, workflow

APPENDS = 60
RACERS = 3


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    store = Store(path, path.with_name(path.name + ".files"))
    try:
        yield store
    finally:
        store.close()


async def new_run(store: Store, owner: str | None = None) -> RunKey:
    definition = workflow(steps=[{"id": "ask", "gate": {"title": "Go on?"}}])
    revision = await store.writer.run(lambda connection: catalog.keep_workflow(connection, definition, "", "", 1))
    started = e.RunStarted(at=1, revision=revision, by=ANA, trigger="test")
    run, _ = await store.journal.create(NewRun(compile_graph(definition), "", started, owner))
    return run


def race(path: Path, run_id: str, broken: str = "", epochs: tuple[str, ...] = ("",) * RACERS) -> list[list[str]]:
    """Let the racers run at once; returns what each one printed."""
    command = [sys.executable, "-m", "tests.store.racer", str(path), run_id]
    racers = [
        subprocess.Popen([*command, f"racer{number}", str(APPENDS), broken, epoch], stdout=subprocess.PIPE, text=True)
        for number, epoch in enumerate(epochs)
    ]
    return [racer.communicate(timeout=60)[0].split() for racer in racers]


def journal_is_sound(path: Path, run: RunKey) -> bool:
    """Whether numbers have no gap or double and every hash fits the one before it."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT seq, at, type, payload, hash FROM workflow_events WHERE run = ? ORDER BY position", (run.key,)
        ).fetchall()
        seq, head = connection.execute("SELECT seq, head FROM workflow_states WHERE key = ?", (run.key,)).fetchone()
    previous = b""
    for number, (stored, at, kind, payload, digest) in enumerate(rows, 1):
        previous = chain(previous, run.key, number, at, kind, payload)
        if stored != number or digest != previous:
            return False
    return bool(rows) and seq == len(rows) and head == previous


def test_racing_processes_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as store:
        run = asyncio.run(new_run(store))
    acknowledged = [int(seq) for printed in race(path, run.id) for seq in printed]
    assert sorted(acknowledged) == list(range(2, 2 + RACERS * APPENDS))
    assert journal_is_sound(path, run)


def test_the_race_is_lost_without_the_compare_and_set(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as store:
        run = asyncio.run(new_run(store))
    with closing(sqlite3.connect(path)) as connection:
        # The unique pair (run, seq) is the second guard; it goes too, so that the first is what is shown here.
        connection.executescript(
            "CREATE TABLE plain AS SELECT * FROM workflow_events; DROP TABLE workflow_events; ALTER TABLE plain RENAME TO workflow_events;"
        )
    acknowledged = [int(seq) for printed in race(path, run.id, "compare-and-set") for seq in printed]
    assert len(set(acknowledged)) < len(acknowledged) or not journal_is_sound(path, run)


def test_the_unique_number_is_a_second_guard(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as store:
        run = asyncio.run(new_run(store))
    acknowledged = [int(seq) for printed in race(path, run.id, "compare-and-set") for seq in printed]
    assert sorted(acknowledged) == list(range(2, 2 + RACERS * APPENDS))
    assert journal_is_sound(path, run)


async def claimed(path: Path) -> tuple[RunKey, int, int]:
    """A run whose owner was replaced: the old epoch and the new one."""
    with opened(path) as store:
        run = await new_run(store, "first")
        claim = await store.database.read(lambda connection: claims.find_claim(connection, run.id))
        assert claim is not None
        epoch = await store.writer.run(lambda connection: claims.take(connection, claim, "second"))
        assert epoch is not None
        return run, claim.epoch, epoch


def test_an_owner_that_was_replaced_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    run, old, new = asyncio.run(claimed(path))
    stale, fresh = race(path, run.id, "", (str(old), str(new)))
    assert stale == ["fenced"]
    assert len(fresh) == APPENDS
    assert journal_is_sound(path, run)


def test_without_the_fence_a_replaced_owner_goes_on_writing(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    run, old, new = asyncio.run(claimed(path))
    stale, _ = race(path, run.id, "fence", (str(old), str(new)))
    assert "fenced" not in stale
    assert len(stale) == APPENDS


async def test_a_claim_is_won_by_one_only(tmp_path: Path) -> None:
    with opened(tmp_path / "oyama.db") as store:
        run = await new_run(store)
        claim = await store.database.read(lambda connection: claims.find_claim(connection, run.id))
        assert claim is not None
        jobs = [store.writer.run(lambda connection, name=f"e{number}": claims.take(connection, claim, name)) for number in range(8)]  # type: ignore[misc]
        assert sorted(epoch or 0 for epoch in await asyncio.gather(*jobs)) == [0] * 7 + [1]


async def test_orders_need_an_owner(tmp_path: Path) -> None:
    with opened(tmp_path / "oyama.db") as store:
        run = await new_run(store)
        claim = await store.database.read(lambda connection: claims.find_claim(connection, run.id))
        assert claim is not None
        graph = await store.graph(claim.revision)
        state = new_state(run.id, graph)
        [(started, head)] = await store.journal.read(run)
        evolve(state, started)
        tail = JournalPosition(1, head, summarise(state))
        order = e.StepScheduled(at=2, node="ask", attempt=1)
        with pytest.raises(NotAllowed):
            await store.journal.append(run, tail, [order], summarise(state))
        with pytest.raises(Fenced):
            await store.journal.append(run, tail, [order], summarise(state), epoch=1)
