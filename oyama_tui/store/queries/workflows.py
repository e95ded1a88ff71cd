"""Queries of workflows and their revisions."""

from __future__ import annotations

import sqlalchemy as sa

from oyama_tui.core.views import WorkflowRow
from oyama_tui.store.queries.base import REVISIONS, STATES, WORKFLOWS, Row, moment, optional_moment

_ROW = (
    sa.select(
        WORKFLOWS.c.id,
        WORKFLOWS.c.name,
        WORKFLOWS.c.description,
        WORKFLOWS.c.type,
        WORKFLOWS.c.status,
        WORKFLOWS.c.source,
        WORKFLOWS.c.revision,
        WORKFLOWS.c.runs,
        WORKFLOWS.c.updated_at,
        sa.func.coalesce(sa.func.json_array_length(WORKFLOWS.c.stages), 0).label("steps"),
        STATES.c.id.label("newest_run"),
        STATES.c.number.label("newest_number"),
        STATES.c.phase.label("newest_phase"),
        STATES.c.completed_steps,
        STATES.c.total_steps,
        STATES.c.reason,
        sa.func.coalesce(STATES.c.ended_at, STATES.c.created_at).label("newest_at"),
    )
    .select_from(WORKFLOWS.outerjoin(STATES, STATES.c.key == WORKFLOWS.c.newest_run))
    .where(WORKFLOWS.c.deleted_at.is_(None))
)
LIST_WORKFLOWS = _ROW.order_by(sa.func.coalesce(STATES.c.updated_at, WORKFLOWS.c.updated_at).desc(), WORKFLOWS.c.id)
FIND_WORKFLOW = _ROW.where(WORKFLOWS.c.id == sa.bindparam("id"))
WORKFLOW_IDS = sa.select(WORKFLOWS.c.id).where(WORKFLOWS.c.deleted_at.is_(None)).order_by(WORKFLOWS.c.id)
LOAD_REVISION = sa.select(REVISIONS.c.content).where(REVISIONS.c.revision == sa.bindparam("revision"))


def list_workflows(connection: sa.Connection) -> tuple[WorkflowRow, ...]:
    """All workflows that are not deleted, those with the newest activity first."""
    return tuple(_view(row) for row in connection.execute(LIST_WORKFLOWS))


def find_workflow(connection: sa.Connection, workflow_id: str) -> WorkflowRow | None:
    """One workflow; none when it is not known or deleted."""
    row = connection.execute(FIND_WORKFLOW, {"id": workflow_id}).one_or_none()
    return None if row is None else _view(row)


def workflow_ids(connection: sa.Connection) -> tuple[str, ...]:
    """The ids of all workflows that are not deleted, in order."""
    return tuple(connection.execute(WORKFLOW_IDS).scalars())


def load_revision(connection: sa.Connection, revision: str) -> str | None:
    """The definition of a revision as canonical JSON; none when it is not known."""
    return connection.execute(LOAD_REVISION, {"revision": revision}).scalar_one_or_none()


def _view(row: Row) -> WorkflowRow:
    return WorkflowRow(
        id=row.id,
        name=row.name or row.id,
        description=row.description,
        type=row.type,
        status=row.status,
        source=row.source,
        changed=False,
        missing=False,
        steps=row.steps,
        revision=row.revision,
        newest_run=row.newest_run or "",
        newest_number=row.newest_number or 0,
        newest_phase=row.newest_phase,
        newest_completed=row.completed_steps or 0,
        newest_total=row.total_steps or 0,
        newest_reason=row.reason or "",
        newest_at=optional_moment(row.newest_at),
        runs=row.runs,
        updated_at=moment(row.updated_at),
    )
