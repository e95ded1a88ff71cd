"""The columns of the tables, as queries read them and statements write them.

What else a table is, its keys, indexes and defaults, its model says in `tables`, `approval_tables` or `kept_tables`; a test compares the
two. Models are loaded where a schema is made or checked, and nowhere else: loading them is a good part of what a short command takes.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Boolean, Float, Integer, LargeBinary, Text

from oyama_tui.store.json_text import JsonText

SCHEMA_VERSION: Final = 9
"""Kept in the file as `PRAGMA user_version`; each migration raises it by one."""
INLINE_LIMIT: Final = 2048
"""Bytes of JSON that a projection's column may copy from an event."""


def _table(name: str, /, **columns: type[sa.types.TypeEngine[Any]]) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


ENGINES: Final = _table(
    "engine_instances",
    id=Text,
    pid=Integer,
    kind=Text,
    version=Text,
    started_at=Integer,
    ended_at=Integer,
    seal=LargeBinary,
)
REMOVED: Final = _table(
    "removed_runs",
    run=Integer,
    id=Text,
    workflow_id=Text,
    number=Integer,
    phase=Text,
    head=LargeBinary,
    rows=JsonText,
    at=Integer,
    by=Text,
    why=Text,
    seal=LargeBinary,
)
WORKFLOWS: Final = _table(
    "workflows",
    id=Text,
    name=Text,
    description=Text,
    type=Text,
    status=Text,
    stages=JsonText,
    approval_config=JsonText,
    source=Text,
    directory=Text,
    revision=Text,
    newest_run=Integer,
    runs=Integer,
    deleted_at=Integer,
    created_at=Integer,
    updated_at=Integer,
    seal=LargeBinary,
)
REVISIONS: Final = _table(
    "workflow_revisions",
    revision=Text,
    workflow_id=Text,
    content=Text,
    created_at=Integer,
    seal=LargeBinary,
)
STATES: Final = _table(
    "workflow_states",
    key=Integer,
    id=Text,
    workflow_id=Text,
    number=Integer,
    status=Text,
    phase=Text,
    reason=Text,
    current_step=Text,
    completed_steps=Integer,
    total_steps=Integer,
    running_steps=Integer,
    open_approvals=Integer,
    next_due=Integer,
    pause_mode=Text,
    error=Text,
    error_node=Text,
    worked_ms=Integer,
    working_since=Integer,
    outputs=JsonText,
    inputs=JsonText,
    seq=Integer,
    head=LargeBinary,
    owner=Text,
    epoch=Integer,
    revision=Text,
    directory=Text,
    created_at=Integer,
    updated_at=Integer,
    ended_at=Integer,
    stalled_takeovers=Integer,
    obstacle=Text,
    seal=LargeBinary,
    parent=Text,
    parent_node=Text,
    parent_attempt=Integer,
    priority=Integer,
    place=Text,
    place_since=Integer,
    forked_from=Text,
    forked_at=Integer,
    pinned=Integer,
    imported=Integer,
    breakpoints=Text,
    asked_key=Text,
    asked_session=Text,
)
APPROVALS: Final = _table(
    "workflow_approvals",
    id=Text,
    run=Integer,
    workflow_id=Text,
    node=Text,
    attempt=Integer,
    status=Text,
    title=Text,
    target=Text,
    risk=Text,
    digest=Text,
    requested_seq=Integer,
    previous=Text,
    requested_at=Integer,
    deadline=Integer,
    on_timeout=Text,
    decided_at=Integer,
    decided_by=Text,
    comment=Text,
    data=JsonText,
    metadata=JsonText,
    kind=Text,
    asker=JsonText,
    approvers=JsonText,
    yes_by=JsonText,
    assigned=JsonText,
    snoozed=JsonText,
    comments=Integer,
    edits=JsonText,
    alike=Text,
)
CONTEXT: Final = _table(
    "workflow_context",
    run=Integer,
    name=Text,
    value=JsonText,
    seq=Integer,
    at=Integer,
)
EVENTS: Final = _table(
    "workflow_events",
    position=Integer,
    run=Integer,
    seq=Integer,
    at=Integer,
    type=Text,
    payload=Text,
    hash=LargeBinary,
)
STEPS: Final = _table(
    "workflow_execution_steps",
    key=Integer,
    run=Integer,
    node=Text,
    attempt=Integer,
    kind=Text,
    status=Text,
    scheduled_seq=Integer,
    settled_seq=Integer,
    due=Integer,
    input=JsonText,
    output=Text,
    outputs=JsonText,
    result=JsonText,
    truncated=Boolean,
    exit_code=Integer,
    error=Text,
    error_kind=Text,
    scheduled_at=Integer,
    started_at=Integer,
    finished_at=Integer,
    duration_ms=Integer,
    human_wait_ms=Integer,
    tokens=Integer,
    cost=Float,
    scope=Text,
    undone=Text,
)
EXECUTIONS: Final = _table(
    "workflow_executions",
    run=Integer,
    state_id=Text,
    workflow_id=Text,
    number=Integer,
    status=Text,
    phase=Text,
    reason=Text,
    started_at=Integer,
    finished_at=Integer,
    duration_ms=Integer,
    human_wait_ms=Integer,
    error=Text,
    revision=Text,
    trigger=Text,
    started_by=Text,
    decided_by=Text,
)
IMPORTS: Final = _table(
    "workflow_imports",
    run=Integer,
    origin_id=Text,
    origin_key=Integer,
    origin_number=Integer,
    origin_head=LargeBinary,
    digest=Text,
    program=Text,
    at=Integer,
    by=Text,
    seal=LargeBinary,
)
ROUNDS: Final = _table(
    "workflow_rounds",
    key=Integer,
    run=Integer,
    node=Text,
    round=Integer,
    scope=Text,
    source=Text,
    why=Text,
    by=Text,
    feedback=Text,
    opened_at=Integer,
)
SCOPES: Final = _table(
    "workflow_scopes",
    key=Integer,
    run=Integer,
    node=Text,
    position=Integer,
    label=Text,
    status=Text,
    error=Text,
    opened_at=Integer,
    finished_at=Integer,
)
SNAPSHOTS: Final = _table(
    "workflow_snapshots",
    key=Integer,
    run=Integer,
    name=Text,
    seq=Integer,
    at=Integer,
    by=Text,
    seal=LargeBinary,
)
VOTES: Final = _table(
    "approval_votes",
    key=Integer,
    approval_id=Text,
    principal=Text,
    kind=Text,
    verdict=Text,
    comment=Text,
    form=JsonText,
    metadata=JsonText,
    digest=Text,
    client_key=Text,
    at=Integer,
    origin=JsonText,
    edits=JsonText,
    facts=JsonText,
)

_PARENT: Final = ("parent", "parent_node", "parent_attempt")
_FORK: Final = ("forked_from", "forked_at")
_ASKED: Final = ("asked_key", "asked_session")
FIRST_COLUMNS: Final = (
    "key",
    "id",
    "workflow_id",
    "number",
    "inputs",
    "revision",
    "directory",
    "created_at",
    "priority",
    *_PARENT,
    *_FORK,
    *_ASKED,
)
"""Of a run's row: what it begins with, and keeps."""
OWNERSHIP_COLUMNS: Final = ("owner", "epoch", "stalled_takeovers", "obstacle", "pinned", "imported")
"""Of a run's row: what no event says, who drives the run, or why nobody does, and whether it is kept."""
