"""The watch over SQLite's write-ahead log: it stays in place while the database is open, and whoever takes it away is noticed."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Final

from oyama_tui.core.errors import DatabaseLost, DatabaseProblem
from oyama_tui.store.database_errors import DATABASE_ERRORS, explain, lost_log, refuse_newer

NOBODY: Final = (0, 0)
"""The identity of a file that is gone."""
SUFFIXES: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database that is open."""


class LogWatch:
    """One connection that stays open, so that SQLite itself never removes the log, and what the log was when it was opened.

    SQLite goes on writing into a log that was removed, and other processes begin a new one: what is confirmed then is gone with the last
    process that has the old one open. From the moment in which this is noticed nothing is written any more.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self._noted: tuple[tuple[int, int], ...] | None = None
        self._lost: DatabaseProblem | None = None

    def open(self) -> None:
        """Open the log, so that it stays; more calls change nothing.

        Raises:
            sqlite3.Error: The database cannot be read.
        """
        with self._lock:
            if self._connection is None:
                connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
                try:
                    refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0], self._path)
                except BaseException:
                    connection.close()
                    raise
                self._connection = connection
                found = self._identities()
                self._noted = found if NOBODY not in found else None

    def version(self) -> int:
        """A number that differs from the last one when any other connection has committed since; whoever asks has made sure of the log.

        Raises:
            DatabaseProblem: The database cannot be read.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        with self._lock:
            try:
                self.open()
                assert self._connection is not None
                refuse_newer(self._connection.execute("PRAGMA user_version").fetchone()[0], self._path)
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except DATABASE_ERRORS as error:
                raise explain(error, self._path) from error

    def check(self) -> None:
        """Make sure that the log is the one that was opened.

        Raises:
            DatabaseLost: It was removed or replaced, now or earlier; for this process that is for good.
        """
        if self._lost is None and (self._noted is None or self._identities() == self._noted):
            return
        with self._lock:
            if self._lost is None:
                self._lost = self._give_up()
        raise DatabaseLost(self._lost.sentence, self._lost.hint)

    def close(self) -> None:
        """Let go of the log, unless it was lost."""
        with self._lock:
            if self._connection is not None and self._lost is None:
                self._connection.close()
            self._connection = None

    def _identities(self) -> tuple[tuple[int, int], ...]:
        real = _real(self._path)
        return tuple(identity(f"{real}{suffix}") for suffix in SUFFIXES)

    def _give_up(self) -> DatabaseProblem:
        """Save what only the removed log holds, as long as nobody has begun another one, and never touch the file again."""
        saved = False
        connection = self._connection
        if connection is not None and self._noted is not None:
            now = self._identities()
            if all(found in (NOBODY, known) for found, known in zip(now, self._noted, strict=True)):
                try:
                    busy, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    saved = not busy and pages == moved
                except sqlite3.Error:
                    saved = False
            # The last connection that is closed would write the lost log over what others have written since. A thread that never ends
            # keeps this one open until the process is gone.
            threading.Thread(target=_keep, args=(connection,), name="oyama-lost-log", daemon=True).start()
        return lost_log(self._path, saved=saved)


def _keep(_connection: sqlite3.Connection) -> None:
    threading.Event().wait()


def beside(path: Path, suffix: str) -> Path:
    """The file that SQLite keeps beside the database; it follows links."""
    return Path(f"{_real(path)}{suffix}")


def _real(path: Path) -> Path:
    """Where the database is; its folder may be a link, which the system follows by itself, at less than a tenth of the price."""
    return path.resolve() if os.path.islink(path) else path


def identity(path: Path | str) -> tuple[int, int]:
    """Device and inode of the file, (0, 0) when it is gone or out of reach."""
    try:
        found = os.stat(path)
    except OSError:
        return NOBODY
    return (found.st_dev, found.st_ino)
