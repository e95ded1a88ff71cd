"""Runs that steps of other runs have started: the way that leads down to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ENDED_PHASES, ApprovalRow, NodeView, RunPlace, RunRow, word_of
from oyama_tui.store.queries.base import STATES, Row
from oyama_tui.store.queries.turns import BELOW_ASKS_OTHERS, RUN_ASKS_OTHERS

MOST_LEVELS: Final = 64
"""A chain of parents is shorter; a damaged file may have made a circle of one."""
ABOVE = sa.select(STATES.c.id, STATES.c.workflow_id, STATES.c.number, STATES.c.parent, STATES.c.parent_node).where(
    STATES.c.id.in_(sa.bindparam("ids", expanding=True))
)
OF_NODES = sa.select(
    STATES.c.parent_node,
    STATES.c.parent_attempt,
    STATES.c.id,
    STATES.c.workflow_id,
    STATES.c.number,
    STATES.c.phase,
    (STATES.c.open_approvals > 0).label("asks"),
    RUN_ASKS_OTHERS.label("others"),
).where(STATES.c.parent != "", STATES.c.parent == sa.bindparam("parent"), STATES.c.parent_node.in_(sa.bindparam("nodes", expanding=True)))
_LIVE_BELOW = f"""
WITH RECURSIVE below(top, depth, key, id, workflow_id, number, phase, asks) AS (
    SELECT parent, 1, key, id, workflow_id, number, phase, open_approvals > 0 FROM workflow_states
    WHERE parent <> '' AND parent IN :tops AND status IN ('pending', 'running', 'paused')
    UNION ALL
    SELECT below.top, below.depth + 1, s.key, s.id, s.workflow_id, s.number, s.phase, s.open_approvals > 0
    FROM below JOIN workflow_states s ON s.parent <> '' AND s.parent = below.id
    WHERE s.status IN ('pending', 'running', 'paused') AND below.depth < 64
)
SELECT below.*, {BELOW_ASKS_OTHERS} AS others FROM below JOIN workflow_states s ON s.key = below.key
ORDER BY top, asks AND others = '' DESC, asks DESC, below.phase <> 'paused', depth, below.key
"""
LIVE_BELOW = sa.text(_LIVE_BELOW).bindparams(sa.bindparam("tops", expanding=True))
"""The runs below some others that are not over: those first that need a person."""
RowT = TypeVar("RowT", RunRow, ApprovalRow)


def ancestors(connection: sa.Connection, run_id: str) -> list[Row]:
    """A run and those that it belongs to, the outermost one first: their ids, workflows and numbers.

    Args:
        connection: Where to read.
        run_id: The state id.
    """
    found: list[Row] = []
    while run_id and len(found) < MOST_LEVELS:
        row = connection.execute(ABOVE, {"ids": [run_id]}).one_or_none()
        if row is None:
            break
        found.append(row)
        run_id = row.parent
    return found[::-1]


def paths_of(connection: sa.Connection, parents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[RunPlace, ...]]:
    """The ways that lead down to steps, from the outermost run on.

    Args:
        connection: Where to read.
        parents: A run's state id and the node of its step, of each.
    """
    wanted = {place for place in parents if place[0]}
    known: dict[str, Row] = {}
    missing = {run_id for run_id, _ in wanted}
    for _ in range(MOST_LEVELS):
        if not missing:
            break
        rows = connection.execute(ABOVE, {"ids": sorted(missing)}).all()
        known.update({row.id: row for row in rows})
        missing = {row.parent for row in rows if row.parent} - known.keys()
    return {place: _path(known, *place) for place in wanted}


def _path(known: Mapping[str, Row], run_id: str, node: str) -> tuple[RunPlace, ...]:
    path: list[RunPlace] = []
    while run_id in known and len(path) < MOST_LEVELS:
        row = known[run_id]
        path.append(RunPlace(run_id=run_id, run=f"{row.workflow_id} #{row.number}", step=node))
        run_id, node = row.parent, row.parent_node
    return tuple(path[::-1])


def with_paths(connection: sa.Connection, rows: Rows[RowT]) -> Rows[RowT]:
    """Rows that know the way to them; those of runs that no step has started are as they were.

    Args:
        connection: Where to read.
        rows: Of one query.
    """
    places = [(row.parent, row.parent_node) for row in rows if row.parent]
    if not places:
        return rows
    paths = paths_of(connection, places)
    whole = (row.model_copy(update={"path": paths[row.parent, row.parent_node]}) if row.parent else row for row in rows)
    return Rows(whole, rows.damaged, rows.total)


def with_news_from_below(connection: sa.Connection, rows: Rows[RunRow]) -> Rows[RunRow]:
    """Rows that say what is waited for where only runs of steps are under way; the others are as they were.

    Args:
        connection: Where to read.
        rows: Of one query.
    """
    tops = [row.id for row in rows if row.status == "running" and row.running and not row.reason]
    if not tops:
        return rows
    below: dict[str, list[Row]] = {}
    for found in connection.execute(LIVE_BELOW, {"tops": tops}):
        below.setdefault(found.top, []).append(found)
    return Rows((_with_news(row, below.get(row.id, [])) for row in rows), rows.damaged, rows.total)


def _with_news(row: RunRow, below: list[Row]) -> RunRow:
    children = sum(found.depth == 1 for found in below)
    if not below or children < row.running:
        return row
    first = below[0]
    more = f" and {children - 1:,} more" if children > 1 else ""
    word = word_of(first.phase, bool(first.asks), first.others)
    return row.model_copy(update={"reason": f"{first.workflow_id} #{first.number} {word}{more}"})


def live_below(connection: sa.Connection, run_id: str) -> list[str]:
    """The state ids of the runs below one that are not over.

    Args:
        connection: Where to read.
        run_id: The run's state id.
    """
    return [row.id for row in connection.execute(LIVE_BELOW, {"tops": [run_id]})]


def with_path(connection: sa.Connection, row: RowT) -> RowT:
    """The same for one row."""
    return next(iter(with_paths(connection, Rows([row]))))


def with_children(connection: sa.Connection, run_id: str, nodes: tuple[NodeView, ...]) -> tuple[NodeView, ...]:
    """The rows of a tree, those that are runs of their own with the one that their newest attempt is.

    Args:
        connection: Where to read.
        run_id: The state id of the run whose tree it is.
        nodes: Its rows.
    """
    # Trees alone have them, and rows of lists are read here too.
    from oyama_tui.core.definition.kinds.gate import GATE
    from oyama_tui.core.definition.step import KINDS

    keys = [node.key for node in nodes if KINDS.get(node.kind, GATE).is_child and node.attempt]
    if not keys:
        return nodes
    rows = {(row.parent_node, row.parent_attempt): row for row in connection.execute(OF_NODES, {"parent": run_id, "nodes": keys})}
    found = [(node, rows.get((node.key, node.attempt))) for node in nodes]
    return tuple(node if row is None else _with_child(node, row) for node, row in found)


def _with_child(node: NodeView, row: Row) -> NodeView:
    label = f"{row.workflow_id} #{row.number}"
    word = word_of(row.phase, bool(row.asks), row.others)
    parts = [node.note, label if row.phase in ENDED_PHASES else f"{label} {word}"]
    said = node.note.startswith(label)
    note = node.note if said else ", ".join(part for part in parts if part)
    return node.model_copy(update={"child": row.id, "child_run": label, "note": note})
