"""Whether rows are missing that Oyama has not removed: what there is and what was removed must be all that there has ever been."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Final

from oyama_tui.store.cleanup import AGAIN, NUMBERED, PARTS
from oyama_tui.store.damage import legible, short
from oyama_tui.store.seals import COUNTED

_BY_RUN: Final = {"workflow_states": "key", "workflow_executions": "run"}
"""Tables with one row for each run, whose number is the run's key, which no other run gets."""
_ROWID: Final = ("workflows", "workflow_revisions", "engine_instances")
"""Tables of which nothing is ever removed."""
_REMOVED: Final = (
    "SELECT part.key, sum(part.value) FROM removed_runs AS r, json_each(r.rows) AS part WHERE json_valid(r.rows) GROUP BY part.key"
)
_BEGUN: Final = "SELECT r.run FROM removed_runs AS r WHERE r.run IN (SELECT key FROM workflow_states)"
"""The runs whose removal has begun and is not finished."""


def being_removed(connection: sqlite3.Connection) -> list[int]:
    """The keys of runs whose removal was cut off, or is under way."""
    return [row[0] for row in connection.execute(_BEGUN)]


def missing_rows(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables that have fewer rows than they had, or more, besides those of runs that were removed.

    Args:
        connection: In one read transaction; gives text that is no UTF-8 too.
    """
    removed = _removed(connection)
    again = dict(connection.execute("SELECT name, rows FROM row_counts").fetchall())
    for table in _ROWID:
        yield from _odd(connection, table, "rowid", 0, 0)
    newest = connection.execute("SELECT coalesce(max(run), 0) FROM removed_runs").fetchone()[0]
    for table, number in _BY_RUN.items():
        yield from _odd(connection, table, number, removed[table], 0, newest)
    for table in NUMBERED:
        yield from _odd(connection, table, "key", removed[table], again.get(table + AGAIN, 0))
    yield from _events(connection, removed["workflow_events"])
    counts = {table: _count(connection, table) + removed[table] for table in COUNTED}
    known = {name: rows for name, rows in again.items() if name not in {table + AGAIN for table in NUMBERED}}
    for table in dict.fromkeys([*COUNTED, *known]):
        if known.get(table, 0) != counts.get(table, 0) or (table in known and table not in counts):
            removed_words = f" and {removed[table]} of removed runs" if removed[table] else ""
            there = counts.get(table, 0) - removed[table]
            yield f"{legible(table)} has {there} rows{removed_words}, and row_counts knows {short(known.get(table, 0))}"


def _removed(connection: sqlite3.Connection) -> Counter[str]:
    """How many rows are gone with runs that were removed, by table: what is left of one that was cut off is there still."""
    found: Counter[str] = Counter(dict(connection.execute(_REMOVED).fetchall()))
    found["workflow_states"] = connection.execute("SELECT count(*) FROM removed_runs").fetchone()[0]
    for run in being_removed(connection):
        found["workflow_states"] -= 1
        for table, of in PARTS.items():
            found[table] -= connection.execute(f"SELECT count(*) FROM {table} WHERE {of}", {"run": run}).fetchone()[0]
    return found


def _odd(connection: sqlite3.Connection, table: str, number: str, removed: int, again: int, newest: int = 0) -> Iterator[str]:
    """A table whose rows, with those that were removed, are not as many as numbers were given."""
    first, last, count = connection.execute(f'SELECT min("{number}"), max("{number}"), count(*) FROM {table}').fetchone()
    given = max(last or 0, newest) + again
    if (count or removed) and (count + removed != given or (not removed and first != 1)):
        words = f", and {removed} were removed" if removed else ""
        yield f"{table} has {count} rows, numbered from {first} to {last}{words}"


def _events(connection: sqlite3.Connection, removed: int) -> Iterator[str]:
    """The journal, of which SQLite itself knows how many rows it has had."""
    if not removed:
        yield from _odd(connection, "workflow_events", "position", 0, 0)
    position = connection.execute("SELECT coalesce(max(position), 0) FROM workflow_events").fetchone()[0]
    given = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    known = given.get("workflow_events", 0)
    if (known != position if not removed else known < position) or given.keys() - {"workflow_events"}:
        yield f"the newest row of workflow_events has the number {position}, and SQLite has given {short(given)}"
    elif removed and (count := _count(connection, "workflow_events")) + removed != known:
        yield f"workflow_events has {count} rows, {removed} were removed, and SQLite has given {short(known)}"


def missing_numbers(connection: sqlite3.Connection) -> Iterator[str]:
    """Runs of a workflow whose numbers leave one out that was not removed, or do not grow with time.

    Args:
        connection: In one read transaction; gives text that is no UTF-8 too.
    """
    newest: Counter[object] = Counter()
    every = (
        "SELECT id, workflow_id, number, key FROM workflow_states UNION ALL SELECT id, workflow_id, number, run FROM removed_runs"
        " WHERE run NOT IN (SELECT key FROM workflow_states) ORDER BY 4"
    )
    for run, workflow, number, _ in connection.execute(every):
        newest[workflow] += 1
        if number != newest[workflow]:
            yield f"run {legible(run)} has the number {short(number)}, where {newest[workflow]} comes next"


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
