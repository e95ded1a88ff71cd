"""What goes wrong with a database file, in sentences that name the cause."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from oyama_tui.core.errors import DatabaseBusy, DatabaseLost, DatabaseProblem, NewerSchema
from oyama_tui.store.columns import SCHEMA_VERSION

DATABASE_ERRORS: Final = (OSError, sqlite3.Error, DBAPIError, UnicodeDecodeError)
"""What SQLite and the operating system raise; the last when SQLite's own message quotes damaged text."""
_PRIMARY: Final = 0xFF
"""The part of SQLite's result code that names the kind of error."""
_MOVED: Final = sqlite3.SQLITE_READONLY_DBMOVED
_NO_ROOM_BESIDE: Final = sqlite3.SQLITE_IOERR_SHMSIZE
"""The file for readers and writers to share cannot be made as large as it must be."""
LEAST_ROOM: Final = 64 * 1024
"""Bytes without which a database cannot even be opened."""
_MISSING_PART: Final = ("no such table", "no such column")


def explain(error: BaseException, path: Path) -> DatabaseProblem:
    """Turn what SQLite or the operating system says into a sentence that names the cause.

    Args:
        error: An error of either.
        path: The database file.
    """
    if isinstance(error, DatabaseProblem):
        return error
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, OSError):
        return _explain_system(error, path)
    if isinstance(error, UnicodeDecodeError):
        return _damaged(path)
    code = getattr(error, "sqlite_errorcode", 0)
    if code == _MOVED:
        return lost(path)
    if code == _NO_ROOM_BESIDE:
        return _full(path)
    known = _BY_CODE.get(code & _PRIMARY)
    if known is not None:
        return known(path)
    if any(words in str(error) for words in _MISSING_PART):
        return DatabaseProblem(
            f"The database {path} lacks a part of its tables ({error}).", "Run `oyama doctor`, which names what is missing."
        )
    return DatabaseProblem(f"The database {path} cannot be used: {error}.", "Run `oyama doctor`.")


def lost(path: Path) -> DatabaseProblem:
    """The file is no longer the one that was opened."""
    return DatabaseProblem(
        f"The database {path} was deleted or replaced while it was open.",
        "Put it back, or start again; nothing more is written to the lost file.",
    )


def unusable_folder(folder: Path, error: OSError) -> DatabaseProblem:
    """The folder beside the database cannot be made, or something else stands there."""
    why = "something else stands there" if isinstance(error, FileExistsError) else error.strerror or str(error)
    return DatabaseProblem(f"The folder {folder} cannot be used: {why}.", "Move away what stands there, or check its owner and mode.")


def lost_log(path: Path, *, saved: bool) -> DatabaseProblem:
    """The write-ahead log is no longer the one that was opened.

    Args:
        path: The database file.
        saved: What stood in the lost log could be moved into the file.
    """
    kept = "what it held was saved into the database" if saved else "what was confirmed last may be missing from the database"
    return DatabaseLost(
        f"SQLite's files beside the database {path} (-wal, -shm) were removed or replaced while it was open; {kept}.",
        "End every program that has it open, run `oyama verify`, and start again; nothing more is written from here.",
    )


def several_names(path: Path, names: int) -> DatabaseProblem:
    """The file can be reached by other names in which SQLite would look for another log."""
    return DatabaseProblem(
        f"The database {path} has {names} names (hard links); each would get a log and locks of its own, and damage the others.",
        "Remove the other names, or make it one again by copying: cp FILE FILE.new && mv FILE.new FILE, while nothing has it open.",
    )


def read_only(path: Path) -> DatabaseProblem:
    """The file can be read at most."""
    return DatabaseProblem(
        f"The database {path} cannot be written: it, its folder or its disk is read-only for you.",
        "Check the owner and mode of the file and of its folder.",
    )


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


def _busy(path: Path) -> DatabaseProblem:
    return DatabaseBusy(
        f"The database {path} is locked by another program.", "Try again, or end the program that holds it; nothing was changed."
    )


def _damaged(path: Path) -> DatabaseProblem:
    return DatabaseProblem(
        f"The file {path} is damaged or is not an Oyama database.",
        "Run `oyama doctor`; restore a copy, or choose another file with --database.",
    )


def _full(path: Path) -> DatabaseProblem:
    return DatabaseProblem(f"The disk with {path} is full.", "Make room and try again; what was confirmed before is safe.")


def _unopened(path: Path) -> DatabaseProblem:
    return DatabaseProblem(
        f"The database {path} cannot be opened.", "Check that it and its folder exist, and that you may read and write there."
    )


def _disk(path: Path) -> DatabaseProblem:
    if _is_full(path):
        return _full(path)
    return DatabaseProblem(
        f"The disk with {path} gave an error while it was read or written.",
        "Check the disk and its free space; what was confirmed before is safe.",
    )


def _is_full(path: Path) -> bool:
    """Whether not even the files that SQLite makes beside the database find room."""
    try:
        return shutil.disk_usage(path.parent).free < LEAST_ROOM
    except OSError:
        return False


_BY_CODE: Final = {
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_READONLY: read_only,
    sqlite3.SQLITE_PERM: read_only,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_NOTADB: _damaged,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_CANTOPEN: _unopened,
    sqlite3.SQLITE_IOERR: _disk,
}


def _explain_system(error: OSError, path: Path) -> DatabaseProblem:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return read_only(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path)
    if error.errno == errno.EISDIR:
        return DatabaseProblem(f"The database {path} is not a file.", "Name a file with --database.")
    reason = error.strerror or str(error)
    return DatabaseProblem(f"The database {path} cannot be opened: {reason}.", "Check that its folder exists and that you may write there.")
