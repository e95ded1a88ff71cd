"""The tables of what no journal tells: points that people named, runs from elsewhere, runs that were removed, and requests over the API."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from oyama_tui.store.column_types import json_value, seal


class SnapshotTable(SQLModel, table=True):
    """A point of a journal that somebody has given a name."""

    __tablename__ = "workflow_snapshots"
    __table_args__ = (UniqueConstraint("run", "name"),)
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    run: int = Field(foreign_key="workflow_states.key")
    name: str
    seq: int
    """The number of the event after which it is."""
    at: int
    """When it was named."""
    by: str
    """Who named it."""
    seal: bytes | None = seal()


class ImportTable(SQLModel, table=True):
    """Where an imported run comes from."""

    __tablename__ = "workflow_imports"
    run: int = Field(sa_column=Column(Integer, ForeignKey("workflow_states.key"), primary_key=True))
    """The run's key here."""
    origin_id: str
    """Its state id there."""
    origin_key: int
    """Its key there, which its chain goes by."""
    origin_number: int
    """Its number there."""
    origin_head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Hash of its newest event there."""
    digest: str
    """SHA-256 of the file that it came in."""
    program: str
    """The version that wrote the file."""
    at: int
    by: str
    seal: bytes | None = seal()


class RemovedTable(SQLModel, table=True):
    """A run that was removed, with all that there was of it: what else is missing was not removed by Oyama."""

    __tablename__ = "removed_runs"
    __table_args__ = (
        Index("idx_removed_runs_id", "id", unique=True),
        Index("idx_removed_runs_workflow_id", "workflow_id", "number", unique=True),
    )
    run: int = Field(sa_column=Column(Integer, primary_key=True))
    """The key that it had, which no other run gets."""
    id: str
    workflow_id: str
    number: int
    phase: str
    """How it had ended."""
    head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Hash of its newest event."""
    rows: Any = json_value()
    """How many rows it had in each table, by name, besides its own."""
    at: int
    by: str
    why: str
    """`cleanup`, or `deleted` by somebody."""
    seal: bytes | None = seal()


class RequestTable(SQLModel, table=True):
    """A request over the API that came with a key, so that it is not carried out twice."""

    __tablename__ = "api_requests"
    __table_args__ = (Index("idx_api_requests_begun_at", "begun_at"),)
    person: str = Field(primary_key=True)
    """Whose token was shown."""
    key: str = Field(primary_key=True)
    """As the program has chosen it."""
    fingerprint: str
    """SHA-256 of the request, hexadecimal."""
    server: str
    """The process that carries it out: its number and when it was started."""
    begun_at: int
    status: int | None = None
    """How it was answered; none before."""
    headers: Any = json_value()
    """A map of those that belong to the answer."""
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """None where it was too large to keep."""
