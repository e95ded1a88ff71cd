from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from oyama_tui.core.errors import DatabaseProblem, NewerSchema
from oyama_tui.store import migrate
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.database import Database
from tests.store.scene import opened

OPENER = "import sys; from pathlib import Path; from oyama_tui.store.database import Database; Database(Path(sys.argv[1])).close()"


def schema(path: Path) -> dict[str, str]:
    """Every table and index with what makes it, without the blanks."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: "".join(sql.split()) for name, sql in rows}


def execute(path: Path, *statements: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


@contextmanager
def transaction(path: Path) -> Iterator[sa.Connection]:
    """As when a file is brought up to date."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        with migrate.transaction(connection, time.monotonic()) as wrapped:
            yield wrapped


def migrated(path: Path) -> Path:
    with transaction(path) as connection:
        migrate.migrate(connection, path)
    return path


def next_version(folder: Path, body: str) -> Path:
    """A copy of the migrations with one more."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for source in (migrate.MIGRATIONS / "env.py", *sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))):
        (folder / source.relative_to(migrate.MIGRATIONS)).write_text(source.read_text())
    name, before = (migrate.revision_of(version) for version in (SCHEMA_VERSION + 1, SCHEMA_VERSION))
    head = f"from alembic import op\nimport sqlalchemy as sa\nrevision = '{name}'\ndown_revision = '{before}'\ndef upgrade():\n"
    (versions / f"{name}_next.py").write_text(head + "".join(f"    {line}\n" for line in body.splitlines()))
    return folder


def test_new_file_has_the_same_schema_as_a_migrated_one(tmp_path: Path) -> None:
    Database(tmp_path / "new.db").close()
    assert schema(tmp_path / "new.db") == schema(migrated(tmp_path / "migrated.db"))
    assert execute(tmp_path / "new.db", "SELECT * FROM alembic_version") == execute(
        tmp_path / "migrated.db", "SELECT * FROM alembic_version"
    )


def test_migrated_schema_equals_the_models(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{migrated(tmp_path / 'oyama.db')}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


def test_fixed_index_names_are_there(tmp_path: Path) -> None:
    Database(tmp_path / "oyama.db").close()
    fixed = {f"idx_workflow_{table}_{column}" for table in ("states", "approvals", "executions") for column in ("status", "workflow_id")}
    assert fixed <= schema(tmp_path / "oyama.db").keys()


def test_up_to_date_file_is_opened_without_alembic(tmp_path: Path) -> None:
    code = OPENER + "; print('alembic' in sys.modules)"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, tmp_path / "oyama.db"], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


def test_six_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    path, go = tmp_path / "deep" / "oyama.db", tmp_path / "go"
    waiting = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.001)\n"
    code = f"from oyama_tui.store.database import Database\nprint('ready', flush=True)\n{waiting}{OPENER}"
    racing = [subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    for process in racing:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    go.touch()
    for process in racing:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
    assert execute(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert schema(path) == schema(migrated(tmp_path / "alone.db"))


@pytest.mark.parametrize("remove", [lambda path: path.write_bytes(b""), lambda path: path.unlink()], ids=["emptied", "deleted"])
def test_emptied_or_deleted_file_is_made_anew(tmp_path: Path, remove: object) -> None:
    path = tmp_path / "oyama.db"
    Database(path).close()
    # As a killed process leaves it: with a write-ahead log of the old file beside it.
    code = f"{OPENER.replace('Database(Path(sys.argv[1])).close()', 'c = Database(Path(sys.argv[1])).connect_writer()')}; import os"
    code += "; c.execute(\"INSERT INTO engine_instances (id, pid, kind, version, started_at) VALUES ('x', 1, 'own', '1', 1)\"); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, path], check=True)
    assert path.with_name("oyama.db-wal").stat().st_size > 0
    assert callable(remove)
    remove(path)
    Database(path).close()
    assert execute(path, "SELECT count(*) FROM engine_instances") == [(0,)]


def test_existing_rows_are_kept_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with opened(tmp_path / "oyama.db") as scene:
        scene.run(scene.workflow("release"), 1)
    Database(tmp_path / "oyama.db").close()
    assert execute(tmp_path / "oyama.db", "SELECT id FROM workflows") == [("release",)]
    assert not list(tmp_path.glob("*.before-*"))


def test_newer_schema_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    Database(path).close()
    execute(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerSchema, match=f"schema {SCHEMA_VERSION + 1}"):
        Database(path)
    assert path.read_bytes() == before


def test_database_of_another_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    execute(path, "PRAGMA journal_mode=WAL", "CREATE TABLE theirs (x)", f"PRAGMA user_version={SCHEMA_VERSION}")
    before = path.read_bytes()
    with pytest.raises(DatabaseProblem, match="another program"):
        Database(path)
    assert path.read_bytes() == before


def test_older_file_is_copied_and_migrated_with_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as scene:
        scene.run(scene.workflow("release"), 1)
    body = "with op.batch_alter_table('workflows') as batch:\n    batch.add_column(sa.Column('colour', sa.String(), server_default='red'))"
    body += "\n    batch.alter_column('name', new_column_name='label')"
    use_next_version(monkeypatch, next_version(tmp_path / "next", body))
    migrate.bring_up_to_date(path, 1)
    assert execute(path, "SELECT label, colour FROM workflows") == [("Release", "red")]
    assert execute(path, "PRAGMA user_version") == [(SCHEMA_VERSION + 1,)]
    assert execute(path, "SELECT workflow_id FROM workflow_states") == [("release",)]
    copy = tmp_path / f"oyama.db.before-{SCHEMA_VERSION + 1}"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert execute(copy, "SELECT name FROM workflows") == [("Release",)]
    assert execute(copy, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_every_older_schema_is_brought_up_to_date_with_its_rows(tmp_path: Path, version: int) -> None:
    path = tmp_path / "oyama.db"
    with transaction(path) as connection:
        migrate.migrate(connection, path, target=version)
    execute(
        path,
        f"PRAGMA application_id={migrate.APPLICATION_ID}",
        f"PRAGMA user_version={version}",
        "INSERT INTO workflows (id, name, description, type, status, source, directory, revision, runs, created_at, updated_at)"
        " VALUES ('release', 'Release', '', 'graph', 'draft', '', '', 'r', 0, 1, 1)",
        "INSERT INTO workflow_revisions (revision, workflow_id, content, created_at) VALUES ('r', 'release', '{}', 1)",
        "INSERT INTO workflow_states (id, workflow_id, number, status, phase, reason, current_step, completed_steps, total_steps,"
        " running_steps, open_approvals, pause_mode, error, error_node, worked_ms, seq, head, epoch, revision, directory,"
        " created_at, updated_at)"
        " VALUES ('release-1', 'release', 1, 'running', 'running', '', '', 0, 1, 0, 0, '', '', '', 0, 1, x'00', 1, 'r', '', 1, 1)",
    )
    large = "'\"" + "x" * 3_000 + "\"'"
    execute(
        path,
        "INSERT INTO workflow_events (run, seq, type, at, payload, hash) VALUES (1, 1, 'run_started', 1, '{}', x'00')",
        f"UPDATE workflow_states SET inputs = {large}, outputs = '{{}}'",
        *(
            f"INSERT INTO workflow_context (run, name, value, seq, at) VALUES (1, '{name}', {value}, {seq}, 1)"
            for name, value, seq in (("large", large, 1), ("lost", large, 9), ("small", "'1'", 1))
        ),
    )
    Database(path).close()
    assert execute(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert execute(path, "SELECT id, stalled_takeovers FROM workflow_states") == [("release-1", 0)]
    # Large values are left to the events that have them; a file of schema 4 has none any more.
    left = version < 4
    assert execute(path, "SELECT inputs IS NULL, outputs FROM workflow_states") == [(int(left), "{}")]
    variables = execute(path, "SELECT name, length(value) FROM workflow_context ORDER BY name")
    assert variables == [
        ("large", None if left else 3_002),
        ("lost", 3_002),
        ("small", 1),
    ]
    Database(tmp_path / "new.db").close()
    assert schema(path) == schema(tmp_path / "new.db")
    assert execute(tmp_path / f"oyama.db.before-{SCHEMA_VERSION}", "PRAGMA user_version") == [(version,)]


@pytest.mark.parametrize(
    "body",
    [
        "op.add_column('workflows', sa.Column('colour', sa.String()))\nop.execute('SELECT * FROM nowhere')",
        "op.add_column('workflows', sa.Column('colour', sa.String()))\nop.execute('DELETE FROM workflows')",
    ],
    ids=["fails", "leaves rows without what they refer to"],
)
def test_failed_migration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    path = tmp_path / "oyama.db"
    with opened(path) as scene:
        scene.run(scene.workflow("release"), 1)
    before = schema(path)
    with monkeypatch.context() as patched:
        use_next_version(patched, next_version(tmp_path / "next", body))
        with pytest.raises((DatabaseProblem, sa.exc.OperationalError)):
            migrate.bring_up_to_date(path, 1)
    assert schema(path) == before
    assert execute(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    Database(path).close()


def use_next_version(patched: pytest.MonkeyPatch, folder: Path) -> None:
    """Be the version of this program that knows one schema more."""
    patched.setattr("oyama_tui.store.columns.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    patched.setattr("oyama_tui.store.database_errors.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    patched.setattr(migrate.migrate, "__defaults__", (SCHEMA_VERSION + 1, folder))


def test_new_file_is_ready_at_once(tmp_path: Path) -> None:
    took = []
    for number in range(3):
        start = time.perf_counter()
        Database(tmp_path / f"{number}.db").close()
        took.append(time.perf_counter() - start)
    assert min(took) < 0.3


def test_file_that_stays_locked_is_reported_busy(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode=WAL")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem, match="locked"):
            Database(path, busy_timeout=0.2)


def test_folders_and_file_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "oyama.db"
    old = os.umask(0)
    try:
        database = Database(path)
        writer = database.connect_writer()
        writer.execute("INSERT INTO engine_instances (id, pid, kind, version, started_at) VALUES ('x', 1, 'own', '1', 1)")
        modes = {file.name: file.stat().st_mode & 0o777 for file in (path, *path.parent.glob("*-*"), path.parent, path.parent.parent)}
        writer.close()
        database.close()
    finally:
        os.umask(old)
    assert modes == {"oyama.db": 0o600, "oyama.db-wal": 0o600, "oyama.db-shm": 0o600, "b": 0o700, "a": 0o700}
