"""Views: the frozen values that front ends show; every number and word in them is final."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Frozen, Origin
from oyama_tui.core.events.gate import ApprovalContent

Phase = Literal["queued", "running", "waiting", "draining", "paused", "completed", "failed", "rejected", "cancelled"]
"""A run's status in the words that people see."""
StepWord = Literal["pending", "ready", "running", "waiting", "retrying", "completed", "failed", "skipped", "rejected", "cancelled"]
ENDED_PHASES: frozenset[str] = frozenset({"completed", "failed", "rejected", "cancelled"})


class WorkflowRow(Frozen):
    """One workflow in a list."""

    id: str
    name: str
    description: str
    type: str
    status: Phase | Literal["draft"]
    """That of the newest run, in the word that people see; `draft` when there is none."""
    state: Literal["draft", "executing", "paused", "completed", "failed"]
    """The table's word."""
    source: str
    """Path of its file; empty when it is stored."""
    changed: bool
    """The file's content is not the revision kept here."""
    missing: bool
    """The file is gone."""
    steps: int
    revision: str
    newest_run: str
    """Id of the newest run; empty when there is none."""
    newest_number: int
    newest_completed: int
    newest_total: int
    newest_reason: str
    newest_at: datetime | None
    runs: int
    updated_at: datetime


class RunRow(Frozen):
    """One run in a list."""

    id: str
    workflow_id: str
    workflow_name: str
    number: int
    status: Phase
    """In the word that people see."""
    state: str
    """The table's word."""
    reason: str
    """Why it waits or how it ended, in one line; empty while it simply runs."""
    hint: tuple[str, ...] = ()
    """The words of the command after `oyama` that would let it go on; empty when there is none or nothing is needed."""
    needs_you: bool
    """A gate of it is open."""
    current_step: str
    completed: int
    total: int
    running: int
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    """Of an ended run."""
    human_wait_ms: int
    started_by: str
    owner: Literal["here", "elsewhere", "nobody"]
    """Which engine drives it: this process's, another living one, or none."""
    obstacle: str = ""
    """Why an engine that has looked at it does not drive it, when none does; empty otherwise."""

    @property
    def label(self) -> str:
        """How people name it: `release #12`."""
        return f"{self.workflow_id} #{self.number}"

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in ENDED_PHASES


class NodeView(Frozen):
    """One row of a run's tree: a step, or the gate before its action."""

    key: str
    step_id: str
    name: str
    kind: str
    """`run`, `python`, `set`, `wait` or `gate`."""
    depth: int
    """0 for a step, 1 for the gate of a step with an action."""
    status: StepWord
    attempt: int
    note: str
    """What people should know of it in a few words: `attempt 2`, `asks a person`, `skipped: if`."""
    approval: str
    """Its newest approval's id; empty when its gate never opened."""
    started_at: datetime | None
    duration_ms: int | None
    """Of the newest attempt, when it is over."""


class RunView(Frozen):
    """One run, whole."""

    row: RunRow
    nodes: tuple[NodeView, ...]
    inputs: dict[str, JsonValue]
    outputs: dict[str, JsonValue]
    error: str
    error_node: str
    revision: str
    directory: str
    source: str
    left_ms: int | None
    """Working time still to go, estimated from past runs; none when there are none."""
    pausing: bool
    seq: int


class AttemptView(Frozen):
    """One attempt of a node, whole."""

    run_id: str
    node: str
    step_id: str
    attempt: int
    status: str
    input: JsonValue
    output: str
    truncated: bool
    outputs: dict[str, JsonValue]
    result: JsonValue
    exit_code: int | None
    error: str
    error_kind: str
    log: str
    """Path of the file with its live output; empty when it has none."""
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None


class EventView(Frozen):
    """One event of a journal, as people read it."""

    seq: int
    at: datetime
    type: str
    node: str
    text: str
    """What happened, in one line."""
    payload: dict[str, JsonValue]


class ContextView(Frozen):
    """One variable of a run."""

    name: str
    value: JsonValue
    seq: int
    """The event that set it."""
    at: datetime


class ApprovalRow(Frozen):
    """One approval in the queue."""

    id: str
    run_id: str
    run_number: int
    workflow_id: str
    workflow_name: str
    step_id: str
    node: str
    status: Literal["pending", "approved", "rejected", "expired", "cancelled"]
    title: str
    target: str
    risk: Risk
    requested_at: datetime
    deadline: datetime | None
    on_timeout: Literal["reject", "fail", "approve"]
    decided_at: datetime | None
    decided_by: str
    comment: str
    digest: str
    """Of what is asked; an answer carries it."""
    form: dict[str, JsonValue] = {}
    """The values of the answer."""

    @property
    def run_label(self) -> str:
        """How people name its run: `release #12`."""
        return f"{self.workflow_id} #{self.run_number}"


