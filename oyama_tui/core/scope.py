"""A scope: one instance of a list of steps in a run, its nodes, and what is true of it alone."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Body, NodeSpec
from oyama_tui.core.statuses import StepStatus


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
    cut: int = 0
    """The attempt that was cut off and of which a person is to say what is so; 0 when none is."""
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
    waits_for: str = ""
    """The event that it waits for; empty when it waits for none."""
    match: str = ""
    """The bare expression that must be true of that event; empty when every one will do."""
    openings: int = 0
    """How often its gate has opened."""
    approval: str = ""
    """Its newest approval."""
    approved: str = ""
    """Digest of what was approved; empty until a yes."""
    looks_again: str = ""
    """The approval that was closed because somebody wants its evidence anew; empty once it is asked again."""
    evidence: e.Evidence | None = None
    """What was gathered for its gate last, unless a fresh look is due."""
    approved_order: ApprovedOrder | None = None
    """Of a gate: what was approved, until the action behind it is over; none where the journal does not say."""
    given: Mapping[str, JsonValue] | None = None
    """Of a gate: what its newest look at the evidence was given. Of an action behind a gate: what its first attempt was. Of one that asks
    before it begins again: what its newest attempt was."""

    begun: int = 0
    """Number of the event with which its first attempt began, or its question was asked; 0 before."""
    settled: int = 0
    """Number of the event with which it was over; 0 before."""
    input: Mapping[str, JsonValue] | None = None
    """What its newest attempt was given, where its step says what undoes it."""
    reused: bool = False
    """Another run had done it, of which this one is a fork."""
    child: e.ChildStarted | None = None
    """The run that its newest attempt is, once there is one."""
    round: int = 1
    """Which one of its step in this scope."""
    feedback: str = ""
    """What the person said who had the step begin once more."""
    attempts: int | None = None
    """How often it may be tried, where a person said so."""
    interval: int | None = None
    """Milliseconds between its attempts, where a person said so."""
    blocks: bool = False
    """Over in a way that keeps what needs it from running."""
    succeeded: bool = False
    """Over with success, which is what a join counts."""
    succeeded_needs: int = 0
    """How many of its needs are."""
    unneeded: bool = False
    """Only joins need it, and they have what they need."""
    has_slot: bool = False
    """It is among the steps under way that its body allows at once."""

    block: BlockState | None = None
    """Of a block that has begun: how far its scopes are."""
    asked_elsewhere: bool = False
    """It was taken over from another run, and what was answered there counts for nothing that begins here."""

    @property
    def own_gate(self) -> NodeState | None:
        """Of an action behind a gate: that gate."""
        return None if self.spec.own_gate is None else self.scope.nodes[self.spec.own_gate]


@dataclass(slots=True)
class BlockState:
    """How far the scopes of a block are."""

    body: Body
    count: int
    """How many scopes it has at the most."""
    items: list[JsonValue]
    """What the scopes of a loop get, by index."""
    leaves: int
    """How many steps that do something themselves it has, as far as that is known."""
    settled_leaves: int = 0
    opened: int = 0
    open: dict[int, Scope] = field(default_factory=dict)
    """Scopes that are under way, by index."""
    left: dict[int, Scope] = field(default_factory=dict)
    """Scopes that failed or were cut off, by index: somebody may want their steps once more."""
    last: Scope | None = None
    """The newest scope of a block that is no loop: what its outputs and the condition of a repetition see."""
    failed: int = 0
    failed_at: int | None = None
    """The first scope that failed, by index."""
    error: str = ""
    """Why that one failed, and where."""
    cause: str = ""
    again: bool = False
    """Another round of a repetition is due."""
    rested: bool = False
    """The pause before it is over."""
    kept: dict[int, JsonValue] = field(default_factory=dict)
    """What expressions outside may use of settled items, by index."""
    ending: bool = False
    """No further scope begins."""


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
    items: list[JsonValue] | None = None
    """Of a loop: what its items left, by index; only where some expression names it."""


@dataclass(slots=True, frozen=True)
class Ending:
    """Why a scope comes to its end before its steps do."""

    error: e.RunError
    cancel_running: bool = False
    """End what runs, instead of letting it finish."""


@dataclass(slots=True, frozen=True)
class GoingBack:
    """A node that sends the run back to an earlier step; it is carried out as soon as nothing of what begins anew is under way."""

    source: NodeState
    closure: frozenset[int]
    """The earlier step and all that depends on it, by place in the body."""
    why: str
    by: str
    feedback: str


@dataclass(slots=True, eq=False)
class Scope:
    """One instance of a body in a run, and what is true of this instance alone."""

    body: Body
    prefix: str = ""
    """What the keys of its nodes begin with."""
    opener: NodeState | None = field(default=None, repr=False)
    """The node of the block that it is an instance of; none for the outermost one."""
    index: int = 0
    """Which of the block's scopes it is."""
    behind: Scope | None = field(default=None, repr=False)
    """Of a handler: the outermost scope, whose steps it sees."""
    order: tuple[int, ...] = ()
    """Its place among all nodes."""
    orders: tuple[Mapping[str, JsonValue], ...] = ()
    """Of what undoes others: what each of its nodes is given, by place."""
    nodes: list[NodeState] = field(default_factory=list)
    """The newest node of each of the body's specs."""
    busy: int = 0
    """How many of its nodes are ready, run, rest, wait or ask: without any, it is over."""
    ending: Ending | None = None
    failures: dict[NodeState, e.RunError] = field(default_factory=dict)
    """What it will fail for, in order: tolerated failures, and those that a step for failures has made up for, do not count."""
    going_back: list[GoingBack] = field(default_factory=list)
    slots: int = 0
    """How many of its nodes are under way, where only so many may be."""
    in_turn: list[tuple[int, NodeState]] = field(default_factory=list)
    """A heap of the ready nodes that wait for one of them to be over."""
    last_action: dict[int, int] = field(default_factory=dict)
    """For a settled action: the nearest action up to it, in definition order, that was not skipped."""
    results: dict[str, StepResult] = field(default_factory=dict)
    """By step id, only of steps that some expression names."""
    decisions: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    """By step id, the answers that some expression names."""

    @property
    def around(self) -> Scope | None:
        """The scope whose steps its own see besides."""
        return self.opener.scope if self.opener is not None else self.behind

    @property
    def error(self) -> e.RunError | None:
        """Why it failed or will fail; the first reason counts."""
        return next(iter(self.failures.values()), None)

    def holds_back(self, index: int) -> bool:
        """Whether a node begins anew soon, so that it does not begin now."""
        return bool(self.going_back) and any(index in going.closure for going in self.going_back)


def is_within(node: NodeState, scopes: Set[Scope]) -> bool:
    """Whether a node belongs to one of these scopes or to a scope in one of them."""
    around: Scope | None = node.scope
    while around is not None and around not in scopes:
        around = around.opener.scope if around.opener is not None else None
    return around is not None
