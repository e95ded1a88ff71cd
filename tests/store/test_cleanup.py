"""Removing runs: whole, for good, sound at every moment, and their keys and numbers are given to no other run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import Check
from oyama_tui.store import cleanup, integrity
from oyama_tui.store.claims import find_claim, pin
from oyama_tui.store.cleanup import PARTS, Removal, Removing, give_pages_back, left_over, remove_piece
from oyama_tui.store.database import Database
from oyama_tui.store.queries.run_refs import resolve_refs
from oyama_tui.store.runs import _free_id, next_key, next_number

REMOVAL = Removal(1_900_000_000_000, "ana", "cleanup")
COMPLETED, REJECTED, CANCELLED, WAITING, PAUSED, FAILED = range(1, 7)


def checks(path: Path) -> list[Check]:
    database = Database(path)
    try:
        return list(database.read_now(integrity.verify))
    finally:
        database.close()


def troubles(path: Path) -> list[str]:
    return [check.message for check in checks(path) if check.status == "problem"]


def remove(path: Path, *keys: int, pieces: int = 1000) -> Removing:
    """Remove runs, at the most so many transactions of it."""
    database = Database(path)
    try:
        with closing(database.connect_writer()) as connection:
            removing = Removing(list(keys))
            skipped: list[int] = []
            while not removing.done and pieces:
                pieces -= 1
                connection.execute("BEGIN IMMEDIATE")
                removing = remove_piece(connection, removing, REMOVAL)
                connection.execute("COMMIT")
                skipped += removing.skipped
            removing.skipped = skipped
            return removing
    finally:
        database.close()


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("keys", [(1,), (2,), (3,), (6,), (1, 2, 3, 6), (6, 3)])
def test_a_removed_run_is_gone_from_every_table_and_the_rest_is_sound(played: Path, keys: tuple[int, ...]) -> None:
    remove(played, *keys)
    assert troubles(played) == []
    left = [row[0] for row in ask(played, "SELECT key FROM workflow_states ORDER BY key")]
    assert left == [key for key in range(1, 7) if key not in keys]
    for table in PARTS:
        if table != "approval_votes":
            assert not {row[0] for row in ask(played, f"SELECT run FROM {table}")} & set(keys), table
    kept = ask(played, "SELECT run, why, by, phase FROM removed_runs ORDER BY run")
    assert [row[0] for row in kept] == sorted(keys)
    assert {row[1:3] for row in kept} == {("cleanup", "ana")}
    assert ask(played, "SELECT runs FROM workflows") == [(6 - len(keys),)]


def test_live_and_pinned_runs_stay(played: Path) -> None:
    with closing(Database(played).connect_writer()) as connection:
        connection.execute("UPDATE workflow_states SET pinned = 5 WHERE key = 1")
    removing = remove(played, *range(1, 7))
    assert removing.skipped == [COMPLETED, WAITING, PAUSED]
    assert [row[0] for row in ask(played, "SELECT key FROM workflow_states ORDER BY key")] == [COMPLETED, WAITING, PAUSED]
    assert troubles(played) == []


def test_keys_numbers_and_ids_are_never_given_again(played: Path) -> None:
    [(newest,)] = ask(played, "SELECT id FROM workflow_states WHERE key = 6")
    remove(played, FAILED)
    with closing(Database(played).connect_writer()) as connection:
        assert (next_key(connection), next_number(connection, "play"), next_number(connection, "other")) == (7, 7, 1)
        assert _free_id(connection, "play", int(str(newest).rpartition("-")[2])) != newest


@pytest.fixture
def piecemeal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is a large one, and a transaction removes a few rows."""
    monkeypatch.setattr(cleanup, "SMALL", 0)
    monkeypatch.setattr(cleanup, "BUDGET_ROWS", 4)


def test_verify_is_clean_between_the_pieces_of_a_large_run(played: Path, piecemeal: None) -> None:
    pieces = 0
    while not remove(played, COMPLETED, REJECTED, FAILED, pieces=1).done:
        pieces += 1
        assert troubles(played) == []
        with closing(sqlite3.connect(played)) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert pieces > 10
    assert troubles(played) == []
    assert ask(played, "SELECT count(*) FROM workflow_states") == [(3,)]


