"""States: how runs are, and what is wanted of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Body as InBody
from pydantic import ConfigDict, Field, JsonValue

from oyama_tui.api.models.base import Body, Model
from oyama_tui.api.naming import StateId, StateWord
from oyama_tui.core.views import Phase

Reason = Annotated[str, Field(max_length=10_000, description="Why; kept in the journal.")]
Name = Annotated[str, Field(max_length=200)]


class Tried(Model):
    """A step as it was attempted."""

    step_id: str
    node: str = Field(description="Names it in the run, where it has several places: `fan[3].copy`; `build~undo` undoes `build`.")
    attempt: int = Field(description="From 1.")
    status: str
    error: str = Field(description="Why it failed; empty when it did not.")
    started_at: datetime | None
    ended_at: datetime | None


class Snapshot(Model):
    """A point of a run that one can go back to."""

    seq: int = Field(description="Number of the event after which it is.")
    at: datetime
    node: str = Field(description="What was over then; empty for a point that is only named.")
    label: str
    status: str = Field(description="What became of it.")
    name: str = Field(description="What somebody has called it; empty without a name.")
    by: str = Field(description="Who did.")


class State(Model):
    """How a run is."""

    state_id: str
    workflow_id: str
    run_number: int = Field(description="Counted per workflow, from 1.")
    status: StateWord
    shown: Phase = Field(description="The same in the word that people see, such as `waiting` or `rejected`.")
    reason: str = Field(description="Why it waits or how it ended; empty while it simply runs.")
    needs_you: bool = Field(description="A question of it is open.")
    current_step: str = Field(description="The step that moved last; empty when it is over.")
    current_step_index: int | None = Field(
        description="Place of it, or of the block around it, among the definition's steps, from 0; of a failed run that of the error."
    )
    completed_steps: list[str] | None = Field(
        None, description="Ids of the steps outside of blocks that have completed; only where `stateId` names the run."
    )
    total_steps: int = Field(description="How many steps there are, those in blocks too.")
    context: dict[str, JsonValue] = Field(description="Its variables.")
    inputs: dict[str, JsonValue] = Field(description="What it was started with.")
    outputs: dict[str, JsonValue] = Field(description="What it has left when it is completed.")
    error: str = Field(description="Why it failed; empty when it did not.")
    error_step: str = Field(description="The node that caused that.")
    started_at: datetime
    updated_at: datetime = Field(description="When its newest event happened.")
    ended_at: datetime | None
    seq: int = Field(description="Number of its newest event.")
    revision: str = Field(description="The content of the workflow that it is pinned to.")
    execution_history: list[Tried] | None = Field(
        None, description="The newest 500 attempts, in the order in which they began; only where `stateId` names the run."
    )
    workflow_snapshot: dict[str, Any] | None = Field(
        None, description="The definition that it is pinned to; only where `stateId` names the run."
    )
    snapshots: list[Snapshot] | None = Field(None, description="The newest first; only with `includeSnapshots`.")


class StateDeleted(Model):
    """What is gone."""

    state_id: str
    deleted: Literal[True]
    runs: int = Field(description="How many runs: those that its steps have started went with it.")


class _Change(Body):
    model_config = ConfigDict(strict=True)
    state_id: StateId


class PauseState(_Change):
    """Start no new step."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stateId": "release-1764240000000", "action": "pause", "mode": "drain", "reason": "lunch"}]}
    )
    action: Literal["pause"]
    mode: Literal["drain", "now"] = Field("drain", description="Let steps finish that run, or cut them off: they run again later.")
    reason: Reason = ""


class ResumeState(_Change):
    """Let it go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stateId": "release-1764240000000", "action": "resume"}]})
    action: Literal["resume"]


class UpdateContext(_Change):
    """Change variables; steps that start later see it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"stateId": "release-1764240000000", "action": "updateContext", "context": {"channel": "stable"}, "unset": ["draft"]}
            ]
        }
    )
    action: Literal["updateContext"]
    context: dict[str, JsonValue] = Field(default_factory=dict, max_length=1000, description="New values by name; null is a value.")
    unset: list[Name] = Field(default_factory=list, max_length=1000, description="Names of variables to remove.")


class UpdateStatus(_Change):
    """Bring it to a status, where a wish can."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stateId": "release-1764240000000", "action": "updateStatus", "status": "cancelled"}]}
    )
    action: Literal["updateStatus"]
    status: Literal["pending", "running", "paused", "completed", "failed", "cancelled"] = Field(
        description="`paused` pauses it, `running` resumes it, `failed` and `cancelled` cancel it; the others are refused."
    )
    reason: Reason = ""


StateChange: TypeAlias = Annotated[PauseState | ResumeState | UpdateContext | UpdateStatus, InBody(discriminator="action")]
"""What is wanted of a run, by `action`."""
