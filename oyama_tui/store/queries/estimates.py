"""How long a loop, and a run, still has to work: from its own items, else from past runs; nothing rather than a wild number."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Graph, NodeSpec
from oyama_tui.core.definition.kinds.for_each import FOR_EACH, ForEachStep
from oyama_tui.core.views import BlockCounts, NodeView
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import EXECUTIONS, IMPORTED_RUNS, SCOPES, STATES, STEPS, Row

PAST_RUNS: Final = 20
"""How many of the newest completed runs tell how long a run, or a loop in it, takes."""
FEWEST: Final = 5
"""So many items that are done tell how long one takes."""
SAMPLED: Final = 50
"""So many of the newest items that are done are looked at, or two rounds of as many as run at once."""
SPREAD: Final = 0.5
"""The mean of those items is no estimate when its standard error is a greater part of it."""
APART: Final = 3.0
"""Past runs of which one took so many times as long for an item as another tell nothing."""
UNFINISHED: Final = ("pending", "ready", "running", "waiting", "retrying")
_COMPLETED: Final = (
    EXECUTIONS.c.workflow_id == sa.bindparam("workflow"),
    EXECUTIONS.c.phase == "completed",
    EXECUTIONS.c.run.not_in(IMPORTED_RUNS),
)
WORKING_TIMES = (
    sa.select(EXECUTIONS.c.run, STATES.c.worked_ms)
    .select_from(EXECUTIONS.join(STATES, STATES.c.key == EXECUTIONS.c.run))
    .where(*_COMPLETED)
    .order_by(EXECUTIONS.c.run.desc())
    .limit(PAST_RUNS)
)
PAST_OF_BLOCK = (
    sa.select(STEPS.c.duration_ms, STEPS.c.input)
    .select_from(EXECUTIONS.join(STEPS, STEPS.c.run == EXECUTIONS.c.run))
    .where(*_COMPLETED, STEPS.c.node == sa.bindparam("node"), STEPS.c.attempt == 1, STEPS.c.status == "completed")
    .order_by(EXECUTIONS.c.run.desc())
    .limit(PAST_RUNS)
)
LOOPS_OF_RUNS = (
    sa.select(STEPS.c.run, sa.func.sum(STEPS.c.duration_ms).label("spent"))
    .where(
        STEPS.c.run.in_(sa.bindparam("runs", expanding=True)), STEPS.c.node.in_(sa.bindparam("nodes", expanding=True)), STEPS.c.attempt == 1
    )
    .group_by(STEPS.c.run)
)
_OF_BLOCK: Final = (SCOPES.c.run == sa.bindparam("run"), SCOPES.c.node == sa.bindparam("node"))
_TIMES: Final = (
    sa.select((SCOPES.c.finished_at - SCOPES.c.opened_at).label("took"))
    .where(*_OF_BLOCK, SCOPES.c.status == "completed")
    .order_by(SCOPES.c.key.desc())
    .limit(sa.bindparam("most"))
    .subquery("newest")
)
SAMPLE = sa.select(sa.func.count(), sa.func.avg(_TIMES.c.took), sa.func.avg(_TIMES.c.took * _TIMES.c.took)).select_from(_TIMES)
_REST: Final = sa.func.max(0, sa.bindparam("mean", type_=sa.Float) - (sa.bindparam("now", type_=sa.Integer) - SCOPES.c.opened_at))
UNDER_WAY = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_REST), 0), sa.func.coalesce(sa.func.max(_REST), 0)).where(
    *_OF_BLOCK, SCOPES.c.status == "running"
)


class Estimates:
    """Estimates for one run.

    Args:
        connection: Where to read.
        run: The run's key.
        workflow: Its workflow.
        now: Milliseconds since 1970 UTC.
    """

    def __init__(self, connection: sa.Connection, run: int, workflow: str, now: int) -> None:
        self._connection = connection
        self._run = run
        self._workflow = workflow
        self._now = now

    def _read(self, query: Any, **values: Any) -> Iterable[Row]:
        return self._connection.execute(query, values)

    def of_loop(self, spec: NodeSpec, node: str, counts: BlockCounts) -> int | None:
        """Milliseconds that a loop under way still takes; none when nothing tells, or when people are asked in it.

        Args:
            spec: What the loop is an instance of.
            node: Its key.
            counts: How many of its items are where.
        """
        if any(inner.role == "gate" for body in spec.bodies for inner in body.all_nodes()):
            return None
        left = counts.pending + counts.running
        with reading("workflow_scopes", node):
            own = self._from_own_items(spec, node, counts)
        if own is not None or not left:
            return own or None
        past = self._past_of(node)
        each = [took / count for took, count in past if count]
        return round(left * statistics.median(each)) or None if each and max(each) <= APART * min(each) else None

    def _from_own_items(self, spec: NodeSpec, node: str, counts: BlockCounts) -> int | None:
        """From how long the newest items took that are done, and how many run at once: what they took, they took beside each other."""
        assert isinstance(spec.step, ForEachStep)
        beside = spec.step.for_each.concurrency
        ((count, mean, square),) = self._read(SAMPLE, run=self._run, node=node, most=max(SAMPLED, 2 * beside))
        if count < FEWEST or not mean:
            return None
        error = math.sqrt(max(0.0, square - mean * mean) / count)
        if error > SPREAD * mean:
            return None
        ((running, rest, longest),) = self._read(UNDER_WAY, run=self._run, node=node, mean=mean, now=self._now)
        work = counts.pending * mean + rest
        return int(max(work / max(1, min(beside, counts.pending + running)), longest))

    def _past_of(self, node: str) -> list[tuple[int, int]]:
        """How long a loop took in past runs, and how many items it had."""
        with reading("workflow_execution_steps", node):
            rows = self._read(PAST_OF_BLOCK, workflow=self._workflow, node=node)
            return [
                (row.duration_ms, int(row.input["count"])) for row in rows if row.duration_ms is not None and isinstance(row.input, dict)
            ]

    def of_run(self, graph: Graph, nodes: Sequence[NodeView], worked: int) -> int | None:
        """Milliseconds that a run still works; none when nothing tells, or when it has taken longer already than past runs did.

        Args:
            graph: The compiled revision.
            nodes: Its tree.
            worked: Milliseconds that it has worked.
        """
        past = {row.run: row.worked_ms for row in self._read(WORKING_TIMES, workflow=self._workflow)}
        loops = [spec.key for spec in graph.body.nodes if spec.kind == FOR_EACH.name]
        if not loops:
            return max(0, round(statistics.median(past.values())) - worked) or None if past else None
        outer = [node for node in nodes if node.depth == 0]
        open_loops = [node for node in outer if node.key in loops and node.status in UNFINISHED]
        others = any(node.key not in loops and node.kind != "gate" and node.status in UNFINISHED for node in outer)
        chained = graph.body.type in ("sequential", "conditional")
        lefts = [self._of_outer(node) for node in open_loops]
        known = [left for left in lefts if left is not None]
        if len(known) < len(lefts) or not (chained or (len(lefts) == 1 and not others)):
            # Beside each other, loops and steps take neither the sum of their times nor the longest of them.
            return None
        rest = self._outside(loops, outer, past, worked) if others else 0
        return None if rest is None else (sum(known) + rest) or None

    def _of_outer(self, loop: NodeView) -> int | None:
        """What a loop still takes; of one that has not begun, what it took in past runs."""
        if loop.attempt:
            return loop.left_ms
        times = [took for took, _ in self._past_of(loop.key)]
        return round(statistics.median(times)) if times and max(times) <= APART * min(times) else None

    def _outside(self, loops: Sequence[str], outer: Sequence[NodeView], past: dict[int, int], worked: int) -> int | None:
        """What the steps beside the loops still take, by what they took in past runs."""
        if not past:
            return None
        spent = {row.run: row.spent or 0 for row in self._read(LOOPS_OF_RUNS, runs=list(past), nodes=list(loops))}
        usual = statistics.median(max(0, took - spent.get(run, 0)) for run, took in past.items())
        own = sum(self._spent(node) for node in outer if node.key in loops)
        return max(0, round(usual) - max(0, worked - own))

    def _spent(self, loop: NodeView) -> int:
        if loop.duration_ms is not None or loop.started_at is None:
            return loop.duration_ms or 0
        return max(0, self._now - round(loop.started_at.timestamp() * 1000))
