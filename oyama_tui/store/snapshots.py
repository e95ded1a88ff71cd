"""The names that people give to points of journals: how they are written."""

from __future__ import annotations

import sqlite3
from typing import Final

from oyama_tui.store import statements as sql

_TAKEN: Final = "SELECT seq FROM workflow_snapshots WHERE run = :run AND name = :name"
_FORGET: Final = "DELETE FROM workflow_snapshots WHERE run = :run AND name = :name"


def keep_name(connection: sqlite3.Connection, row: sql.Row) -> int | None:
    """Give a point a name, unless the run has that name already.

    Args:
        connection: Inside a write transaction.
        row: Of `workflow_snapshots`, without its key and seal.

    Returns:
        None when it is kept; else the number of the event after which the point is that has the name.
    """
    taken = connection.execute(_TAKEN, {"run": row["run"], "name": row["name"]}).fetchone()
    if taken is not None:
        return int(taken[0])
    sql.insert_row(connection, "workflow_snapshots", row)
    return None


def forget_name(connection: sqlite3.Connection, run: int, name: str) -> bool:
    """Forget the name of a point; whether there was one.

    Args:
        connection: Inside a write transaction.
        run: The run's key.
        name: The name.
    """
    return connection.execute(_FORGET, {"run": run, "name": name}).rowcount > 0
