"""The tables of approvals and of what people do with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

from oyama_tui.store.column_types import json_value, whole_number
from oyama_tui.store.json_text import JsonText


class ApprovalTable(SQLModel, table=True):
    """One opening of a gate."""

    __tablename__ = "workflow_approvals"
    __table_args__ = (
        Index("idx_workflow_approvals_status", "status", "decided_at"),
        Index("idx_workflow_approvals_workflow_id", "workflow_id"),
        Index("idx_workflow_approvals_run", "run"),
        Index("idx_workflow_approvals_decided_at", "decided_at", sqlite_where=text("decided_at IS NOT NULL")),
        Index("idx_workflow_approvals_decided_in", "workflow_id", "decided_at", sqlite_where=text("decided_at IS NOT NULL")),
        Index("idx_workflow_approvals_decided_by", "decided_by", "decided_at", sqlite_where=text("decided_at IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    run: int = Field(foreign_key="workflow_states.key")
    workflow_id: str
    node: str
    attempt: int
    status: str = "pending"
    """`pending`, `approved`, `rejected`, `expired` or `cancelled`."""
    title: str
    target: str = ""
    risk: str = "normal"
    digest: str
    """Of what was shown."""
    requested_seq: int
    """The event that has the content."""
    previous: str = ""
    requested_at: int
    deadline: int | None = None
    on_timeout: str = "reject"
    decided_at: int | None = None
    decided_by: str = ""
    comment: str = ""
    data: Any = json_value()
    """Values of the form."""
    approval_metadata: Any = Field(default=None, sa_column=Column("metadata", JsonText))
    kind: str = Field(default="gate", sa_column=Column(Text, nullable=False, server_default="gate"))
    """`gate`, `task` for what a person does by hand, `rerun` for a step that was cut off, or what a program from outside asks."""
    asker: Any = json_value()
    """The program from outside that asks, and what it said of itself."""
    approvers: Any = json_value()
    """Who may answer and how many yeses it takes; none where anybody may, alone."""
    yes_by: Any = json_value()
    """The names of those who have said yes so far, where it takes several."""
    assigned: Any = json_value()
    """The names and groups to whom the question was handed on."""
    snoozed: Any = json_value()
    """By person: until when they do not want to see it, in milliseconds since 1970 UTC."""
    comments: int = whole_number()
    """How often somebody said something without answering."""
    edits: Any = json_value()
    """Values that were changed with the answer."""
    alike: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """The same for questions that are the same but for their target; empty where that was not kept."""


class VoteTable(SQLModel, table=True):
    """One answer to an approval."""

    __tablename__ = "approval_votes"
    __table_args__ = (Index("idx_approval_votes_principal", "principal", "approval_id"),)
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    approval_id: str = Field(index=True, foreign_key="workflow_approvals.id")
    principal: str
    kind: str
    verdict: str
    comment: str = ""
    form: Any = json_value()
    vote_metadata: Any = Field(default=None, sa_column=Column("metadata", JsonText))
    digest: str = ""
    client_key: str = ""
    at: int
    origin: Any = json_value()
    """How it was given."""
    edits: Any = json_value()
    """Values that it changed, by name."""
    facts: Any = json_value()
    """What was in sight when an answer was given, to whom a question was handed on, until when it was put off or may be answered."""
