"""Verify finds every change of a journal and of the tables, and nothing where nothing was changed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.views import Check
from oyama_tui.store import claims, diagnosis, integrity
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.database import Database


def verify(path: Path) -> list[Check]:
    database = Database(path)
    try:
        return list(database.read_now(integrity.verify))
    finally:
        database.close()


def troubles(path: Path) -> list[str]:
    return [check.message for check in verify(path) if check.status != "ok"]


def execute(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount != 0, statement


def test_runs_of_every_kind_are_sound(played: Path) -> None:
    checks = verify(played)
    assert [check.status for check in checks] == ["ok"] * 7, [check.message for check in checks]
    assert [check.id for check in checks[:1]] == ["file"]
    assert "play #1: " in checks[1].message
    assert checks[1].id.startswith("play-")


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
    ("UPDATE workflow_revisions SET content = 'x'", "was changed"),
    ("UPDATE workflow_revisions SET content = CAST(x'ff' AS TEXT)", "cannot be read"),
    ("UPDATE workflow_states SET directory = '/elsewhere' WHERE key = 1", "directory is '/elsewhere', the journal says"),
    ("UPDATE workflow_states SET owner = '1-mallory' WHERE key = 1", "owner is '1-mallory'"),
    ("UPDATE workflow_states SET epoch = epoch + 1 WHERE key = 1", "its row is not as Oyama has written it"),
    ("UPDATE workflow_states SET stalled_takeovers = 3 WHERE key = 1", "stalled_takeovers is 3"),
    ("UPDATE workflow_states SET obstacle = 'none' WHERE key = 1", "obstacle is 'none'"),
    ("UPDATE workflow_states SET id = 'play-1' WHERE key = 1", "not as Oyama has written it"),
    ("UPDATE workflow_states SET number = 9 WHERE key = 6", "has the number 9, where 6 comes next"),
    ("UPDATE workflow_states SET id = 3 WHERE key = 1", "not as Oyama has written it"),
    ("UPDATE workflow_states SET seq = 'x' WHERE key = 1", "seq is 'x'"),
    ("DELETE FROM workflow_states WHERE key = 6", "refer to rows of workflow_states that do not exist"),
    ("DELETE FROM workflow_states WHERE key = 3", "workflow_states has 5 rows, numbered from 1 to 6"),
    ("DELETE FROM workflow_executions WHERE run = 6", "workflow_executions 6 is missing"),
    ("DELETE FROM workflow_events WHERE run = 6", "SQLite has given"),
    ("DELETE FROM workflow_approvals WHERE run = 4", "is missing"),
    ("DELETE FROM workflow_approvals WHERE run = 1", "row 1 of approval_votes refers to a row of workflow_approvals that does not exist"),
    ("DROP TABLE alembic_version", "alembic_version is missing"),
    ("DELETE FROM workflows", "refer to rows of workflows that do not exist"),
    ("DELETE FROM engine_instances", "engine_instances has 0 rows, and row_counts knows 1"),
    ("UPDATE engine_instances SET version = 'x'", "is not as Oyama has written it"),
    ("UPDATE engine_instances SET ended_at = NULL", "is not as Oyama has written it"),
    ("UPDATE workflows SET source = '/elsewhere'", "workflows play is not as Oyama has written it"),
    ("UPDATE workflows SET deleted_at = 1", "workflows play is not as Oyama has written it"),
    ("UPDATE workflows SET name = 'x'", "name is 'x', and should be 'play'"),
    ("UPDATE workflows SET status = 'draft'", "status is 'draft', and should be 'failed'"),
    ("UPDATE workflows SET runs = 5", "runs is 5, and should be 6"),
    ("UPDATE workflows SET newest_run = 5", "newest_run is 5, and should be 6"),
    ("UPDATE workflows SET stages = '[]'", "stages is '[]'"),
    ("UPDATE workflow_revisions SET created_at = 1", "is not as Oyama has written it"),
    ("UPDATE approval_votes SET key = 9 WHERE key = 1", "approval_votes has 2 rows, numbered from 2 to 9"),
    (
        "INSERT INTO approval_votes SELECT 3, approval_id, principal, kind, verdict, comment, form, metadata, digest, client_key, at,"
        " origin, edits, facts FROM approval_votes WHERE key = 1",
        "is not in the journal",
    ),
    (
        "INSERT INTO workflow_events SELECT position + 1000, run, seq + 1000, at, type, payload, hash FROM workflow_events"
        " WHERE position = 1",
        "are missing",
    ),
    (
        "INSERT INTO workflow_events SELECT position + 1000, 99, seq, at, type, payload, hash FROM workflow_events WHERE position = 1",
        "row 1001 of workflow_events refers to a row of workflow_states",
    ),
    ("UPDATE workflow_events SET payload = CAST(x'ff' AS TEXT) WHERE run = 1 AND seq = 3", "event 3"),
    ("UPDATE workflow_events SET at = 'soon' WHERE run = 1 AND seq = 3", "event 3"),
    ("UPDATE workflow_execution_steps SET truncated = 1.5 WHERE run = 1 AND node = 'rest'", "truncated is 1.5"),
    ("UPDATE alembic_version SET version_num = '0001'", "alembic_version says 0001"),
    ("DROP INDEX idx_workflow_states_status", "idx_workflow_states_status"),
    ("CREATE TRIGGER t AFTER INSERT ON workflow_events BEGIN SELECT 1; END", "The trigger t of workflow_events is not Oyama's."),
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
        positions = [row[0] for row in connection.execute("SELECT position FROM workflow_events WHERE run = ? ORDER BY seq", (run,))]
        connection.execute("DELETE FROM workflow_events WHERE run = ?", (run,))
        head = b""
        for seq, row in enumerate(change(rows), 1):
            head = chain(head, run, seq, *row)
            values = (positions[seq - 1] if seq <= len(positions) else None, run, seq, *row, head)
            connection.execute(
                "INSERT INTO workflow_events (position, run, seq, at, type, payload, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", values
            )
        connection.execute("UPDATE workflow_states SET seq = ?, head = ? WHERE key = ?", (seq, head, run))


def test_unknown_run_and_many_differences_are_told_shortly(played: Path) -> None:
    execute(played, "INSERT INTO workflow_context (run, name, value, seq, at) SELECT 1, 'v' || position, '1', seq, 1 FROM workflow_events")
    assert sum("play #1" in message for message in troubles(played)) == integrity.MOST + 1
    assert any("more differences" in message for message in troubles(played))
    database = Database(played)
    assert database.read_now(lambda connection: integrity.verify_run(connection, 99))[0].status == "problem"
    database.close()


def test_rows_that_differ_from_their_index_are_named(played: Path) -> None:
    """The row alone is changed, in its page: no index follows."""
    raw = played.read_bytes()
    with closing(sqlite3.connect(played)) as connection:
        [run] = connection.execute("SELECT id FROM workflow_states WHERE key = 4").fetchone()
    places = [found.start() for found in re.finditer(re.escape(run.encode()), raw)]
    told = []
    for place in places:
        played.write_bytes(raw[:place] + b"q" + raw[place + 1 :])
        found = troubles(played)
        assert found, place
        told += found
    assert any("row 4 missing from index sqlite_autoindex_workflow_states_1" in message for message in told), told


async def test_takeovers_that_led_nowhere_are_no_trouble(played: Path) -> None:
    """Three engines took the run over and died; a fourth one left it alone, and said why."""
    database = Database(played)
    connection = database.connect_writer()
    found = database.read_now(lambda reader: next(claim for claim in claims.live_claims(reader) if claim.run.key == 4))
    claim = replace(found, rests=False)
    for number, engine in enumerate(("10-aa", "11-bb", "12-cc", "13-dd")):
        claims.register(connection, engine, number, "all", "1", 1)
        assert claims.take(connection, claim, engine) == claim.epoch + 1
        claim = replace(claim, epoch=claim.epoch + 1, owner=engine)
    connection.execute("UPDATE workflow_states SET obstacle = 'a secret is missing' WHERE key = 4")
    assert connection.execute("SELECT stalled_takeovers FROM workflow_states WHERE key = 4").fetchone() == (3,)
    connection.close()
    database.close()
    assert troubles(played) == []
    path = played.with_name("oyama.db.files")
    checks = diagnosis.diagnose(played, path, frozenset({"13-dd"}))
    assert [check.message for check in checks if check.status != "ok"] == []
    execute(played, "UPDATE workflow_states SET stalled_takeovers = 0 WHERE key = 4")
    assert any("stalled_takeovers is 0" in message for message in troubles(played))


ADDED_BY_8 = {
    "workflow_states": ("asked_key", "asked_session"),
    "workflow_approvals": ("asker", "approvers", "yes_by", "assigned", "snoozed", "comments", "edits", "alike"),
    "approval_votes": ("edits", "facts"),
}


INDEXED_BY_8 = (
    "workflow_states_asked_key",
    "workflow_states_asked_session",
    "workflow_approvals_status",
    "workflow_approvals_decided_at",
    "workflow_approvals_decided_in",
    "workflow_approvals_decided_by",
    "approval_votes_principal",
)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_migrated_file_is_sound(played: Path, version: int) -> None:
    """Votes without an origin and runs whose journal names no directory, as an older version has written them."""
    with closing(sqlite3.connect(played)) as connection:
        runs = [row[0] for row in connection.execute("SELECT key FROM workflow_states ORDER BY key")]
    for run in runs:
        forge(played, run, lambda rows: [(at, kind, without(payload, "directory", "origin")) for at, kind, payload in rows])
    execute(played, "UPDATE approval_votes SET origin = NULL")
    with closing(sqlite3.connect(played, isolation_level=None)) as connection:
        connection.execute("DROP TABLE api_requests")
        if version < 8:
            for index in INDEXED_BY_8:
                connection.execute(f"DROP INDEX idx_{index}")
            connection.execute("CREATE INDEX idx_workflow_approvals_status ON workflow_approvals (status)")
            for table, columns in ADDED_BY_8.items():
                for name in columns:
                    connection.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
        if version < 7:
            connection.execute("DROP INDEX idx_workflow_states_forked_from")
            connection.execute("ALTER TABLE workflow_states DROP COLUMN breakpoints")
            connection.execute("ALTER TABLE workflow_execution_steps DROP COLUMN undone")
        if version < 6:
            for name in ("forked_from", "forked_at", "pinned", "imported"):
                connection.execute(f"ALTER TABLE workflow_states DROP COLUMN {name}")
            connection.execute("DROP TABLE workflow_snapshots")
            connection.execute("DROP TABLE workflow_imports")
            connection.execute("DROP TABLE removed_runs")
        if version < 5:
            connection.execute("DROP INDEX idx_workflow_states_parent")
            connection.execute("DROP INDEX idx_workflow_states_place")
            for name in ("parent", "parent_node", "parent_attempt", "priority", "place", "place_since"):
                connection.execute(f"ALTER TABLE workflow_states DROP COLUMN {name}")
            connection.execute("ALTER TABLE workflow_approvals DROP COLUMN kind")
            connection.execute("DROP TABLE workflow_rounds")
        if version < 4:
            connection.execute("DROP INDEX idx_workflow_execution_steps_scope")
            connection.execute("ALTER TABLE workflow_execution_steps DROP COLUMN scope")
            connection.execute("DROP TABLE workflow_scopes")
        if version < 3:
            for table in ("workflows", "workflow_revisions", "workflow_states", "engine_instances"):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN seal")
            connection.execute("ALTER TABLE workflow_states DROP COLUMN obstacle")
            connection.execute("ALTER TABLE approval_votes DROP COLUMN origin")
            connection.execute("DROP TABLE row_counts")
        if version < 2:
            connection.execute("ALTER TABLE workflow_states DROP COLUMN stalled_takeovers")
        connection.execute("UPDATE alembic_version SET version_num = ?", (f"{version:04d}",))
        connection.execute(f"PRAGMA user_version={version}")
    assert troubles(played) == []
    execute(played, "UPDATE workflow_states SET directory = '/elsewhere' WHERE key = 1")
    assert any("directory is '/elsewhere'" in message for message in troubles(played))


def without(payload: str, *names: str) -> str:
    return json.dumps({name: value for name, value in json.loads(payload).items() if name not in names}, separators=(",", ":"))


def test_copy_made_by_sqlite_is_sound(played: Path) -> None:
    copy = played.with_name("copy.db")
    with closing(sqlite3.connect(played, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    assert troubles(copy) == []


def test_what_the_writer_writes_is_sealed_whoever_wrote_the_statement(played: Path) -> None:
    database = Database(played)
    connection = database.connect_writer()
    connection.execute("UPDATE workflow_states SET obstacle = 'x', owner = NULL WHERE key = 5")
    connection.execute("UPDATE workflows SET updated_at = updated_at + 1")
    connection.close()
    database.close()
    assert troubles(played) == []
