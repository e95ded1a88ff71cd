"""The first schema: journal, projections, engines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _engine_instances() -> None:
    op.create_table(
        "engine_instances",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _workflows() -> None:
    op.create_table(
        "workflows",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stages", sa.Text(), nullable=True),
        sa.Column("approval_config", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("newest_run", sa.Integer(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _workflow_revisions() -> None:
    op.create_table(
        "workflow_revisions",
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"]),
        sa.PrimaryKeyConstraint("revision"),
    )
    op.create_index("ix_workflow_revisions_workflow_id", "workflow_revisions", ["workflow_id"])


def _workflow_states() -> None:
    op.create_table(
        "workflow_states",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("current_step", sa.String(), nullable=False),
        sa.Column("completed_steps", sa.Integer(), nullable=False),
        sa.Column("total_steps", sa.Integer(), nullable=False),
        sa.Column("running_steps", sa.Integer(), nullable=False),
        sa.Column("open_approvals", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.Integer(), nullable=True),
        sa.Column("pause_mode", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("error_node", sa.String(), nullable=False),
        sa.Column("worked_ms", sa.Integer(), nullable=False),
        sa.Column("working_since", sa.Integer(), nullable=True),
        sa.Column("outputs", sa.Text(), nullable=True),
        sa.Column("inputs", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"]),
        sa.ForeignKeyConstraint(["revision"], ["workflow_revisions.revision"]),
    )
    op.create_index("idx_workflow_states_status", "workflow_states", ["status"])
    op.create_index("idx_workflow_states_workflow_id", "workflow_states", ["workflow_id", "number"], unique=True)


def _workflow_approvals() -> None:
    op.create_table(
        "workflow_approvals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("requested_seq", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("requested_at", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.Integer(), nullable=True),
        sa.Column("on_timeout", sa.String(), nullable=False),
        sa.Column("decided_at", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("idx_workflow_approvals_run", "workflow_approvals", ["run"])
    op.create_index("idx_workflow_approvals_status", "workflow_approvals", ["status"])
    op.create_index("idx_workflow_approvals_workflow_id", "workflow_approvals", ["workflow_id"])


def _workflow_context() -> None:
    op.create_table(
        "workflow_context",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
        sa.PrimaryKeyConstraint("run", "name"),
    )


def _workflow_events() -> None:
    op.create_table(
        "workflow_events",
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("run", "seq"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
        sqlite_autoincrement=True,
    )


def _workflow_execution_steps() -> None:
    op.create_table(
        "workflow_execution_steps",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("scheduled_seq", sa.Integer(), nullable=False),
        sa.Column("settled_seq", sa.Integer(), nullable=True),
        sa.Column("due", sa.Integer(), nullable=True),
        sa.Column("input", sa.Text(), nullable=True),
        sa.Column("output", sa.String(), nullable=True),
        sa.Column("outputs", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("scheduled_at", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("human_wait_ms", sa.Integer(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("run", "node", "attempt"),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
    )


def _workflow_executions() -> None:
    op.create_table(
        "workflow_executions",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("human_wait_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["workflow_states.key"]),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("idx_workflow_executions_phase", "workflow_executions", ["workflow_id", "phase"])
    op.create_index("idx_workflow_executions_started_at", "workflow_executions", ["started_at"])
    op.create_index("idx_workflow_executions_status", "workflow_executions", ["status", "phase"])
    op.create_index("idx_workflow_executions_workflow_id", "workflow_executions", ["workflow_id"])


def _approval_votes() -> None:
    op.create_table(
        "approval_votes",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["workflow_approvals.id"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_approval_votes_approval_id", "approval_votes", ["approval_id"])


def upgrade() -> None:
    _engine_instances()
    _workflows()
    _workflow_revisions()
    _workflow_states()
    _workflow_approvals()
    _workflow_context()
    _workflow_events()
    _workflow_execution_steps()
    _workflow_executions()
    _approval_votes()
