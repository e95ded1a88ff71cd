"""A fork is created whole, in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.errors import CorruptJournal, NotFound
from oyama_tui.settings import Settings
from oyama_tui.store import catalog
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from tests.core.play import ANA, workflow

GRAPH = compile_graph(workflow(steps=[{"id": "a", "run": "a"}, {"id": "b", "run": "b"}]))


def fork(of: str, *nodes: str) -> NewRun:
    started = e.RunStarted(at=1, revision=GRAPH.revision, by=ANA, directory="/", forked_from=of, forked_at=1)
    reused = tuple(e.StepReused(at=1, node=node, step_kind="run", origin=node) for node in nodes)
    return NewRun(GRAPH, "/", started, owner=None, reused=reused, keeps=True)


def counted(store: Store) -> dict[str, int]:
    """How many rows there are of what a run begins with."""
    tables = ("workflow_states", "workflow_events", "workflow_executions", "workflow_execution_steps", "workflow_revisions")
    return store.database.read_now(
        lambda connection: {table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in tables}
    )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Store, str]]:
    """A database with a run to fork, and its state id."""
    settings = Settings(home=folder)
    with closing(Store(settings.database_path, settings.files_path)) as store:
        await store.writer.run(lambda connection: catalog.keep_workflow(connection, GRAPH.workflow, "", "", 1))
        first = e.RunStarted(at=1, revision=GRAPH.revision, by=ANA, directory="/")
        run, _ = await store.journal.create(NewRun(GRAPH, "/", first, owner=None))
        yield store, run.id


async def test_a_fork_of_a_run_that_is_not_there_any_more_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        before = counted(store)
        with pytest.raises(NotFound, match="was removed meanwhile"):
            await store.journal.create(fork("play-0", "a"))
        assert counted(store) == before


async def test_what_cannot_be_taken_over_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, source):
        before = counted(store)
        with pytest.raises(CorruptJournal, match="step_reused"):
            await store.journal.create(fork(source, "b"))
        assert counted(store) == before


async def test_a_fork_begins_with_all_that_it_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, source):
        run, head = await store.journal.create(fork(source, "a", "b"))
        read = await store.journal.read(run)
        assert [event.type for event, _ in read] == ["run_started", "step_reused", "step_reused"]
        assert read[-1][1] == head
        query = "SELECT seq, head, completed_steps, forked_from FROM workflow_states WHERE key = ?"
        row = store.database.read_now(lambda connection: connection.exec_driver_sql(query, (run.key,)).one())
        assert tuple(row) == (3, head, 2, source)
