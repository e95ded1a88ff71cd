"""What comes in one moment is one transaction, and whoever is at fault fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.errors import Conflict, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.store import catalog
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from tests.core.play import ANA, workflow
from tests.store.test_racing import journal_is_sound, new_run, opened


async def a_start(store: Store, at: int = 1) -> NewRun:
    """A run that may begin at a time."""
    definition = workflow(steps=[{"id": "a", "run": "true"}])
    revision = await store.writer.run(lambda connection: catalog.keep_workflow(connection, definition, "", "", 1))
    return NewRun(compile_graph(definition), "", e.RunStarted(at=at, revision=revision, by=ANA, trigger="test"), None)


async def setting(store: Store, run: RunKey, seq: int, name: str) -> Coroutine[Any, Any, JournalPosition]:
    """An append of one event, made ready, as event number `seq`."""
    graph = compile_graph(workflow(steps=[{"id": "ask", "gate": {"title": "Go on?"}}]))
    [(started, head)] = await store.journal.read(run)
    state = new_state(run.id, graph, run.number)
    evolve(state, started)
    change = e.ContextChanged(at=2, set={name: 1}, by=ANA)
    evolve(state, change)
    return store.journal.append(run, JournalPosition(seq - 1, head), [change], summarise(state))


async def variables(store: Store, run: RunKey) -> list[str]:
    query = "SELECT name FROM workflow_context WHERE run = ? ORDER BY name"
    return await store.database.read(lambda connection: [row[0] for row in connection.exec_driver_sql(query, (run.key,))])


async def test_appends_and_other_changes_of_one_moment_are_one_commit(tmp_path: Path) -> None:
    with opened(tmp_path / "oyama.db") as store:
        runs = [await new_run(store) for _ in range(10)]
        starting = await a_start(store)
        appends = [await setting(store, run, 2, "k") for run in runs]
        before = store.writer.commits
        tails, (made, _) = await asyncio.gather(asyncio.gather(*appends), store.journal.create(starting))
        assert store.writer.commits - before == 1
        assert [tail.seq for tail in tails] == [2] * 10
        assert made.number == 11
        assert all(journal_is_sound(tmp_path / "oyama.db", run) for run in runs)


async def test_the_guilty_ones_fail_alone(tmp_path: Path) -> None:
    def wrong(connection: object) -> None:
        raise NotFound("There is no such thing.")

    with opened(tmp_path / "oyama.db") as store:
        first, second, third = [await new_run(store) for _ in range(3)]
        appends = [
            await setting(store, run, seq, name) for run, seq, name in ((first, 2, "1"), (second, 9, "2"), (third, 2, "3"), (third, 2, "4"))
        ]
        before = store.writer.commits
        results = await asyncio.gather(
            *appends[:2], store.writer.run(wrong), *appends[2:], store.writer.run(lambda connection: 5), return_exceptions=True
        )
        assert store.writer.commits - before == 1
        kinds = [type(result) for result in results]
        assert kinds == [JournalPosition, Conflict, NotFound, JournalPosition, Conflict, int]
        assert [await variables(store, run) for run in (first, second, third)] == [["1"], [], ["3"]]
        assert all(journal_is_sound(tmp_path / "oyama.db", run) for run in (first, second, third))


async def test_runs_that_start_in_the_same_millisecond_have_ids_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path / "oyama.db") as store:
        starting = await a_start(store, 1000)
        made = await asyncio.gather(*(store.journal.create(starting) for _ in range(40)))
        last, _ = await store.journal.create(await a_start(store, 990))
    stamps = [int(run.id.rpartition("-")[2]) for run, _ in made]
    assert stamps == list(range(1000, 1040))
    assert last.id == f"{last.workflow_id}-990"
    assert [run.number for run, _ in made] == list(range(1, 41))


@pytest.mark.parametrize("runs", [1, 30])
async def test_a_start_costs_as_much_however_many_come_in_the_same_millisecond(tmp_path: Path, runs: int) -> None:
    executed: list[str] = []
    with opened(tmp_path / "oyama.db") as store:
        starting = await a_start(store)
        for _ in range(runs):
            await store.journal.create(starting)
        await store.writer.run(lambda connection: connection.set_trace_callback(executed.append))
        executed.clear()
        await store.journal.create(starting)
    assert len(executed) <= 20, executed
