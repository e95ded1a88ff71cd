"""The bodies that a workflow compiles to: lists of nodes that depend on each other, one for the workflow and one for each block's steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from oyama_tui.core.definition.base import WorkflowType
from oyama_tui.core.definition.expressions import references, template_references
from oyama_tui.core.definition.gate import Gate, path_of
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.definition.step import KINDS, RetryPolicy, Step, StepTimeout, compensating, kind_of
from oyama_tui.core.definition.workflow import Workflow
from oyama_tui.core.node_keys import GATE_SUFFIX, MARKS

Role = Literal["action", "gate"]
SINGLE_ATTEMPT = RetryPolicy()
NO_TIMEOUT = StepTimeout()


@dataclass(frozen=True, slots=True, eq=False)
class NodeSpec:
    """What every instance of a step's node is, known before any run: its place in its body and its policies."""

    index: int
    """Its place in its body, in definition order."""
    key: str
    """`publish.gate` for the gate of a step with an action, else the step's id: the last part of its nodes' keys."""
    step: Step
    role: Role
    kind: str
    """The kind of the step, or `gate` for the gate before an action."""
    needs: tuple[int, ...]
    dependents: tuple[int, ...]
    represents_step: bool
    """Whether it stands for its step in progress: false for the gate before an action."""
    join: int | None = None
    """How many of its needs must succeed; all must be settled when none is said."""
    own_gate: int | None = None
    """Of an action behind a gate: where that gate is."""
    bodies: tuple[Body, ...] = ()
    """Of a block: what it consists of."""
    leaves: int = 0
    """How many steps that do something themselves it stands for, as far as that is known before it begins; 0 before an action."""

    @property
    def gate(self) -> Gate | None:
        """The question of a gate node."""
        return self.step.question if self.role == "gate" else None


@dataclass(frozen=True, eq=False)
class Body:
    """A list of steps, compiled once for each revision and shared by everything that runs it."""

    nodes: tuple[NodeSpec, ...]
    type: WorkflowType
    """How its steps follow each other."""
    fail_fast: bool = False
    """The first failure cancels what still runs."""
    steps: Mapping[str, int] = field(default_factory=dict)
    """The node that stands for each of its steps, by step id."""
    names: tuple[str, ...] = ()
    """What expressions in its steps may use besides the usual."""
    leaves: int = 0
    """How many steps that do something themselves it has, as far as that is known before it begins."""
    max_parallel: int | None = None
    """How many of its steps may be under way at once."""

    def depending_on(self, index: int) -> frozenset[int]:
        """A node and all that depend on it, directly or not, by their places."""
        found, left = {index}, [index]
        while left:
            new = [dependent for dependent in self.nodes[left.pop()].dependents if dependent not in found]
            found.update(new)
            left += new
        return frozenset(found)

    def all_nodes(self) -> Iterator[NodeSpec]:
        """Its nodes and those of the blocks in it, in definition order."""
        for spec in self.nodes:
            yield spec
            for body in spec.bodies:
                yield from body.all_nodes()


