"""Executions: runs in the history, their steps, events and output."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Model
from oyama_tui.api.naming import StateWord
from oyama_tui.core.views import Phase


class ExecutionItem(Model):
    """A run in the history."""

    id: str = Field(description="Its state id.")
    workflow_id: str
    number: int = Field(description="Counted per workflow, from 1.")
    status: StateWord
    shown: Phase = Field(description="The same in the word that people see, such as `waiting` or `rejected`.")
    reason: str = Field(description="Why it waits or how it ended; empty while it simply runs.")
    needs_you: bool = Field(description="A question of it is open.")
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None = Field(description="Of a run that is over.")
    human_wait_ms: int = Field(description="In which only people were waited for.")
    started_by: str
    trigger: str = Field(description="In which way: `cli`, `screen`, `api`, `worker`, ...")
    decided_by: str = Field(description="Who answered its questions, comma separated.")
    pinned: bool = Field(description="It is kept, whatever is cleaned up.")
    imported: bool = Field(description="It came here from a file.")


class Counts(Model):
    """How many of a run's steps are where; those in blocks count too."""

    total: int
    completed: int = Field(description="Over, failed and skipped ones too.")
    running: int = Field(description="Attempts that are under way.")


class BlockCount(Model):
    """How many items of a loop are where."""

    total: int
    completed: int = Field(description="Over, and not failed.")
    failed: int
    running: int
    asking: int = Field(description="Under way, with a question open in them.")
    cancelled: int
    pending: int = Field(description="Not begun.")


class NodeItem(Model):
    """One row of a run's tree: a step, the gate before its action, an item of a loop."""

    key: str = Field(description="Names it in the run: `build`, `ship.gate`, `fan[3].copy`.")
    step_id: str
    name: str
    kind: str
    depth: int = Field(description="0 for a step outside of blocks.")
    status: str
    attempt: int = Field(description="Number of the newest attempt; 0 before the first.")
    note: str = Field(description="What people should know of it in a few words.")
    approval: str = Field(description="Its newest approval's id; empty when its gate never opened.")
    started_at: datetime | None
    duration_ms: int | None
    counts: BlockCount | None = Field(description="Of a loop that has begun.")
    child: str = Field(description="State id of the run that it is; empty when it is none.")
    folded: bool = Field(description="What it consists of is left out, though there is something.")


class ExecutionDetail(ExecutionItem):
    """A run, whole."""

    current_step: str = Field(description="The step that moved last; empty when it is over.")
    inputs: dict[str, JsonValue]
    outputs: dict[str, JsonValue] = Field(description="Of a completed run.")
    error: str = Field(description="Why it failed; empty when it did not.")
    error_step: str = Field(description="The node that caused that.")
    revision: str = Field(description="The content of the workflow that it is pinned to.")
    seq: int = Field(description="Number of its newest event.")
    counts: Counts
    tree: list[NodeItem] = Field(description="Of large loops only what matters most; `counts` of their rows says how far they are.")


class AttemptItem(Model):
    """One attempt of a step."""

    node: str = Field(description="Names it in the run: `build`, `ship.gate`, `fan[3].copy`; `build~undo` undoes `build`.")
    step_id: str
    attempt: int = Field(description="From 1.")
    status: str
    input: JsonValue = Field(description="What it was given; secrets by name.")
    output: str = Field(description="What it wrote: head and tail, at most 64 KiB.")
    truncated: bool = Field(description="`output` is not all of it: see the log.")
    outputs: dict[str, JsonValue] = Field(description="Named values that it left.")
    result: JsonValue = Field(description="Its typed result.")
    exit_code: int | None
    error: str = Field(description="Why it failed; empty when it did not.")
    error_kind: str
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None


class EventItem(Model):
    """One event of a run's journal."""

    seq: int = Field(description="Its number in the run, from 1, without gaps.")
    at: datetime
    type: str
    node: str = Field(description="What it is about; empty when it is about the run.")
    text: str = Field(description="What happened, in one line.")
    payload: dict[str, Any] = Field(description="The event itself, as it is kept.")


class LogPiece(Model):
    """A piece of what an attempt wrote."""

    node: str
    text: str = Field(description="Bytes that are no text are replaced.")
    skipped: int = Field(description="Bytes left out before this piece, where no offset was given.")
    next_offset: int = Field(description="Give it as `offset` to get what comes after.")
    ended: bool = Field(description="The attempt is over, and there is no more.")
