"""Where runs come from, and the hash that their journals end with."""

from __future__ import annotations

import sqlalchemy as sa

from oyama_tui.store.queries.base import IMPORTS, STATES

HEAD = sa.select(STATES.c.head).where(STATES.c.key == sa.bindparam("run"))
ORIGIN = sa.select(IMPORTS.c.origin_id, IMPORTS.c.origin_head, IMPORTS.c.program, IMPORTS.c.digest).where(
    IMPORTS.c.run == sa.bindparam("run")
)


def head_of(connection: sa.Connection, run: int) -> str:
    """Hash of a run's newest event, 32 hexadecimal digits.

    Args:
        connection: Where to read.
        run: The run's key.
    """
    return bytes(connection.execute(HEAD, {"run": run}).scalar_one()).hex()


def origin_of(connection: sa.Connection, run: int) -> str:
    """Where an imported run comes from, in words; empty for a run of this database.

    Args:
        connection: Where to read.
        run: The run's key.
    """
    found = connection.execute(ORIGIN, {"run": run}).one_or_none()
    if found is None:
        return ""
    head = bytes(found.origin_head).hex()
    return f"{found.origin_id}, whose newest event had the hash {head} there; its file (SHA-256 {found.digest}) is of Oyama {found.program}"
