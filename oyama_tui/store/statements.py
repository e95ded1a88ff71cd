"""The hot writes, as text with named parameters: the driver runs them as they stand.

Nothing of SQLAlchemy is between a row and its statement, so JSON columns take JSON text here, and a row is a map from parameter to value.
Whatever reads goes by SQLAlchemy's Core over the same tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from oyama_tui.store.columns import FIRST_COLUMNS, OWNERSHIP_COLUMNS, STATES

Row: TypeAlias = dict[str, Any]
"""The named parameters of one execution of a statement."""


def inserting(table: str, columns: Iterable[str]) -> str:
    """The text that inserts one row with these columns, each from a parameter of its name."""
    names = tuple(columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in names)})"


def setting(columns: Iterable[str]) -> str:
    """What stands after SET: each column from a parameter of its name."""
    return ", ".join(f"{name} = :{name}" for name in columns)


def insert_row(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    """Insert one row; returns its key."""
    key = connection.execute(inserting(table, row), row).lastrowid
    assert key is not None
    return key


MOVED_COLUMNS: Final = tuple(name for column in STATES.c if (name := column.name) not in (*FIRST_COLUMNS, *OWNERSHIP_COLUMNS, "seal"))
"""Of a run's row: what every append sets."""
MOVE_STATE: Final = (
    f"UPDATE workflow_states SET {setting(MOVED_COLUMNS)} WHERE key = :key AND seq = :expected_seq AND imported = 0"
    " AND (:epoch IS NULL OR (epoch = :epoch AND owner IS NOT NULL))"
)
"""The compare-and-set of an append; the epoch is null for one who does not own the run."""
_IN_LINE: Final = "{row}.place <> '' AND {row}.place = 'queued' AND {row}.status <> 'paused' AND {row}.owner IS NOT NULL"
"""Of a row of a run: it queues and may take a place. A paused run does not, and one that nobody drives cannot."""
MAY_ADMIT: Final = (
    "SELECT 1 FROM workflow_states AS mine WHERE mine.key = :key"
    " AND (SELECT COUNT(*) FROM workflow_states AS held"
    " WHERE held.workflow_id = mine.workflow_id AND held.place <> '' AND held.place = 'held') < :limit"
    " AND mine.key = (SELECT first.key FROM workflow_states AS first"
    f" WHERE first.workflow_id = mine.workflow_id AND {_IN_LINE.format(row='first')}"
    " ORDER BY first.priority DESC, first.place_since, first.key LIMIT 1)"
)
"""The condition of an append that admits a run: a place is free under its limit, and it is the first of those who can take one."""
LEAVE_LINE: Final = "UPDATE workflow_states SET owner = NULL WHERE key = :run AND epoch = :epoch AND owner = :seen AND place = 'queued'"
"""Nothing of a run that queues is under way, so that nothing is to be ended when its owner has died."""
PLACES_TAKEN: Final = (
    "SELECT number, id, place FROM workflow_states WHERE workflow_id = :workflow_id AND place <> ''"
    " AND place IN ('held', 'queued') AND NOT (place = 'queued' AND status = 'paused')"
)
"""The runs that have a place of a workflow, and those that will have the next ones."""
INSERT_EVENT: Final = inserting("workflow_events", ("run", "seq", "at", "type", "payload", "hash"))

