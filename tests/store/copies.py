"""Many runs in no time: copies of one that was really run, each with a chain of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from oyama_tui.store.encoding import chain

_COPIED = ("workflow_execution_steps", "workflow_scopes", "workflow_rounds", "workflow_context")


Row = dict[str, Any]


def copy_run(connection: sqlite3.Connection, run_id: str, times: int, files: Path | None = None) -> list[str]:
    """Copy a run that is over and asked nobody, so often.

    Args:
        connection: A writer's, outside of a transaction.
        run_id: The state id.
        times: How many copies.
        files: Where each gets a folder with a file.

    Returns:
        Their state ids.
    """
    [state] = _rows(connection, "SELECT * FROM workflow_states WHERE id = ?", run_id)
    key, workflow = state["key"], state["workflow_id"]
    events = _rows(connection, "SELECT * FROM workflow_events WHERE run = ? ORDER BY seq", key)
    others = {table: _rows(connection, f"SELECT * FROM {table} WHERE run = ?", key) for table in _COPIED}
    [execution] = _rows(connection, "SELECT * FROM workflow_executions WHERE run = ?", key)
    newest = connection.execute("SELECT max(key), max(created_at) FROM workflow_states").fetchone()
    number = connection.execute("SELECT max(number) FROM workflow_states WHERE workflow_id = ?", (workflow,)).fetchone()[0]
    made = []
    connection.execute("BEGIN")
    for place in range(1, times + 1):
        new, head = newest[0] + place, b""
        name = f"{workflow}-{newest[1] + 1_000_000 + place}"
        hashes = []
        for event in events:
            head = chain(head, new, event["seq"], event["at"], event["type"], event["payload"])
            hashes.append(head)
        _insert(connection, "workflow_states", state, key=new, id=name, number=number + place, head=head)
        for event, digest in zip(events, hashes, strict=True):
            _insert(connection, "workflow_events", event, run=new, hash=digest)
        for table, found in others.items():
            for row in found:
                _insert(connection, table, row, run=new)
        _insert(connection, "workflow_executions", execution, run=new, state_id=name, number=number + place)
        made.append(name)
        if files is not None:
            (files / name).mkdir()
            (files / name / "a.1.log").write_text("hello\n")
    count = {"key": newest[0] + times, "more": times, "id": workflow}
    connection.execute("UPDATE workflows SET newest_run = :key, runs = runs + :more WHERE id = :id", count)
    connection.execute("COMMIT")
    return made


def _rows(connection: sqlite3.Connection, query: str, *values: Any) -> list[Row]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(connection: sqlite3.Connection, table: str, row: Row, **other: Any) -> None:
    given = ("seal", "key", *(("position",) if table == "workflow_events" else ()))
    made = {name: value for name, value in row.items() if name not in given} | other
    names = ", ".join(made)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in made)})", made)
