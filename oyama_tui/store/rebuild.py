"""Projections made anew from a journal, to compare them with what the tables hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import RunSummary, summarise
from oyama_tui.store import statements as sql
from oyama_tui.store.damage import DAMAGE, legible, reason, short
from oyama_tui.store.projections import project
from oyama_tui.store.run_columns import first_execution, first_row, summary_row
from oyama_tui.store.tables import OWNERSHIP_COLUMNS
from oyama_tui.store.whole import Record, records

_BY_RUN: Final = "SELECT * FROM {table} WHERE run = :run"
_ROWS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "workflow_states": ("SELECT * FROM workflow_states WHERE key = :run", ("key",)),
    "workflow_executions": (_BY_RUN, ("run",)),
    "workflow_execution_steps": (_BY_RUN, ("node", "attempt")),
    "workflow_scopes": (_BY_RUN, ("node", "position")),
    "workflow_rounds": (_BY_RUN, ("node", "round")),
    "workflow_approvals": (_BY_RUN, ("id",)),
    "approval_votes": (
        "SELECT v.*, row_number() OVER (PARTITION BY v.approval_id ORDER BY v.key) AS place"
        " FROM approval_votes v JOIN workflow_approvals a ON a.id = v.approval_id WHERE a.run = :run",
        ("approval_id", "place"),
    ),
    "workflow_context": (_BY_RUN, ("name",)),
}
"""For each projection how to read the rows of a run, and what names one of them."""
_NO_FACTS: Final[Mapping[str, frozenset[str]]] = {
    # What no event says: who drives the run, or why nobody does; the seal covers that.
    "workflow_states": frozenset({*OWNERSHIP_COLUMNS, "seal"}),
    "workflow_execution_steps": frozenset({"key"}),
    "workflow_scopes": frozenset({"key"}),
    "workflow_rounds": frozenset({"key"}),
    "approval_votes": frozenset({"key"}),
}
"""Columns that cannot be made from a journal."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run's own row, as far as a check begins with it."""

    key: int
    id: str
    workflow_id: str
    number: int
    seq: int
    head: bytes
    revision: str
    directory: str

    @property
    def name(self) -> str:
        """How people name it."""
        return f"{legible(self.workflow_id)} #{legible(self.number)}"


def named_by(graph: Graph, event: e.Event) -> e.Event:
    """An event of a version that left the kind of its node to the revision, with what the revision says; any other as it is.

    Args:
        graph: The revision that the run is pinned to.
        event: An event of any type.
    """
    if not isinstance(event, e.FirstNodeEvent) or event.step_kind:
        return event
    spec = graph.spec_of(event.node)
    gate = {"on_timeout": spec.gate.on_timeout} if isinstance(event, e.ApprovalRequested) and spec.gate is not None else {}
    return event.model_copy(update={"step_kind": spec.kind, **gate})


class Rebuilder:
    """Makes the rows of one run after the other, in memory.

    Args:
        connection: An empty database in memory, with all tables.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def differences(self, run: KeptRun, graph: Graph, events: Sequence[e.Event], actual: Mapping[str, list[Record]]) -> list[str]:
        """How the rows of a run differ from what its journal says, a line each.

        Args:
            run: The run's row.
            graph: The revision that it is pinned to.
            events: Its whole journal.
            actual: From `projected_rows`.

        Raises:
            CorruptJournal: The journal cannot be folded.
        """
        self._connection.execute("BEGIN")
        try:
            self._replay(run, graph, events)
            expected = projected_rows(self._connection, run.key)
        except (*DAMAGE, sqlite3.Error) as error:
            raise CorruptJournal(f"Run {legible(run.id)}: its tables cannot be made anew from its journal ({reason(error)}).") from error
        finally:
            self._connection.execute("ROLLBACK")
        return [line for table in _ROWS for line in _compare(table, expected[table], actual[table])]

    def _replay(self, run: KeptRun, graph: Graph, events: Sequence[e.Event]) -> None:
        started = events[0]
        if not isinstance(started, e.RunStarted):
            raise CorruptJournal(f"Run {run.id}: the first event is {started.type}, not run_started.")
        state = new_state(run.id, graph, run.number)
        evolve(state, started)
        summary = summarise(state)
        begin_run(self._connection, run, started, summary)
        execute(self._connection, project(run.key, run.workflow_id, 1, [started], summary, summary))
        for seq, event in enumerate(events[1:], 2):
            before = summary
            evolve(state, event)
            summary = summarise(state)
            execute(self._connection, project(run.key, run.workflow_id, seq, [named_by(graph, event)], before, summary))
        row = summary_row(summary, len(events), run.head)
        self._connection.execute(f"UPDATE workflow_states SET {sql.setting(row)}", row)


def begin_run(connection: sqlite3.Connection, run: KeptRun, started: e.RunStarted, summary: RunSummary) -> None:
    """Insert the rows with which a run begins.

    Args:
        connection: Of a database in memory.
        run: The run's row.
        started: Its first event.
        summary: Of the run with that event.
    """
    # Journals of an earlier version leave the directory to the row alone.
    directory = started.directory or run.directory
    first = first_row(run.id, run.workflow_id, run.number, started, directory, summary)
    sql.insert_row(connection, "workflow_states", {**first, "key": run.key})
    execution = first_execution(run.key, run.id, run.workflow_id, run.number, started, summary)
    sql.insert_row(connection, "workflow_executions", execution)


def execute(connection: sqlite3.Connection, rows: Mapping[str, Sequence[sql.Row]]) -> None:
    """Carry out what events change, in the order in which a transaction does.

    Args:
        connection: Of a database in memory.
        rows: From `projections.project`.
    """
    for statement in sql.ORDER:
        if statement in rows:
            connection.executemany(statement, rows[statement])


@contextmanager
def tables_in_memory() -> Iterator[sqlite3.Connection]:
    """A database in memory with all tables, and nothing in them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as connection:
        SQLModel.metadata.create_all(in_memory(connection))
        yield connection


def in_memory(connection: sqlite3.Connection) -> sa.Engine:
    """What queries read a database in memory with.

    Args:
        connection: The only one to it.
    """
    return sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)


@contextmanager
def rebuilder() -> Iterator[Rebuilder]:
    """A rebuilder, for as many runs as wanted."""
    with tables_in_memory() as connection:
        yield Rebuilder(connection)


def projected_rows(connection: sqlite3.Connection, run_key: int) -> dict[str, list[Record]]:
    """What the tables hold of a run, by table."""
    return {table: records(connection, query.format(table=table), {"run": run_key}) for table, (query, _) in _ROWS.items()}


def _compare(table: str, expected: list[Record], actual: list[Record]) -> Iterator[str]:
    names = _ROWS[table][1]
    wanted, present = ({tuple(row[name] for name in names): row for row in rows} for rows in (expected, actual))
    if len(present) != len(actual):
        yield f"{table} has {len(actual) - len(present)} rows twice"
    for key in dict.fromkeys([*wanted, *present]):
        where = f"{table} {'/'.join(map(legible, key))}"
        if key not in present:
            yield f"{where} is missing"
        elif key not in wanted:
            yield f"{where} is not in the journal"
        else:
            for column, value in wanted[key].items():
                if column in _NO_FACTS.get(table, ()):
                    continue
                found = present[key].get(column)
                if found != value or type(found) is not type(value):
                    yield f"{where}: {column} is {short(found)}, the journal says {short(value)}"
