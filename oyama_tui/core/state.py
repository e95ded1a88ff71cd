"""The state of a run: tables of what may follow what, and the values that a journal folds into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Body, Graph, NodeSpec


class RunStatus(StrEnum):
    """Where a run is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing follows by itself."""
        return self in _ENDED


class StepStatus(StrEnum):
    """Where a node is in its life."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def settled(self) -> bool:
        """Whether the node is over."""
        return self in _SETTLED


class ApprovalStatus(StrEnum):
    """Where an approval is in its life."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_R, _S, _A = RunStatus, StepStatus, ApprovalStatus
_ENDED: Final = frozenset({_R.COMPLETED, _R.FAILED, _R.REJECTED, _R.CANCELLED})
_SETTLED: Final = frozenset({_S.COMPLETED, _S.FAILED, _S.SKIPPED, _S.REJECTED, _S.CANCELLED})

MAX_INTERRUPTIONS: Final = 3
"""After so many interruptions of a node in a row the run is paused."""

RUN_TABLE: Final[Mapping[tuple[RunStatus, type[e.EventBase]], tuple[RunStatus, ...]]] = {
    (_R.PENDING, e.RunStarted): (_R.RUNNING,),
    (_R.RUNNING, e.PauseRequested): (_R.RUNNING,),
    (_R.RUNNING, e.RunPaused): (_R.PAUSED,),
    (_R.RUNNING, e.RunResumed): (_R.RUNNING,),
    (_R.PAUSED, e.RunResumed): (_R.RUNNING,),
    (_R.RUNNING, e.CancelRequested): (_R.RUNNING,),
    (_R.PAUSED, e.CancelRequested): (_R.PAUSED,),
    (_R.RUNNING, e.RunCompleted): (_R.COMPLETED,),
    (_R.RUNNING, e.RunFailed): (_R.FAILED, _R.REJECTED),
    (_R.PAUSED, e.RunFailed): (_R.FAILED, _R.REJECTED),
    (_R.RUNNING, e.RunCancelled): (_R.CANCELLED,),
    (_R.PAUSED, e.RunCancelled): (_R.CANCELLED,),
}
"""For a run: status and event -> the statuses that may follow."""

STEP_TABLE: Final[Mapping[tuple[StepStatus, type[e.EventBase]], tuple[StepStatus, ...]]] = {
    (_S.READY, e.StepScheduled): (_S.RUNNING, _S.WAITING),
    (_S.READY, e.StepSkipped): (_S.SKIPPED,),
    (_S.READY, e.StepFailed): (_S.FAILED,),
    (_S.READY, e.ApprovalRequested): (_S.WAITING,),
    (_S.READY, e.GatePassed): (_S.COMPLETED,),
    (_S.RUNNING, e.StepSucceeded): (_S.COMPLETED, _S.READY),
    (_S.RUNNING, e.StepFailed): (_S.FAILED, _S.RETRYING),
    (_S.RUNNING, e.StepCancelled): (_S.CANCELLED,),
    (_S.RUNNING, e.StepInterrupted): (_S.READY,),
    (_S.WAITING, e.TimerFired): (_S.WAITING,),
    (_S.WAITING, e.StepSucceeded): (_S.COMPLETED,),
    (_S.WAITING, e.StepFailed): (_S.FAILED,),
    (_S.WAITING, e.StepCancelled): (_S.CANCELLED,),
    (_S.WAITING, e.ApprovalDecided): (_S.READY, _S.REJECTED),
    (_S.WAITING, e.ApprovalExpired): (_S.READY, _S.REJECTED, _S.FAILED),
    (_S.WAITING, e.ApprovalCancelled): (_S.CANCELLED,),
    (_S.RETRYING, e.RetryScheduled): (_S.RETRYING,),
    (_S.RETRYING, e.TimerFired): (_S.READY,),
    (_S.RETRYING, e.StepCancelled): (_S.CANCELLED,),
}
"""For a node: status and event -> the statuses that may follow."""

APPROVAL_TABLE: Final[Mapping[tuple[ApprovalStatus, type[e.EventBase]], tuple[ApprovalStatus, ...]]] = {
    (_A.PENDING, e.VoteCast): (_A.PENDING,),
    (_A.PENDING, e.ApprovalDecided): (_A.APPROVED, _A.REJECTED),
    (_A.PENDING, e.ApprovalExpired): (_A.EXPIRED,),
    (_A.PENDING, e.ApprovalCancelled): (_A.CANCELLED,),
}
"""For an approval: status and event -> the statuses that may follow."""


@dataclass(slots=True, frozen=True)
class ApprovedOrder:
    """What a yes was given for: the only order that the action behind the gate may start with."""

    input: Mapping[str, JsonValue]
    from_answer: tuple[e.Place, ...] = ()
    """Where the answer fills something in."""


@dataclass(slots=True, eq=False)
class NodeState:
    """One instance of a step in a run, and what is known of it."""

    spec: NodeSpec
    scope: Scope = field(repr=False)
    key: str
    """Its path in the run: what the journal and the tables call it."""
    order: tuple[int, ...]
    """Its place among all nodes, along the path."""
    unmet: int
    """How many of its needs are not settled yet."""
    status: StepStatus = StepStatus.PENDING
    blocked: bool = False
    """Something that it needs has failed, so it will be skipped."""
    attempt: int = 0
    """Number of the newest attempt."""
    failures: int = 0
    """Attempts that failed; interrupted ones are not counted."""
    interruptions: int = 0
    """Interruptions in a row."""
    first_at: int = 0
    """When its first attempt was scheduled, moved on by the time that interruptions took; 0 while it was cut off."""
    begun_at: int = 0
    """When its newest attempt was scheduled."""
    spent: int = 0
    """Milliseconds that its attempts and pauses had taken when it was cut off."""
    due: int | None = None
    """When a wait or a retry's pause ends; none while no pause is set."""
    retry_after: int = 0
    """The least pause before its next attempt that the other side has asked for, in milliseconds."""
    openings: int = 0
    """How often its gate has opened."""
    approval: str = ""
    """Its newest approval."""
    approved: str = ""
    """Digest of what was approved; empty until a yes."""
    evidence: e.Evidence | None = None
    """What was gathered for its gate last, unless a fresh look is due."""
    approved_order: ApprovedOrder | None = None
    """Of a gate: what was approved, until the action behind it is over; none where the journal does not say."""
    given: Mapping[str, JsonValue] | None = None
    """Of a gate: what its newest look at the evidence was given. Of an action behind a gate: what its first attempt was."""

    @property
    def own_gate(self) -> NodeState | None:
        """Of an action behind a gate: that gate."""
        return None if self.spec.own_gate is None else self.scope.nodes[self.spec.own_gate]