@dataclass(frozen=True)
class Graph:
    """A compiled workflow."""

    workflow: Workflow
    revision: str
    body: Body
    handlers: Mapping[str, Body] = field(default_factory=dict)
    """What runs when everything else is over, by the name of the end that it is there for."""

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The names of all secrets that a run of it may use."""
        return tuple(sorted(self.workflow.all_secrets))

    @cached_property
    def specs(self) -> Mapping[str, NodeSpec]:
        """Every node of every body, by the last part of its key: ids are unique in the whole file."""
        return {spec.key: spec for body in (self.body, *self.handlers.values()) for spec in body.all_nodes()}

    def spec_of(self, key: str) -> NodeSpec:
        """What the node with this key is an instance of.

        Args:
            key: The key of a node of a run of this revision.

        Raises:
            KeyError: There is no such step.
        """
        known = self.specs.get(key)
        if known is not None:
            return known
        parts = MARKS.sub("", key).split(".")
        gate = self.specs.get(".".join(parts[-2:])) if parts[-1] == "gate" else None
        return gate or self.specs[parts[-1]]

    @cached_property
    def referenced_steps(self) -> frozenset[str]:
        """The steps whose results some expression names: only theirs are kept in memory."""
        named: set[str] = {*self.kept_items, *self.compensating}
        for path in workflow_references(self.workflow):
            if path[0] == "steps" and len(path) > 1:
                named.add(path[1])
            elif path[0] in ("previous", "steps"):
                return frozenset(step.id for step in self.workflow.every_step)
        for block in self.kept_items:
            named.update(spec.step.id for body in self.specs[block].bodies for spec in body.all_nodes())
        return frozenset(named)

    @cached_property
    def kept_items(self) -> frozenset[str]:
        """The loops of which some expression names what their items left."""
        loops = {spec.step.id for spec in self.specs.values() if spec.kind == FOR_EACH.name}
        paths = workflow_references(self.workflow)
        if any(path[0] == "previous" or path == ("steps",) for path in paths):
            return frozenset(loops)
        named = {path[1] for path in paths if path[0] == "steps" and len(path) > 1 and path[2:3] in ((), ("items",), ("result",))}
        outputs = {step_id: template_references(dict(self.specs[step_id].step.outputs)) for step_id in loops}
        return frozenset(loops & (named | {step_id for step_id, names in outputs.items() if any(path[0] == "result" for path in names)}))

    @cached_property
    def compensating(self) -> Mapping[str, Step]:
        """By step id, the step that does what undoes it; only of those that have one."""
        return {step.id: compensating(step, step.compensate) for step in self.workflow.every_step if step.compensate is not None}

    @cached_property
    def roots(self) -> Mapping[str, int]:
        """For each step outside of handlers the outermost step around it, or itself: the place of its node."""
        found: dict[str, int] = {}
        for spec in self.body.nodes:
            found[spec.step.id] = spec.index
            for body in spec.bodies:
                found.update((inner.step.id, spec.index) for inner in body.all_nodes())
        return found

    @cached_property
    def pausable(self) -> frozenset[str]:
        """The steps before which a run may pause: all but those of handlers."""
        return frozenset(spec.step.id for spec in self.body.all_nodes())

    @property
    def total(self) -> int:
        """How many steps the workflow has, as far as that is known before a run."""
        return self.body.leaves

    def retry_of(self, spec: NodeSpec) -> RetryPolicy:
        """The retry policy of a node; gates, waits and sets are tried once, and a run of its own as often as its step itself says."""
        if KINDS[spec.kind].is_child:
            return spec.step.retry or SINGLE_ATTEMPT
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


_NO_TEMPLATES: Final = {"id", "name", "needs", "if_", "retry", "timeout", "steps", "parallel", "switch", "repeat"}


def workflow_references(workflow: Workflow) -> set[tuple[str, ...]]:
    """Every path of names that some expression of a workflow refers to."""
    found: set[tuple[str, ...]] = set(template_references(dict(workflow.env))) | set(template_references(dict(workflow.outputs)))
    for step in workflow.every_step:
        found |= step_references(step)
    return found


def step_references(step: Step) -> set[tuple[str, ...]]:
    """Every path of names that some expression of a step refers to, without those of the steps in it."""
    conditions = KINDS[kind_of(step)].conditions(step)
    if step.if_ is not None and step.if_ not in CONDITION_WORDS:
        conditions = (*conditions, step.if_)
    found: set[tuple[str, ...]] = set(template_references(step.model_dump(mode="json", exclude=_NO_TEMPLATES, exclude_defaults=True)))
    for condition in conditions:
        found |= references(condition)
    if step.gate is not None:
        found.update(path_of(name) for name in step.gate.edit)
    return found


def implied_needs(steps: Sequence[Step], kind: WorkflowType) -> list[tuple[str, ...]]:
    """The needs of each step of a list, in definition order: its own, or those that the list's type implies."""
    chained = kind in ("sequential", "conditional")
    needs: list[tuple[str, ...]] = []
    before: str | None = None
    for step in steps:
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


