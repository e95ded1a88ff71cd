"""The tree of a run's nodes: those outside of blocks, and of each block the scopes that people want to see first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Body, NodeSpec
from oyama_tui.core.definition.kinds.block import RepeatableBlock
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.text import first_line
from oyama_tui.core.views import BlockCounts, NodeView, StepWord
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, SCOPES, STEPS, Row, optional_moment
from oyama_tui.store.queries.node_views import NodeRows, node_view

FEW: Final = 10
"""A loop of so many items is shown whole."""
SHOWN: Final = {"failed": 5, "running": 10, "cancelled": 10}
"""Of a longer one: how many items of a status are shown, those with open questions besides; the failed ones first."""
ASKING: Final = 20
OPENED: Final = 5 * ASKING
"""So many open questions are looked at for that; one item may have several."""
_OF_RUN: Final = STEPS.c.run == sa.bindparam("run")
_ATTEMPT: Final = sa.select(
    STEPS.c.node,
    STEPS.c.attempt,
    STEPS.c.status,
    STEPS.c.due,
    STEPS.c.error,
    STEPS.c.scheduled_at,
    STEPS.c.started_at,
    STEPS.c.duration_ms,
).order_by(STEPS.c.scheduled_seq)
OUTSIDE = _ATTEMPT.where(_OF_RUN, STEPS.c.scope.is_(None))
INSIDE = _ATTEMPT.where(_OF_RUN, STEPS.c.scope.in_(sa.bindparam("scopes", expanding=True)))
GATES = (
    sa.select(
        APPROVALS.c.id,
        APPROVALS.c.node,
        APPROVALS.c.status,
        APPROVALS.c.requested_at,
        APPROVALS.c.decided_at,
        APPROVALS.c.decided_by,
        APPROVALS.c.comment,
        APPROVALS.c.on_timeout,
    )
    .where(APPROVALS.c.run == sa.bindparam("run"), APPROVALS.c.node.in_(sa.bindparam("nodes", expanding=True)))
    .order_by(APPROVALS.c.attempt)
)
OPEN = (
    sa.select(APPROVALS.c.node)
    .where(
        APPROVALS.c.run == sa.bindparam("run"),
        APPROVALS.c.status == "pending",
        APPROVALS.c.node >= sa.bindparam("begin"),
        APPROVALS.c.node < sa.bindparam("end"),
    )
    .order_by(APPROVALS.c.requested_seq)
    .limit(OPENED)
)
"""The oldest open questions between two keys."""
_OF_BLOCK: Final = (SCOPES.c.run == sa.bindparam("run"), SCOPES.c.node == sa.bindparam("node"))
COUNTS = sa.select(SCOPES.c.status, sa.func.count().label("scopes")).where(*_OF_BLOCK).group_by(SCOPES.c.status)
_SCOPE: Final = sa.select(SCOPES.c.position, SCOPES.c.label, SCOPES.c.status, SCOPES.c.error, SCOPES.c.opened_at, SCOPES.c.finished_at)
NEWEST = _SCOPE.where(*_OF_BLOCK).order_by(SCOPES.c.position.desc()).limit(1)
EVERY = _SCOPE.where(*_OF_BLOCK).order_by(SCOPES.c.position)
OF_STATUS = _SCOPE.where(*_OF_BLOCK, SCOPES.c.status == sa.bindparam("status")).order_by(SCOPES.c.position).limit(sa.bindparam("most"))
AT = _SCOPE.where(*_OF_BLOCK, SCOPES.c.position.in_(sa.bindparam("positions", expanding=True)))
ITEMS = sa.select(STEPS.c.input).where(_OF_RUN, STEPS.c.node == sa.bindparam("node"), STEPS.c.attempt == 1)
_NOTE: Final = 60


class Tree:
    """Reads the tree of one run.

    Args:
        connection: Where to read.
        run: The run's key.
        ended: The run is over.
        now: Milliseconds since 1970 UTC.
    """

    def __init__(self, connection: sa.Connection, run: int, *, ended: bool, now: int) -> None:
        self._connection = connection
        self._run = run
        self._views: list[NodeView] = []
        attempts = {row.node: row for row in self._read(OUTSIDE)}
        self._attempts = attempts
        self._approvals: dict[str, Row] = {}
        self._rows = NodeRows(self._attempts, self._approvals, ended, now)

    def _read(self, query: Any, **values: Any) -> Iterable[Row]:
        return self._connection.execute(query, {"run": self._run, **values})

    def nodes(self, body: Body) -> tuple[NodeView, ...]:
        """The rows of the tree, in the order of the definition.

        Args:
            body: The workflow's own.
        """
        self._read_gates(body, "")
        self._add(body, "", 0)
        return tuple(self._views)

    def _read_gates(self, body: Body, *prefixes: str) -> None:
        """Read the newest approvals of the gates in some scopes."""
        nodes = [f"{prefix}{spec.key}" for prefix in prefixes for spec in body.nodes if spec.role == "gate"]
        if nodes:
            self._approvals.update({row.node: row for row in self._read(GATES, nodes=nodes)})

    def _add(self, body: Body, prefix: str, depth: int) -> None:
        """The nodes of one scope, with the gate of a step after the step that it belongs to."""
        for index in body.steps.values():
            spec = body.nodes[index]
            view = node_view(self._rows, spec, prefix, depth)
            counts = self._counts(spec, view.key) if spec.kind == FOR_EACH.name and view.attempt else None
            self._views.append(view if counts is None else _counted(view, counts))
            if spec.own_gate is not None:
                self._views.append(node_view(self._rows, body.nodes[spec.own_gate], prefix, depth))
            if spec.bodies and view.attempt:
                self._add_scopes(spec, view.key, depth + 1, counts)

    def _counts(self, spec: NodeSpec, node: str) -> BlockCounts:
        found: dict[str, int] = {row.status: row.scopes for row in self._read(COUNTS, node=node)}
        with reading("workflow_execution_steps", node):
            held = next(iter(self._read(ITEMS, node=node))).input
            total = int(held["count"]) if isinstance(held, dict) else sum(found.values())
            return BlockCounts(
                total=total, completed=found.get("completed", 0), failed=found.get("failed", 0), running=found.get("running", 0)
            )

    def _add_scopes(self, spec: NodeSpec, node: str, depth: int, counts: BlockCounts | None) -> None:
        """The scopes of a block that are shown, and what is in them."""
        scopes = list(self._read(NEWEST, node=node)) if counts is None else self._items(node, counts)
        repeats = isinstance(spec.step, RepeatableBlock) and spec.step.repeat is not None
        names = [f"{node}[{row.position}]" if counts is not None else f"{node}#{row.position + 1}" if repeats else node for row in scopes]
        if names:
            self._attempts.update({row.node: row for row in self._read(INSIDE, scopes=names)})
            for body in spec.bodies:
                self._read_gates(body, *(f"{name}." for name in names))
        for name, row in zip(names, scopes, strict=True):
            taken = self._body_of(spec, name)
            if counts is not None:
                self._views.append(self._item_view(spec, name, row, depth))
            if taken is not None:
                self._add(taken, f"{name}.", depth if counts is None else depth + 1)

    def _body_of(self, spec: NodeSpec, scope: str) -> Body | None:
        """Which body a scope is an instance of: the one of whose nodes there are rows."""
        if len(spec.bodies) == 1:
            return spec.bodies[0]
        return next((body for body in spec.bodies if any(self._is_known(f"{scope}.{inner.key}") for inner in body.nodes)), None)

    def _is_known(self, node: str) -> bool:
        return node in self._attempts or node in self._approvals

    def _items(self, node: str, counts: BlockCounts) -> list[Row]:
        """Of a short loop all items, of a long one those that failed, that run or were cut off, and that ask somebody."""
        if counts.total <= FEW:
            return list(self._read(EVERY, node=node))
        found = [row for status, most in SHOWN.items() for row in self._read(OF_STATUS, node=node, status=status, most=most)]
        seen = {row.position for row in found}
        asking = [place for place in self._asking(node) if place not in seen][:ASKING]
        return found + (list(self._read(AT, node=node, positions=asking)) if asking else [])

    def _asking(self, node: str) -> list[int]:
        """The items of a loop with an open question somewhere in them."""
        begin = f"{node}["
        keys = (row.node[len(begin) :] for row in self._read(OPEN, begin=begin, end=f"{node}{chr(ord('[') + 1)}"))
        return sorted({int(key.partition("]")[0]) for key in keys})

    def _item_view(self, spec: NodeSpec, name: str, row: Row, depth: int) -> NodeView:
        with reading("workflow_scopes", name):
            status: StepWord = row.status
            ended = row.finished_at is not None
            return NodeView(
                key=name,
                step_id=spec.step.id,
                name=row.label or f"item {row.position + 1}",
                kind="item",
                depth=depth,
                status="cancelled" if self._rows.ended and not ended else status,
                attempt=0,
                note=first_line(row.error, _NOTE),
                approval="",
                started_at=optional_moment(row.opened_at),
                duration_ms=max(0, row.finished_at - row.opened_at) if ended else None,
            )


def _counted(view: NodeView, counts: BlockCounts) -> NodeView:
    """A loop's row, which says how far it is."""
    parts = [f"{counts.completed:,} of {counts.total:,} done"]
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    parts += [f"{counts.running:,} under way"] if counts.running and view.status != "completed" else []
    # The counts say already how many failed.
    why = view.note.rpartition(" items failed; ")[2]
    return view.model_copy(update={"counts": counts, "note": ", ".join([*parts, *([why] if why else [])])})