class CheckedStep(Frozen):
    """A step that was over when the gate opened: what Oyama itself knows."""

    step_id: str
    name: str
    status: StepWord
    duration_ms: int | None


class LastYes(Frozen):
    """The newest approval of the same gate in an earlier run, and what is different now."""

    run_label: str
    by: str
    at: datetime
    changes: tuple[str, ...]
    """Each one line: `title: Publish v1 -> Publish v2`, `publish.sh +3 -1`."""


class VoteView(Frozen):
    """One answer to an approval."""

    by: str
    verdict: Literal["approve", "reject"]
    comment: str
    form: dict[str, JsonValue]
    at: datetime
    origin: Origin | None = None
    """How it was given; none when that was not kept."""
    digest: str = ""
    """What its giver had seen; empty when it was given unseen."""


class ApprovalCard(Frozen):
    """Everything needed to decide."""

    row: ApprovalRow
    content: ApprovalContent
    form: dict[str, InputField]
    can_decide: bool
    """It is open and this person may answer."""
    can_approve: bool
    """And a yes is possible now."""
    obstacle: str
    """Why a yes is not possible, in one sentence."""
    checked: tuple[CheckedStep, ...]
    last_yes: LastYes | None
    reopened: tuple[str, ...]
    """What has changed since this opening's own earlier yes, one line each; empty when it was not reopened."""
    votes: tuple[VoteView, ...]
    directory: str
    asked_by: str
    """Who started the run."""


class Decision(Frozen):
    """What became of an answer."""

    approval: ApprovalRow
    already: bool
    """The same person had given the same answer before."""
    message: str
    """One sentence: `approved by ana at 14:05:12`."""


class HistoryRow(Frozen):
    """One execution in the history."""

    key: int
    """Its place in the history, for paging; grows with time."""
    id: str
    """The run's id."""
    workflow_id: str
    number: int
    status: Phase
    """In the word that people see."""
    state: str
    """The table's word."""
    reason: str
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    human_wait_ms: int
    started_by: str
    trigger: str
    decided_by: str
    """Who answered its gates, comma separated."""

    @property
    def label(self) -> str:
        """How people name it: `release #12`."""
        return f"{self.workflow_id} #{self.number}"


class HistoryFilter(Frozen):
    """Which executions are wanted."""

    statuses: tuple[str, ...] = ()
    workflow: str = ""
    since: datetime | None = None
    until: datetime | None = None
    by: str = ""
    """Who started the run or answered one of its gates."""
    words: tuple[str, ...] = ()
    """Each must occur in the run's id, reason, starter, decider, or in what was written with an answer."""


class HistoryPage(Frozen):
    """A page of the history, newest first."""

    rows: tuple[HistoryRow, ...]
    total: int
    """How many executions fit the filter."""
    damaged: tuple[str, ...] = ()
    """A sentence about each row that is damaged and so not among them."""


class WorkflowStats(Frozen):
    """How a workflow has done."""

    workflow_id: str
    runs: int
    completed: int
    failed: int
    rejected: int
    cancelled: int
    success_rate: float | None
    """Completed among completed and failed; rejected and cancelled ones do not count."""
    p50_ms: int | None
    p95_ms: int | None
    recent_ms: tuple[int, ...]
    """Durations of the newest completed runs, oldest first, at most 30."""


class LogChunk(Frozen):
    """A piece of a step's live output."""

    text: str
    offset: int
    """Where to go on reading, in bytes."""
    skipped: int
    """Bytes left out before this piece."""
    ended: bool
    """The attempt is over and there is no more."""


class PlannedStep(Frozen):
    """One step of a dry run."""

    step_id: str
    name: str
    kind: str
    needs: tuple[str, ...]
    order: tuple[str, ...]
    """What would happen in turn: `if`, `preview`, `gate`, `re-check`, `action`."""
    action: str
    """As one would type it; expressions that are not known yet stand as they are."""
    note: str


class SystemView(Frozen):
    """One line about the whole."""

    database: str
    engine: Literal["here", "elsewhere", "none"]
    running: int
    waiting: int
    """Open approvals."""
    paused: int
    workflows: int
    going_on: int = 0
    """Runs that are neither over nor paused, and have no obstacle that an engine has found."""
    trouble: str = ""
    """Why no engine drives what there is to drive, where this process looks after that; empty while all is well."""


class Check(Frozen):
    """One finding of `doctor` or `verify`."""

    id: str
    status: Literal["ok", "warning", "problem"]
    message: str
    hint: str = ""


class Change(Frozen):
    """Something is different now: read again what you show of it."""

    runs: frozenset[str] = frozenset()
    workflows: bool = False
    lost: str = ""
    """Why the database cannot be read, when it cannot; empty otherwise."""
