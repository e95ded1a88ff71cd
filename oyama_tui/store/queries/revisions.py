"""Queries of the contents that workflows have had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import REVISIONS, moment

NEWEST: Final = (
    sa.select(REVISIONS.c.revision, REVISIONS.c.created_at)
    .where(REVISIONS.c.workflow_id == sa.bindparam("workflow"))
    # They are never changed: the order in which they were kept is that of their places.
    .order_by(sa.literal_column("workflow_revisions.rowid").desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """One content of a workflow, by name."""

    revision: str
    created_at: datetime


def newest_revisions(connection: sa.Connection, workflow_id: str, most: int) -> list[KeptRevision]:
    """The contents that a workflow has had, the newest first.

    Args:
        connection: Where to read.
        workflow_id: The workflow.
        most: How many at the most.

    Raises:
        DatabaseProblem: A row is damaged.
    """
    found = []
    for row in connection.execute(NEWEST, {"workflow": workflow_id, "most": most}):
        with reading("workflow_revisions", row.revision):
            found.append(KeptRevision(revision=row.revision, created_at=moment(row.created_at)))
    return found
