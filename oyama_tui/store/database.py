"""The database file: how it is opened, checked, read and watched."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from oyama_tui.core.errors import DatabaseBusy, DatabaseProblem, NewerSchema
from oyama_tui.store.tables import SCHEMA_VERSION

T = TypeVar("T")
READERS = 4
"""Threads, and so connections, that read at the same time."""
WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=0",
    "PRAGMA wal_autocheckpoint=2000",
)


def explain(error: BaseException, path: Path) -> DatabaseProblem:
    """Turn what SQLite says into a sentence that names the cause.

    Args:
        error: An error of SQLite or of the operating system.
        path: The database file.
    """
    if isinstance(error, DatabaseProblem):
        return error
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    said = str(error).lower()
    if "locked" in said or "busy" in said:
        return DatabaseBusy(
            f"The database {path} is locked by another program.", "Try again, or end the program that holds it; nothing was changed."
        )
    if "readonly" in said or "read-only" in said or isinstance(error, PermissionError):
        return DatabaseProblem(
            f"The database {path} cannot be written: it, its folder or its disk is read-only for you.",
            "Check the owner and mode of the file and of its folder.",
        )
    if "malformed" in said or "not a database" in said or "file is encrypted" in said:
        return DatabaseProblem(
            f"The file {path} is damaged or is not an Oyama database.",
            "Run `oyama doctor`; restore a copy, or choose another file with --database.",
        )
    if "full" in said or getattr(error, "errno", None) == 28:
        return DatabaseProblem(f"The disk with {path} is full.", "Make room and try again; what was confirmed before is safe.")
    if "no such table" in said or "no such column" in said:
        return DatabaseProblem(
            f"The database {path} lacks a part of its tables ({error}).", "Run `oyama doctor`, which names what is missing."
        )
    if "unable to open" in said or isinstance(error, OSError):
        return DatabaseProblem(
            f"The database {path} cannot be opened: {error}.", "Check that the folder exists and that you may write there."
        )
    return DatabaseProblem(f"The database {path} cannot be used: {error}.", "Run `oyama doctor`.")


class Database:
    """One open database file.

    Args:
        path: The file; it and its folder are made when missing.
        busy_timeout: Seconds to wait for a lock of another process.

    Raises:
        DatabaseProblem: It cannot be used.
    """

    def __init__(self, path: Path, busy_timeout: float = 20.0) -> None:
        self.path = path
        self.busy_timeout = busy_timeout
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="oyama-read")
        self._watch: sqlite3.Connection | None = None
        self._watch_lock = threading.Lock()
        try:
            make_private(path)
            from oyama_tui.store.migrate import bring_up_to_date

            bring_up_to_date(path, busy_timeout)
            self._identity = identity(path)
        except (OSError, sqlite3.Error, DBAPIError) as error:
            raise explain(error, path) from error
        self._engine = sa.create_engine(f"sqlite:///{path}", pool_size=READERS, max_overflow=0, connect_args={"check_same_thread": False})
        sa.event.listen(self._engine, "connect", _prepare_reader)
        sa.event.listen(self._engine, "begin", _begin)

    def connect_writer(self) -> sqlite3.Connection:
        """A connection in autocommit mode that never waits for locks by itself."""
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            for pragma in WRITER_PRAGMAS:
                connection.execute(pragma)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def check(self, connection: sqlite3.Connection) -> None:
        """Make sure, inside a write transaction, that this is still the file and the schema that was opened.

        Raises:
            DatabaseProblem: The file was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        if identity(self.path) != self._identity:
            raise DatabaseProblem(
                f"The database {self.path} was deleted or replaced while it was open.",
                "Put it back, or start again; nothing more is written to the lost file.",
            )
        refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0], self.path)

    def read_now(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in one read transaction, in this thread."""
        try:
            with self._engine.connect() as connection, connection.begin():
                return query(connection)
        except (DBAPIError, sqlite3.Error) as error:
            raise explain(error, self.path) from error

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in one read transaction, in a thread of its own.

        Raises:
            DatabaseProblem: The database cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, query)

    def data_version(self) -> int:
        """A number that differs from the last one when any other connection has committed since.

        Raises:
            DatabaseProblem: The file cannot be read, or was deleted or replaced.
        """
        with self._watch_lock:
            try:
                if identity(self.path) != self._identity:
                    raise DatabaseProblem(
                        f"The database {self.path} was deleted or replaced while it was open.", "Put it back, or start again."
                    )
                if self._watch is None:
                    self._watch = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
                return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                raise explain(error, self.path) from error

    def close(self) -> None:
        """Close every connection that reads."""
        self._pool.shutdown(wait=True)
        self._engine.dispose()
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None


def identity(path: Path) -> tuple[int, int]:
    """Device and inode of the file, (0, 0) when it is gone."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def make_private(path: Path) -> None:
    """Make the file (0600) and its missing folders (0700) before SQLite opens them.

    Raises:
        OSError: It cannot be made.
    """
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(f"{path} is not a regular file") from None


def refuse_newer(version: int, path: Path) -> None:
    """Refuse a file that a newer version has written.

    Raises:
        NewerSchema: Its schema is newer than what this version knows.
    """
    if version > SCHEMA_VERSION:
        raise NewerSchema(
            f"The database {path} was written by a newer version of Oyama (schema {version}; this one knows {SCHEMA_VERSION}).",
            "Update Oyama, or choose another file with --database.",
        )


def _prepare_reader(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