INSERT_STEP: Final = inserting(
    "workflow_execution_steps",
    ("run", "node", "attempt", "kind", "status", "scheduled_seq", "due", "input", "truncated", "scheduled_at", "started_at", "scope"),
)
SUSPEND_STEP: Final = f"{INSERT_STEP} ON CONFLICT (run, node, attempt) DO UPDATE SET status = excluded.status, due = excluded.due"
"""A step that rests in its middle, or that does nothing but wait."""
_OF_ATTEMPT: Final = "WHERE run = :run AND node = :node AND attempt = :attempt"
_SETTLED: Final = ("status", "settled_seq", "output", "outputs", "truncated", "exit_code", "started_at", "finished_at", "duration_ms")
SETTLE_STEP: Final = (
    f"UPDATE workflow_execution_steps SET {setting(_SETTLED)}, due = NULL, error = NULL, error_kind = NULL,"
    f" result = CASE WHEN kind = 'gate' THEN NULL ELSE :result END {_OF_ATTEMPT}"
)
"""A gate's result is the evidence, which its approval holds."""
REST_STEP: Final = f"UPDATE workflow_execution_steps SET status = 'retrying', due = :due {_OF_ATTEMPT} AND status = 'failed'"
"""Not where the pause was ended in the same transaction: that was written before."""
PLACE_STEP: Final = (
    "INSERT INTO workflow_execution_steps"
    " (run, node, attempt, kind, status, scheduled_seq, settled_seq, truncated, error, error_kind, scheduled_at, finished_at, scope)"
    " VALUES (:run, :node, :attempt, :kind, :status, :seq, :seq, 0, :error, :error_kind, :at, :at, :scope)"
    " ON CONFLICT (run, node, attempt) DO UPDATE SET status = excluded.status, settled_seq = excluded.settled_seq, due = NULL,"
    " error = excluded.error, error_kind = excluded.error_kind, finished_at = excluded.finished_at"
)
"""End a node's attempt that may have no row yet: skipped, cancelled, or failed before it started."""
DETAIL_FAILURE: Final = (
    f"UPDATE workflow_execution_steps SET {setting(('output', 'outputs', 'truncated', 'exit_code', 'started_at', 'duration_ms'))}"
    f" {_OF_ATTEMPT}"
)
ASK_STEP: Final = f"UPDATE workflow_execution_steps SET status = 'waiting' {_OF_ATTEMPT} AND status = 'interrupted'"
"""An attempt that was cut off, of which somebody is asked what is so."""
ANSWER_STEP: Final = (
    "UPDATE workflow_execution_steps SET status = :status, settled_seq = :seq, error = :error, error_kind = :error_kind,"
    f" finished_at = :at {_OF_ATTEMPT} AND status = 'waiting'"
)
"""What somebody has said of it."""
END_PAUSE: Final = "UPDATE workflow_execution_steps SET due = NULL WHERE run = :run AND node = :node AND status IN ('retrying', 'waiting')"
"""Somebody wants no further pause; what follows says so itself."""
CLOSE_RETRY: Final = f"UPDATE workflow_execution_steps SET status = 'failed', due = NULL {_OF_ATTEMPT} AND status = 'retrying'"
"""Once the next attempt starts, the one before it is simply failed."""

MOVE_STEP: Final = f"UPDATE workflow_execution_steps SET status = :status, due = :due {_OF_ATTEMPT}"
"""A block that rests between two rounds, or goes on; a step whose event has come."""
REENTER_STEP: Final = (
    "UPDATE workflow_execution_steps SET status = 'running', settled_seq = NULL, due = NULL, error = NULL, error_kind = NULL,"
    f" finished_at = NULL, duration_ms = NULL {_OF_ATTEMPT}"
)
"""A block that was over and goes on."""
REENTER_SCOPE: Final = (
    "UPDATE workflow_scopes SET status = 'running', error = '', finished_at = NULL"
    " WHERE run = :run AND node = :node AND position = :position"
)
SUPPLY_STEP: Final = f"UPDATE workflow_execution_steps SET outputs = :outputs {_OF_ATTEMPT}"
"""What a person says that a step has left."""
MARK_UNDONE: Final = (
    "UPDATE workflow_execution_steps SET undone = :undone WHERE run = :run AND node = :node"
    " AND attempt = (SELECT MAX(attempt) FROM workflow_execution_steps WHERE run = :run AND node = :node)"
)
"""Where what undoes a node is."""
REUSE_STEP: Final = (
    f"UPDATE workflow_execution_steps SET {setting(('output', 'outputs', 'result', 'truncated', 'exit_code'))} {_OF_ATTEMPT}"
)
"""What a step has left in the run of which a fork takes it over."""
INSERT_SCOPE: Final = inserting("workflow_scopes", ("run", "node", "position", "label", "status", "error", "opened_at"))
SETTLE_SCOPE: Final = (
    "UPDATE workflow_scopes SET status = :status, error = :error, finished_at = :at"
    " WHERE run = :run AND node = :node AND position = :position"
)
CLOSE_SCOPES: Final = (
    "UPDATE workflow_scopes SET status = 'cancelled', error = :why, finished_at = :at"
    " WHERE run = :run AND node = :node AND status = 'running'"
)
"""What was under way in a block that was ended before its time."""

