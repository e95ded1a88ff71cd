"""The points of a run's journal that people go by, and how its nodes stood at one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Graph, NodeSpec
from oyama_tui.core.node_notes import attempt_word, gate_word, is_over_without_an_attempt
from oyama_tui.core.views import SnapshotView, word_of
from oyama_tui.store.columns import SNAPSHOTS
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, EVENTS, STEPS, Row, moment

_RUN: sa.BindParameter[int] = sa.bindparam("run")
_LATER: Final = STEPS.alias("later")
_OVER: Final = ("completed", "failed")
FINISHED = (
    sa.select(STEPS.c.node, STEPS.c.status, STEPS.c.settled_seq.label("seq"), STEPS.c.finished_at.label("at"))
    .where(
        STEPS.c.run == _RUN,
        STEPS.c.status.in_(_OVER),
        STEPS.c.settled_seq.is_not(None),
        ~sa.exists().where(_LATER.c.run == STEPS.c.run, _LATER.c.node == STEPS.c.node, _LATER.c.attempt > STEPS.c.attempt),
    )
    .order_by(STEPS.c.settled_seq.desc())
)
"""The newest attempts that are over; of a gate it is the one that gathered evidence, which is no end."""
ANSWERS = sa.select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.payload).where(
    EVENTS.c.run == _RUN, EVENTS.c.type.in_(("approval_decided", "approval_expired", "gate_passed"))
)
NEWEST_APPROVALS = (
    sa.select(APPROVALS.c.id, APPROVALS.c.node, APPROVALS.c.status, APPROVALS.c.on_timeout)
    .where(APPROVALS.c.run == _RUN)
    .order_by(APPROVALS.c.attempt)
)
ATTEMPTS = sa.select(STEPS.c.node, STEPS.c.attempt, STEPS.c.status).where(STEPS.c.run == _RUN).order_by(STEPS.c.scheduled_seq)
NAMES = (
    sa.select(SNAPSHOTS.c.name, SNAPSHOTS.c.seq, SNAPSHOTS.c.by, EVENTS.c.at)
    .join(EVENTS, sa.and_(EVENTS.c.run == SNAPSHOTS.c.run, EVENTS.c.seq == SNAPSHOTS.c.seq))
    .where(SNAPSHOTS.c.run == _RUN)
    .order_by(SNAPSHOTS.c.seq.desc(), SNAPSHOTS.c.key.desc())
)


@dataclass(frozen=True, slots=True)
class NodeWord:
    """How a node stood."""

    word: str
    """As people read it."""
    attempt: int
    """Its newest attempt; 0 for a gate that gathers no evidence."""


def snapshots(connection: sa.Connection, run_key: int, graph: Graph, limit: int | None) -> tuple[SnapshotView, ...]:
    """The points of a run at which a node was over, the newest first, and those that have a name.

    Args:
        connection: Where to read.
        run_key: The run's key.
        graph: The compiled revision that it is pinned to.
        limit: The most points without a name; all when none.
    """
    points = sorted((*_finished(connection, run_key, graph), *_answered(connection, run_key, graph)), key=lambda point: -point.seq)
    by_seq = {point.seq: point for point in points}
    named: list[SnapshotView] = []
    for row in connection.execute(NAMES, {"run": run_key}):
        with reading("workflow_snapshots", row.name):
            bare = SnapshotView(seq=row.seq, at=moment(row.at), node="", label="", status="")
            named.append(by_seq.get(row.seq, bare).model_copy(update={"name": row.name, "by": row.by}))
    taken = {point.seq for point in named}
    others = [point for point in points if point.seq not in taken][:limit]
    return tuple(sorted((*named, *others), key=lambda point: -point.seq))


def _finished(connection: sa.Connection, run_key: int, graph: Graph) -> list[SnapshotView]:
    """Where steps that do something themselves were over."""
    found: list[SnapshotView] = []
    for row in connection.execute(FINISHED, {"run": run_key}):
        with reading("workflow_execution_steps", row.node):
            spec = graph.spec_of(row.node)
            if spec.role != "gate" or row.status == "failed":
                found.append(SnapshotView(seq=row.seq, at=moment(row.at), node=row.node, label=_label(spec), status=row.status))
    return found


def _answered(connection: sa.Connection, run_key: int, graph: Graph) -> list[SnapshotView]:
    """Where gates had their answer."""
    ends: dict[str, Row] = {}
    for answer in connection.execute(ANSWERS, {"run": run_key}):
        with reading("workflow_events", answer.seq):
            ends[json.loads(answer.payload)["id"]] = answer
    newest = {row.node: row for row in connection.execute(NEWEST_APPROVALS, {"run": run_key})}
    found: list[SnapshotView] = []
    for node, row in newest.items():
        with reading("workflow_approvals", row.id):
            if row.id in ends and row.status != "pending":
                spec, end = graph.spec_of(node), ends[row.id]
                word = gate_word("completed", row.status, row.on_timeout, ended=False, kind=spec.kind)
                found.append(SnapshotView(seq=end.seq, at=moment(end.at), node=node, label=_label(spec), status=word))
    return found


def _label(spec: NodeSpec) -> str:
    return spec.step.label if spec.represents_step else f"{spec.step.label}: its gate"


def node_words(connection: sa.Connection, run_key: int, graph: Graph, *, ended: bool) -> dict[str, NodeWord]:
    """How every node stands that has begun, in the order in which they began; what has not begun is left out.

    Args:
        connection: Where to read.
        run_key: The run's key.
        graph: The compiled revision that it is pinned to.
        ended: The run is over.
    """
    newest: dict[str, Row | None] = {row.node: row for row in connection.execute(ATTEMPTS, {"run": run_key})}
    approvals = {row.node: row for row in connection.execute(NEWEST_APPROVALS, {"run": run_key})}
    for node in approvals:
        newest.setdefault(node, None)
    found: dict[str, NodeWord] = {}
    for node, row in newest.items():
        with reading("workflow_execution_steps or workflow_approvals", node):
            found[node] = _word(graph.spec_of(node), row, approvals.get(node), ended=ended)
    return found


def _word(spec: NodeSpec, attempt: Row | None, approval: Any, *, ended: bool) -> NodeWord:
    word = attempt_word(None if attempt is None else attempt.status, ended=ended)
    over = attempt is not None and is_over_without_an_attempt(attempt.attempt, attempt.status)
    if spec.role == "gate" and not over:
        asked, silence = (None, "") if approval is None else (approval.status, approval.on_timeout)
        word = gate_word(word, asked, silence, ended=ended, kind=spec.kind)
    said = word_of(word, spec.role == "gate" and word == "waiting")
    return NodeWord(said, 0 if attempt is None else attempt.attempt)
