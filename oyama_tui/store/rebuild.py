"""Projections made anew from a journal, to compare them with what the tables hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from oyama_tui.core import events as e
from oyama_tui.core.approvers import Person
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import RunSummary, summarise
from oyama_tui.store import statements as sql
from oyama_tui.store.alone import stand_alone
from oyama_tui.store.columns import OWNERSHIP_COLUMNS
from oyama_tui.store.damage import DAMAGE, legible, reason, short
from oyama_tui.store.projections import project
from oyama_tui.store.run_columns import first_execution, first_row, summary_row
from oyama_tui.store.schema import schema
from oyama_tui.store.seals import COUNTED, SEALED
from oyama_tui.store.turns import add_turns
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
_UNKNOWN: Final[Mapping[tuple[str, str], object]] = {("workflow_approvals", "alike"): ""}
"""What stands in a column of rows from before the column, where that is more than nothing would say."""


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
    origin_id: str = ""
    """Of an imported run: its state id where it comes from."""

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
        return compare_rows(self.rows(run, graph, events), actual)

    def rows(self, run: KeptRun, graph: Graph, events: Sequence[e.Event]) -> dict[str, list[Record]]:
        """What the tables are to hold of a run, by table.

        Args:
            run: The run's row.
            graph: The revision that it is pinned to.
            events: Its whole journal.

        Raises:
            CorruptJournal: The journal cannot be folded.
        """
        self._connection.execute("BEGIN")
        try:
            self._replay(run, graph, events)
            found = projected_rows(self._connection, run.key)
            return stand_alone(found, run.id, run.origin_id) if run.origin_id else found
        except (*DAMAGE, sqlite3.Error) as error:
            raise CorruptJournal(f"Run {legible(run.id)}: its tables cannot be made anew from its journal ({reason(error)}).") from error
        finally:
            self._connection.execute("ROLLBACK")

    def _replay(self, run: KeptRun, graph: Graph, events: Sequence[e.Event]) -> None:
        started = events[0]
        if not isinstance(started, e.RunStarted):
            raise CorruptJournal(f"Run {run.id}: the first event is {started.type}, not run_started.")
        state = new_state(run.origin_id or run.id, graph, run.number)
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
        schema().create_all(in_memory(connection))
        yield connection


def in_memory(connection: sqlite3.Connection) -> sa.Engine:
    """What queries read a database in memory with.

    Args:
        connection: The only one to it.
    """
    # Of what was asked then it is told what those saw who were asked.
    add_turns(connection, Person)
    return sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)


@contextmanager
def rebuilder() -> Iterator[Rebuilder]:
    """A rebuilder, for as many runs as wanted."""
    with tables_in_memory() as connection:
        yield Rebuilder(connection)


def compare_rows(expected: Mapping[str, list[Record]], actual: Mapping[str, list[Record]]) -> list[str]:
    """How rows differ from those that there should be, a line each.

    Args:
        expected: From `Rebuilder.rows`.
        actual: From `projected_rows`.
    """
    return [line for table in _ROWS for line in _compare(table, expected[table], actual[table])]


def mend_rows(connection: sqlite3.Connection, run: int, wanted: Mapping[str, Sequence[Record]]) -> None:
    """Change, add and remove rows of a run where they are not what its journal says; those that are right stay as they are.

    A row that is added gets the first number that is free, because rows of these tables are numbered without gaps. What a seal covers is
    left alone, so that no other change of it is sealed with it.

    Args:
        connection: Inside a write transaction.
        run: The run's key.
        wanted: From `Rebuilder.rows`.
    """
    actual = projected_rows(connection, run)
    for table, (_, names) in reversed(tuple(_ROWS.items())):
        keys = {tuple(row[name] for name in names) for row in wanted[table]}
        for row in actual[table]:
            if tuple(row[name] for name in names) not in keys:
                where = {name: row[name] for name in _named_by(table)}
                connection.execute(f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = :{name}' for name in where)}", where)
    present = projected_rows(connection, run)
    for table, (_, names) in _ROWS.items():
        found = {tuple(row[name] for name in names): row for row in present[table]}
        for row in wanted[table]:
            kept = {name: value for name, value in row.items() if name not in _made_here(table)}
            old = found.get(tuple(row[name] for name in names))
            if old is None:
                _add(connection, table, kept)
                continue
            sealed = SEALED.get(table, ())
            changed = {name: value for name, value in kept.items() if name not in sealed and _differ(old[name], value)}
            if changed:
                where = {f"old_{name}": old[name] for name in _named_by(table)}
                condition = " AND ".join(f"{name} = :old_{name}" for name in _named_by(table))
                connection.execute(f"UPDATE {table} SET {sql.setting(changed)} WHERE {condition}", {**changed, **where})


def _named_by(table: str) -> tuple[str, ...]:
    """The columns that tell one row of a table from all others."""
    if "key" in _NO_FACTS.get(table, ()) or table == "workflow_states":
        return ("key",)
    return {"workflow_context": ("run", "name"), "workflow_approvals": ("id",)}.get(table, ("run",))


def _made_here(table: str) -> frozenset[str]:
    """Columns of a row that was made anew that are not written as they are."""
    return _NO_FACTS.get(table, frozenset()) | ({"place"} if table == "approval_votes" else frozenset())


def _differ(found: object, value: object) -> bool:
    return found != value or type(found) is not type(value)


def _add(connection: sqlite3.Connection, table: str, row: Record) -> None:
    """Insert a row under the first free number."""
    if table in ("workflow_context", "workflow_executions"):
        sql.insert_row(connection, table, row)
        return
    free = f"SELECT min(n) + 1 FROM (SELECT 0 AS n UNION ALL SELECT rowid FROM {table}) WHERE n + 1 NOT IN (SELECT rowid FROM {table})"
    sql.insert_row(connection, table, {**row, "rowid": connection.execute(free).fetchone()[0]})
    if table in COUNTED:
        # It was counted when it came first, and the writer has counted it again.
        connection.execute("UPDATE row_counts SET rows = rows - 1 WHERE name = :name", {"name": table})


def write_rows(connection: sqlite3.Connection, run: int, rows: Mapping[str, Sequence[Record]]) -> None:
    """Put rows that were made anew into the tables.

    Args:
        connection: Inside a write transaction.
        run: The run's key, of which the tables hold nothing but its own row.
        rows: From `Rebuilder.rows`; the run's own row is left to the caller.
    """
    for table in _ROWS:
        if table != "workflow_states":
            for row in rows[table]:
                kept = {name: value for name, value in row.items() if name not in _made_here(table)}
                sql.insert_row(connection, table, {**kept, "run": run} if "run" in kept else kept)


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
                if _differ(found, value) and ((table, column) not in _UNKNOWN or found != _UNKNOWN[table, column]):
                    yield f"{where}: {column} is {short(found)}, the journal says {short(value)}"
