"""The state of a run: the values that a journal folds into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.events.handler import HandlerName
from oyama_tui.core.scope import Ending, NodeState, Scope
from oyama_tui.core.statuses import ApprovalStatus, Place, RunStatus

if TYPE_CHECKING:
    from oyama_tui.core.definition.graph import Graph


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
    cut: int = 0
    """The attempt that was cut off, of which it asks what is so; 0 for a gate and a task."""
    asker: e.Asker | None = None
    """The program from outside whose question it is."""
    asked: int = 0
    """When it was asked."""
    votes: dict[str, e.VoteCast] = field(default_factory=dict)
    """The newest answer of each person, in the order in which they gave their first."""
    assigned: tuple[str, ...] = ()
    """To whom it was handed on: names, and `group:NAME`."""
    escalate: tuple[e.EscalationStep, ...] = ()
    """Whom to tell who has not been told yet."""
    told: int = 0
    """How many of its escalations have been."""

    @property
    def due(self) -> int | None:
        """When something is due by the wall clock; none when nothing is."""
        times = [*([self.deadline] if self.deadline is not None else []), *(step.due for step in self.escalate[:1])]
        return min(times, default=None)


@dataclass(slots=True)
class Effect:
    """How often a step has acted that does not say what undoes it."""

    succeeded: int = 0
    failed: int = 0
    cut_off: int = 0


@dataclass(slots=True)
class Undo:
    """An undo that is under way."""

    started: e.UndoStarted
    scope: Scope
    """Of what undoes the nodes."""
    settled: int = 0
    """How many of those are over."""


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
    children: dict[NodeState, int] = field(default_factory=dict)
    """Nodes whose attempts are runs of their own, and the attempts; nothing interrupts them, and a pause does not wait for them."""
    retrying: set[NodeState] = field(default_factory=set)
    """Nodes between two attempts."""
    retry_unplanned: set[NodeState] = field(default_factory=set)
    """Those of them whose pause has no end yet."""
    waits: set[NodeState] = field(default_factory=set)
    """Nodes that wait for a time or an event."""
    fired: set[NodeState] = field(default_factory=set)
    """Waits whose time has come."""
    events: dict[int, e.EventReceived] = field(default_factory=dict)
    """Events that were sent and that no node has taken, by their numbers."""
    event_keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the sender's key: the name of the event, and the digest of its payload."""
    kept_events: dict[str, list[int]] = field(default_factory=dict)
    """By name, the numbers of the events that no node wants so far, in order."""
    listening: dict[str, list[NodeState]] = field(default_factory=dict)
    """By the name of an event, the nodes that wait for one and have none yet, in order."""
    matched: dict[NodeState, int] = field(default_factory=dict)
    """Nodes that wait and for which an event has come: its number."""
    woken: dict[NodeState, JsonValue] = field(default_factory=dict)
    """Nodes that go on with an event: its payload."""
    blocks: set[NodeState] = field(default_factory=set)
    """Blocks that have begun and are not over."""
    blocks_due: set[NodeState] = field(default_factory=set)
    """Those of them in which plan may begin or end something."""
    scopes_over: set[Scope] = field(default_factory=set)
    """Scopes of blocks in which nothing goes on any more."""
    scopes_ending: set[Scope] = field(default_factory=set)
    """Scopes in which something is still to be ended before its time."""
    going_back: set[Scope] = field(default_factory=set)
    """Scopes that are sent back to an earlier step."""
    unneeded: set[NodeState] = field(default_factory=set)
    """Nodes under way that nobody needs any more."""
    repeatedly_interrupted: set[NodeState] = field(default_factory=set)
    """Nodes that were interrupted `MAX_INTERRUPTIONS` times in a row."""
    timers: list[tuple[int, str]] = field(default_factory=list)
    """A heap of the ends of waits and pauses, by node; entries that are void stay in it until they come up."""
    deadlines: list[tuple[int, str]] = field(default_factory=list)
    """A heap of what goes by the wall clock: deadlines of gates, by approval, and times until which nodes wait, by node; entries that are
    void stay in it until they come up."""
    current: NodeState | None = None
    """The node that moved last."""
    approvals: dict[str, ApprovalState] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    """Ids of open approvals, in the order of their opening."""
    voted: set[str] = field(default_factory=set)
    """Open approvals whose votes suffice."""
    pause: e.PauseRequested | None = None
    breakpoints: dict[str, e.Principal] = field(default_factory=dict)
    """Steps before which it is to pause once, and who wants that."""
    cancel: e.CancelRequested | None = None
    finishing: e.HandlerStarted | None = None
    """How the run ends, once its first handler has begun."""
    handler: Scope | None = None
    """The handler that is under way."""
    handled: dict[HandlerName, str] = field(default_factory=dict)
    """The handlers that have begun, in order, and why they failed, empty where they have not."""
    done: dict[str, e.CompensationOrder] = field(default_factory=dict)
    """By node, in the order in which they were over: what undoes what they have done."""
    effects: dict[str, Effect] = field(default_factory=dict)
    """By step: how often those have acted that do not say what undoes them."""
    undo: Undo | None = None
    undone: e.UndoStarted | None = None
    """Everything is undone, and the run is about to end."""
    ends: int = 0
    """How often it had ended before people took it up anew."""
    ends_worked: int = 0
    """How much it had worked until then, in milliseconds, which no limit counts any more."""
    taken_up_at: int | None = None
    """When it was taken up anew last; none for a run that never was."""
    handlers_cut: bool = False
    """Somebody has cancelled the run once more, so that its handlers end as well."""
    error: e.RunError | None = None
    """Why the run failed or was rejected."""
    by: e.Principal | None = None
    """Who ended the run, when a person did."""
    total_steps: int = 0
    """Steps that do something themselves, as far as it is known how many there are."""
    settled_steps: int = 0
    """Those of them that are over, skipped ones included."""
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
    place: Place = ""
    """Under the limit of the workflow: it queues for a place, has one, or has given it up while only people are waited for."""
    place_since: int | None = None
    admitted: bool = False
    """It has had a place."""
    leapt: int = 0
    """Milliseconds by which the clock was set forward while an engine drove the run."""

    @property
    def idle(self) -> bool:
        """Whether no attempt runs, neither here nor as a run of its own."""
        return not self.running and not self.children

    @property
    def ending(self) -> Ending | None:
        """Why the run comes to its end before its steps do."""
        return self.root.ending


def open_scope(state: RunState, scope: Scope, number: int = 1) -> None:
    """Make the nodes of a scope.

    Args:
        state: Gets the nodes.
        scope: As yet without nodes.
        number: The round of all of them.
    """
    mark = f"#{number}" if number > 1 else ""
    for spec in scope.body.nodes:
        node = NodeState(spec, scope, f"{scope.prefix}{spec.key}{mark}", (*scope.order, spec.index), len(spec.needs), round=number)
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