@dataclass(slots=True)
class ApprovalState:
    """What is known of one approval."""

    id: str
    node: NodeState
    digest: str
    deadline: int | None
    content: e.ApprovalContent | None
    """Dropped when the approval is over."""
    status: ApprovalStatus = ApprovalStatus.PENDING
    vote: e.VoteCast | None = None
    """The vote that counts."""
    by: str = ""
    """Who decided."""
    at: int = 0
    """When it was decided."""


@dataclass(slots=True, frozen=True)
class StepResult:
    """What a step left for expressions."""

    output: str = ""
    result: JsonValue = None
    outputs: Mapping[str, JsonValue] = field(default_factory=dict)
    exit_code: int | None = None
    error: str = ""
    truncated: bool = False
    """The output is not whole, so that no expression may take it for a value."""


@dataclass(slots=True, frozen=True)
class Ending:
    """Why a scope comes to its end before its steps do."""

    error: e.RunError
    cancel_running: bool = False
    """End what runs, instead of letting it finish."""


@dataclass(slots=True, eq=False)
class Scope:
    """One instance of a body in a run, and what is true of this instance alone."""

    body: Body
    prefix: str = ""
    """What the keys of its nodes begin with."""
    nodes: list[NodeState] = field(default_factory=list)
    """The newest node of each of the body's specs."""
    busy: int = 0
    """How many of its nodes are ready, run, rest, wait or ask: without any, it is over."""
    ending: Ending | None = None
    error: e.RunError | None = None
    """Why it failed or will fail; the first reason counts."""
    failed_steps: int = 0
    """Failures that it will fail for: tolerated ones, and those that a step for failures has made up for, do not count."""
    last_action: dict[int, int] = field(default_factory=dict)
    """For a settled action: the nearest action up to it, in definition order, that was not skipped."""
    results: dict[str, StepResult] = field(default_factory=dict)
    """By step id, only of steps that some expression names."""
    decisions: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    """By step id, the answers that some expression names."""


