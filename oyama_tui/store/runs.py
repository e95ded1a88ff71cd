"""The rows with which a run begins."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import RunSummary, summarise
from oyama_tui.store.encoding import chain, encode_event
from oyama_tui.store.projections import project, short_json, summary_row
from oyama_tui.store.statements import SUMMARY_COLUMNS


@dataclass(frozen=True, slots=True)
class RunKey:
    """What names a run in the store."""

    key: int
    id: str
    workflow_id: str
    number: int


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is about to exist."""

    graph: Graph
    directory: str
    started: e.RunStarted
    owner: str | None
    """The engine instance that will drive it, none to leave it to another."""


def create_run(connection: sqlite3.Connection, new: NewRun) -> tuple[RunKey, bytes]:
    """Insert the rows of a new run, its first event among them.

    Args:
        connection: Inside a write transaction.
        new: The run.

    Returns:
        Its key and id, and the hash of the event; the id's time moves on by milliseconds while it is taken.
    """
    workflow_id, at = new.graph.workflow.id, new.started.at
    numbers = "SELECT COALESCE(MAX(number), 0) + 1 FROM workflow_states WHERE workflow_id = ?"
    number = connection.execute(numbers, (workflow_id,)).fetchone()[0]
    run_id = _free_id(connection, workflow_id, at)
    state = new_state(run_id, new.graph, number)
    evolve(state, new.started)
    summary = summarise(state)
    run = RunKey(_insert_state(connection, new, run_id, number, summary), run_id, workflow_id, number)
    head = _insert_start(connection, run, new.started)
    _insert_execution(connection, run, new.started, summary)
    moved = "UPDATE workflows SET newest_run = ?, runs = runs + 1, status = 'executing', updated_at = ? WHERE id = ?"
    connection.execute(moved, (run.key, at, workflow_id))
    for statement, rows in project(run.key, workflow_id, 1, [new.started], summary, summary).items():
        connection.executemany(statement, rows)
    return run, head


def _free_id(connection: sqlite3.Connection, workflow_id: str, at: int) -> str:
    """The state id of a moment; while it is taken, that of the next free millisecond after the workflow's newest run."""
    newest = "SELECT id FROM workflow_states WHERE workflow_id = ? ORDER BY number DESC LIMIT 1"
    stamp = at
    while connection.execute("SELECT 1 FROM workflow_states WHERE id = ?", (f"{workflow_id}-{stamp}",)).fetchone():
        taken = connection.execute(newest, (workflow_id,)).fetchone()[0] if stamp == at else ""
        stamp = max(stamp, int(taken.rpartition("-")[2] or 0)) + 1
    return f"{workflow_id}-{stamp}"


def _insert(connection: sqlite3.Connection, table: str, **values: object) -> int:
    """Insert one row; returns its key."""
    marks = ", ".join("?" * len(values))
    key = connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())).lastrowid
    assert key is not None
    return key


def _insert_state(connection: sqlite3.Connection, new: NewRun, run_id: str, number: int, summary: RunSummary) -> int:
    return _insert(
        connection,
        "workflow_states",
        id=run_id,
        workflow_id=new.graph.workflow.id,
        number=number,
        total_steps=summary.total,
        inputs=short_json(dict(new.started.inputs)),
        owner=new.owner,
        epoch=1 if new.owner else 0,
        revision=new.started.revision,
        directory=new.directory,
        created_at=new.started.at,
        **dict(zip(SUMMARY_COLUMNS, summary_row(summary, 1, b""), strict=True)),
    )


def _insert_start(connection: sqlite3.Connection, run: RunKey, started: e.RunStarted) -> bytes:
    """Insert the first event and note its hash in the run's row."""
    payload = encode_event(started)
    head = chain(b"", run.key, 1, started.at, started.type, payload)
    _insert(connection, "workflow_events", run=run.key, seq=1, at=started.at, type=started.type, payload=payload, hash=head)
    connection.execute("UPDATE workflow_states SET head = ? WHERE key = ?", (head, run.key))
    return head


def _insert_execution(connection: sqlite3.Connection, run: RunKey, started: e.RunStarted, summary: RunSummary) -> None:
    _insert(
        connection,
        "workflow_executions",
        run=run.key,
        state_id=run.id,
        workflow_id=run.workflow_id,
        number=run.number,
        status=summary.status,
        phase=summary.phase,
        reason=summary.reason,
        started_at=started.at,
        human_wait_ms=0,
        error="",
        revision=started.revision,
        trigger=started.trigger,
        started_by=started.by.name,
        decided_by="",
    )
