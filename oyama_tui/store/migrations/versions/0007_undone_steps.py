"""Breakpoints of runs, steps that were undone, and the way from a run to its forks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: no run of before was to pause before a step, and none was undone."""
    op.add_column("workflow_states", sa.Column("breakpoints", sa.Text(), nullable=False, server_default=""))
    op.add_column("workflow_execution_steps", sa.Column("undone", sa.Text(), nullable=False, server_default=""))
    where = sa.text("forked_from <> ''")
    op.create_index("idx_workflow_states_forked_from", "workflow_states", ["forked_from"], sqlite_where=where)
