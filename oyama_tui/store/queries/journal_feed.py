"""Queries of the journals of all runs together, by the place at which each event was written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import JournalFilter, JournalLine, JournalPart
from oyama_tui.store.damage import DAMAGE, readable_rows
from oyama_tui.store.queries.base import APPROVALS, EVENTS, STATES, Row
from oyama_tui.store.queries.journal_lines import ABOUT_AN_APPROVAL, event_view

WINDOW: Final = 5000
"""Positions that one query looks at, however few of them are wanted."""
NEWEST: Final = sa.select(sa.func.max(EVENTS.c.position))
NEXT: Final = sa.select(sa.func.min(EVENTS.c.position)).where(EVENTS.c.position > sa.bindparam("after"))
WRITTEN: Final = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'workflow_events'")
"""The newest position that there has ever been, also when its run is gone."""
LINES: Final = (
    sa.select(
        EVENTS.c.position,
        EVENTS.c.seq,
        EVENTS.c.at,
        EVENTS.c.type,
        EVENTS.c.payload,
        STATES.c.id.label("run_id"),
        STATES.c.workflow_id,
    )
    .select_from(EVENTS)
    .join(STATES, STATES.c.key == EVENTS.c.run)
    # What came from a file happened elsewhere, and before.
    .where(EVENTS.c.position > sa.bindparam("after"), EVENTS.c.position <= sa.bindparam("upto"), STATES.c.imported + 0 == 0)
    .order_by(EVENTS.c.position)
    .limit(sa.bindparam("limit"))
)
_GATES: Final = sa.select(APPROVALS.c.id, APPROVALS.c.node).where(APPROVALS.c.id.in_(sa.bindparam("ids", expanding=True)))


def newest_position(connection: sa.Connection) -> int:
    """The position of the newest event that was ever written; 0 before the first one."""
    return connection.execute(WRITTEN).scalar() or 0


def lines_after(connection: sa.Connection, after: int, wanted: JournalFilter | None = None, limit: int = 500) -> JournalPart:
    """Events above a position, in the order in which they were written: there is one writer at a time, so that is the order of commits.

    Args:
        connection: Where to read.
        after: The position of the last event that is known.
        wanted: Which events; all of them when none.
        limit: The most events.
    """
    following = connection.execute(NEXT, {"after": after}).scalar()
    if following is None:
        return JournalPart(lines=(), upto=after)
    upto = min(following + WINDOW, connection.execute(NEWEST).scalar_one())
    query = LINES
    if wanted is not None:
        # The plus and the empty text keep SQLite on its walk along the positions.
        query = query.where(STATES.c.id.concat("") == wanted.run_id) if wanted.run_id else query
        query = query.where(STATES.c.workflow_id.concat("") == wanted.workflow) if wanted.workflow else query
        query = query.where(EVENTS.c.type.in_(sorted(wanted.types))) if wanted.types else query
    rows: list[Any] = list(connection.execute(query, {"after": after, "upto": upto, "limit": limit}))
    gates = _gates(connection, rows)
    if len(rows) == limit:
        upto = rows[-1].position
    lines = readable_rows("workflow_events", rows, lambda row: row.position, lambda row: _line(row, gates))
    return JournalPart(lines=tuple(lines), upto=upto, damaged=lines.damaged)


def _line(row: Row, gates: Mapping[str, str]) -> JournalLine:
    size = len(row.payload) if isinstance(row.payload, str | bytes) else 0
    event = event_view(row, gates)
    return JournalLine(position=row.position, run_id=row.run_id, workflow_id=row.workflow_id, size=size, event=event)


def _gates(connection: sa.Connection, rows: Iterable[Row]) -> dict[str, str]:
    """The nodes of the approvals that events name, by their ids."""
    ids = {named for row in rows if row.type in ABOUT_AN_APPROVAL and (named := _named(row.payload))}
    if not ids:
        return {}
    return {row.id: row.node for row in connection.execute(_GATES, {"ids": sorted(ids)})}


def _named(payload: Any) -> str:
    try:
        named = json.loads(payload)["id"]
    except DAMAGE:
        return ""
    return named if isinstance(named, str) else ""
