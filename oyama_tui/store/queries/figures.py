"""Queries of how workflows and their steps have done: over their newest runs, so that they cost the same however old a database is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.node_keys import GATE_SUFFIX, MARKS, step_of
from oyama_tui.core.views import ENDED_PHASES, FiguresPage, HistoryFilter, Spread, StepFigures, WorkflowFigures
from oyama_tui.store.queries.base import APPROVALS, EXECUTIONS, IMPORTED_RUNS, IS_LIVE, STATES, STEPS, WORKFLOWS, moment
from oyama_tui.store.queries.history import percentile
from oyama_tui.store.queries.history_filters import first_key, milliseconds

NEWEST_RUNS: Final = 1000
"""Of a workflow those that count."""
NEWEST_ATTEMPTS: Final = 20_000
"""Of these runs those that count."""
RUNNING: Final = ("running", "draining", "undoing")
_KEY: Final = EXECUTIONS.c.run
_WORKFLOW: Final = EXECUTIONS.c.workflow_id == sa.bindparam("workflow")
NOW: Final = (
    sa.select(EXECUTIONS.c.phase, sa.func.count())
    .where(_WORKFLOW, EXECUTIONS.c.phase.in_((*RUNNING, "waiting")), _KEY.not_in(IMPORTED_RUNS))
    .group_by(EXECUTIONS.c.phase)
)
RUNS: Final = (
    sa.select(_KEY, EXECUTIONS.c.phase, EXECUTIONS.c.started_at, EXECUTIONS.c.duration_ms, EXECUTIONS.c.human_wait_ms, STATES.c.worked_ms)
    # Of a run that has been deleted only its execution is left.
    .select_from(EXECUTIONS.outerjoin(STATES, STATES.c.key == _KEY))
    .where(_WORKFLOW, sa.bindparam("least") <= _KEY, EXECUTIONS.c.started_at + 0 >= sa.bindparam("since"), _KEY.not_in(IMPORTED_RUNS))
    .order_by(_KEY.desc())
    .limit(NEWEST_RUNS + 1)
)
ATTEMPTS: Final = (
    sa.select(STEPS.c.run, STEPS.c.node, STEPS.c.attempt, STEPS.c.status, STEPS.c.duration_ms, STEPS.c.scheduled_seq)
    .where(STEPS.c.run.in_(sa.bindparam("runs", expanding=True)))
    .order_by(STEPS.c.run.desc())
    .limit(NEWEST_ATTEMPTS + 1)
)
ANSWERS: Final = (
    sa.select(APPROVALS.c.node, APPROVALS.c.status, APPROVALS.c.requested_at, APPROVALS.c.decided_at)
    .where(APPROVALS.c.run.in_(sa.bindparam("runs", expanding=True)), APPROVALS.c.decided_at.is_not(None))
    .limit(NEWEST_ATTEMPTS)
)
UNDER_WAY: Final = (
    sa.select(STEPS.c.node, STEPS.c.status)
    .select_from(STATES.join(STEPS, STEPS.c.run == STATES.c.key))
    .where(IS_LIVE, STATES.c.workflow_id.concat("") == sa.bindparam("workflow"), STEPS.c.status.in_(("running", "waiting")))
)
OPEN: Final = sa.select(APPROVALS.c.node).where(
    APPROVALS.c.status == "pending", APPROVALS.c.workflow_id.concat("") == sa.bindparam("workflow"), APPROVALS.c.run.not_in(IMPORTED_RUNS)
)
KNOWN: Final = sa.select(WORKFLOWS.c.id).where(WORKFLOWS.c.id == sa.bindparam("workflow"))
_KEPT: Final = WORKFLOWS.c.deleted_at.is_(None)
IDS: Final = (
    sa.select(WORKFLOWS.c.id).where(_KEPT, WORKFLOWS.c.id > sa.bindparam("after")).order_by(WORKFLOWS.c.id).limit(sa.bindparam("limit"))
)


def figures(connection: sa.Connection, workflow_id: str, since: datetime | None = None) -> WorkflowFigures | None:
    """How a workflow and its steps have done; none when there has never been one of this id.

    Args:
        connection: Where to read.
        workflow_id: The workflow, which may be deleted by now.
        since: Only runs that were started then or later.
    """
    if connection.execute(KNOWN, {"workflow": workflow_id}).scalar() is None:
        return None
    return _figures(connection, workflow_id, since, with_steps=True)


def figures_page(connection: sa.Connection, since: datetime | None = None, after: str = "", limit: int = 50) -> FiguresPage:
    """How all workflows have done, by their ids.

    Args:
        connection: Where to read.
        since: Only runs that were started then or later.
        after: Only workflows with a later id.
        limit: The most workflows.
    """
    ids: list[str] = list(connection.execute(IDS, {"after": after, "limit": limit + 1}).scalars())
    total = connection.execute(sa.select(sa.func.count()).select_from(WORKFLOWS).where(_KEPT)).scalar_one()
    rows = tuple(_figures(connection, each, since, with_steps=False) for each in ids[:limit])
    return FiguresPage(rows=rows, total=total, more=len(ids) > limit)


def _figures(connection: sa.Connection, workflow_id: str, since: datetime | None, *, with_steps: bool) -> WorkflowFigures:
    given = {"workflow": workflow_id, "least": first_key(connection, HistoryFilter(since=since)) or 0, "since": milliseconds(since) or 0}
    found: list[Any] = list(connection.execute(RUNS, given))
    rows = found[:NEWEST_RUNS]
    phases = Counter(row.phase for row in rows)
    now: dict[str, int] = {row[0]: row[1] for row in connection.execute(NOW, {"workflow": workflow_id})}
    steps, steps_truncated = _steps(connection, workflow_id, [row.run for row in rows]) if with_steps else (None, False)
    return WorkflowFigures(
        workflow_id=workflow_id,
        runs=len(rows),
        truncated=len(found) > NEWEST_RUNS,
        since=moment(min(row.started_at for row in rows)) if rows else None,
        completed=phases["completed"],
        failed=phases["failed"],
        rejected=phases["rejected"],
        cancelled=phases["cancelled"],
        undone=phases["undone"],
        success_rate=_rate(phases["completed"], phases["failed"]),
        worked=spread(_worked(row) for row in rows if row.phase == "completed" and row.duration_ms is not None),
        asked=spread(row.human_wait_ms for row in rows if row.phase in ENDED_PHASES and row.human_wait_ms),
        running=sum(now.get(phase, 0) for phase in RUNNING),
        waiting=now.get("waiting", 0),
        steps=steps,
        steps_truncated=steps_truncated,
    )


def _worked(row: Any) -> int:
    known: int | None = row.worked_ms
    return known if known is not None else max(0, row.duration_ms - row.human_wait_ms)


def _steps(connection: sa.Connection, workflow_id: str, runs: Sequence[int]) -> tuple[tuple[StepFigures, ...], bool]:
    """The steps of these runs, and whether there are too many attempts of them."""
    found: list[Any] = list(connection.execute(ATTEMPTS, {"runs": list(runs)})) if runs else []
    answered: list[Any] = list(connection.execute(ANSWERS, {"runs": list(runs)})) if runs else []
    looked_at = sorted(found[:NEWEST_ATTEMPTS], key=lambda row: (-row.run, row.scheduled_seq))
    # The gate before an action is no attempt at it: its time is people's.
    tries = _by_step(row for row in looked_at if not MARKS.sub("", row.node).endswith(GATE_SUFFIX))
    answers = _by_step(answered)
    under_way = _by_step(connection.execute(UNDER_WAY, {"workflow": workflow_id}))
    still_open = _by_step(connection.execute(OPEN, {"workflow": workflow_id}))
    names = dict.fromkeys([*tries, *answers, *under_way, *still_open])
    made = [_step(step, tries[step], answers[step], under_way[step], len(still_open[step])) for step in names]
    return tuple(made), len(found) > NEWEST_ATTEMPTS


def _by_step(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[step_of(row.node)].append(row)
    return found


def _step(step: str, tries: list[Any], answers: list[Any], under_way: list[Any], still_open: int) -> StepFigures:
    now = Counter(row.status for row in under_way)
    last = {(row.run, row.node): row for row in sorted(tries, key=lambda row: row.attempt)}
    ended = Counter(row.status for row in last.values())
    return StepFigures(
        step_id=step,
        begun=len(last),
        attempts=sum(row.attempt > 0 for row in tries),
        completed=ended["completed"],
        failed=ended["failed"],
        rejected=sum(row.status == "rejected" for row in answers),
        cancelled=ended["cancelled"] + ended["interrupted"],
        skipped=ended["skipped"],
        success_rate=_rate(ended["completed"], ended["failed"]),
        worked=spread(row.duration_ms for row in tries if row.status == "completed" and row.duration_ms is not None),
        asked=spread(max(0, row.decided_at - row.requested_at) for row in answers),
        running=now["running"],
        waiting=now["waiting"] + still_open,
    )


def spread(values: Iterable[int]) -> Spread:
    """How long something took.

    Args:
        values: Milliseconds of each time.
    """
    measured = list(values)
    return Spread(count=len(measured), p50_ms=percentile(measured, 50), p95_ms=percentile(measured, 95))


def _rate(completed: int, failed: int) -> float | None:
    return completed / (completed + failed) if completed + failed else None