@dataclass(slots=True)
class RunState:
    """A run, folded from its journal; evolved in place by its one owner."""

    run_id: str
    graph: Graph
    root: Scope
    nodes: dict[str, NodeState] = field(default_factory=dict)
    """The nodes that there are so far, by key."""
    status: RunStatus = RunStatus.PENDING
    seq: int = 0
    """Number of the newest event."""
    at: int = 0
    """The newest event's time."""
    started: e.RunStarted | None = None
    context: dict[str, JsonValue] = field(default_factory=dict)
    ready: set[NodeState] = field(default_factory=set)
    """Nodes whose needs are met and that plan has not looked at."""
    running: dict[NodeState, int] = field(default_factory=dict)
    """Running nodes and their attempts."""
    retrying: set[NodeState] = field(default_factory=set)
    """Nodes between two attempts."""
    retry_unplanned: set[NodeState] = field(default_factory=set)
    """Those of them whose pause has no end yet."""
    waits: set[NodeState] = field(default_factory=set)
    """Nodes that wait for a time."""
    fired: set[NodeState] = field(default_factory=set)
    """Waits whose time has come."""
    repeatedly_interrupted: set[NodeState] = field(default_factory=set)
    """Nodes that were interrupted `MAX_INTERRUPTIONS` times in a row."""
    timers: list[tuple[int, str]] = field(default_factory=list)
    """A heap of the ends of waits and pauses, by node; entries that are void stay in it until they come up."""
    deadlines: list[tuple[int, str]] = field(default_factory=list)
    """A heap of the deadlines of gates, by approval; entries that are void stay in it until they come up."""
    current: NodeState | None = None
    """The node that moved last."""
    approvals: dict[str, ApprovalState] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    """Ids of open approvals, in the order of their opening."""
    voted: set[str] = field(default_factory=set)
    """Open approvals whose votes suffice."""
    pause: e.PauseRequested | None = None
    cancel: e.CancelRequested | None = None
    error: e.RunError | None = None
    """Why the run failed or was rejected."""
    by: e.Principal | None = None
    """Who ended the run, when a person did."""
    total_steps: int = 0
    """Steps that do something themselves, as far as it is known how many there are."""
    settled_steps: int = 0
    """Those of them that are over, skipped ones included."""
    completed_steps: int = 0
    worked: int = 0
    """Milliseconds in which the run was not merely waiting for people."""
    working_since: int | None = None
    waited: int = 0
    """Milliseconds in which it waited for people only."""
    waiting_since: int | None = None
    number: int = 0
    """The run's number within its workflow."""
    outputs: dict[str, JsonValue] = field(default_factory=dict)
    """Of the completed run."""
    leapt: int = 0
    """Milliseconds by which the clock was set forward while an engine drove the run."""

    @property
    def idle(self) -> bool:
        """Whether no attempt runs."""
        return not self.running

    @property
    def ending(self) -> Ending | None:
        """Why the run comes to its end before its steps do."""
        return self.root.ending


def open_scope(state: RunState, scope: Scope, order: tuple[int, ...] = ()) -> None:
    """Make the nodes of a scope.

    Args:
        state: Gets the nodes.
        scope: As yet without nodes.
        order: The place of what it belongs to among all nodes.
    """
    for spec in scope.body.nodes:
        node = NodeState(spec, scope, f"{scope.prefix}{spec.key}", (*order, spec.index), len(spec.needs))
        scope.nodes.append(node)
        state.nodes[node.key] = node


def new_state(run_id: str, graph: Graph, number: int = 0) -> RunState:
    """The state before the first event.

    Args:
        run_id: The state id.
        graph: The compiled revision that the run is pinned to.
        number: The run's number within its workflow.
    """
    state = RunState(run_id=run_id, graph=graph, root=Scope(graph.body), number=number, total_steps=graph.total)
    open_scope(state, state.root)
    return state
