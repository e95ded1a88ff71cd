"""Queries of numbers about the whole."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.store.queries.base import APPROVALS, EXECUTIONS, IMPORTED_RUNS

RUNS: Final = (
    sa.select(EXECUTIONS.c.workflow_id, EXECUTIONS.c.phase, sa.func.count())
    .where(EXECUTIONS.c.run.not_in(IMPORTED_RUNS))
    .group_by(EXECUTIONS.c.workflow_id, EXECUTIONS.c.phase)
    .order_by(EXECUTIONS.c.workflow_id, EXECUTIONS.c.phase)
)
PENDING: Final = (
    sa.select(APPROVALS.c.risk, sa.func.count(), sa.func.min(APPROVALS.c.requested_at))
    .where(APPROVALS.c.status == "pending", APPROVALS.c.run.not_in(IMPORTED_RUNS))
    .group_by(APPROVALS.c.risk)
)


def runs_by_phase(connection: sa.Connection) -> tuple[tuple[str, str, int], ...]:
    """For each workflow and word for where a run is, how many there are; by workflow."""
    rows: list[Any] = list(connection.execute(RUNS))
    return tuple((row[0], row[1], row[2]) for row in rows)


def pending_by_risk(connection: sa.Connection) -> tuple[tuple[str, int, int], ...]:
    """For each risk, how many approvals are open, and since when the oldest one is, in milliseconds since 1970 UTC."""
    rows: list[Any] = list(connection.execute(PENDING))
    return tuple((row[0], row[1], row[2]) for row in rows)
