"""Queries of workflows and their revisions."""

from __future__ import annotations

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import WorkflowRow
from oyama_tui.store.damage import expect, expect_path, readable_rows, reading
from oyama_tui.store.queries.base import STATES, WORKFLOWS, Row, moment, named, names_of, optional_moment
from oyama_tui.store.queries.turns import RUN_ASKS_OTHERS

_NO_STEPS = -1
"""Stands for steps that cannot be counted, which fails no other row."""
_TABLE = "workflows"
_COLUMNS = (
    WORKFLOWS.c.id,
    WORKFLOWS.c.name,
    WORKFLOWS.c.description,
    WORKFLOWS.c.type,
    sa.func.coalesce(STATES.c.phase, "draft").label("status"),
    WORKFLOWS.c.status.label("state"),
    WORKFLOWS.c.source,
    WORKFLOWS.c.revision,
    WORKFLOWS.c.runs,
    WORKFLOWS.c.updated_at,
    sa.case((sa.func.json_valid(WORKFLOWS.c.stages), sa.func.json_array_length(WORKFLOWS.c.stages)), else_=_NO_STEPS).label("steps"),
    sa.func.coalesce(STATES.c.id, "").label("newest_run"),
    sa.func.coalesce(STATES.c.number, 0).label("newest_number"),
    sa.func.coalesce(STATES.c.completed_steps, 0).label("newest_completed"),
    sa.func.coalesce(STATES.c.total_steps, 0).label("newest_total"),
    sa.func.coalesce(STATES.c.reason, "").label("newest_reason"),
    sa.func.coalesce(STATES.c.ended_at, STATES.c.created_at).label("newest_at"),
    (sa.func.coalesce(STATES.c.open_approvals, 0) > 0).label("newest_needs_you"),
    RUN_ASKS_OTHERS.label("newest_asks_others"),
)
_NAMES = names_of(_COLUMNS)
_ROW = (
    sa.select(*_COLUMNS)
    .select_from(WORKFLOWS.outerjoin(STATES, STATES.c.key == WORKFLOWS.c.newest_run))
    .where(WORKFLOWS.c.deleted_at.is_(None))
)
LIST_WORKFLOWS = _ROW.order_by(sa.func.coalesce(STATES.c.updated_at, WORKFLOWS.c.updated_at).desc(), WORKFLOWS.c.id)
FIND_WORKFLOW = _ROW.where(WORKFLOWS.c.id == sa.bindparam("id"))


def list_workflows(connection: sa.Connection) -> Rows[WorkflowRow]:
    """All workflows that are not deleted, those with the newest activity first."""
    return readable_rows(_TABLE, connection.execute(LIST_WORKFLOWS), lambda row: row.id, _view)


def find_workflow(connection: sa.Connection, workflow_id: str) -> WorkflowRow | None:
    """One workflow; none when it is not known or deleted."""
    row = connection.execute(FIND_WORKFLOW, {"id": workflow_id}).one_or_none()
    if row is None:
        return None
    with reading(_TABLE, workflow_id):
        return _view(row)


def _view(row: Row) -> WorkflowRow:
    expect_path(row.source, "source")
    values = named(_NAMES, row)
    values["name"] = values["name"] or values["id"]
    values["updated_at"] = moment(values["updated_at"])
    values["newest_at"] = optional_moment(values["newest_at"])
    done, total = values["newest_completed"], values["newest_total"]
    expect(values["steps"] != _NO_STEPS, "its steps are no JSON")
    expect(0 <= done <= total, f"{done} of {total} steps of its newest run are over")
    return WorkflowRow(**values, changed=False, missing=False)
