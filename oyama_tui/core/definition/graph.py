"""The dependency graph that every workflow type compiles to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from oyama_tui.core.definition.expressions import references, template_references
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.step import KINDS, GateStep, RetryPolicy, Step, StepTimeout, kind_of
from oyama_tui.core.definition.workflow import Workflow

Role = Literal["action", "gate"]
SINGLE_ATTEMPT = RetryPolicy()
NO_TIMEOUT = StepTimeout()


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What a node is, known before any run: its place in the graph and its policies."""

    index: int
    """Its place in definition order."""
    key: str
    """`publish.gate` for the gate of a step with an action, else the step's id."""
    step: Step
    role: Role
    kind: str
    """`run`, `python`, `set`, `wait`, or `gate` for a gate node."""
    needs: tuple[int, ...]
    dependents: tuple[int, ...]
    represents_step: bool
    """Whether it stands for its step in progress: false for the gate before an action."""

    @property
    def gate(self) -> Gate | None:
        """The question of a gate node."""
        return self.step.gate if self.role == "gate" else None


@dataclass(frozen=True)
class Graph:
    """A compiled workflow."""

    workflow: Workflow
    revision: str
    nodes: tuple[NodeSpec, ...]
    by_key: Mapping[str, int]

    @cached_property
    def step_nodes(self) -> Mapping[str, int]:
        """The node that stands for each step, by step id."""
        return {spec.step.id: spec.index for spec in self.nodes if spec.represents_step}

    @cached_property
    def referenced_steps(self) -> frozenset[str]:
        """The steps whose results some expression names: only theirs are kept in memory."""
        named: set[str] = set()
        for path in workflow_references(self.workflow):
            if path[0] == "steps" and len(path) > 1:
                named.add(path[1])
            elif path[0] in ("previous", "steps"):
                return frozenset(self.step_nodes)
        return frozenset(named)

    @cached_property
    def total(self) -> int:
        """How many steps the workflow has."""
        return len(self.step_nodes)

    def retry_of(self, spec: NodeSpec) -> RetryPolicy:
        """The retry policy of a node; gates, waits and sets are tried once."""
        if not KINDS[spec.kind].retryable:
            return SINGLE_ATTEMPT
        return spec.step.retry or self.workflow.defaults.retry or SINGLE_ATTEMPT

    def timeout_of(self, spec: NodeSpec) -> StepTimeout:
        """The timeouts of a node's attempts; a gate's previews have those of its step."""
        if spec.role != "gate" and not KINDS[spec.kind].retryable:
            return NO_TIMEOUT
        return spec.step.timeout or self.workflow.defaults.timeout or NO_TIMEOUT


CONDITION_WORDS = frozenset({"success", "failure", "always"})
"""What `if` may say instead of an expression, in every type but sequential, whose first failure ends the run."""
BESIDE = frozenset({"graph", "parallel"})
"""Types in which steps run beside each other: a failure skips what needs the step, unless that is there for failures."""


def workflow_references(workflow: Workflow) -> set[tuple[str, ...]]:
    """Every path of names that some expression of a workflow refers to."""
    found: set[tuple[str, ...]] = set(template_references(dict(workflow.env))) | set(template_references(dict(workflow.outputs)))
    for step in workflow.steps:
        if step.if_ is not None and step.if_ not in CONDITION_WORDS:
            found |= references(step.if_)
        found |= template_references(
            step.model_dump(mode="json", exclude={"id", "name", "needs", "if_", "retry", "timeout"}, exclude_defaults=True)
        )
    return found


def implied_needs(workflow: Workflow) -> list[tuple[str, ...]]:
    """The needs of each step, in definition order: its own, or those that the workflow's type implies."""
    chained = workflow.type in ("sequential", "conditional")
    needs: list[tuple[str, ...]] = []
    before: str | None = None
    for step in workflow.steps:
        if step.needs is not None:
            needs.append(tuple(dict.fromkeys(step.needs)))
        else:
            needs.append((before,) if chained and before is not None else ())
        before = step.id
    return needs


def find_cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Find steps that wait for each other.

    Args:
        needs: For each step id the ids that it needs; unknown ids are passed over.

    Returns:
        The ids along one cycle, the first one repeated at the end; empty when there is none.
    """
    done: set[str] = set()
    for root in needs:
        if root in done:
            continue
        path = [root]
        on_path = {root}
        stack = [iter(needs[root])]
        while stack:
            following = next((need for need in stack[-1] if need in needs and need not in done), None)
            if following is None:
                stack.pop()
                finished = path.pop()
                on_path.discard(finished)
                done.add(finished)
            elif following in on_path:
                return [*path[path.index(following) :], following]
            else:
                path.append(following)
                on_path.add(following)
                stack.append(iter(needs[following]))
    return []


def compile_graph(workflow: Workflow, revision: str = "") -> Graph:
    """Compile a workflow whose references are known to be sound into its graph of nodes.

    Args:
        workflow: A checked workflow: unique step ids, known needs, no cycle.
        revision: Its revision, when known; computed otherwise.
    """
    drafts: list[tuple[Step, Role, str]] = []
    entry: dict[str, int] = {}
    exits: dict[str, int] = {}
    for step in workflow.steps:
        entry[step.id] = len(drafts)
        if isinstance(step, GateStep):
            drafts.append((step, "gate", step.id))
        else:
            if step.gate is not None:
                drafts.append((step, "gate", f"{step.id}.gate"))
            drafts.append((step, "action", step.id))
        exits[step.id] = len(drafts) - 1
    needed: list[tuple[int, ...]] = [()] * len(drafts)
    dependents: list[list[int]] = [[] for _ in drafts]
    for step, step_needs in zip(workflow.steps, implied_needs(workflow), strict=True):
        first, last = entry[step.id], exits[step.id]
        needed[first] = tuple(sorted(exits[need] for need in step_needs))
        if last != first:
            needed[last] = (first,)
    for index, indices in enumerate(needed):
        for need in indices:
            dependents[need].append(index)
    nodes = tuple(
        NodeSpec(
            index=index,
            key=key,
            step=step,
            role=role,
            kind="gate" if role == "gate" else kind_of(step),
            needs=needed[index],
            dependents=tuple(dependents[index]),
            represents_step=index == exits[step.id],
        )
        for index, (step, role, key) in enumerate(drafts)
    )
    return Graph(workflow, revision or workflow.revision(), nodes, {spec.key: spec.index for spec in nodes})
