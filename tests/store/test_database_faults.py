"""What goes wrong with a database file: each gives one sentence, and nothing is lost or made worse."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from oyama_tui.core.errors import DatabaseBusy, DatabaseProblem, NewerSchema
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.database import Database
from oyama_tui.store.database_errors import explain
from oyama_tui.store.queries.workflows import list_workflows
from tests.store.scene import opened

NOBODY = 65534
WRITE = "INSERT INTO engine_instances (id, pid, kind, version, started_at) VALUES (?, 1, 'own', '1', 1)"
PAGE = 4096


@contextmanager
def as_stranger() -> Iterator[None]:
    """Be an account to which modes apply: root passes them all."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every account may enter, with a database that holds a workflow."""
    folder = Path(tempfile.mkdtemp(prefix="oyama-"))
    folder.chmod(0o755)
    with opened(folder / "oyama.db") as scene:
        scene.workflow("release")
    try:
        yield folder / "oyama.db"
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "oyama.db") as scene:
        for number in range(200):
            scene.workflow(f"workflow-{number}", description="x" * 2000)
    return tmp_path / "oyama.db"


def put(database: Database, name: str) -> None:
    """Write as the writer does."""
    with closing(database.connect_writer()) as connection:
        connection.execute("BEGIN IMMEDIATE")
        database.check(connection)
        connection.execute(WRITE, (name,))
        connection.execute("COMMIT")


