"""Rows for the scopes of blocks, and the scope that a node stands in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INLINE_LIMIT = 2048
"""Characters of JSON that a row may copy from an event, as it is in this schema."""


def upgrade() -> None:
    """Add the table of scopes, and to the rows of attempts the scope of their node."""
    op.add_column("workflow_execution_steps", sa.Column("scope", sa.String(), nullable=True))
    op.create_index(
        "idx_workflow_execution_steps_scope",
        "workflow_execution_steps",
        ["run", "scope"],
        sqlite_where=sa.text("scope IS NOT NULL"),
    )
    op.create_table(
        "workflow_scopes",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("run", "node", "position"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
    )
    op.create_index("idx_workflow_scopes_status", "workflow_scopes", ["run", "node", "status"])
    _leave_large_values_to_the_journal()


def _leave_large_values_to_the_journal() -> None:
    """Take values out of rows that are longer than a row may copy, where the journal has the event that holds them."""
    for table, column, key, seq in (
        ("workflow_context", "value", "run", "seq"),
        ("workflow_states", "inputs", "key", "1"),
        ("workflow_states", "outputs", "key", "seq"),
    ):
        op.execute(
            f"UPDATE {table} SET {column} = NULL WHERE length({column}) > {INLINE_LIMIT} AND EXISTS "
            f"(SELECT 1 FROM workflow_events AS e WHERE e.run = {table}.{key} AND e.seq = {seq if seq == '1' else f'{table}.{seq}'})"
        )
