"""Forks, pinned and imported runs, named points of journals, and what was removed."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from alembic import op

from oyama_tui.store.seals import seal_more

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables: no run of before was forked, pinned or imported."""
    op.add_column("workflow_states", sa.Column("forked_from", sa.Text(), nullable=False, server_default=""))
    for name in ("forked_at", "pinned", "imported"):
        op.add_column("workflow_states", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    _add_tables()
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    seal_more(connection, "workflow_states", ("pinned", "imported"))
    connection.execute("INSERT OR REPLACE INTO row_counts (name, rows) SELECT 'workflow_approvals', count(*) FROM workflow_approvals")


def _add_tables() -> None:
    op.create_table(
        "workflow_snapshots",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("run", "name"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
    )
    op.create_table(
        "workflow_imports",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.String(), nullable=False),
        sa.Column("origin_key", sa.Integer(), nullable=False),
        sa.Column("origin_number", sa.Integer(), nullable=False),
        sa.Column("origin_head", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
    )
    op.create_table(
        "removed_runs",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("idx_removed_runs_id", "removed_runs", ["id"], unique=True)
    op.create_index("idx_removed_runs_workflow_id", "removed_runs", ["workflow_id", "number"], unique=True)
