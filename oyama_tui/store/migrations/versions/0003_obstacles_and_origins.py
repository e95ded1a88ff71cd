"""Says why no engine drives a run and how an answer was given, and seals the rows that no journal tells."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from alembic import op

from oyama_tui.store.seals import seal_all

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


INLINE_LIMIT = 2048
"""Characters of JSON that a row may copy from an event, as it is in this schema."""
SEALED = ("workflows", "workflow_revisions", "workflow_states", "engine_instances")


def upgrade() -> None:
    """Add the reason to the rows of runs, the origin to those of votes, and the seals."""
    op.add_column("workflow_states", sa.Column("obstacle", sa.Text(), nullable=False, server_default=""))
    op.add_column("approval_votes", sa.Column("origin", sa.Text(), nullable=True))
    for table in SEALED:
        op.add_column(table, sa.Column("seal", sa.LargeBinary(), nullable=True))
    op.create_table(
        "row_counts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    _leave_large_values_to_the_journal()
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    seal_all(connection)


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