def _drafts(steps: Sequence[Step]) -> tuple[list[tuple[Step, Role, str]], dict[str, int], dict[str, int]]:
    """The nodes of some steps with their keys, and for each step the first one and the one that stands for it."""
    drafts: list[tuple[Step, Role, str]] = []
    entry: dict[str, int] = {}
    exits: dict[str, int] = {}
    for step in steps:
        entry[step.id] = len(drafts)
        if KINDS[kind_of(step)].is_asked:
            drafts.append((step, "gate", step.id))
        else:
            if step.gate is not None:
                drafts.append((step, "gate", f"{step.id}{GATE_SUFFIX}"))
            drafts.append((step, "action", step.id))
        exits[step.id] = len(drafts) - 1
    return drafts, entry, exits


def compile_body(
    steps: Sequence[Step],
    kind: WorkflowType,
    *,
    fail_fast: bool = False,
    names: tuple[str, ...] = (),
    max_parallel: int | None = None,
) -> Body:
    """Compile a list of steps whose references are known to be sound into nodes.

    Args:
        steps: Checked steps: unique ids, known needs, no cycle.
        kind: How they follow each other.
        fail_fast: The first failure cancels what still runs.
        names: What expressions in the steps may use besides the usual.
        max_parallel: How many of them may be under way at once.
    """
    drafts, entry, exits = _drafts(steps)
    needed: list[tuple[int, ...]] = [()] * len(drafts)
    dependents: list[list[int]] = [[] for _ in drafts]
    for step, step_needs in zip(steps, implied_needs(steps, kind), strict=True):
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
            kind="gate" if key.endswith(GATE_SUFFIX) else kind_of(step),
            needs=needed[index],
            dependents=tuple(dependents[index]),
            represents_step=index == exits[step.id],
            join=_join_of(step, len(needed[index])) if index == entry[step.id] else None,
            own_gate=entry[step.id] if role == "action" and step.gate is not None else None,
            bodies=(bodies := _bodies_of(step) if role == "action" else ()),
            leaves=_leaves_of(step, bodies) if index == exits[step.id] else 0,
        )
        for index, (step, role, key) in enumerate(drafts)
    )
    return Body(nodes, kind, fail_fast, exits, names, sum(spec.leaves for spec in nodes), max_parallel)


def _join_of(step: Step, needs: int) -> int | None:
    """How many of its needs a step waits for; none where it waits for all."""
    if step.join == "all" or not needs:
        return None
    return 1 if step.join == "any" else min(step.join, needs)


def _bodies_of(step: Step) -> tuple[Body, ...]:
    """The bodies of a block; none for any other step."""
    lists = KINDS[kind_of(step)].lists(step)
    return tuple(
        compile_body(found.steps, found.type, fail_fast=found.fail_fast, names=found.names, max_parallel=found.max_parallel)
        for found in lists
    )


def _leaves_of(step: Step, bodies: tuple[Body, ...]) -> int:
    """How many steps a step stands for before it begins: a loop or a switch is one until it is known what it goes through."""
    return bodies[0].leaves if len(bodies) == 1 and kind_of(step) != FOR_EACH.name else 1


def compile_graph(workflow: Workflow, revision: str = "") -> Graph:
    """Compile a workflow whose references are known to be sound.

    Args:
        workflow: A checked workflow: unique step ids, known needs, no cycle.
        revision: Its revision, when known; computed otherwise.
    """
    body = compile_body(workflow.steps, workflow.type, fail_fast=workflow.fail_fast, max_parallel=workflow.max_parallel)
    handlers = {name: compile_body(steps, "sequential") for name, steps in workflow.handlers.given.items()}
    return Graph(workflow, revision or workflow.revision(), body, handlers)
