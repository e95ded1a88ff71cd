"""Bringing the tables of a file to this version's schema."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.store import columns
from oyama_tui.store.database_errors import refuse_newer
from oyama_tui.store.schema import schema

MIGRATIONS: Final = Path(__file__).resolve().parent / "migrations"
APPLICATION_ID: Final = 0x4F59414D
"""Kept in the file as `PRAGMA application_id`, so that another program's database is known as such ("OYAM")."""
VERSION_TABLE: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""As alembic makes it."""
_PAUSE = 0.01
"""Seconds between two tries to get a lock."""


def bring_up_to_date(path: Path, busy_timeout: float) -> None:
    """Make or migrate the tables, unless they are of this version already; any number of processes may do so at once.

    Args:
        path: The database file; it exists.
        busy_timeout: Seconds to wait for locks of other processes.

    Raises:
        NewerSchema: A newer version has written it.
        DatabaseProblem: It belongs to another program.
        sqlite3.Error: It cannot be used.
    """
    deadline = time.monotonic() + busy_timeout
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        if not path.stat().st_size:
            # Only a file without any page takes it; it is what lets a cleanup give room back without rewriting the file.
            _patiently(connection, "PRAGMA auto_vacuum=INCREMENTAL", deadline)
        _patiently(connection, "PRAGMA journal_mode=WAL", deadline)
        # In one transaction: what another process is just making would be taken for another program's.
        connection.execute("BEGIN")
        try:
            current = schema_of(connection, path)
        finally:
            connection.execute("ROLLBACK")
        if current == columns.SCHEMA_VERSION:
            return
        # Tables that refer to a table that is rebuilt must not follow it; the pragma has no effect inside a transaction.
        connection.execute("PRAGMA foreign_keys=OFF")
        with transaction(connection, deadline) as wrapped:
            version = schema_of(connection, path)
            if version == columns.SCHEMA_VERSION:
                return
            if version is None:
                create(wrapped)
            else:
                _check_stamp(wrapped, path)
                copy_aside(path, columns.SCHEMA_VERSION)
                migrate(wrapped, path)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={columns.SCHEMA_VERSION}")


def schema_of(connection: sqlite3.Connection, path: Path) -> int | None:
    """The version of the file's schema; none when it has no tables at all.

    Raises:
        NewerSchema: A newer version has written it.
        DatabaseProblem: It belongs to another program.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        refuse_newer(version, path)
        return version
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None:
        raise DatabaseProblem(f"The file {path} is a database of another program.", "Choose another file with --database.")
    return None


def create(connection: sa.Connection) -> None:
    """Make all tables in an empty file, inside a transaction; the same as all migrations, without the time that alembic takes to load."""
    for table in schema().sorted_tables:
        connection.execute(CreateTable(table))
        # A set has no order, and the order of making them decides which of two equally good indexes SQLite takes.
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    connection.exec_driver_sql(VERSION_TABLE)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (revision_of(columns.SCHEMA_VERSION),))


def migrate(connection: sa.Connection, path: Path, target: int = columns.SCHEMA_VERSION, folder: Path = MIGRATIONS) -> None:
    """Run the migrations that are missing, inside a transaction.

    Args:
        connection: In the transaction, with foreign keys off.
        path: The database file.
        target: The schema to reach.
        folder: The migrations.

    Raises:
        DatabaseProblem: Rows would be left without what they refer to.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision_of(target))
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise DatabaseProblem(
            f"The database {path} cannot be brought to schema {target}: rows of {broken[0]} refer to missing rows of {broken[2]}.",
            "Run `oyama doctor`; nothing was changed.",
        )


def _check_stamp(connection: sa.Connection, path: Path) -> None:
    """Make sure that the tables are those of the schema that the file's header names.

    Raises:
        DatabaseProblem: They are not: one of the two was changed.
    """
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    stamp = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if stamp != [revision_of(version)]:
        raise DatabaseProblem(
            f"The file {path} is damaged: its header says schema {version}, its tables say {' and '.join(map(str, stamp)) or 'nothing'}.",
            "Restore a copy, or choose another file with --database; nothing was changed.",
        )


def revision_of(version: int) -> str:
    """The name of the migration that leads to a schema."""
    return f"{version:04d}"


def copy_aside(path: Path, version: int) -> Path:
    """Copy the whole file beside it before it is migrated.

    Args:
        path: The database file.
        version: The schema that it is about to get.

    Returns:
        The copy, `<file>.before-<version>`.
    """
    copy = path.with_name(f"{path.name}.before-{version}")
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    os.replace(unfinished, copy)
    return copy


@contextmanager
def transaction(connection: sqlite3.Connection, deadline: float) -> Iterator[sa.Connection]:
    """A write transaction as SQLAlchemy sees it: committed at the end, or rolled back after an error.

    Args:
        connection: In autocommit mode.
        deadline: Until when to wait for other processes, on the monotonic clock.
    """
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as wrapped:
        _patiently(connection, "BEGIN IMMEDIATE", deadline)
        # SQLAlchemy begins nothing here, but must know of the transaction: alembic would commit one that it does not know after each step.
        with wrapped.begin():
            yield wrapped


def _patiently(connection: sqlite3.Connection, statement: str, deadline: float) -> None:
    """Execute a statement, again and again while another process holds a lock; SQLite's own wait does not cover a change of mode."""
    while True:
        try:
            connection.execute(statement).fetchall()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
