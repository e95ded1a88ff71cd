"""How a filter of the history becomes conditions that an index serves.

A list of executions is one walk down the keys for each phase that is wanted, and the walks are merged: so a page costs what it shows,
however many rows there are and however rare a phase is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import HistoryFilter
from oyama_tui.store.queries.base import EXECUTIONS, escape_like

STATUS_OF_PHASE: Final[Mapping[str, str]] = {
    "queued": "pending",
    "running": "running",
    "waiting": "running",
    "draining": "running",
    "paused": "paused",
    "completed": "completed",
    "failed": "failed",
    "rejected": "failed",
    "cancelled": "failed",
}
"""The word in the status column for each phase."""
_MILLISECOND = 1000
Conditions = list[sa.ColumnElement[bool]]


def milliseconds(wanted: HistoryFilter) -> int | None:
    """Where the filter's time begins, in milliseconds since 1970 UTC."""
    return None if wanted.since is None else round(wanted.since.timestamp() * _MILLISECOND)


def first_key(connection: sa.Connection, wanted: HistoryFilter) -> int | None:
    """The least key that the filter's time allows, so that a walk down the keys knows where to end.

    None when the filter has no time, and 0 when every execution is later than that.
    """
    since = milliseconds(wanted)
    if since is None:
        return None
    if (connection.execute(sa.select(sa.func.min(EXECUTIONS.c.started_at))).scalar_one() or 0) >= since:
        return 0
    # The plus-zeros here and below keep SQLite from walking the keys from the oldest one up instead of reading the index of times.
    least = connection.execute(sa.select(sa.func.min(EXECUTIONS.c.run + 0)).where(EXECUTIONS.c.started_at >= since)).scalar_one()
    return 1 << 62 if least is None else int(least)


def walks(wanted: HistoryFilter, least: int | None) -> list[Conditions]:
    """The conditions of each walk; together they find every row once.

    Args:
        wanted: Which executions.
        least: From `first_key`.
    """
    common = _common(wanted, least)
    if not wanted.statuses:
        return [[*([EXECUTIONS.c.workflow_id == wanted.workflow] if wanted.workflow else []), *common]]
    return [[*_phase(phase, wanted.workflow), *common] for phase in dict.fromkeys(wanted.statuses)]


def _phase(phase: str, workflow: str) -> Conditions:
    if workflow:
        return [EXECUTIONS.c.workflow_id == workflow, EXECUTIONS.c.phase == phase]
    return [EXECUTIONS.c.status == STATUS_OF_PHASE.get(phase, phase), EXECUTIONS.c.phase == phase]


def _common(wanted: HistoryFilter, least: int | None) -> Conditions:
    found: list[Any] = []
    since = milliseconds(wanted)
    if since is not None and least:
        found += [EXECUTIONS.c.run >= least, EXECUTIONS.c.started_at + 0 >= since]
    for word in wanted.words:
        pattern = f"%{escape_like(word)}%"
        columns = (EXECUTIONS.c.state_id, EXECUTIONS.c.reason, EXECUTIONS.c.started_by, EXECUTIONS.c.decided_by)
        found.append(sa.or_(*(column.like(pattern, escape="\\") for column in columns)))
    return found
