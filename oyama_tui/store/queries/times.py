"""When the nodes of a run worked or waited for people, and how long they took in past runs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import ENDED_PHASES, HistoryFilter, Lately, PastRun, Span, SpanKind, UsualTimes
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, EXECUTIONS, IMPORTED_RUNS, STATES, STEPS, Row, moment, optional_moment
from oyama_tui.store.queries.estimates import WORKING_TIMES
from oyama_tui.store.queries.history import percentile
from oyama_tui.store.queries.history_filters import first_key, milliseconds

AT_ONCE: Final = 500
"""So many nodes are asked for in one query."""
LEAST: Final = 50
"""Milliseconds that are worth telling."""
FEWEST: Final = 5
"""So many runs tell what nearly all of them do not exceed."""
NEVER_WORKED: Final = ("pending", "ready", "skipped")
IN_VAIN: Final = ("failed", "retrying", "interrupted", "cancelled")
"""What has become of an attempt that worked for nothing."""
ATTEMPTS = (
    sa.select(
        STEPS.c.node,
        STEPS.c.attempt,
        STEPS.c.status,
        sa.func.coalesce(STEPS.c.started_at, STEPS.c.scheduled_at).label("began"),
        STEPS.c.finished_at,
    )
    .where(STEPS.c.run == sa.bindparam("run"), STEPS.c.node.in_(sa.bindparam("nodes", expanding=True)), STEPS.c.status.not_in(NEVER_WORKED))
    .order_by(STEPS.c.scheduled_seq)
)
QUESTIONS = (
    sa.select(APPROVALS.c.node, APPROVALS.c.requested_at, APPROVALS.c.decided_at, APPROVALS.c.status)
    .where(APPROVALS.c.run == sa.bindparam("run"), APPROVALS.c.node.in_(sa.bindparam("nodes", expanding=True)))
    .order_by(APPROVALS.c.requested_at)
)
DURATIONS = sa.select(STEPS.c.node, STEPS.c.duration_ms).where(
    STEPS.c.run.in_(sa.bindparam("runs", expanding=True)),
    STEPS.c.node.in_(sa.bindparam("nodes", expanding=True)),
    STEPS.c.status == "completed",
    STEPS.c.duration_ms.is_not(None),
)
_RUN: Final = EXECUTIONS.c.run
_PAST: Final = (
    sa.select(
        EXECUTIONS.c.workflow_id,
        EXECUTIONS.c.number,
        EXECUTIONS.c.phase,
        EXECUTIONS.c.started_at,
        EXECUTIONS.c.duration_ms,
        STATES.c.worked_ms,
        STATES.c.working_since,
        STATES.c.open_approvals,
    )
    # Of a run that has been deleted only its execution is left.
    .select_from(EXECUTIONS.outerjoin(STATES, STATES.c.key == _RUN))
    .where(_RUN.not_in(IMPORTED_RUNS))
    .order_by(_RUN.desc())
    .limit(sa.bindparam("most"))
)
NEWEST = _PAST.where(EXECUTIONS.c.workflow_id == sa.bindparam("workflow"))
SINCE = _PAST.where(sa.bindparam("least") <= _RUN, EXECUTIONS.c.started_at + 0 >= sa.bindparam("since"))


def spans_of(connection: sa.Connection, run: int, nodes: Sequence[str]) -> tuple[Span, ...]:
    """When nodes of a run worked, and when people were waited for: by kind of time, in the order in which they began.

    Args:
        connection: Where to read.
        run: The run's key.
        nodes: The keys of the nodes.
    """
    found: list[Span] = []
    for start in range(0, len(nodes), AT_ONCE):
        part = {"run": run, "nodes": list(nodes[start : start + AT_ONCE])}
        for row in connection.execute(ATTEMPTS, part):
            with reading("workflow_execution_steps", row.node):
                kind: SpanKind = "failed" if row.status in IN_VAIN else "worked"
                began, ended = moment(row.began), optional_moment(row.finished_at)
                found.append(Span(node=row.node, attempt=row.attempt, kind=kind, began=began, ended=ended))
        for asked in connection.execute(QUESTIONS, part):
            with reading("workflow_approvals", asked.node):
                ended = optional_moment(asked.decided_at)
                found.append(Span(node=asked.node, attempt=0, kind="person", began=moment(asked.requested_at), ended=ended))
    return tuple(found)


def usual_times(connection: sa.Connection, workflow: str, run: int, nodes: Sequence[str]) -> UsualTimes:
    """How long a workflow's newest completed runs took, but for one run, and of nodes how long they took in those.

    Args:
        connection: Where to read.
        workflow: Its id.
        run: The key of the run that is not to be counted.
        nodes: The keys of the nodes.
    """
    past: dict[int, Any] = {row.run: row.worked_ms for row in connection.execute(WORKING_TIMES, {"workflow": workflow}) if row.run != run}
    took: defaultdict[str, list[int]] = defaultdict(list)
    for start in range(0, len(nodes) if past else 0, AT_ONCE):
        for row in connection.execute(DURATIONS, {"runs": list(past), "nodes": list(nodes[start : start + AT_ONCE])}):
            took[row.node].append(row.duration_ms)
    nearly_all = percentile(list(past.values()), 95) if len(past) >= FEWEST else None
    medians = {node: round(statistics.median(times)) for node, times in took.items()}
    return UsualTimes(runs=len(past), work_p95_ms=nearly_all, nodes={node: time for node, time in medians.items() if time >= LEAST})


def lately(connection: sa.Connection, workflow: str, most: int, now: int) -> Lately:
    """How a workflow has done in its newest runs.

    Args:
        connection: Where to read.
        workflow: Its id.
        most: How many of its runs.
        now: Milliseconds since 1970 UTC.
    """
    runs = [_past_run(row, now) for row in connection.execute(NEWEST, {"workflow": workflow, "most": most})]
    return in_sum(tuple(reversed(runs)))


def runs_since(connection: sa.Connection, since: datetime, most: int, now: int) -> tuple[PastRun, ...]:
    """The runs that were started since a time, oldest first.

    Args:
        connection: Where to read.
        since: The time.
        most: How many of the newest ones at the most.
        now: Milliseconds since 1970 UTC.
    """
    place = {"least": first_key(connection, HistoryFilter(since=since)), "since": milliseconds(since), "most": most}
    return tuple(reversed([_past_run(row, now) for row in connection.execute(SINCE, place)]))


def in_sum(runs: tuple[PastRun, ...]) -> Lately:
    """What runs of one workflow tell together.

    Args:
        runs: Oldest first.
    """
    completed = [run.worked_ms for run in runs if run.status == "completed"]
    over = len(completed) + sum(run.status == "failed" for run in runs)
    rate = len(completed) / over if over else None
    return Lately(runs=runs, success_rate=rate, usual_ms=round(statistics.median(completed)) if completed else None)


def _past_run(row: Row, now: int) -> PastRun:
    with reading("workflow_executions", f"{row.workflow_id}#{row.number}"):
        worked = (row.duration_ms or 0) if row.worked_ms is None else row.worked_ms
        if row.working_since is not None and row.phase not in ENDED_PHASES:
            worked += max(0, now - row.working_since)
        return PastRun(
            workflow_id=row.workflow_id,
            number=row.number,
            status=row.phase,
            needs_you=bool(row.open_approvals),
            started_at=moment(row.started_at),
            worked_ms=worked,
        )
