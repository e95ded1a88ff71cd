"""Which steps of another run a fork takes over, and why the others begin once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, Final

from oyama_tui.core.definition.expressions import template_references
from oyama_tui.core.definition.graph import Graph, NodeSpec, step_references
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.fork_source import ForkSource, asks_somebody

WANTED: Final = "somebody wants it to"
OTHER_DEFINITION: Final = "its definition is another one"
OTHER_NEEDS: Final = "what it needs is different"


class Reuse:
    """What of a run can be taken over: a fixed point, because one step that begins once more takes others with it.

    Args:
        source: The run.
        target: The definition by which the new run goes.
        changed_inputs: Inputs whose values are different.
        wanted: Steps that somebody wants to begin once more.
        changed_outputs: Steps that have left something else.
    """

    def __init__(
        self,
        source: ForkSource,
        target: Graph,
        *,
        changed_inputs: Collection[str],
        wanted: Collection[str],
        changed_outputs: Collection[str],
    ) -> None:
        self._source = source
        self._target = target
        self._changed_inputs = changed_inputs
        self._wanted = wanted
        body = target.body
        self._needs = {step_id: _needs_of(target, step_id) for step_id in body.steps}
        self._dependents: dict[str, list[str]] = {step_id: [] for step_id in body.steps}
        for step_id, needs in self._needs.items():
            for need in needs:
                self._dependents[need].append(step_id)
        self._asked_above: set[str] = set()
        self.again: dict[str, str] = {}
        """The steps that begin once more or for the first time, and why, as a clause."""
        self._left: deque[str] = deque()
        for step_id in body.steps:
            if why := self._why(step_id):
                self._begin_again(step_id, why)
        for step_id in (step_id for step_id in body.steps if step_id in changed_outputs):
            self._take_along(step_id, "whose outputs are changed")
            self._ask_above(step_id)
        while self._left:
            following = self._left.popleft()
            self._take_along(following, "which begins once more" if following in source.steps else "which is new")
            self._ask_above(following)

    def _begin_again(self, step_id: str, why: str) -> None:
        if step_id not in self.again:
            self.again[step_id] = why
            self._left.append(step_id)

    def _take_along(self, step_id: str, so: str) -> None:
        for dependent in self._dependents[step_id]:
            self._begin_again(dependent, f"it needs {step_id}, {so}")

    def _ask_above(self, step_id: str) -> None:
        """No answer lets pass what it was not given for: questions before what begins once more are asked again."""
        above = list(self._needs[step_id])
        while above:
            need = above.pop()
            if need in self._asked_above:
                continue
            self._asked_above.add(need)
            above += self._needs[need]
            if self.asks(need):
                self._begin_again(need, f"no answer of another run counts for {step_id}")

    def asks(self, step_id: str) -> bool:
        """Whether what comes after a step begins because of what somebody answered in it."""
        past = self._source.steps.get(step_id)
        elsewhere = step_id in self._source.asked_below or (past is not None and past.node.asked_elsewhere)
        return elsewhere or asks_somebody(self._spec(step_id))

    def _spec(self, step_id: str) -> NodeSpec:
        return self._target.body.nodes[self._target.body.steps[step_id]]

    def _why(self, step_id: str) -> str:
        """Why a step begins once more by itself; empty when nothing keeps it from being taken over."""
        past = self._source.steps.get(step_id)
        if past is None:
            return "it is new"
        if past.unfinished:
            return past.unfinished
        if step_id in self._wanted:
            return WANTED
        old, new = past.node.spec, self._spec(step_id)
        if _content(self._source.graph, old) != _content(self._target, new):
            return OTHER_DEFINITION
        paths = _paths(self._target, new)
        if self._stands_elsewhere(new, paths):
            return OTHER_NEEDS
        named = sorted({path[1] for path in paths if path[0] == "inputs" and path[1:2] and path[1] in self._changed_inputs})
        if named:
            return f"it uses inputs.{named[0]}, which is changed"
        if ("inputs",) in paths and self._changed_inputs:
            return "it uses all inputs, and they are changed"
        kept = past.result.items if past.result is not None else None
        if step_id in self._target.kept_items and past.node.succeeded and kept is None:
            return "an expression uses its items, and what they left was not kept"
        return ""

    def _stands_elsewhere(self, spec: NodeSpec, paths: Collection[tuple[str, ...]]) -> bool:
        """Whether a step depends on its place among the others, and that is another one."""
        step, before = spec.step, self._source.graph
        by_needs = step.if_ in ("success", "failure") or step.join != "all"
        if by_needs and set(self._needs[step.id]) != set(_needs_of(before, step.id)):
            return True
        by_order = step.if_ in ("success", "failure") or any(path[0] == "previous" or path == ("steps",) for path in paths)
        return by_order and _up_to(before, step.id) != _up_to(self._target, step.id)


def _needs_of(graph: Graph, step_id: str) -> list[str]:
    """The steps that one waits for."""
    nodes = graph.body.nodes
    spec = nodes[graph.body.steps[step_id]]
    entry = spec if spec.own_gate is None else nodes[spec.own_gate]
    return [nodes[need].step.id for need in entry.needs]


def _up_to(graph: Graph, step_id: str) -> list[str]:
    ids = list(graph.body.steps)
    return ids[: ids.index(step_id)]


def _all_specs(spec: NodeSpec) -> Iterator[NodeSpec]:
    yield spec
    for body in spec.bodies:
        yield from body.all_nodes()


def _has_environment(spec: NodeSpec) -> bool:
    """Whether something runs for a step that gets the variables of the workflow."""
    gate = spec.step.gate
    return KINDS[spec.kind].retryable or (gate is not None and gate.preview is not None)


def _content(graph: Graph, spec: NodeSpec) -> list[Any]:
    """All that says what a step does, without what it waits for: equal where nothing of it was changed."""
    step, inner = spec.step, list(_all_specs(spec))
    environment = dict(graph.workflow.env) if any(_has_environment(one) for one in inner) else {}
    policies = [(one.key, graph.retry_of(one), graph.timeout_of(one)) for one in inner if KINDS[one.kind].retryable]
    return [step.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"needs"}), environment, policies]


def _paths(graph: Graph, spec: NodeSpec) -> set[tuple[str, ...]]:
    """Every path of names that some expression of a step refers to, those of its environment and of what is in it included."""
    inner = list(_all_specs(spec))
    found: set[tuple[str, ...]] = set()
    for one in inner:
        found |= step_references(one.step)
    names = {path[1] if path[1:] else "" for path in found if path[0] == "env"}
    if names or any(_has_environment(one) for one in inner):
        found |= template_references(dict(graph.workflow.env))
    return found
