"""Verify finds every change of a journal and of the tables, and nothing where nothing was changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from oyama_tui.core.views import Check
from oyama_tui.store import integrity
from oyama_tui.store.database import Database


def verify(path: Path) -> list[Check]:
    database = Database(path)
    try:
        return database.read_now(lambda connection: list(integrity.verify_runs(connection, integrity.run_keys(connection))))
    finally:
        database.close()


def troubles(path: Path) -> list[str]:
    return [check.message for check in verify(path) if check.status != "ok"]


def execute(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount != 0


def test_runs_of_every_kind_are_sound(played: Path) -> None:
    checks = verify(played)
    assert [check.status for check in checks] == ["ok"] * 6, [check.message for check in checks]
    assert "play #1: " in checks[0].message
    assert checks[0].id.startswith("play-")


EDITS: list[tuple[str, str]] = [
    ("UPDATE workflow_events SET payload = replace(payload, 'approve', 'reject') WHERE run = 1 AND type = 'approval_decided'", "changed"),
    ("UPDATE workflow_events SET at = at + 1 WHERE run = 1 AND seq = 5", "event 5"),
    ("UPDATE workflow_events SET type = 'run_paused' WHERE run = 1 AND seq = 5", "event 5"),
    ("UPDATE workflow_events SET hash = zeroblob(16) WHERE run = 1 AND seq = 5", "event 5"),
    ("DELETE FROM workflow_events WHERE run = 1 AND seq = 5", "event 5 is missing"),
    ("DELETE FROM workflow_events WHERE run = 1 AND seq IN (5, 6)", "events 5 to 6 are missing"),
    ("DELETE FROM workflow_events WHERE run = 1 AND seq = 1", "event 1 is missing"),
    ("DELETE FROM workflow_events WHERE run = 1", "its journal is empty"),
    ("DELETE FROM workflow_events WHERE run = 1 AND seq > 5", "the end of its journal is cut: event 5 is the last"),
    ("UPDATE workflow_states SET seq = 5 WHERE key = 1", "knows only 5"),
    ("UPDATE workflow_states SET head = zeroblob(16) WHERE key = 1", "not the one that the run's row knows"),
    ("UPDATE workflow_states SET phase = 'failed' WHERE key = 1", "phase is 'failed', the journal says 'completed'"),
    ("UPDATE workflow_states SET inputs = '{}' WHERE key = 1", "inputs is '{}'"),
    ("UPDATE workflow_executions SET decided_by = 'mallory' WHERE run = 1", "decided_by is 'mallory'"),
    ("UPDATE workflow_executions SET started_at = 1 WHERE run = 1", "started_at is 1"),
    ("UPDATE workflow_execution_steps SET exit_code = 7 WHERE run = 1 AND node = 'test' AND attempt = 2", "test/2: exit_code is 7"),
    ("DELETE FROM workflow_execution_steps WHERE run = 1 AND node = 'rest'", "rest/1 is missing"),
    ("UPDATE workflow_execution_steps SET node = 'other' WHERE run = 1 AND node = 'rest'", "other/1 is not in the journal"),
    ("UPDATE workflow_approvals SET status = 'approved' WHERE run = 2", "status is 'approved', the journal says 'rejected'"),
    ("UPDATE workflow_approvals SET decided_by = 'mallory' WHERE run = 1", "decided_by is 'mallory'"),
    ("DELETE FROM approval_votes", "is missing"),
    ("UPDATE approval_votes SET verdict = 'approve', comment = 'x'", "comment is 'x'"),
    ("UPDATE workflow_context SET value = '1' WHERE run = 1 AND name = 'colour'", "colour: value is '1'"),
    ("DELETE FROM workflow_context WHERE run = 1", "is missing"),
    ("DELETE FROM workflow_revisions", "is missing"),
    ("UPDATE workflow_revisions SET content = replace(content, 'Publish', 'Delete')", "was changed"),
    ("UPDATE workflow_revisions SET content = 'x'", "cannot be read"),
]


def test_every_edit_is_found(played: Path) -> None:
    with closing(sqlite3.connect(played)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = played.read_bytes()
    for statement, words in EDITS:
        played.write_bytes(sound)
        execute(played, statement)
        found = troubles(played)
        assert any(words in message for message in found), (statement, found)


def test_a_journal_without_its_first_cause_is_told(played: Path) -> None:
    """The chain is forged here, as whoever knows it can: then the fold still finds what cannot be."""
    forge(played, 1, lambda rows: rows[1:])
    assert any("not run_started" in message for message in troubles(played))
    forge(played, 2, lambda rows: [*rows, rows[-1]])
    assert any("follows the end" in message for message in troubles(played))


def forge(path: Path, run: int, change: Callable[[list[Any]], list[Any]]) -> None:
    """Rewrite a journal with a chain that fits."""
    from oyama_tui.store.encoding import chain

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = connection.execute("SELECT at, type, payload FROM workflow_events WHERE run = ? ORDER BY seq", (run,)).fetchall()
        connection.execute("DELETE FROM workflow_events WHERE run = ?", (run,))
        head = b""
        for seq, row in enumerate(change(rows), 1):
            head = chain(head, run, seq, *row)
            values = (run, seq, *row, head)
            connection.execute("INSERT INTO workflow_events (run, seq, at, type, payload, hash) VALUES (?, ?, ?, ?, ?, ?)", values)
        connection.execute("UPDATE workflow_states SET seq = ?, head = ? WHERE key = ?", (seq, head, run))


def test_unknown_run_and_many_differences_are_told_shortly(played: Path) -> None:
    execute(played, "INSERT INTO workflow_context (run, name, value, seq, at) SELECT 1, 'v' || position, '1', seq, 1 FROM workflow_events")
    assert sum("play #1" in message for message in troubles(played)) == integrity.MOST + 1
    assert any("more differences" in message for message in troubles(played))
    database = Database(played)
    assert database.read_now(lambda connection: integrity.verify_run(connection, 99))[0].status == "problem"
    database.close()
