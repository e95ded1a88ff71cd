"""The condition of an append that admits a run, for every way in which the line of a workflow may stand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.errors import NoPlace, NotAllowed
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.summary import admitted, summarise
from oyama_tui.store import catalog
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from tests.core.play import ANA, workflow

WORKFLOW = workflow(steps=[{"id": "a", "run": "x"}], concurrency={"limit": 2})
GRAPH = compile_graph(WORKFLOW)


class Line:
    """A database with runs that queue, each owned by an engine of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path, path.with_name(path.name + ".files"))
        self.runs: dict[int, tuple[RunKey, RunState, JournalPosition]] = {}

    async def queue(self, at: int = 1, priority: int = 0, owner: str | None = "engine") -> int:
        """Start a run; returns its number."""
        revision = await self.store.writer.run(lambda connection: catalog.keep_workflow(connection, WORKFLOW, "", "", 1))
        started = e.RunStarted(at=at, revision=revision, by=ANA, trigger="test", queued=True, priority=priority)
        run, head = await self.store.journal.create(NewRun(GRAPH, "", started, owner))
        state = new_state(run.id, GRAPH, run.number)
        evolve(state, started)
        self.runs[run.number] = (run, state, JournalPosition(1, head, summarise(state)))
        return run.number

    async def admit(self, number: int, limit: int = 2) -> bool:
        """Try to give a run a place; whether it has one now."""
        run, state, tail = self.runs[number]
        event = e.RunAdmitted(at=state.at, limit=limit)
        try:
            tail = await self.store.journal.append(run, tail, [event], admitted(state, event), 1)
        except NoPlace:
            return False
        evolve(state, event)
        self.runs[number] = (run, state, tail)
        return True

    async def end(self, number: int) -> None:
        """Cancel a run."""
        run, state, tail = self.runs.pop(number)
        event = e.RunCancelled(at=state.at, by=ANA)
        evolve(state, event)
        await self.store.journal.append(run, tail, [event], summarise(state))

    def change(self, number: int, text: str) -> None:
        """Change the row of a run as something else than an append does."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(f"UPDATE workflow_states SET {text} WHERE number = ?", (number,))

    def events(self, number: int) -> int:
        """How many events a run has."""
        with closing(sqlite3.connect(self.path)) as connection:
            query = "SELECT COUNT(*) FROM workflow_events WHERE run = ?"
            return int(connection.execute(query, (self.runs[number][0].key,)).fetchone()[0])


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path / "oyama.db")
    yield made
    made.store.close()


async def test_a_place_is_given_while_one_is_free_and_again_after_an_end(line: Line) -> None:
    for _ in range(4):
        await line.queue()
    assert [await line.admit(number) for number in (1, 2, 3)] == [True, True, False]
    assert line.events(3) == 1, "nothing was written"
    await line.end(1)
    assert [await line.admit(number) for number in (4, 3, 4)] == [False, True, False]


async def test_admissions_of_one_transaction_see_each_other(line: Line) -> None:
    numbers = [await line.queue() for _ in range(6)]
    assert await asyncio.gather(*(line.admit(number) for number in numbers)) == [True, True, False, False, False, False]


async def test_whoever_came_later_waits_even_while_a_place_is_free(line: Line) -> None:
    await line.queue(at=5)
    await line.queue(at=7)
    assert not await line.admit(2)
    assert await line.admit(1)
    assert await line.admit(2)


async def test_the_higher_priority_is_before_whoever_came_first(line: Line) -> None:
    await line.queue(at=1)
    await line.queue(at=2, priority=-3)
    await line.queue(at=3, priority=9)
    assert [await line.admit(number, limit=3) for number in (1, 3, 2, 1, 2)] == [False, True, False, True, True]


@pytest.mark.parametrize("change", ["status = 'paused'", "owner = NULL"])
async def test_who_cannot_take_a_place_holds_nobody_up(line: Line, change: str) -> None:
    await line.queue(at=1)
    await line.queue(at=2)
    assert not await line.admit(2)
    line.change(1, change)
    assert await line.admit(2)


async def test_places_of_another_workflow_do_not_count(line: Line) -> None:
    for _ in range(3):
        await line.queue()
    for number in (1, 2):
        assert await line.admit(number)
    assert not await line.admit(3)
    with closing(sqlite3.connect(line.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE workflow_states SET workflow_id = 'other' WHERE number = 1")
    assert await line.admit(3)


async def test_only_the_owner_admits_a_run(line: Line) -> None:
    await line.queue()
    run, state, tail = line.runs[1]
    event = e.RunAdmitted(at=state.at, limit=2)
    with pytest.raises(NotAllowed):
        await line.store.journal.append(run, tail, [event], admitted(state, event))
