"""What a fork can take over of another run: its steps outside of blocks, as they were after one of its events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph, NodeSpec
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.effects import would_repeat
from oyama_tui.core.evolve import evolve
from oyama_tui.core.node_keys import MARKS
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import StepStatus

_WORDS: Mapping[StepStatus, str] = {
    StepStatus.PENDING: "it had not begun",
    StepStatus.READY: "it had not begun",
    StepStatus.FAILED: "it failed",
    StepStatus.REJECTED: "it was rejected",
    StepStatus.CANCELLED: "it was cancelled",
}


@dataclass(frozen=True, slots=True)
class StepPast:
    """What had become of one step."""

    node: NodeState
    """The newest round of the node that stands for it."""
    result: StepResult | None
    decision: Mapping[str, JsonValue] | None
    unfinished: str
    """Why it cannot be taken over, as a clause; empty when it was over as it should be."""
    permanent: bool
    """Once more it would do a second time what cannot be undone."""


@dataclass(frozen=True, slots=True)
class ForkSource:
    """A run as it was after one of its events."""

    run_id: str
    at: int
    """The number of that event."""
    graph: Graph
    """The revision that it is pinned to."""
    inputs: Mapping[str, JsonValue]
    context: Mapping[str, JsonValue]
    steps: Mapping[str, StepPast]
    """Those outside of blocks, by id."""
    children: Mapping[str, frozenset[str]]
    """By the id of such a step, the runs that it or a step in it had started."""
    asked_below: frozenset[str] = frozenset()
    """Those of these steps in whose runs somebody was asked something, or of which that is not known any more."""


@dataclass(frozen=True)
class _Remembering(Graph):
    """A graph of which the fold keeps what every step outside of blocks has left, whether its own expressions name it or not."""

    wanted_items: frozenset[str] = frozenset()

    @cached_property
    def kept_items(self) -> frozenset[str]:
        """Those that its own expressions name, and those that are wanted besides."""
        loops = {step_id for step_id, index in self.body.steps.items() if self.body.nodes[index].kind == FOR_EACH.name}
        return super().kept_items | (self.wanted_items & loops)

    @cached_property
    def referenced_steps(self) -> frozenset[str]:
        """All outside of blocks, and what is needed of the others."""
        return super().referenced_steps.union(self.body.steps)


def source_after(run_id: str, graph: Graph, events: Iterable[e.Event], *, number: int, wanted_items: frozenset[str]) -> ForkSource:
    """Fold the first events of a run to what can be taken over of it.

    Args:
        run_id: The state id.
        graph: The revision that it is pinned to.
        events: Up to the moment that is wanted; at least one.
        number: Of the run within its workflow.
        wanted_items: Loops of which the new run needs what their items left.

    Raises:
        CorruptJournal: They cannot be folded.
    """
    remembering = _Remembering(graph.workflow, graph.revision, graph.body, graph.handlers, wanted_items)
    state, children, undone = new_state(run_id, remembering, number), dict[str, set[str]](), set[str]()
    for event in events:
        evolve(state, event)
        if isinstance(event, e.UndoStarted):
            undone.update(event.nodes)
        if isinstance(event, e.ChildStarted):
            children.setdefault(outer_step(event.node), set()).add(event.run)
    started = state.started
    return ForkSource(
        run_id=run_id,
        at=state.seq,
        graph=graph,
        inputs=started.inputs if started is not None else {},
        context=dict(state.context),
        steps={step_id: _past(state, graph.body.nodes[index], undone) for step_id, index in graph.body.steps.items()},
        children={step_id: frozenset(runs) for step_id, runs in children.items()},
    )


def outer_step(key: str) -> str:
    """The step outside of blocks that a node is, belongs to, or is the gate of.

    Args:
        key: The node's.
    """
    return MARKS.sub("", key).partition(".")[0]


def asks_somebody(spec: NodeSpec) -> bool:
    """Whether a step is a question, or a block with one in it: that lets what comes after it begin, not something of its own."""
    inner = (inside for body in spec.bodies for inside in body.all_nodes())
    return any(KINDS[one.kind].is_asked and one.represents_step for one in (spec, *inner))


def _past(state: RunState, spec: NodeSpec, undone: Collection[str]) -> StepPast:
    node, step_id = state.root.nodes[spec.index], spec.step.id
    decision = state.root.decisions.get(step_id)
    why = "it was undone" if node.key in undone else _unfinished(node)
    return StepPast(node, state.root.results.get(step_id), decision, why, would_repeat(state, node))


def _unfinished(node: NodeState) -> str:
    """Why a step cannot be taken over as it is."""
    gate = node.own_gate
    if gate is not None and not _is_over(gate):
        if gate.status is StepStatus.WAITING:
            return "it waited for an answer"
        if gate.status in _WORDS and gate.status.settled:
            return _WORDS[gate.status].replace("it ", "its gate ", 1)
    if node.status is StepStatus.SKIPPED and node.blocks:
        return "something that it needs had failed"
    if _is_over(node):
        return ""
    if node.status is StepStatus.WAITING and node.spec.role == "gate":
        return "it waited for an answer"
    return _WORDS.get(node.status, "it was under way")


def _is_over(node: NodeState) -> bool:
    """Whether a node has done what it should, was left out, or was ended because nobody needed it any more."""
    return node.status in (StepStatus.COMPLETED, StepStatus.SKIPPED) or (node.status is StepStatus.CANCELLED and node.unneeded)
