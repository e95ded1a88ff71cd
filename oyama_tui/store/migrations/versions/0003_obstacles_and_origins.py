"""Says why no engine drives a run, and how an answer was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reason to the rows of runs, and the origin to those of votes."""
    op.add_column("workflow_states", sa.Column("obstacle", sa.Text(), nullable=False, server_default=""))
    op.add_column("approval_votes", sa.Column("origin", sa.Text(), nullable=True))