def test_a_removal_that_was_cut_off_is_told_and_finished(played: Path, piecemeal: None) -> None:
    remove(played, COMPLETED, pieces=2)
    told = [check.message for check in checks(played) if check.status == "warning"]
    assert told == ["play #1 is being removed: what is left of it is of no use."]
    with closing(sqlite3.connect(played)) as connection:
        assert left_over(connection) == [COMPLETED]
        [(name,)] = connection.execute("SELECT id FROM workflow_states WHERE key = 1").fetchall()
    database = Database(played)
    # Nobody can do anything with it any more.
    assert database.read_now(lambda connection: find_claim(connection, name)) is None
    assert database.read_now(lambda connection: resolve_refs(connection, "play#1")) == []
    with closing(database.connect_writer()) as writer, pytest.raises(NotFound):
        pin(writer, name, 1)
    database.close()
    remove(played, COMPLETED)
    assert [check.status for check in checks(played)] == ["ok"] * 6


def test_a_transaction_removes_about_two_hundred_rows(played: Path) -> None:
    """A run of few events can have thousands of variables."""
    database = Database(played)
    with closing(database.connect_writer()) as connection:
        many = [(f"v{number}",) for number in range(3000)]
        connection.executemany("INSERT INTO workflow_context (run, name, value, seq, at) VALUES (1, ?, '1', 1, 1)", many)
        removing = Removing([COMPLETED, REJECTED, CANCELLED, FAILED])
        while not removing.done:
            before = connection.total_changes
            connection.execute("BEGIN IMMEDIATE")
            removing = remove_piece(connection, removing, REMOVAL)
            connection.execute("COMMIT")
            assert 0 < connection.total_changes - before < 2 * cleanup.BUDGET_ROWS
        assert connection.execute("SELECT count(*) FROM workflow_states").fetchone() == (2,)
    database.close()


def test_what_somebody_else_deletes_is_still_told_after_a_cleanup(played: Path) -> None:
    remove(played, COMPLETED, FAILED)
    sound = played.read_bytes()
    for statement, words in {
        "DELETE FROM workflow_states WHERE key = 3": "workflow_states has 3 rows",
        "DELETE FROM workflow_executions WHERE run = 3": "workflow_executions has 3 rows",
        "DELETE FROM workflow_events WHERE run = 3": "SQLite has given",
        "DELETE FROM workflow_approvals WHERE run = 4": "row_counts knows",
        "DELETE FROM approval_votes": "approval_votes has 0 rows",
        "DELETE FROM workflow_execution_steps WHERE run = 2": "workflow_execution_steps has",
        "DELETE FROM removed_runs WHERE run = 1": "workflow_states has 4 rows",
        "UPDATE removed_runs SET rows = '{}' WHERE run = 1": "is not as Oyama has written it",
        "UPDATE removed_runs SET number = 9 WHERE run = 1": "where 1 comes next",
    }.items():
        played.write_bytes(sound)
        with closing(sqlite3.connect(played, isolation_level=None)) as connection:
            assert connection.execute(statement).rowcount
        found = troubles(played)
        assert any(words in message for message in found), (statement, found)


def test_numbers_that_sqlite_gives_again_are_no_gap(played: Path) -> None:
    """The newest rows go, and others get their numbers."""
    remove(played, FAILED)
    with closing(Database(played).connect_writer()) as connection:
        before = dict(connection.execute("SELECT name, rows FROM row_counts").fetchall())
    assert before["workflow_execution_steps:again"] > 0
    assert troubles(played) == []


def test_pages_are_given_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "oyama.db")
    with closing(database.connect_writer()) as connection:
        connection.execute("CREATE TABLE large (x)")
        connection.executemany("INSERT INTO large VALUES (?)", [("y" * 3000,)] * 2000)
        before = cleanup.file_bytes(connection)
        connection.execute("DELETE FROM large")
        while True:
            connection.execute("BEGIN IMMEDIATE")
            left = give_pages_back(connection)
            connection.execute("COMMIT")
            if not left:
                break
        assert cleanup.file_bytes(connection) < before / 10
    database.close()