def written(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT id FROM engine_instances ORDER BY id")]


@contextmanager
def running(path: Path, busy_timeout: float = 20.0) -> Iterator[Database]:
    database = Database(path, busy_timeout)
    try:
        yield database
    finally:
        database.close()


def test_read_only_file_can_be_looked_at_but_not_written(shared: Path) -> None:
    shared.chmod(0o444)
    shared.parent.chmod(0o555)
    before = sorted(os.listdir(shared.parent))
    with as_stranger(), running(shared) as database:
        assert not database.writable
        assert [row.id for row in database.read_now(list_workflows)] == ["release"]
        assert database.data_version() == database.data_version()
        with pytest.raises(DatabaseProblem, match="read-only"):
            database.connect_writer()
    assert sorted(os.listdir(shared.parent)) == before


def test_read_only_look_sees_what_a_living_writer_has_not_moved_into_the_file_yet(shared: Path) -> None:
    with running(shared) as owner, closing(owner.connect_writer()) as writer:
        writer.execute(WRITE, ("first",))
        for suffix in ("", "-wal", "-shm"):
            shared.with_name(f"{shared.name}{suffix}").chmod(0o644)
        with as_stranger():
            looker = Database(shared)
        count = sa.text("SELECT count(*) FROM engine_instances")
        with as_stranger():
            assert looker.read_now(lambda connection: connection.execute(count).scalar_one()) == 1
            before = looker.data_version()
        writer.execute(WRITE, ("second",))
        with as_stranger():
            assert looker.data_version() != before
            assert looker.read_now(lambda connection: connection.execute(count).scalar_one()) == 2
            looker.close()


def test_read_only_file_of_an_older_or_newer_schema_is_refused(shared: Path) -> None:
    for version, error in ((SCHEMA_VERSION + 1, NewerSchema), (0, DatabaseProblem)):
        with closing(sqlite3.connect(shared)) as connection:
            connection.execute(f"PRAGMA user_version={version}")
        shared.chmod(0o444)
        shared.parent.chmod(0o555)
        with as_stranger(), pytest.raises(error):
            Database(shared)
        shared.parent.chmod(0o755)


def test_folder_in_which_nothing_can_be_made_is_named(shared: Path) -> None:
    shared.parent.chmod(0o555)
    with as_stranger(), pytest.raises(DatabaseProblem, match="read-only for you"):
        Database(shared.parent / "new.db")
    with as_stranger(), pytest.raises(DatabaseProblem, match="read-only for you"):
        Database(shared.parent / "deeper" / "new.db")


def test_file_that_may_not_even_be_read_is_explained(shared: Path) -> None:
    shared.chmod(0o000)
    with as_stranger(), pytest.raises(DatabaseProblem, match=str(shared)):
        Database(shared)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to have a header" * 50, b"short", b"\0" * 8192])
def test_file_that_is_no_database_is_refused_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "oyama.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseProblem, match="damaged or is not"):
        Database(path)
    assert path.read_bytes() == content


def test_damaged_header_is_refused(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)
    with pytest.raises(DatabaseProblem, match="damaged"):
        Database(path)


def test_damaged_page_is_explained_where_it_is_read(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(PAGE * 80, path.stat().st_size - PAGE, PAGE):
            file.seek(page)
            file.write(b"\xa5" * PAGE)
    with running(path) as database, pytest.raises(DatabaseProblem, match="damaged"):
        database.read_now(list_workflows)


def test_folder_and_special_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(DatabaseProblem, match="is not a file"):
            Database(path)


def test_place_that_cannot_exist_is_refused(path: Path) -> None:
    for impossible in (path / "under-a-file.db", path.parent / ("x" * 300)):
        with pytest.raises(DatabaseProblem, match="cannot be opened"):
            Database(impossible)


def test_locked_file_is_busy_after_the_timeout_and_fine_later(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute(WRITE, ("holder",))
        with pytest.raises(DatabaseBusy):
            Database(path, busy_timeout=0.2)
        holder.execute("ROLLBACK")
    with running(path) as database:
        assert len(database.read_now(list_workflows)) == 200


def test_missing_table_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE workflow_states")
    with running(path) as database, pytest.raises(DatabaseProblem, match="no such table: workflow_states"):
        database.read_now(list_workflows)


@pytest.mark.parametrize("change", ["deleted", "replaced"])
def test_lost_file_is_noticed_by_reader_writer_and_watcher(path: Path, change: str) -> None:
    with running(path) as database, closing(database.connect_writer()) as writer:
        database.read_now(list_workflows)
        database.data_version()
        away = path.with_name("away.db")
        path.rename(away)
        if change == "replaced":
            shutil.copy(away, path)
        with pytest.raises(DatabaseProblem, match="deleted or replaced"):
            database.read_now(list_workflows)
        with pytest.raises(DatabaseProblem, match="deleted or replaced"):
            database.data_version()
        with pytest.raises(DatabaseProblem, match="deleted or replaced"):
            database.connect_writer()
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem, match="deleted or replaced"):
            database.check(writer)
        writer.execute("ROLLBACK")
        away.rename(path)
        assert len(database.read_now(list_workflows)) == 200
        put(database, "again")
    assert written(path) == ["again"]


def test_newer_schema_is_noticed_by_reader_writer_and_watcher(path: Path) -> None:
    with running(path) as database:
        database.read_now(list_workflows)
        database.data_version()
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
        with pytest.raises(NewerSchema):
            database.read_now(list_workflows)
        with pytest.raises(NewerSchema):
            database.data_version()
        with pytest.raises(NewerSchema):
            put(database, "late")
    assert written(path) == []


def test_full_disk_is_named_and_what_was_confirmed_stays(path: Path) -> None:
    with running(path) as database:
        put(database, "before")
        with closing(database.connect_writer()) as writer:
            pages = writer.execute("PRAGMA page_count").fetchone()[0]
            writer.execute(f"PRAGMA max_page_count={pages}")
            writer.execute("BEGIN IMMEDIATE")
            fillers = [(f"filler-{number}",) for number in range(10_000)]
            with pytest.raises(sqlite3.OperationalError) as full:
                writer.executemany(WRITE, fillers)
        assert "is full" in explain(full.value, path).sentence
        put(database, "later")
    assert written(path) == ["before", "later"]


def test_system_errors_are_explained(tmp_path: Path) -> None:
    assert "is full" in explain(OSError(28, "No space left on device"), tmp_path).sentence
    assert "read-only" in explain(PermissionError(13, "Permission denied"), tmp_path).sentence
    assert isinstance(explain(DatabaseBusy("x"), tmp_path), DatabaseBusy)


async def test_long_reader_does_not_block_writers(path: Path) -> None:
    with running(path) as database:
        inside, leave = threading.Event(), threading.Event()

        def slow(connection: sa.Connection) -> tuple[int, int]:
            before = connection.exec_driver_sql("SELECT count(*) FROM engine_instances").scalar_one()
            inside.set()
            leave.wait(30)
            return before, connection.exec_driver_sql("SELECT count(*) FROM engine_instances").scalar_one()

        reader = threading.Thread(target=lambda: results.append(database.read_now(slow)))
        results: list[tuple[int, int]] = []
        reader.start()
        assert inside.wait(30)
        put(database, "meanwhile")
        assert len(await database.read(list_workflows)) == 200
        leave.set()
        reader.join()
        assert results == [(0, 0)]
        assert written(path) == ["meanwhile"]


def test_first_query_opens_one_connection(path: Path) -> None:
    def connections() -> int:
        return sum(os.path.realpath(f"/proc/self/fd/{number}") == str(path) for number in os.listdir("/proc/self/fd"))

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    with running(path) as database:
        assert connections() == 0
        database.read_now(list_workflows)
        database.read_now(list_workflows)
        assert connections() == 1
    assert connections() == 0


def test_watch_sees_commits_of_others_and_only_those(path: Path) -> None:
    with running(path) as database:
        first = database.data_version()
        database.read_now(list_workflows)
        assert database.data_version() == first
        put(database, "other")
        assert database.data_version() != first


def test_link_to_a_database_is_followed(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with running(link) as database:
        put(database, "through the link")
    assert written(path) == ["through the link"]
