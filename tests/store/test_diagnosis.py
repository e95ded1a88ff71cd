"""Doctor names the cause of trouble, whatever state the file is in, and changes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from oyama_tui.core.views import Check
from oyama_tui.store import diagnosis
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.database import Database
from tests.store.scene import opened
from tests.store.test_database_faults import as_stranger, shared

__all__ = ["shared"]


@pytest.fixture
def path(played: Path) -> Path:
    return played


def diagnose(path: Path, living: frozenset[str] = frozenset()) -> list[Check]:
    return list(diagnosis.diagnose(path, path.with_name(f"{path.name}.files"), living))


def found(path: Path, name: str) -> Check:
    """The one finding about a matter that is not all right."""
    [check] = [check for check in diagnose(path) if check.id == name and check.status != "ok"]
    assert check.hint
    return check


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_healthy_database_has_nothing_to_complain_about(path: Path) -> None:
    checks = diagnose(path)
    assert {check.status for check in checks} == {"ok"}, checks
    assert {check.id for check in checks} == {
        "file",
        "mode",
        "space",
        "schema",
        "lock",
        "damage",
        "tables",
        "rows",
        "engines",
        "room",
        "journals",
    }


def test_missing_and_empty_files_are_fine_and_are_not_made(tmp_path: Path) -> None:
    for path in (tmp_path / "none.db", tmp_path / "deep" / "none.db"):
        assert {check.status for check in diagnose(path)} == {"ok"}
        assert not path.exists()
    (tmp_path / "empty.db").touch()
    assert {check.status for check in diagnose(tmp_path / "empty.db")} == {"ok"}


def test_folder_is_named(tmp_path: Path) -> None:
    assert "is not a file" in found(tmp_path, "file").message


def test_read_only_file_is_named_and_still_looked_into(shared: Path) -> None:
    shared.chmod(0o444)
    shared.parent.chmod(0o555)
    with as_stranger():
        checks = {check.id: check for check in diagnose(shared)}
    assert checks["file"].status == "warning"
    assert "read-only" in checks["file"].message
    assert checks["damage"].status == checks["tables"].status == "ok"


def test_unreadable_file_is_named(shared: Path) -> None:
    shared.chmod(0o000)
    with as_stranger():
        assert "cannot be read by this account" in found(shared, "file").message


def test_wide_modes_are_named_with_the_command_that_mends_them(path: Path) -> None:
    path.chmod(0o644)
    check = found(path, "mode")
    assert (check.status, check.hint) == ("warning", f"chmod 600 {path}")


def test_what_is_no_database_or_not_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 1000)
    assert "damaged or is not an Oyama database" in found(tmp_path / "text.db", "database").message
    execute(tmp_path / "other.db", "CREATE TABLE theirs (x)")
    assert "another program" in found(tmp_path / "other.db", "database").message


def test_newer_and_older_schemas_are_named(path: Path) -> None:
    execute(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    assert "newer version" in found(path, "database").message
    execute(path, f"PRAGMA user_version={SCHEMA_VERSION - 1}")
    [check] = [check for check in diagnose(path) if check.id == "schema"]
    assert "older version" in check.message


def test_damaged_pages_are_named(path: Path) -> None:
    execute(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096 * 9)
        file.write(b"\xa5" * 4096 * 4)
    checks = [check for check in diagnose(path) if check.id in ("damage", "database")]
    assert checks
    assert all(check.status == "problem" and check.hint for check in checks)
    assert "damaged" in checks[0].message
    assert not any("read and written" in check.message for check in diagnose(path))


@contextmanager
def other_process(path: Path, statement: str) -> Iterator[int]:
    """Another process that has the database open and has executed a statement."""
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute(sys.argv[2])"
    code += "; print('done', flush=True); input()"
    command = [sys.executable, "-c", code, str(path), statement]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        yield process.pid
        process.communicate(b"\n")


def test_holder_of_the_lock_is_named(path: Path) -> None:
    with other_process(path, "BEGIN IMMEDIATE") as pid:
        message = found(path, "lock").message
    assert "is locked by" in message
    if Path("/proc/locks").exists():
        assert f"(process {pid})" in message


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell")
@pytest.mark.parametrize("change", ["deleted", "replaced"])
def test_process_that_holds_a_deleted_file_is_named(path: Path, change: str) -> None:
    with other_process(path, "SELECT 1 FROM sqlite_master") as pid:
        shutil.copy(path, path.with_name("copy.db"))
        path.unlink()
        if change == "replaced":
            path.with_name("copy.db").rename(path)
        assert f"(process {pid})" in found(path, "deleted").message


DROPPED = [
    ("DROP TABLE approval_votes", "The table approval_votes is missing."),
    ("ALTER TABLE workflow_approvals DROP COLUMN comment", "The column workflow_approvals.comment is missing."),
    ("DROP INDEX idx_workflow_states_status", "The index idx_workflow_states_status of workflow_states is missing, so lists are slow."),
]


@pytest.mark.parametrize(("statement", "message"), DROPPED)
def test_dropped_parts_are_named(path: Path, statement: str, message: str) -> None:
    execute(path, statement)
    assert found(path, "tables").message == message


def test_hint_for_a_dropped_index_makes_it_again(path: Path) -> None:
    execute(path, "DROP INDEX idx_workflow_states_workflow_id")
    hint = found(path, "tables").hint
    execute(path, hint.split("'")[1])
    assert {check.status for check in diagnose(path)} == {"ok"}


def test_rows_that_were_deleted_behind_its_back_are_named(path: Path) -> None:
    execute(path, "DELETE FROM workflow_states WHERE key = 1")
    told = [check.message for check in diagnose(path) if check.id == "damage"]
    assert any("refer to rows of workflow_states that do not exist" in message for message in told)


def test_broken_journal_is_named(path: Path) -> None:
    execute(path, "UPDATE workflow_events SET at = at + 1 WHERE run = 3 AND seq = 2")
    assert "play #3: event 2" in found(path, "journals").message


def test_engine_that_ended_without_giving_back_its_runs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as scene:
        graph = scene.workflow("release")
        scene.run(graph, 1, owner="dead")
        scene.run(graph, 2, owner="alive")
        scene.run(graph, 3, "completed", owner="dead")
    [check] = [check for check in diagnose(path, frozenset({"alive"})) if check.id == "engines"]
    assert (check.status, "The engine dead has ended" in check.message) == ("warning", True)
    assert check.message.endswith("release #1.")


def test_living_engines_are_listed_with_their_processes(path: Path) -> None:
    columns = "INSERT INTO engine_instances (id, pid, kind, version, started_at)"
    execute(path, f"{columns} VALUES ('9-x', 4711, 'all', '1', 0), ('8-x', 4712, 'own', '1', 0)")
    [check] = [check for check in diagnose(path, frozenset({"9-x"})) if check.id == "engine"]
    assert (check.status, "Process 4711 drives every run" in check.message) == ("ok", True)


def test_little_space_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path).free
    for least, status in ((free * 2, "warning"), (0, "ok")):
        monkeypatch.setattr(diagnosis, "LOW_SPACE", least)
        assert [check.status for check in diagnose(tmp_path / "none.db") if check.id == "space"] == [status]
    monkeypatch.setattr(diagnosis, "LOW_SPACE", free * 2)
    monkeypatch.setattr(diagnosis, "NO_SPACE", free * 2)
    assert found(tmp_path / "none.db", "space").status == "problem"


def test_looking_changes_nothing_and_leaves_nothing_open(path: Path) -> None:
    Database(path).close()
    execute(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    before, files = path.read_bytes(), sorted(os.listdir(path.parent))
    diagnose(path)
    assert (path.read_bytes(), sorted(os.listdir(path.parent))) == (before, files)
