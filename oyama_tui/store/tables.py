"""The tables; rows of them never leave this package.

Times are milliseconds since 1970 UTC. Columns of type `JsonText` hold JSON. Texts larger than `INLINE_LIMIT` bytes stand only in the
journal: the row then keeps null, and the number of the event that has it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from oyama_tui.store.approval_tables import ApprovalTable as ApprovalTable
from oyama_tui.store.approval_tables import VoteTable as VoteTable
from oyama_tui.store.column_types import json_value, seal, text_value, whole_number


class WorkflowTable(SQLModel, table=True):
    """One workflow that can be started."""

    __tablename__ = "workflows"
    id: str = Field(primary_key=True)
    name: str
    description: str = ""
    type: str
    status: str = "draft"
    """`draft`, `executing`, `paused`, `completed` or `failed`: that of the newest run."""
    stages: Any = json_value()
    """The steps, as in the definition."""
    approval_config: Any = json_value()
    """The gate of each step that has one, by step id."""
    source: str = ""
    """Path of its file; empty when it is stored."""
    directory: str = ""
    revision: str
    newest_run: int | None = None
    """Key of the newest run."""
    runs: int = 0
    deleted_at: int | None = None
    created_at: int
    updated_at: int
    seal: bytes | None = seal()
    """Hash of the row, see `seals`."""


class RevisionTable(SQLModel, table=True):
    """One immutable content of a workflow."""

    __tablename__ = "workflow_revisions"
    revision: str = Field(primary_key=True)
    workflow_id: str = Field(index=True, foreign_key="workflows.id")
    content: str = Field(sa_column=Column(Text, nullable=False))
    """The definition as canonical JSON."""
    created_at: int
    seal: bytes | None = seal()


class StateTable(SQLModel, table=True):
    """One run: the projection of its journal, and the row that every append compares and sets."""

    __tablename__ = "workflow_states"
    __table_args__ = (
        Index("idx_workflow_states_status", "status"),
        Index("idx_workflow_states_workflow_id", "workflow_id", "number", unique=True),
        Index("idx_workflow_states_parent", "parent", "parent_node", "parent_attempt", unique=True, sqlite_where=text("parent <> ''")),
    )
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    id: str = Field(unique=True)
    """The state id, `{workflow_id}-{milliseconds}`."""
    workflow_id: str = Field(foreign_key="workflows.id")
    number: int
    status: str
    """`pending`, `running`, `paused`, `completed` or `failed`."""
    phase: str
    """The exact word: waiting, draining, rejected, cancelled too."""
    reason: str = ""
    current_step: str = ""
    completed_steps: int = 0
    total_steps: int = 0
    running_steps: int = 0
    open_approvals: int = 0
    next_due: int | None = None
    """When the nearest timer is due."""
    pause_mode: str = ""
    error: str = ""
    error_node: str = ""
    worked_ms: int = 0
    working_since: int | None = None
    outputs: Any = json_value()
    inputs: Any = json_value()
    seq: int = 0
    head: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    """Hash of the newest event."""
    owner: str | None = None
    """The engine instance that drives it."""
    epoch: int = 0
    revision: str = Field(foreign_key="workflow_revisions.revision")
    directory: str = ""
    created_at: int
    updated_at: int
    ended_at: int | None = None
    stalled_takeovers: int = whole_number()
    """Take-overs in a row from an engine that died before it went on with the run."""
    obstacle: str = text_value()
    """Why the engine that looked at it last does not drive it, a missing secret for example; empty when one does, or none has looked."""
    seal: bytes | None = seal()
    """Hash of what no event says: who drives the run, and where."""
    parent: str = text_value()
    """The state id of the run of which a step started this one; empty for a run that was started otherwise."""
    parent_node: str = text_value()
    """That step's node."""
    parent_attempt: int = whole_number()
    """And its attempt: together with the two before it the one child that there is of it."""
    priority: int = whole_number()
    """Among runs of its workflow that queue: the higher one is first."""
    place: str = text_value()
    """Under the limit of its workflow: `queued`, `held` or `released`; empty without a limit and once it is over."""
    place_since: int | None = None
    """Since when; among runs of the same priority its turn in the line."""
    forked_from: str = text_value()
    """The state id of the run of which this one reuses what it had done; empty for a run that is no fork."""
    forked_at: int = whole_number()
    """After which event of that run."""
    pinned: int = whole_number()
    """When somebody wanted it to be kept, whatever is cleaned up; 0 for a run that is not pinned."""
    imported: int = whole_number()
    """When it came here from a file; 0 for a run of this database. Nothing drives or changes an imported one."""
    breakpoints: str = text_value()
    """The steps before which it is to pause, comma separated."""
    asked_key: str = text_value()
    """The key of the question from outside that the run is: there is one of each; empty for one without a key, and for other runs."""
    asked_session: str = text_value()
    """The session of the agent that asks; empty for other runs."""


_of_states: Any = StateTable.__table__.c  # type: ignore[attr-defined]
Index(
    "idx_workflow_states_place",
    _of_states.workflow_id,
    _of_states.place,
    _of_states.priority.desc(),
    _of_states.place_since,
    sqlite_where=text("place <> ''"),
)
"""The line of each workflow with a limit, in its order."""

