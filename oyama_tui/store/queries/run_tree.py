"""One run, whole: its row and its tree of nodes in the order of the definition."""

from __future__ import annotations

import time
from collections.abc import Collection

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.workflow import RunTimeout
from oyama_tui.core.views import ENDED_PHASES, BlockPart, RunRow, RunView, TreeOpening
from oyama_tui.store.damage import expect_path, reading
from oyama_tui.store.queries.base import STATES, WORKFLOWS, Row
from oyama_tui.store.queries.children import with_children
from oyama_tui.store.queries.estimates import Estimates
from oyama_tui.store.queries.forks import forked_from, forked_into
from oyama_tui.store.queries.journal_lines import named_values, payloads, places_of_values
from oyama_tui.store.queries.node_tree import Tree
from oyama_tui.store.queries.run_rows import RUN_COLUMNS, RUN_SOURCE, TURN_COLUMNS, Looking, run_row, whole_row
from oyama_tui.store.queries.turns import with_turns

FIND_WHOLE = (
    sa.select(
        *RUN_COLUMNS,
        *TURN_COLUMNS,
        STATES.c.inputs,
        STATES.c.outputs,
        STATES.c.error,
        STATES.c.error_node,
        STATES.c.revision,
        STATES.c.directory,
        STATES.c.pause_mode,
        STATES.c.breakpoints,
        STATES.c.worked_ms,
        STATES.c.working_since,
        STATES.c.seq,
        STATES.c.forked_at,
        WORKFLOWS.c.source,
    )
    .select_from(RUN_SOURCE)
    .where(STATES.c.id == sa.bindparam("id"))
)


def run_view(
    connection: sa.Connection,
    run_id: str,
    graph: Graph,
    living: Collection[str] = frozenset(),
    here: str = "",
    now: int | None = None,
    wanted: TreeOpening | BlockPart | None = None,
) -> RunView | None:
    """One run with its tree; none when there is none of this id.

    Args:
        connection: Where to read.
        run_id: The state id.
        graph: The compiled revision that the run is pinned to.
        living: The engine instances that live.
        here: This process's own engine instance; empty when it has none.
        now: Milliseconds since 1970 UTC; the clock's when none.
        wanted: Which blocks of the tree are open, or the one block whose rows are wanted; what matters most of all blocks when none.
    """
    row = connection.execute(FIND_WHOLE, {"id": run_id}).one_or_none()
    if row is None:
        return None
    now = time.time_ns() // 1_000_000 if now is None else now
    with reading("workflow_states", run_id):
        view = _view(connection, row, whole_row(connection, run_row(row, Looking(connection, living, here, now))))
    ended = row.status in ENDED_PHASES
    limits = graph.workflow.timeout or RunTimeout()
    if not ended:
        working = None if limits.working is None else max(0, limits.working - _worked(row, now))
        total = None if limits.total is None else max(0, limits.total - (now - row.started_at))
        view = view.model_copy(update={"working_left_ms": working, "total_left_ms": total})
    estimates = None if ended else Estimates(connection, row.key, row.workflow_id, now)
    opening = wanted if isinstance(wanted, TreeOpening) else None
    tree = Tree(
        connection,
        row.key,
        ended=ended,
        asks=view.row.needs_you,
        now=now,
        opening=opening,
        estimates=estimates,
        breakpoints=view.breakpoints,
    )
    if isinstance(wanted, BlockPart):
        return view.model_copy(update={"nodes": with_turns(connection, with_children(connection, run_id, tree.part(graph, wanted)))})
    nodes = with_turns(connection, with_children(connection, run_id, tree.nodes(graph)))
    with reading("workflow_states", run_id):
        left = None if estimates is None else estimates.of_run(graph, nodes, _worked(row, now))
    return view.model_copy(update={"nodes": nodes, "left_ms": left})


def _view(connection: sa.Connection, row: Row, shown: RunRow) -> RunView:
    """The run without its tree and what is estimated from it."""
    expect_path(row.directory, "directory")
    expect_path(row.source or "", "source")
    ended = row.status in ENDED_PHASES
    return RunView(
        row=shown,
        nodes=(),
        **named_values(row, payloads(connection, places_of_values(row))),
        error=row.error,
        error_node=row.error_node,
        revision=row.revision,
        directory=row.directory,
        source=row.source or "",
        left_ms=None,
        pausing=row.status == "draining" or (bool(row.pause_mode) and not ended and row.status != "paused"),
        breakpoints=tuple(filter(None, row.breakpoints.split(","))),
        fork_of=forked_from(connection, row.forked_from, row.forked_at, imported=shown.imported),
        forks=forked_into(connection, row.key, shown.id),
        seq=row.seq,
    )


def _worked(row: Row, now: int) -> int:
    """Milliseconds that a run has worked so far."""
    since: int | None = row.working_since
    return int(row.worked_ms) + (max(0, now - since) if since is not None else 0)
