"""The rows with which a run begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from oyama_tui.core import events as e
from oyama_tui.core.errors import Fenced, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.store import statements as sql
from oyama_tui.store.catalog import keep_revision
from oyama_tui.store.encoding import chain, encode_event
from oyama_tui.store.line import require_place
from oyama_tui.store.projections import project
from oyama_tui.store.run_columns import first_execution, first_row
from oyama_tui.store.run_key import RunKey

if TYPE_CHECKING:
    from oyama_tui.core.definition.graph import Graph


_CHILD: Final = (
    "SELECT key, id, workflow_id, number FROM workflow_states"
    " WHERE parent <> '' AND parent = :parent AND parent_node = :parent_node AND parent_attempt = :parent_attempt"
)
_NEXT_KEY: Final = "SELECT max(coalesce((SELECT max(key) FROM workflow_states), 0), coalesce((SELECT max(run) FROM removed_runs), 0)) + 1"
_NEXT_NUMBER: Final = (
    "SELECT max(coalesce((SELECT max(number) FROM workflow_states WHERE workflow_id = :workflow), 0),"
    " coalesce((SELECT max(number) FROM removed_runs WHERE workflow_id = :workflow), 0)) + 1"
)
_TAKEN: Final = "SELECT 1 FROM workflow_states WHERE id = :id UNION ALL SELECT 1 FROM removed_runs WHERE id = :id"
_IS_THERE: Final = "SELECT 1 FROM workflow_states WHERE id = :id AND NOT EXISTS (SELECT 1 FROM removed_runs WHERE run = key)"
_NEWEST_ID: Final = "SELECT id FROM workflow_states WHERE workflow_id = :workflow ORDER BY number DESC LIMIT 1"
_PARENT_GOES_ON: Final = (
    "SELECT 1 FROM workflow_states s JOIN workflow_execution_steps x ON x.run = s.key"
    " WHERE s.id = :parent AND s.epoch = :epoch AND x.node = :parent_node AND x.attempt = :parent_attempt AND x.status = 'running'"
)


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is about to exist."""

    graph: Graph
    directory: str
    started: e.RunStarted
    owner: str | None
    """The engine instance that will drive it, none to leave it to another."""
    reused: tuple[e.StepReused, ...] = ()
    """The events that follow the first one at once: what a fork takes over."""
    keeps: bool = False
    """Its revision is kept with it, and is not the one by which its workflow goes from now on."""

    @property
    def events(self) -> tuple[e.Event, ...]:
        """All with which it begins."""
        return (self.started, *self.reused)


def create_child(connection: sqlite3.Connection, new: NewRun, epoch: int) -> tuple[RunKey, bytes | None]:
    """Insert the rows of a run that a step starts, unless it exists: starting it twice is starting it once.

    Args:
        connection: Inside a write transaction.
        new: The run; its first event names the run and the attempt that it belongs to.
        epoch: Under which the caller owns that run.

    Returns:
        Its key and id, and the hash of its newest event; none when it was there.

    Raises:
        Fenced: The attempt is over, or another engine owns its run, so that nothing may be started for it from here.
    """
    place = {"parent": new.started.parent, "parent_node": new.started.parent_node, "parent_attempt": new.started.parent_attempt}
    found = connection.execute(_CHILD, place).fetchone()
    if found is not None:
        return RunKey(*found), None
    if connection.execute(_PARENT_GOES_ON, {**place, "epoch": epoch}).fetchone() is None:
        raise Fenced(f"Run {new.started.parent} no longer waits for what its step {new.started.parent_node} was to start.")
    return create_run(connection, new)


def find_child(connection: sa.Connection, parent: str, node: str, attempt: int) -> RunKey | None:
    """The run that an attempt of a step has started, if it has.

    Args:
        connection: To read with.
        parent: The state id of the run that the step belongs to.
        node: The step's node.
        attempt: Its attempt.
    """
    place = {"parent": parent, "parent_node": node, "parent_attempt": attempt}
    found = connection.execute(sa.text(_CHILD), place).one_or_none()
    return None if found is None else RunKey(*found)


