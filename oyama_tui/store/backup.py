"""A copy of the database while it is used: SQLite's online backup, checked before it gets its name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from oyama_tui.core.errors import FileProblem
from oyama_tui.store.database import beside
from oyama_tui.store.database_errors import explain
from oyama_tui.store.whole import Record, page_troubles, records

PAGES: Final = 1024
"""Pages that are copied between two looks at the lock."""
_PAUSE: Final = 0.01
_HEADS: Final = (
    "SELECT s.id FROM workflow_states s LEFT JOIN workflow_events e ON e.run = s.key AND e.seq = s.seq"
    " WHERE e.hash IS NULL OR e.hash <> s.head LIMIT 20"
)


def copy_database(source: sqlite3.Connection, target: Path, called: Path, *, damaged: bool = False) -> int:
    """Copy a database that others may write meanwhile, and look at the copy.

    Args:
        source: A connection that reads one state of the database, so that others who write do not make the copy begin again and again.
        target: An empty file.
        called: What it is to be called, for messages.
        damaged: Whether it is a copy of what is to be repaired, which need not be whole.

    Returns:
        How many runs there are in the copy.

    Raises:
        FileProblem: It cannot be written, or the copy is not whole.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None, check_same_thread=False)) as copy:
            copy.execute("PRAGMA journal_mode=MEMORY")
            source.backup(copy, pages=PAGES, sleep=_PAUSE)
            # No log beside the copy: all of it is in the one file.
            copy.execute("PRAGMA journal_mode=DELETE")
            return 0 if damaged else _checked(copy)
    except sqlite3.Error as error:
        problem = explain(error, called)
        raise FileProblem(problem.sentence.replace("The database ", "The copy ", 1), "Nothing of the copy was kept.") from error
    finally:
        for suffix in ("-journal", "-wal", "-shm"):
            beside(target, suffix).unlink(missing_ok=True)


def _checked(copy: sqlite3.Connection) -> int:
    """Make sure that the copy is whole, and that each journal ends with what the run's row knows."""
    troubles = [check.message for check in page_troubles(copy)]
    found: list[Record] = records(copy, _HEADS)
    troubles += [f"The newest event of {row['id']} is not the one that its row knows." for row in found]
    if troubles:
        raise FileProblem(
            f"The copy is not whole, so it was not kept: {troubles[0]}", "Run `oyama verify`: the database itself is damaged."
        )
    return int(copy.execute("SELECT count(*) FROM workflow_states").fetchone()[0])
