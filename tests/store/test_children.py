"""Runs that steps start: created once, by the owner of the run above, for an attempt that runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.errors import Fenced
from oyama_tui.core.evolve import fold
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.store import catalog
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun, create_child, find_child
from oyama_tui.store.store import Store
from tests.core.play import ANA, Play, workflow

PARENT = compile_graph(workflow(steps=[{"id": "deploy", "workflow": "deploy"}]))
CHILD = compile_graph(workflow(steps=[{"id": "a", "run": "true"}]).model_copy(update={"id": "deploy"}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "oyama.db", tmp_path / "oyama.db.files")
    yield opened
    opened.close()


async def keep(store: Store, graph: Graph) -> None:
    await store.writer.run(lambda connection: catalog.keep_workflow(connection, graph.workflow, "", "", 1))


async def parent(store: Store) -> tuple[RunKey, Play]:
    """A run that has ordered its child, as the owner with epoch 1 has written it."""
    for graph in (PARENT, CHILD):
        await keep(store, graph)
    play = Play(PARENT.workflow)
    play.start()
    first, *rest = play.journal
    assert isinstance(first, e.RunStarted)
    run, head = await store.journal.create(NewRun(PARENT, "", first, "engine"))
    summary = summarise(fold(new_state(run.id, PARENT, 1), [first]))
    await store.journal.append(run, JournalPosition(1, head, summary), rest, summarise(play.state), 1)
    return run, play


def child(above: RunKey, attempt: int = 1) -> NewRun:
    started = e.RunStarted(
        at=5, revision=CHILD.revision, by=ANA, trigger="parent", parent=above.id, parent_node="deploy", parent_attempt=attempt
    )
    return NewRun(CHILD, "", started, "engine")


async def test_starting_it_twice_is_starting_it_once(store: Store) -> None:
    above, _ = await parent(store)
    found = await store.database.read(lambda connection: find_child(connection, above.id, "deploy", 1))
    assert found is None
    first, head = await store.writer.run(partial(create_child, new=child(above), epoch=1))
    again, none = await store.writer.run(partial(create_child, new=child(above), epoch=1))
    assert head is not None
    assert (again, none) == (first, None)
    assert await store.database.read(lambda connection: find_child(connection, above.id, "deploy", 1)) == first


async def test_two_of_one_attempt_cannot_be_written(store: Store) -> None:
    above, _ = await parent(store)
    await store.writer.run(partial(create_child, new=child(above), epoch=1))
    with closing(sqlite3.connect(store.database.path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(workflow_states)") if row[1] not in ("key", "id", "number")]
        names = ", ".join(columns)
        copy = f"INSERT INTO workflow_states (id, number, {names}) SELECT 'other', 9, {names} FROM workflow_states WHERE parent <> ''"
        with pytest.raises(sqlite3.IntegrityError, match="parent_attempt"):
            connection.execute(copy)


@pytest.mark.parametrize(("attempt", "epoch"), [(1, 2), (1, 0), (2, 1)])
async def test_nobody_else_starts_it_and_nothing_is_started_for_another_attempt(store: Store, attempt: int, epoch: int) -> None:
    above, _ = await parent(store)
    with pytest.raises(Fenced, match="no longer waits"):
        await store.writer.run(partial(create_child, new=child(above, attempt), epoch=epoch))


async def test_nothing_is_started_for_a_step_that_is_over(store: Store) -> None:
    above, play = await parent(store)
    before, known = summarise(play.state), len(play.journal)
    play.send(c.ReportOutcome(at=6, outcome=c.Outcome(node="deploy", attempt=1, status="failed", kind="child", message="no")))
    play.plan()
    journal = await store.journal.read(above)
    tail = JournalPosition(known, journal[-1][1], before)
    await store.journal.append(above, tail, play.journal[known:], summarise(play.state), 1)
    with pytest.raises(Fenced, match="no longer waits"):
        await store.writer.run(partial(create_child, new=child(above), epoch=1))
