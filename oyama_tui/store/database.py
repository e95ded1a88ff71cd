"""The database file: how it is opened, checked, read and watched."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa

from oyama_tui.core.approvers import Person
from oyama_tui.core.errors import DatabaseLost
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.database_errors import DATABASE_ERRORS, explain, lost, read_only, refuse_newer, several_names
from oyama_tui.store.folding import add_folding
from oyama_tui.store.log_watch import LogWatch, beside, identity
from oyama_tui.store.migrate import bring_up_to_date, schema_of
from oyama_tui.store.reader import Reader
from oyama_tui.store.seals import keep_sealed
from oyama_tui.store.turns import add_turns

__all__ = ["Database", "beside", "explain", "identity", "make_private", "refuse_newer"]

T = TypeVar("T")
WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=0",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA temp_store=MEMORY",
)


class Database:
    """One open database file.

    A file that cannot be written is opened for reading alone, when that is possible without writing anything beside it.

    Args:
        path: The file; it and its folder are made when missing.
        busy_timeout: Seconds to wait for a lock of another process.

    Raises:
        DatabaseProblem: It cannot be used.
    """

    def __init__(self, path: Path, busy_timeout: float = 20.0) -> None:
        self.path = path
        self.busy_timeout = busy_timeout
        self.reads_for: Callable[[], Person] = Person
        """Tells who reads: whose turn a question is depends on that."""
        self._watch = LogWatch(path)
        try:
            _refuse_several_names(path)
            self.writable = not exists_read_only(path)
            """Whether this process may write it."""
            if self.writable:
                make_private(path)
                bring_up_to_date(path, busy_timeout)
            else:
                _check_read_only(path)
            self._identity = identity(path)
        except DATABASE_ERRORS as error:
            raise explain(error, path) from error
        self.reader = Reader(path, self._connect_reader, self.require_same, keep=self.writable)

    def connect_writer(self) -> sqlite3.Connection:
        """A connection in autocommit mode that never waits for locks by itself.

        Raises:
            DatabaseProblem: This process may not write it, or it is gone.
        """
        self.require_writable()
        self.require_same()
        self._watch.open()
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            for pragma in WRITER_PRAGMAS:
                connection.execute(pragma)
            keep_sealed(connection)
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
        self.require_same()
        refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0], self.path)

    def read_now(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in one read transaction, in this thread.

        Raises:
            DatabaseProblem: The database cannot be read, or was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        return self.reader.read_now(query)

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in a read transaction that begins after this call, in another thread.

        Raises:
            DatabaseProblem: The database cannot be read, or was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        return await self.reader.read(query)

    @contextmanager
    def reading_alone(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own that reads one state of the database for as long as it takes.

        Raises:
            DatabaseProblem: The database cannot be read, or was deleted or replaced.
        """
        self.require_same()
        try:
            with closing(self._connect_reader()) as connection:
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
                yield connection
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def data_version(self) -> int:
        """A number that differs from the last one when any other connection has committed since.

        Raises:
            DatabaseProblem: The file cannot be read, or was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        self.require_same()
        if self.writable:
            return self._watch.version()
        try:
            return _last_write(self.path)
        except DATABASE_ERRORS as error:
            raise explain(error, self.path) from error

    def close(self) -> None:
        """Close every connection that reads."""
        self.reader.close()
        self._watch.close()

    def require_same(self) -> None:
        """Make sure that the file, and SQLite's log beside it, are those that were opened.

        Raises:
            DatabaseProblem: The file was deleted or replaced.
            DatabaseLost: The log was.
        """
        if identity(self.path) != self._identity:
            raise lost(self.path)
        try:
            self._watch.check()
        except DatabaseLost:
            # Who deletes all of it may have been between the two looks: then the log is the least of it.
            if identity(self.path) != self._identity:
                raise lost(self.path) from None
            raise

    def require_writable(self) -> None:
        """Make sure that this process may write it.

        Raises:
            DatabaseProblem: It may not.
        """
        if not self.writable:
            raise read_only(self.path)

    def _connect_reader(self) -> sqlite3.Connection:
        target, uri = (str(self.path), False) if self.writable else (read_only_uri(self.path), True)
        connection = sqlite3.connect(target, uri=uri, timeout=self.busy_timeout, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        add_folding(connection)
        add_turns(connection, lambda: self.reads_for())
        return connection


def _refuse_several_names(path: Path) -> None:
    """Refuse a file with hard links: SQLite's log and Oyama's locks go by the name.

    Raises:
        DatabaseProblem: It has several names.
    """
    try:
        found = os.stat(path)
    except OSError:
        # Whoever makes or opens it is told.
        return
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise several_names(path, found.st_nlink)


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
            raise IsADirectoryError(21, "not a regular file", str(path)) from None


def exists_read_only(path: Path) -> bool:
    """Whether the file is there and this process can neither write it nor make SQLite's files beside it."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    kept = [beside(path, suffix) for suffix in ("-wal", "-shm")]
    room = os.access(path.resolve().parent, os.W_OK) or all(os.access(file, os.W_OK) for file in kept)
    return not (os.access(path, os.W_OK) and room)


def read_only_uri(path: Path) -> str:
    """How to open a file without writing anything.

    Without a write-ahead log nobody writes and nothing is pending, and the file can be read as it stands; SQLite would otherwise make files
    beside it, which could belong to the wrong account.
    """
    return f"{path.absolute().as_uri()}?mode=ro{'' if beside(path, '-wal').exists() else '&immutable=1'}"


def _check_read_only(path: Path) -> None:
    """Make sure that a file which cannot be written, and so not migrated either, can be used as it is.

    Raises:
        DatabaseProblem: It is of another schema or another program.
        sqlite3.Error: It cannot be read.
    """
    with closing(sqlite3.connect(read_only_uri(path), uri=True, timeout=1)) as connection:
        if schema_of(connection, path) != SCHEMA_VERSION:
            raise read_only(path)


def _last_write(path: Path) -> int:
    """When the file or its write-ahead log was last written, in nanoseconds, as one number."""
    log = beside(path, "-wal")
    return path.stat().st_mtime_ns + (log.stat().st_mtime_ns if log.exists() else 0)
