"""When the nodes of a run worked or waited for people, and how long they took in past runs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import Span, SpanKind, UsualTimes
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, STEPS, moment, optional_moment
from oyama_tui.store.queries.estimates import WORKING_TIMES
from oyama_tui.store.queries.history import percentile

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
