"""Forks: which run another one goes back to, and what was asked in the runs below one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from oyama_tui.core.points import point_label
from oyama_tui.core.views import ForkLink
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import EVENTS, REMOVED, STATES

MOST: Final = 20
"""So many of the runs that were forked from one are told, the newest ones."""
_BATCH: Final = 500
_IS_THERE: Final = ~sa.exists().where(REMOVED.c.run == STATES.c.key)
SOURCE = sa.select(STATES.c.key, STATES.c.workflow_id, STATES.c.number).where(STATES.c.id == sa.bindparam("id"), _IS_THERE)
FORKS = (
    sa.select(STATES.c.id, STATES.c.workflow_id, STATES.c.number, STATES.c.forked_at)
    .where(STATES.c.forked_from != "", STATES.c.forked_from == sa.bindparam("source"), STATES.c.imported == 0, _IS_THERE)
    .order_by(STATES.c.key.desc())
    .limit(MOST)
)
POINT = sa.select(EVENTS.c.type, EVENTS.c.payload).where(EVENTS.c.run == sa.bindparam("run"), EVENTS.c.seq == sa.bindparam("seq"))
_QUIET = """
WITH RECURSIVE below(top, depth, key, id) AS (
    SELECT id, 0, key, id FROM workflow_states WHERE id IN :ids
    UNION ALL
    SELECT below.top, below.depth + 1, s.key, s.id
    FROM below JOIN workflow_states s ON s.parent <> '' AND s.parent = below.id WHERE below.depth < 64
)
SELECT top FROM below GROUP BY top HAVING NOT max(EXISTS (SELECT 1 FROM workflow_approvals a WHERE a.run = below.key))
"""
QUIET = sa.text(_QUIET).bindparams(sa.bindparam("ids", expanding=True))
"""The runs, of those with some ids, in which and below which nobody was asked anything."""


def forked_from(connection: sa.Connection, source: str, at: int, *, imported: bool) -> ForkLink | None:
    """The run from which one was forked.

    Args:
        connection: Where to read.
        source: Its state id; empty for a run that is no fork.
        at: After which of its events.
        imported: The fork came here from a file: what it was forked from is none of this database.
    """
    if not source:
        return None
    found = None if imported else connection.execute(SOURCE, {"id": source}).one_or_none()
    if found is None:
        return ForkLink(run=source, label=source, at=at, point=f"after event {at}")
    return ForkLink(run=source, label=f"{found.workflow_id} #{found.number}", at=at, point=_points(connection, found.key, {at})[at])


def forked_into(connection: sa.Connection, key: int, run_id: str) -> tuple[ForkLink, ...]:
    """The newest runs that were forked from one, and where.

    Args:
        connection: Where to read.
        key: The run's key.
        run_id: Its state id.
    """
    rows = connection.execute(FORKS, {"source": run_id}).all()
    points = _points(connection, key, {row.forked_at for row in rows})
    return tuple(
        ForkLink(run=row.id, label=f"{row.workflow_id} #{row.number}", at=row.forked_at, point=points[row.forked_at]) for row in rows
    )


def _points(connection: sa.Connection, key: int, seqs: set[int]) -> dict[int, str]:
    """What points of a run are called."""
    found: dict[int, str] = {}
    for seq in seqs:
        row = connection.execute(POINT, {"run": key, "seq": seq}).one_or_none()
        with reading("workflow_events", seq):
            node = json.loads(row.payload).get("node", "") if row is not None else ""
            found[seq] = point_label(row.type if row is not None else "", node, seq)
    return found


def quiet_runs(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Those of some runs that are here, and in which and below which nobody was asked anything.

    Args:
        connection: Where to read.
        ids: State ids.
    """
    wanted, found = sorted(ids), set[str]()
    for first in range(0, len(wanted), _BATCH):
        found.update(connection.execute(QUIET, {"ids": wanted[first : first + _BATCH]}).scalars())
    return found
