"""Questions from outside: how one begins, and how one is found again by its key or its session."""

from __future__ import annotations

import sqlite3
from typing import Final

import sqlalchemy as sa

from oyama_tui.store.catalog import keep_unlisted
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun, create_run

_BY_KEY: Final = (
    "SELECT key, id, workflow_id, number FROM workflow_states WHERE asked_key <> '' AND asked_key = :key"
    " AND NOT EXISTS (SELECT 1 FROM removed_runs WHERE run = key)"
)
_OF_SESSION: Final = (
    "SELECT id FROM workflow_states WHERE asked_session <> '' AND asked_session = :session AND imported = 0"
    " AND status IN ('pending', 'running', 'paused') ORDER BY key"
)


def find_asked(connection: sa.Connection, key: str) -> RunKey | None:
    """The question that was asked with a key.

    Args:
        connection: To read with.
        key: Not empty.
    """
    found = connection.execute(sa.text(_BY_KEY), {"key": key}).one_or_none()
    return None if found is None else RunKey(*found)


def asked_by_session(connection: sa.Connection, session: str) -> list[str]:
    """The state ids of the questions of an agent's session that are not over, the oldest first.

    Args:
        connection: To read with.
        session: Not empty.
    """
    return list(connection.execute(sa.text(_OF_SESSION), {"session": session}).scalars())


def create_asked(connection: sqlite3.Connection, new: NewRun) -> tuple[RunKey, bool]:
    """Insert the rows of a question's run, unless there is one with its key: asking twice is asking once.

    Args:
        connection: Inside a write transaction.
        new: The run; its revision is kept with it.

    Returns:
        The run, and whether it was there before.
    """
    asker, workflow = new.started.asker, new.graph.workflow
    assert asker is not None
    if asker.key and (found := connection.execute(_BY_KEY, {"key": asker.key}).fetchone()) is not None:
        return RunKey(*found), True
    keep_unlisted(connection, workflow, new.graph.revision, new.started.at)
    return create_run(connection, new)[0], False
