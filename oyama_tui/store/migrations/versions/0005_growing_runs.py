"""What started a run, its place under a limit, rounds of its steps, and whether an approval asks for a yes or for work by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table, empty in rows of before: no run had a parent or a limit, and every approval was a gate's."""
    _add_text("workflow_states", "parent")
    _add_text("workflow_states", "parent_node")
    _add_whole("workflow_states", "parent_attempt")
    _add_whole("workflow_states", "priority")
    _add_text("workflow_states", "place")
    op.add_column("workflow_states", sa.Column("place_since", sa.Integer(), nullable=True))
    _add_text("workflow_approvals", "kind", "gate")
    op.create_index(
        "idx_workflow_states_parent",
        "workflow_states",
        ["parent", "parent_node", "parent_attempt"],
        unique=True,
        sqlite_where=sa.text("parent <> ''"),
    )
    op.create_table(
        "workflow_rounds",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("feedback", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("run", "node", "round"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
    )
    op.create_index("idx_workflow_rounds_scope", "workflow_rounds", ["run", "scope"])
    op.create_index("idx_workflow_states_place", "workflow_states", ["workflow_id", "place"], sqlite_where=sa.text("place <> ''"))


def _add_text(table: str, name: str, default: str = "") -> None:
    op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=default))


def _add_whole(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
