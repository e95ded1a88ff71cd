"""Counts the take-overs of a run that led nowhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count to the rows of runs."""
    op.add_column("workflow_states", sa.Column("stalled_takeovers", sa.Integer(), nullable=False, server_default="0"))
