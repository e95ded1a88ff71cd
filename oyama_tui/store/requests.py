"""Requests over the API that came with a key: how they are written."""

from __future__ import annotations

import sqlite3
from typing import Final

from oyama_tui.store import statements as sql

_FIND: Final = "SELECT fingerprint, server, begun_at, status, headers, body FROM api_requests WHERE person = :person AND key = :key"
_FINISH: Final = (
    "UPDATE api_requests SET status = :status, headers = :headers, body = :body"
    " WHERE person = :person AND key = :key AND server = :server AND status IS NULL"
)
_FORGET: Final = "DELETE FROM api_requests WHERE person = :person AND key = :key AND server = :server AND status IS NULL"
_FORGET_ONE: Final = "DELETE FROM api_requests WHERE person = :person AND key = :key AND begun_at < :until"
_FORGET_OLD: Final = (
    "DELETE FROM api_requests WHERE rowid IN (SELECT rowid FROM api_requests WHERE begun_at < :until ORDER BY begun_at LIMIT :most)"
)
MOST_FORGOTTEN: Final = 100
"""Old requests that a new one takes away."""


def begin_request(connection: sqlite3.Connection, row: sql.Row, until: int) -> sql.Row | None:
    """Note that a request is carried out from now on, unless one with its key was; old ones are taken away, a bounded number.

    Args:
        connection: Inside a write transaction.
        row: Of `api_requests`, without an answer.
        until: Those that came before are old, in milliseconds since 1970 UTC.

    Returns:
        None when it is noted; else the one that was.
    """
    name = {"person": row["person"], "key": row["key"]}
    connection.execute(_FORGET_ONE, {**name, "until": until})
    connection.execute(_FORGET_OLD, {"until": until, "most": MOST_FORGOTTEN})
    found = connection.execute(_FIND, name).fetchone()
    if found is not None:
        return dict(zip(("fingerprint", "server", "begun_at", "status", "headers", "body"), found, strict=True))
    sql.insert_row(connection, "api_requests", row)
    return None


def finish_request(connection: sqlite3.Connection, row: sql.Row) -> None:
    """Note how a request was answered.

    Args:
        connection: Inside a write transaction.
        row: Its person, key and server, and the answer.
    """
    connection.execute(_FINISH, row)


def forget_request(connection: sqlite3.Connection, row: sql.Row) -> None:
    """Forget a request that was not carried out.

    Args:
        connection: Inside a write transaction.
        row: Its person, key and server.
    """
    connection.execute(_FORGET, row)
