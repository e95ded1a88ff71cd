"""Plays whole runs against the pure core: an engine without tasks, clock or database."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.admission import limit_of, queues
from oyama_tui.core.children import is_to_end
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.evolve import evolve
from oyama_tui.core.plan import advance, in_order
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.timers import next_timer

EVENT: TypeAdapter[e.Event] = TypeAdapter(e.Event)
"""Reads and writes events as JSON."""
ANA = e.Principal(name="ana")
EventT = TypeVar("EventT", bound=e.EventBase)
Answer = Callable[[str, int], c.Outcome]
"""Says what becomes of a node's attempt."""
Verdict = Callable[[str, int], e.Verdict]
"""Says how a gate's opening is answered."""


def succeed(node: str, attempt: int) -> c.Outcome:
    """Every attempt succeeds."""
    return c.Outcome(node=node, attempt=attempt, status="succeeded", output=f"out of {node}")


def approve(node: str, opening: int) -> e.Verdict:
    """Every gate is approved."""
    return "approve"


@dataclass
class Play:
    """One run, its journal and how the world answers it."""

    workflow: Workflow
    answer: Answer = succeed
    verdict: Verdict = approve
    inputs: dict[str, object] = field(default_factory=dict)
    run_id: str = "play-1"
    at: int = 1_000
    graph: Graph = field(init=False)
    state: RunState = field(init=False)
    journal: list[e.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.graph = compile_graph(self.workflow)
        self.state = new_state(self.run_id, self.graph, 1)

    def fold(self, events: Sequence[e.Event]) -> None:
        """Append events to the journal."""
        for event in events:
            evolve(self.state, event)
            self.journal.append(event)

    def send(self, command: c.Command) -> list[e.Event]:
        """Decide a command and append what follows, without planning."""
        events = decide(self.state, command)
        self.fold(events)
        return events

    def plan(self) -> list[e.Event]:
        """Plan until nothing follows by itself."""
        planned = advance(self.state)
        self.journal += planned
        return planned

    def start(self) -> None:
        """Start the run and plan."""
        self.send(c.StartRun(at=self.at, by=ANA, inputs=self.inputs, revision=self.graph.revision))
        self.plan()

    def moves(self) -> list[Callable[[], object]]:
        """What the world could do next: each running attempt reports, each gate is answered; without either, the nearest timer fires."""
        possible: list[Callable[[], object]] = []
        for node in in_order(self.state.running):
            outcome = self.answer(node.key, node.attempt)
            possible.append(lambda outcome=outcome: self.send(c.ReportOutcome(at=self.at, outcome=outcome)))  # type: ignore[misc]
        for node in in_order(self.state.children):
            told = child_of(node) if node.child is None else ended_child(self.state, node, self.answer(node.key, node.attempt))
            possible.append(lambda told=told: self.tell(told))  # type: ignore[misc]
        for approval_id in list(self.state.open):
            possible.append(lambda approval_id=approval_id: self.decide(approval_id))  # type: ignore[misc]
        if queues(self.state):
            possible.append(self.admit)
        timer = next_timer(self.state)
        if timer is not None and not possible:
            possible.append(lambda: self.fire(*timer))
        return possible

    def admit(self) -> None:
        """Give the run the place that it queues for, as an engine does when one is free."""
        self.fold([e.RunAdmitted(at=self.at, limit=limit_of(self.state))])

    def tell(self, told: c.Outcome | c.Child) -> list[e.Event]:
        """Report a run that a step is, or what became of it."""
        at = self.at
        return self.send(c.ReportChild(at=at, child=told) if isinstance(told, c.Child) else c.ReportOutcome(at=at, outcome=told))

    def decide(self, approval_id: str) -> list[e.Event]:
        """Answer an open approval."""
        approval = self.state.approvals[approval_id]
        verdict = self.verdict(approval.node.key, approval.node.openings)
        return self.send(c.Decide(at=self.at, by=ANA, id=approval_id, verdict=verdict, comment="because", digest=approval.digest))

    def fire(self, due: int, timer: str) -> list[e.Event]:
        """Let the time of a timer come."""
        self.at = max(self.at, due)
        return self.send(c.FireTimer(at=self.at, id=timer))

    def run(self, seed: int = 0, most: int = 10_000, *, rests: bool = False) -> RunState:
        """Go on until the run is over, with moves in an order that the seed fixes; timers fire only when nothing else can happen.

        Args:
            seed: Fixes the order.
            most: Moves.
            rests: A run that is paused, and in which nothing runs, has come as far as it is to come.
        """
        order = random.Random(seed)
        self.plan()
        for _ in range(most):
            if self.state.status.ended:
                return self.state
            possible = self.moves()
            if rests and self.state.status is RunStatus.PAUSED and not self.state.running:
                return self.state
            if not possible:
                raise AssertionError(f"the run rests for ever: {self.state}")
            self.at += 1
            order.choice(possible)()
            self.plan()
        raise AssertionError("the run has no end")


def child_of(node: NodeState) -> c.Child:
    """The run that an attempt of a step is."""
    name = f"{node.key}/{node.attempt}"
    return c.Child(node=node.key, attempt=node.attempt, run=f"deploy-{name}", workflow="deploy", number=node.attempt)


def ended_child(state: RunState, node: NodeState, outcome: c.Outcome) -> c.Outcome:
    """What becomes of such a run: what is told, or that it was cancelled with its parent."""
    if is_to_end(state, node) and outcome.status != "succeeded":
        return c.Outcome(node=node.key, attempt=node.attempt, status="cancelled", message="deploy #1 was cancelled by oyama")
    return outcome


def workflow(**values: object) -> Workflow:
    """A workflow from plain values; the id is `play`."""
    return Workflow.model_validate({"id": "play", **values})


def failing(*nodes: str, kind: str = "exit", attempts: int = 1_000) -> Answer:
    """The first attempts of these nodes fail, everything else succeeds."""

    def answer(node: str, attempt: int) -> c.Outcome:
        if node not in nodes or attempt > attempts:
            return succeed(node, attempt)
        return c.Outcome.model_validate({"node": node, "attempt": attempt, "status": "failed", "kind": kind, "message": f"{node} broke"})

    return answer


def statuses(state: RunState) -> dict[str, str]:
    """By node, how it stands."""
    return {key: str(node.status) for key, node in state.nodes.items()}


def finished(steps: Sequence[object], *, answer: Answer = succeed, verdict: Verdict = approve, **values: object) -> RunState:
    """Play a workflow of these steps to its end."""
    play = Play(workflow(steps=steps, **values), answer=answer, verdict=verdict)
    play.start()
    return play.run()


def of_type(journal: Sequence[e.Event], kind: type[EventT]) -> list[EventT]:
    """The events of one type, in order."""
    return [event for event in journal if isinstance(event, kind)]
