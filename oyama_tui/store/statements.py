"""The journal's hot statements: Core statements over the tables, compiled once.

Compiled text skips SQLAlchemy's type processors, so JSON columns take JSON text here.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from oyama_tui.store.tables import (
    ApprovalTable,
    ContextTable,
    EventTable,
    ExecutionStepTable,
    ExecutionTable,
    StateTable,
    VoteTable,
    WorkflowTable,
)

_DIALECT = sqlite.dialect(paramstyle="qmark")


def _compile(statement: sa.sql.expression.UpdateBase, order: tuple[str, ...]) -> str:
    """Compile to text whose parameters stand in a known order."""
    compiled = statement.compile(dialect=_DIALECT, column_keys=None)
    if tuple(compiled.positiontup or ()) != order:
        raise AssertionError(f"parameters of {compiled} stand as {compiled.positiontup}, not {order}")
    return str(compiled)


def _insert(table: sa.Table, *columns: str) -> str:
    ordered = tuple(column.name for column in table.columns if column.name in columns)
    return _compile(sa.insert(table).values({name: sa.bindparam(name) for name in ordered}), columns)


def _update(table: sa.Table, columns: tuple[str, ...], *where: str) -> str:
    values: dict[str, sa.BindParameter[object]] = {
        name: sa.bindparam(name) for name in (column.name for column in table.columns) if name in columns
    }
    conditions = [table.c[name] == sa.bindparam(f"where_{name}") for name in where]
    return _compile(sa.update(table).where(*conditions).values(values), (*columns, *(f"where_{name}" for name in where)))


def _table(model: type) -> sa.Table:
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


_states, _events, _steps = _table(StateTable), _table(EventTable), _table(ExecutionStepTable)
_approvals, _votes, _context = _table(ApprovalTable), _table(VoteTable), _table(ContextTable)
_executions, _workflows = _table(ExecutionTable), _table(WorkflowTable)

SUMMARY_COLUMNS: Final = (
    "status",
    "phase",
    "reason",
    "current_step",
    "completed_steps",
    "running_steps",
    "open_approvals",
    "next_due",
    "pause_mode",
    "error",
    "error_node",
    "worked_ms",
    "working_since",
    "outputs",
    "seq",
    "head",
    "updated_at",
    "ended_at",
)
MOVE_STATE: Final = (
    _update(_states, SUMMARY_COLUMNS, "key", "seq")
    + " AND (? IS NULL OR (workflow_states.epoch = ? AND workflow_states.owner IS NOT NULL))"
)
"""The compare-and-set of an append: the summary, then key, expected seq, and the epoch twice (null for one who does not own the run)."""
INSERT_EVENT: Final = _insert(_events, "run", "seq", "at", "type", "payload", "hash")
INSERT_STEP: Final = _insert(
    _steps, "run", "node", "attempt", "kind", "status", "scheduled_seq", "due", "input", "truncated", "scheduled_at", "started_at"
)
SETTLE_STEP: Final = _update(
    _steps,
    (
        "status",
        "settled_seq",
        "due",
        "output",
        "outputs",
        "result",
        "truncated",
        "exit_code",
        "error",
        "error_kind",
        "started_at",
        "finished_at",
        "duration_ms",
    ),
    "run",
    "node",
    "attempt",
).replace("result=?", "result=CASE WHEN kind = 'gate' THEN NULL ELSE ? END")
"""A gate's result is the evidence, which its approval holds."""
REST_STEP: Final = _update(_steps, ("status", "due"), "run", "node", "attempt")
PLACE_STEP: Final = (
    _insert(
        _steps,
        "run",
        "node",
        "attempt",
        "kind",
        "status",
        "scheduled_seq",
        "settled_seq",
        "truncated",
        "error",
        "error_kind",
        "scheduled_at",
        "finished_at",
    )
    + " ON CONFLICT (run, node, attempt) DO UPDATE SET status = excluded.status, settled_seq = excluded.settled_seq, due = NULL,"
    " error = excluded.error, error_kind = excluded.error_kind, finished_at = excluded.finished_at"
)
"""End a node's attempt that may have no row yet: skipped, cancelled, or failed before it started."""
DETAIL_FAILURE: Final = _update(
    _steps, ("output", "outputs", "truncated", "exit_code", "started_at", "duration_ms"), "run", "node", "attempt"
)
CLOSE_RETRY: Final = _update(_steps, ("status", "due"), "run", "node", "attempt").replace(
    "SET status=?, due=?", "SET status='failed', due=NULL"
) + (" AND workflow_execution_steps.status = 'retrying'")
"""Once the next attempt starts, the one before it is simply failed."""
INSERT_APPROVAL: Final = _insert(
    _approvals,
    "id",
    "run",
    "workflow_id",
    "node",
    "attempt",
    "status",
    "title",
    "target",
    "risk",
    "digest",
    "requested_seq",
    "previous",
    "requested_at",
    "deadline",
    "on_timeout",
    "decided_by",
    "comment",
)
CLOSE_APPROVAL: Final = _update(_approvals, ("status", "decided_at", "decided_by", "comment", "data"), "id")
MARK_APPROVAL: Final = _update(_approvals, ("metadata",), "id")
INSERT_VOTE: Final = _insert(
    _votes, "approval_id", "principal", "kind", "verdict", "comment", "form", "metadata", "digest", "client_key", "at", "origin"
)
PUT_VARIABLE: Final = (
    _insert(_context, "run", "name", "value", "seq", "at")
    + " ON CONFLICT (run, name) DO UPDATE SET value = excluded.value, seq = excluded.seq, at = excluded.at"
)
DROP_VARIABLE: Final = _compile(
    sa.delete(_context).where(_context.c.run == sa.bindparam("run"), _context.c.name == sa.bindparam("name")), ("run", "name")
)
MOVE_EXECUTION: Final = _update(
    _executions, ("status", "phase", "reason", "finished_at", "duration_ms", "human_wait_ms", "error"), "run"
).replace("duration_ms=?", "duration_ms=? - started_at")
NAME_DECIDER: Final = (
    "UPDATE workflow_executions SET decided_by = CASE WHEN decided_by = '' THEN ?"
    " WHEN instr(', ' || decided_by || ',', ', ' || ? || ',') > 0 THEN decided_by ELSE decided_by || ', ' || ? END WHERE run = ?"
)
"""Add a name to those who have decided, unless it is among them: the name three times, then the run."""
MOVE_WORKFLOW: Final = _update(_workflows, ("status", "updated_at"), "id", "newest_run")

ORDER: Final = (
    INSERT_STEP,
    SETTLE_STEP,
    PLACE_STEP,
    DETAIL_FAILURE,
    REST_STEP,
    CLOSE_RETRY,
    INSERT_APPROVAL,
    INSERT_VOTE,
    CLOSE_APPROVAL,
    MARK_APPROVAL,
    PUT_VARIABLE,
    DROP_VARIABLE,
    MOVE_EXECUTION,
    NAME_DECIDER,
    MOVE_WORKFLOW,
)
"""The projections' statements in the order in which one transaction runs them: rows are made before they are changed."""