Index("idx_workflow_states_forked_from", _of_states.forked_from, sqlite_where=text("forked_from <> ''"))
Index("idx_workflow_states_asked_key", _of_states.asked_key, unique=True, sqlite_where=text("asked_key <> ''"))
Index("idx_workflow_states_asked_session", _of_states.asked_session, sqlite_where=text("asked_session <> ''"))


class EventTable(SQLModel, table=True):
    """The journal."""

    __tablename__ = "workflow_events"
    __table_args__ = (UniqueConstraint("run", "seq"), {"sqlite_autoincrement": True})
    position: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    run: int = Field(foreign_key="workflow_states.key")
    seq: int
    at: int
    type: str
    payload: str = Field(sa_column=Column(Text, nullable=False))
    """JSON of the event without its type and time, and without defaults."""
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Chained over the event before it in the run, 16 bytes."""


class ContextTable(SQLModel, table=True):
    """The variables of runs."""

    __tablename__ = "workflow_context"
    run: int = Field(primary_key=True, foreign_key="workflow_states.key")
    name: str = Field(primary_key=True)
    value: Any = json_value()
    seq: int
    at: int


class ExecutionTable(SQLModel, table=True):
    """History: one row for each run."""

    __tablename__ = "workflow_executions"
    __table_args__ = (
        Index("idx_workflow_executions_workflow_id", "workflow_id"),
        Index("idx_workflow_executions_status", "status", "phase"),
        Index("idx_workflow_executions_phase", "workflow_id", "phase"),
        Index("idx_workflow_executions_started_at", "started_at"),
    )
    run: int = Field(sa_column=Column(Integer, ForeignKey("workflow_states.key"), primary_key=True))
    """The run's key, which grows with time."""
    state_id: str
    workflow_id: str
    number: int
    status: str
    phase: str
    reason: str = ""
    started_at: int
    finished_at: int | None = None
    duration_ms: int | None = None
    human_wait_ms: int = 0
    error: str = ""
    revision: str
    trigger: str
    started_by: str
    decided_by: str = ""
    """Who answered its gates, comma separated."""


class ExecutionStepTable(SQLModel, table=True):
    """One attempt of a node."""

    __tablename__ = "workflow_execution_steps"
    __table_args__ = (
        UniqueConstraint("run", "node", "attempt"),
        Index("idx_workflow_execution_steps_scope", "run", "scope", sqlite_where=text("scope IS NOT NULL")),
    )
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    run: int = Field(foreign_key="workflow_states.key")
    node: str
    attempt: int
    kind: str
    status: str
    scheduled_seq: int
    """The event that has the input."""
    settled_seq: int | None = None
    """The event that has the outcome."""
    due: int | None = None
    """When a wait or the pause after this attempt ends."""
    input: Any = json_value()
    output: str | None = None
    outputs: Any = json_value()
    result: Any = json_value()
    truncated: bool = False
    exit_code: int | None = None
    error: str | None = None
    error_kind: str | None = None
    scheduled_at: int
    started_at: int | None = None
    finished_at: int | None = None
    duration_ms: int | None = None
    human_wait_ms: int | None = None
    """Of a gate's node."""
    tokens: int | None = None
    cost: float | None = None
    scope: str | None = None
    """The scope of a block that the node stands in, such as `fan[3]`; none outside of blocks."""
    undone: str = text_value()
    """Where what undoes it is: `running`, `undone` or `failed`; empty when nothing has undone it."""


class ScopeTable(SQLModel, table=True):
    """One scope of a block: an item of a loop, a round of a repetition, or the one that there is."""

    __tablename__ = "workflow_scopes"
    __table_args__ = (
        UniqueConstraint("run", "node", "position"),
        Index("idx_workflow_scopes_status", "run", "node", "status"),
    )
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    run: int = Field(foreign_key="workflow_states.key")
    node: str
    """The block's node."""
    position: int
    """Which of its scopes, counted from 0."""
    label: str = ""
    """What people call the item of a loop."""
    status: str
    error: str = ""
    opened_at: int
    finished_at: int | None = None


class RoundTable(SQLModel, table=True):
    """A further round of a node, after the run went back to it."""

    __tablename__ = "workflow_rounds"
    __table_args__ = (UniqueConstraint("run", "node", "round"), Index("idx_workflow_rounds_scope", "run", "scope"))
    key: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    run: int = Field(foreign_key="workflow_states.key")
    node: str
    """The node's key in its first round."""
    round: int
    """Which one; the node of this round is called `node#round`."""
    scope: str | None = None
    """The scope of a block that the node stands in; none outside of blocks."""
    source: str
    """The node that sent the run back."""
    why: str = ""
    by: str = ""
    """Who wanted it, when a person did."""
    feedback: str = ""
    """What that person said, shortened; the event has the whole."""
    opened_at: int


class EngineTable(SQLModel, table=True):
    """One engine, from its start to its end; whether it lives is told by its lock file."""

    __tablename__ = "engine_instances"
    id: str = Field(primary_key=True)
    pid: int
    kind: str
    """`all` or `own`: which runs it drives."""
    version: str
    started_at: int
    ended_at: int | None = None
    seal: bytes | None = seal()


class RowCountTable(SQLModel, table=True):
    """How many rows a table has had whose rows are never deleted and stand in no journal."""

    __tablename__ = "row_counts"
    name: str = Field(primary_key=True)
    """The table's."""
    rows: int
