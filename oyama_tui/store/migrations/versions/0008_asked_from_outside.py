"""Questions of programs from outside, who may answer, and what people do with a question besides answering it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: no run of before was asked from outside, and anybody could answer alone."""
    for name in ("asked_key", "asked_session"):
        op.add_column("workflow_states", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_index("idx_workflow_states_asked_key", "workflow_states", ["asked_key"], unique=True, sqlite_where=sa.text("asked_key <> ''"))
    op.create_index("idx_workflow_states_asked_session", "workflow_states", ["asked_session"], sqlite_where=sa.text("asked_session <> ''"))
    for name in ("asker", "approvers", "yes_by", "assigned", "snoozed"):
        op.add_column("workflow_approvals", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("workflow_approvals", sa.Column("comments", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("workflow_approvals", sa.Column("edits", sa.Text(), nullable=True))
    op.add_column("workflow_approvals", sa.Column("alike", sa.Text(), nullable=False, server_default=""))
    decided = sa.text("decided_at IS NOT NULL")
    op.create_index("idx_workflow_approvals_decided_at", "workflow_approvals", ["decided_at"], sqlite_where=decided)
    op.create_index("idx_workflow_approvals_decided_in", "workflow_approvals", ["workflow_id", "decided_at"], sqlite_where=decided)
    op.create_index("idx_workflow_approvals_decided_by", "workflow_approvals", ["decided_by", "decided_at"], sqlite_where=decided)
    op.drop_index("idx_workflow_approvals_status", "workflow_approvals")
    op.create_index("idx_workflow_approvals_status", "workflow_approvals", ["status", "decided_at"])
    op.create_index("idx_approval_votes_principal", "approval_votes", ["principal", "approval_id"])
    for name in ("edits", "facts"):
        op.add_column("approval_votes", sa.Column(name, sa.Text(), nullable=True))