def create_run(connection: sqlite3.Connection, new: NewRun) -> tuple[RunKey, bytes]:
    """Insert the rows of a new run, the events with which it begins among them.

    Args:
        connection: Inside a write transaction.
        new: The run.

    Returns:
        Its key and id, and the hash of the last of these events; the id's time moves on by milliseconds while it is taken.

    Raises:
        IllegalTransition: The workflow's limit is reached, and it says that a start is refused then.
        NotFound: It is forked from a run that is there no more.
    """
    require_place(connection, new.graph.workflow)
    workflow_id, at, forked_from = new.graph.workflow.id, new.started.at, new.started.forked_from
    if forked_from and connection.execute(_IS_THERE, {"id": forked_from}).fetchone() is None:
        raise NotFound(f"Run {forked_from} was removed meanwhile, so nothing is forked from it.", "See `oyama runs`.")
    if new.keeps:
        keep_revision(connection, new.graph.revision, workflow_id, new.graph.workflow.canonical(), at)
    number = next_number(connection, workflow_id)
    run_id = free_id(connection, workflow_id, at)
    state = new_state(run_id, new.graph, number)
    for event in new.events:
        evolve(state, event)
    summary = summarise(state)
    first = {**first_row(run_id, workflow_id, number, new.started, new.directory, summary), "seq": state.seq}
    first["key"] = key = next_key(connection)
    sql.insert_row(connection, "workflow_states", {**first, "owner": new.owner, "epoch": 1 if new.owner else 0})
    run = RunKey(key, run_id, workflow_id, number)
    head = _insert_start(connection, run, new.events)
    sql.insert_row(connection, "workflow_executions", first_execution(key, run_id, workflow_id, number, new.started, summary))
    connection.execute(sql.BEGIN_RUN, {"run": key, "at": at, "workflow_id": workflow_id})
    for statement, rows in project(run.key, workflow_id, 1, new.events, summary, summary).items():
        connection.executemany(statement, rows)
    return run, head


def next_key(connection: sqlite3.Connection) -> int:
    """The key of the next run, which no run has or has had: one that was removed keeps its own."""
    return int(connection.execute(_NEXT_KEY).fetchone()[0])


def next_number(connection: sqlite3.Connection, workflow_id: str) -> int:
    """The number of the next run of a workflow, which none of its runs has or has had.

    Args:
        connection: Inside a write transaction.
        workflow_id: The workflow.
    """
    return int(connection.execute(_NEXT_NUMBER, {"workflow": workflow_id}).fetchone()[0])


def free_id(connection: sqlite3.Connection, workflow_id: str, at: int) -> str:
    """The state id of a moment; while it is taken, that of the next free millisecond after the workflow's newest run.

    Args:
        connection: Inside a write transaction.
        workflow_id: The workflow.
        at: Milliseconds since 1970 UTC.
    """
    stamp = at
    while connection.execute(_TAKEN, {"id": f"{workflow_id}-{stamp}"}).fetchone():
        last = connection.execute(_NEWEST_ID, {"workflow": workflow_id}).fetchone() if stamp == at else None
        stamp = max(stamp, int(last[0].rpartition("-")[2] or 0) if last is not None else 0) + 1
    return f"{workflow_id}-{stamp}"


def _insert_start(connection: sqlite3.Connection, run: RunKey, events: Sequence[e.Event]) -> bytes:
    """Insert the events with which a run begins, and note the hash of the last one in the run's row."""
    head = b""
    for seq, event in enumerate(events, 1):
        payload = encode_event(event)
        head = chain(head, run.key, seq, event.at, event.type, payload)
        row = {"run": run.key, "seq": seq, "at": event.at, "type": event.type, "payload": payload, "hash": head}
        connection.execute(sql.INSERT_EVENT, row)
    connection.execute(sql.NOTE_HEAD, {"run": run.key, "head": head})
    return head
