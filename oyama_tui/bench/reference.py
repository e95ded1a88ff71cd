"""The reference: raw sqlite3 writing the same rows, with nothing around it."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby, islice
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")
MOVE = "UPDATE workflow_states SET seq = ?, head = ?, updated_at = ?, completed_steps = ?, current_step = ? WHERE key = ? AND seq < ?"
EVENT = "INSERT INTO workflow_events (run, seq, at, type, payload, hash) VALUES (?, ?, ?, ?, ?, ?)"
STEP = (
    "INSERT INTO workflow_execution_steps (run, node, attempt, kind, status, scheduled_seq, input, truncated, scheduled_at, started_at)"
    " VALUES (?, ?, ?, ?, 'running', ?, ?, 0, ?, ?)"
)
SETTLE = (
    "UPDATE workflow_execution_steps SET status = ?, settled_seq = ?, output = ?, outputs = ?, result = ?, exit_code = ?, finished_at = ?,"
    " duration_ms = ? WHERE run = ? AND node = ? AND attempt = ?"
)
VARIABLE = (
    "INSERT INTO workflow_context (run, name, value, seq, at) VALUES (?, 'k', '1', ?, ?)"
    " ON CONFLICT (run, name) DO UPDATE SET value = excluded.value, seq = excluded.seq, at = excluded.at"
)


def write_again(recorded: Path, target: Path, batch: int) -> tuple[int, float]:
    """Write the rows of a recorded database into an empty one with the same tables.

    Args:
        recorded: A database in which runs have completed.
        target: A database with the same tables and runs, and no events or steps.
        batch: Steps for each commit.

    Returns:
        How many steps, and in how many seconds.
    """
    with closing(sqlite3.connect(recorded)) as source:
        steps = _steps(source)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        began = time.perf_counter()
        waiting = iter(steps)
        while group := list(islice(waiting, batch)):
            connection.execute("BEGIN IMMEDIATE")
            rows: dict[str, list[Row]] = defaultdict(list)
            for step in group:
                for statement, row in step:
                    rows[statement].append(row)
            for statement in (MOVE, EVENT, STEP, SETTLE, VARIABLE):
                connection.executemany(statement, rows[statement])
            connection.execute("COMMIT")
        return len(steps), time.perf_counter() - began


def _steps(source: sqlite3.Connection) -> list[list[tuple[str, Row]]]:
    """What each step has written, in order."""
    events = source.execute("SELECT run, seq, at, type, payload, hash FROM workflow_events ORDER BY position").fetchall()
    by_event: dict[tuple[int, int], Row] = {(row[0], row[1]): row for row in events}
    rows = source.execute(
        "SELECT run, node, attempt, kind, scheduled_seq, input, scheduled_at, started_at, status, settled_seq, output, outputs, result,"
        " exit_code, finished_at, duration_ms FROM workflow_execution_steps ORDER BY settled_seq, run"
    ).fetchall()
    return list(_written(rows, by_event))


def _written(rows: list[Row], by_event: dict[tuple[int, int], Row]) -> Iterator[list[tuple[str, Row]]]:
    for done, (_, group) in enumerate(groupby(rows, key=lambda row: (row[0], row[1])), 1):
        for (
            run,
            node,
            attempt,
            kind,
            ordered,
            given,
            scheduled,
            started,
            status,
            settled,
            output,
            outputs,
            result,
            code,
            finished,
            duration,
        ) in group:
            newest = by_event[(run, settled)]
            yield [
                (MOVE, (settled, newest[5], newest[2], done, node, run, settled)),
                (EVENT, by_event[(run, ordered)]),
                (EVENT, newest),
                (STEP, (run, node, attempt, kind, ordered, given, scheduled, started)),
                (SETTLE, (status, settled, output, outputs, result, code, finished, duration, run, node, attempt)),
                (VARIABLE, (run, settled, newest[2])),
            ]


def emptied_copy(recorded: Path, target: Path) -> None:
    """Copy a database without its events, steps and variables."""
    with closing(sqlite3.connect(recorded)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        for table in ("workflow_events", "workflow_execution_steps", "workflow_context"):
            copy.execute(f"DELETE FROM {table}")
        copy.execute("UPDATE workflow_states SET seq = 0")
        copy.commit()
        copy.execute("VACUUM")