INSERT_ROUND: Final = inserting("workflow_rounds", ("run", "node", "round", "scope", "source", "why", "by", "feedback", "opened_at"))

INSERT_APPROVAL: Final = (
    "INSERT INTO workflow_approvals (id, run, workflow_id, node, attempt, status, title, target, risk, digest, requested_seq, previous,"
    " requested_at, deadline, on_timeout, kind, decided_by, comment, asker, approvers, assigned, alike)"
    " VALUES (:id, :run, :workflow_id, :node, :attempt, 'pending', :title, :target, :risk, :digest, :seq, :previous,"
    " :at, :deadline, :on_timeout, :kind, '', '', :asker, :approvers, :assigned, :alike)"
)
CLOSE_APPROVAL: Final = (
    "UPDATE workflow_approvals SET status = :status, decided_at = :at, decided_by = :by, comment = :comment, data = :form WHERE id = :id"
)
ASK_OTHERWISE: Final = "UPDATE workflow_approvals SET digest = :digest, requested_seq = :seq, alike = '' WHERE id = :id"
"""What is asked is another thing from this event on, which has all of it."""
KEEP_EDITS: Final = "UPDATE workflow_approvals SET edits = :edits WHERE id = :id"
COUNT_YESES: Final = (
    "UPDATE workflow_approvals SET yes_by = (SELECT json_group_array(v.principal) FROM approval_votes AS v"
    " WHERE v.approval_id = :id AND v.verdict = 'approve' AND NOT EXISTS (SELECT 1 FROM approval_votes AS later"
    " WHERE later.approval_id = v.approval_id AND later.principal = v.principal AND later.key > v.key"
    " AND later.verdict IN ('approve', 'reject', 'send_back'))) WHERE id = :id AND approvers IS NOT NULL"
)
"""Of each person the newest answer counts; the index of votes has those of one approval in the order in which they were given."""
ADD_COMMENT: Final = "UPDATE workflow_approvals SET comments = comments + 1 WHERE id = :id"
ASSIGN: Final = "UPDATE workflow_approvals SET assigned = json_insert(coalesce(assigned, '[]'), '$[#]', :to) WHERE id = :id"
PUT_OFF: Final = "UPDATE workflow_approvals SET snoozed = json_patch(coalesce(snoozed, '{}'), :times) WHERE id = :id"
EXTEND: Final = "UPDATE workflow_approvals SET deadline = :deadline WHERE id = :id"
MARK_APPROVAL: Final = "UPDATE workflow_approvals SET metadata = :metadata WHERE id = :id"
INSERT_VOTE: Final = inserting(
    "approval_votes",
    (
        "approval_id",
        "principal",
        "kind",
        "verdict",
        "comment",
        "form",
        "metadata",
        "digest",
        "client_key",
        "at",
        "origin",
        "edits",
        "facts",
    ),
)
PUT_VARIABLE: Final = (
    f"{inserting('workflow_context', ('run', 'name', 'value', 'seq', 'at'))}"
    " ON CONFLICT (run, name) DO UPDATE SET value = excluded.value, seq = excluded.seq, at = excluded.at"
)
DROP_VARIABLE: Final = "DELETE FROM workflow_context WHERE run = :run AND name = :name"

