"""Queries of the history."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

import sqlalchemy as sa

from oyama_tui.core.views import HistoryFilter, HistoryPage, HistoryRow, WorkflowStats
from oyama_tui.core.waiting import why_imported
from oyama_tui.store.damage import readable_rows, reading
from oyama_tui.store.queries.base import (
    EXECUTIONS,
    IMPORTED_RUNS,
    IMPORTS,
    STATES,
    WORKFLOWS,
    Row,
    moment,
    named,
    names_of,
    optional_moment,
)
from oyama_tui.store.queries.history_filters import Conditions, first_key, milliseconds, walks
from oyama_tui.store.queries.turns import RUN_ASKS_OTHERS

RECENT = 30
"""How many durations `WorkflowStats` names."""
MEASURED = 1000
"""The newest runs of a workflow that tell how it has done."""
_KEY = EXECUTIONS.c.run
COLUMNS = (
    _KEY.label("key"),
    EXECUTIONS.c.state_id.label("id"),
    EXECUTIONS.c.workflow_id,
    EXECUTIONS.c.number,
    EXECUTIONS.c.phase.label("status"),
    EXECUTIONS.c.status.label("state"),
    EXECUTIONS.c.reason,
    EXECUTIONS.c.started_at,
    EXECUTIONS.c.finished_at.label("ended_at"),
    EXECUTIONS.c.duration_ms,
    EXECUTIONS.c.human_wait_ms,
    EXECUTIONS.c.started_by,
    EXECUTIONS.c.trigger,
    EXECUTIONS.c.decided_by,
    sa.func.coalesce(sa.select(STATES.c.pinned != 0).where(STATES.c.key == _KEY).scalar_subquery(), False).label("pinned"),
    # Of a run that has been deleted only its execution is left.
    sa.func.coalesce(
        sa.select(sa.and_(STATES.c.open_approvals > 0, STATES.c.imported == 0)).where(STATES.c.key == _KEY).scalar_subquery(), False
    ).label("needs_you"),
    sa.func.coalesce(sa.select(RUN_ASKS_OTHERS).where(STATES.c.key == _KEY).scalar_subquery(), "").label("asks_others"),
    sa.func.coalesce(sa.select(STATES.c.imported != 0).where(STATES.c.key == _KEY).scalar_subquery(), False).label("imported"),
)
_NAMES = names_of(COLUMNS)
ROWS_AT = sa.select(*COLUMNS).where(_KEY.in_(sa.bindparam("keys", expanding=True))).order_by(_KEY.desc())
KEY_RANGE = sa.select(sa.select(sa.func.min(_KEY)).scalar_subquery(), sa.select(sa.func.max(_KEY)).scalar_subquery())
NEWEST = (
    sa.select(EXECUTIONS.c.phase, sa.func.coalesce(STATES.c.worked_ms, EXECUTIONS.c.duration_ms).label("worked_ms"))
    # Of a run that has been deleted only its execution is left.
    .select_from(EXECUTIONS.outerjoin(STATES, STATES.c.key == _KEY))
    .where(EXECUTIONS.c.workflow_id == sa.bindparam("workflow"), _KEY.not_in(IMPORTED_RUNS))
    .order_by(_KEY.desc())
    .limit(MEASURED + 1)
)


def page(
    connection: sa.Connection,
    wanted: HistoryFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    offset: int | None = None,
    limit: int = 100,
    total: int | None = None,
) -> HistoryPage:
    """A page, newest first.

    Args:
        connection: Where to read.
        wanted: Which executions.
        before: Only rows older than this key, the nearest ones.
        after: Only rows newer than this key, the nearest ones.
        offset: Rows from this place on instead; counted from the newest, from the oldest when negative.
        limit: The most rows.
        total: How many fit the filter, when the caller knows it from this very state of the database; counted otherwise.
    """
    branches = walks(wanted, first_key(connection, wanted))
    if total is None:
        total = count(connection, wanted)
    if offset is not None:
        rows = _at(connection, wanted, branches, offset, limit, total)
    elif after is not None:
        rows = _walk(connection, [[*branch, after < _KEY] for branch in branches], limit, upwards=True)
    elif before is not None:
        rows = _walk(connection, [[*branch, before > _KEY] for branch in branches], limit)
    else:
        rows = _walk(connection, branches, limit)
    found = readable_rows("workflow_executions", rows, lambda row: row.key, _view)
    return HistoryPage(rows=tuple(found), total=total, damaged=found.damaged)


def find(connection: sa.Connection, run: int) -> HistoryRow | None:
    """One execution; none when it is not there.

    Args:
        connection: Where to read.
        run: The run's key.

    Raises:
        DatabaseProblem: Its row is damaged.
    """
    row = connection.execute(sa.select(*COLUMNS).where(EXECUTIONS.c.run == run)).one_or_none()
    if row is None:
        return None
    with reading("workflow_executions", run):
        return _view(row)


def count(connection: sa.Connection, wanted: HistoryFilter) -> int:
    """How many executions fit the filter; of all, or of a workflow, that costs the same however many there are."""
    if wanted == HistoryFilter(workflow=wanted.workflow):
        return _count_all(connection, wanted.workflow)
    since = milliseconds(wanted.since)
    if since is not None and wanted == HistoryFilter(since=wanted.since):
        branches: list[Conditions] = [[EXECUTIONS.c.started_at >= since]]
    else:
        branches = walks(wanted, first_key(connection, wanted))
    counts = [connection.execute(sa.select(sa.func.count()).select_from(EXECUTIONS).where(*branch)).scalar_one() for branch in branches]
    return sum(counts)


def _count_all(connection: sa.Connection, workflow: str) -> int:
    """What the rows of workflows say of their runs, and the runs that came from files, which do not count there."""
    here = sa.select(sa.func.coalesce(sa.func.sum(WORKFLOWS.c.runs), 0))
    imported = sa.select(sa.func.count()).select_from(IMPORTS)
    if workflow:
        here = here.where(WORKFLOWS.c.id == workflow)
        its = sa.select(EXECUTIONS.c.workflow_id).where(EXECUTIONS.c.run == IMPORTS.c.run).scalar_subquery()
        imported = imported.where(its == workflow)
    return int(connection.execute(here).scalar_one()) + int(connection.execute(imported).scalar_one())


def stats(connection: sa.Connection, workflow_id: str) -> WorkflowStats:
    """How a workflow has done lately: its newest runs, so that it costs the same however many there are."""
    rows = list(connection.execute(NEWEST, {"workflow": workflow_id}))
    counts = Counter(row.phase for row in rows[:MEASURED])
    worked: list[int] = [row.worked_ms for row in rows[:MEASURED] if row.phase == "completed" and row.worked_ms is not None]
    completed, failed = counts["completed"], counts["failed"]
    return WorkflowStats(
        workflow_id=workflow_id,
        runs=min(len(rows), MEASURED),
        truncated=len(rows) > MEASURED,
        completed=completed,
        failed=failed,
        rejected=counts["rejected"],
        cancelled=counts["cancelled"],
        success_rate=completed / (completed + failed) if completed + failed else None,
        p50_ms=percentile(worked, 50),
        p95_ms=percentile(worked, 95),
        recent_ms=tuple(reversed(worked[:RECENT])),
    )


def walk_keys(branches: list[Conditions], limit: int, skip: int = 0, upwards: bool = False) -> sa.Select[Any]:
    """The keys of a page, from the newest down or from the oldest up.

    Args:
        branches: Conditions of each walk.
        limit: The most keys.
        skip: Keys to pass over first.
        upwards: From the oldest up.
    """
    order = _KEY.asc() if upwards else _KEY.desc()
    if len(branches) == 1:
        return sa.select(_KEY).where(*branches[0]).order_by(order).limit(limit).offset(skip)
    walked = [sa.select(sa.select(_KEY).where(*branch).order_by(order).limit(limit + skip).subquery().c.run) for branch in branches]
    merged = sa.union_all(*walked).subquery()
    return sa.select(merged.c.run).order_by(merged.c.run.asc() if upwards else merged.c.run.desc()).limit(limit).offset(skip)


def _walk(connection: sa.Connection, branches: list[Conditions], limit: int, skip: int = 0, upwards: bool = False) -> list[Row]:
    """Rows of a page, newest first."""
    keys = list(connection.execute(walk_keys(branches, limit, skip, upwards)).scalars())
    if not keys:
        return []
    # Keys first, rows then: what is only passed over is read from an index.
    return list(connection.execute(ROWS_AT, {"keys": keys}))


def _at(connection: sa.Connection, wanted: HistoryFilter, branches: list[Conditions], offset: int, limit: int, total: int) -> list[Row]:
    """Rows from a place on, counted from whichever end is nearer."""
    start = min(offset, total) if offset >= 0 else max(0, total + offset)
    limit = min(limit, total - start)
    if limit <= 0:
        return []
    if wanted == HistoryFilter():
        oldest, newest = connection.execute(KEY_RANGE).one()
        if newest - oldest + 1 == total:
            # No key is missing, so the place itself tells the key.
            return _walk(connection, [[newest - start >= _KEY]], limit)
    if start <= total // 2:
        return _walk(connection, branches, limit, start)
    return _walk(connection, branches, limit, total - start - limit, upwards=True)


def percentile(values: list[int], percent: int) -> int | None:
    """What so many of a hundred values do not exceed; none where there are none.

    Args:
        values: In any order.
        percent: How many of a hundred.
    """
    if len(values) < 2:
        return values[0] if values else None
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1])


def _view(row: Row) -> HistoryRow:
    values = named(_NAMES, row)
    values["started_at"] = moment(values["started_at"])
    values["ended_at"] = optional_moment(values["ended_at"])
    if values["imported"]:
        values["reason"] = why_imported(values["reason"], ended=values["ended_at"] is not None)
    return HistoryRow(**values)