MOVE_EXECUTION: Final = (
    f"UPDATE workflow_executions SET {setting(('status', 'phase', 'reason', 'finished_at', 'human_wait_ms', 'error'))},"
    " duration_ms = :passed_at - started_at WHERE run = :run"
)
NAME_DECIDER: Final = (
    "UPDATE workflow_executions SET decided_by = CASE WHEN decided_by = '' THEN :by"
    " WHEN instr(', ' || decided_by || ',', ', ' || :by || ',') > 0 THEN decided_by ELSE decided_by || ', ' || :by END WHERE run = :run"
)
"""Add a name to those who have decided, unless it is among them."""
MOVE_WORKFLOW: Final = "UPDATE workflows SET status = :status, updated_at = :at WHERE id = :workflow_id AND newest_run = :run"

BEGIN_RUN: Final = "UPDATE workflows SET newest_run = :run, runs = runs + 1, status = 'executing', updated_at = :at WHERE id = :workflow_id"
NOTE_HEAD: Final = "UPDATE workflow_states SET head = :head WHERE key = :run"

_OWNED: Final = "WHERE key = :run AND owner = :owner AND epoch = :epoch"
_AS_SEEN: Final = "WHERE key = :run AND epoch = :epoch AND owner IS :seen"
TAKE_RUN: Final = (
    "UPDATE workflow_states SET owner = :owner, epoch = epoch + 1, obstacle = '',"
    " stalled_takeovers = CASE WHEN owner IS NULL OR :rests THEN 0 ELSE stalled_takeovers + 1 END"
    f" {_AS_SEEN} AND imported = 0 AND (NOT :rests OR seq = :seq) RETURNING epoch"
)
TELL_OBSTACLE: Final = f"UPDATE workflow_states SET obstacle = :obstacle {_AS_SEEN}"
GO_ON: Final = f"UPDATE workflow_states SET stalled_takeovers = 0 {_OWNED}"
RELEASE_RUN: Final = f"UPDATE workflow_states SET owner = NULL {_OWNED}"
PIN_RUN: Final = "UPDATE workflow_states SET pinned = :at WHERE id = :id AND key NOT IN (SELECT run FROM removed_runs)"
FREE_RUN: Final = "UPDATE workflow_states SET owner = NULL, stalled_takeovers = 0 WHERE key = :run"
"""Of a run that had ended and goes on: whoever drove it before does so no more."""
SIGN_OFF: Final = "UPDATE engine_instances SET ended_at = :at WHERE id = :engine"

ORDER: Final = (
    INSERT_STEP,
    SUSPEND_STEP,
    MOVE_STEP,
    SETTLE_STEP,
    PLACE_STEP,
    ASK_STEP,
    ANSWER_STEP,
    DETAIL_FAILURE,
    REST_STEP,
    END_PAUSE,
    CLOSE_RETRY,
    SUPPLY_STEP,
    REUSE_STEP,
    MARK_UNDONE,
    REENTER_STEP,
    REENTER_SCOPE,
    INSERT_SCOPE,
    SETTLE_SCOPE,
    CLOSE_SCOPES,
    INSERT_ROUND,
    INSERT_APPROVAL,
    INSERT_VOTE,
    ASK_OTHERWISE,
    KEEP_EDITS,
    COUNT_YESES,
    ADD_COMMENT,
    ASSIGN,
    PUT_OFF,
    EXTEND,
    CLOSE_APPROVAL,
    MARK_APPROVAL,
    PUT_VARIABLE,
    DROP_VARIABLE,
    MOVE_EXECUTION,
    NAME_DECIDER,
    MOVE_WORKFLOW,
    FREE_RUN,
)
"""The projections' statements in the order in which one transaction runs them.

Rows are made before they are changed, and no change takes back an end that stands in the same transaction.
"""
