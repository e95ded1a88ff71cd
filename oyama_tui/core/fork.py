"""Forking: what a new run takes over of another one, what of it begins once more and why, and the events with which it begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.approval_decisions import require_storable
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.errors import IllegalTransition, InvalidInput, NotAllowed, NotFound
from oyama_tui.core.fork_reuse import Reuse
from oyama_tui.core.fork_source import ForkSource
from oyama_tui.core.inputs import bad_inputs, coerce
from oyama_tui.core.names import named
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import StepStatus
from oyama_tui.core.storable import differ
from oyama_tui.core.stored_items import storable_items
from oyama_tui.core.text import one_line
from oyama_tui.core.variables import require_name, require_variables
from oyama_tui.core.views.plans import ForkPlan, ForkStep

LONGEST_VALUE: Final = 80
"""Characters of a value in the words of a plan."""
_TOLD: Final = 20
"""So many steps are told to somebody who named none of them."""
_NOTHING: Final = StepResult()


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork that can be made."""

    plan: ForkPlan
    part: c.ForkPart


def planned_fork(source: ForkSource, target: Graph, wish: c.ForkWish, *, by: e.Principal, label: str) -> Fork:
    """What a new run of a definition takes over of another run, and what is different in it.

    Args:
        source: The other run, as it was at the moment from which the new one goes on.
        target: The definition of the new run.
        wish: What is to be different; files among its inputs have their absolute paths.
        by: Who wants it.
        label: The moment in words for people.

    Raises:
        InvalidInput: Inputs, variables or outputs do not fit, or the definition is that of another workflow.
        NotFound: It has no such step.
        NotAllowed: Somebody who is no person says what a step has left.
        IllegalTransition: The plan that was shown is another one.
    """
    workflow = target.workflow
    if workflow.id != source.graph.workflow.id:
        raise InvalidInput(
            f"The definition is that of {workflow.id}, and run {source.run_id} is one of {source.graph.workflow.id}.",
            "A fork goes by a definition of the same workflow: give it the same `id:`.",
        )
    inputs, dropped = _inputs(source, target, wish)
    context = _context(source, wish)
    changed = {name for name, value in inputs.items() if name not in source.inputs or differ(source.inputs[name], value)}
    _require_steps(target, wish.steps)
    _require_outputs(source, target, wish, by)
    reuse = _reuse(source, target, wish, changed)
    plan = ForkPlan(
        source=source.run_id,
        at=source.at,
        label=label,
        workflow_id=workflow.id,
        revision=target.revision,
        steps=tuple(_rows(source, target, reuse, wish)),
        inputs=inputs,
        context=context,
        changed=tuple(_changes(source, target, inputs, dropped, wish)),
        digest="",
    )
    plan = plan.model_copy(update={"digest": _digest(plan)})
    if wish.digest and wish.digest != plan.digest:
        raise IllegalTransition(
            "What the fork would do is not what was shown: something has changed since.", "Nothing was done; look at the plan again."
        )
    reused = tuple(_reused(source, target, reuse, wish))
    return Fork(plan, c.ForkPart(run=source.run_id, at=source.at, context=context, reused=reused))


def _reuse(source: ForkSource, target: Graph, wish: c.ForkWish, changed_inputs: set[str]) -> Reuse:
    """What is taken over; outputs can be said of that alone."""
    reuse = Reuse(source, target, changed_inputs=changed_inputs, wanted=wish.steps, changed_outputs=frozenset(wish.outputs))
    for step_id in wish.outputs:
        if step_id in reuse.again:
            why = f"begins once more: {reuse.again[step_id]}"
            raise InvalidInput(f"The outputs of {step_id} cannot be said, because it {why}.", "What begins once more leaves its own.")
    return reuse


def _inputs(source: ForkSource, target: Graph, wish: c.ForkWish) -> tuple[dict[str, JsonValue], list[str]]:
    """The inputs of the new run, and those of the other one that it has no more."""
    fields = target.workflow.inputs
    kept = {name: value for name, value in source.inputs.items() if name in fields}
    inputs, problems = coerce(fields, {**kept, **wish.inputs})
    if problems:
        raise bad_inputs(target.workflow.id, problems)
    return inputs, [name for name in source.inputs if name not in fields]


def _context(source: ForkSource, wish: c.ForkWish) -> dict[str, JsonValue]:
    require_variables(wish.set, wish.unset)
    missing = next((name for name in wish.unset if name not in source.context), None)
    if missing is not None:
        known = ", ".join(list(source.context)[:_TOLD]) or "none"
        raise InvalidInput(f"Run {source.run_id} had no variable {missing[:60]!r} then.", f"It had: {known}.")
    return {name: value for name, value in {**source.context, **wish.set}.items() if name not in wish.unset}


def _require_steps(target: Graph, steps: tuple[str, ...]) -> None:
    """Refuse a step that cannot begin once more by itself."""
    for step_id in steps:
        if step_id in target.body.steps:
            continue
        around = next((outer for outer, ids in _steps_in_blocks(target) if step_id in ids), None)
        if around is not None:
            raise NotFound(f"{step_id} stands in {around}, which begins once more as a whole.", f"Name that: --from {around}")
        listed = ", ".join(list(target.body.steps)[:_TOLD])
        raise NotFound(f"{target.workflow.id} has no step {step_id[:60]!r}.", f"Its steps outside of blocks: {listed}.")


def _steps_in_blocks(graph: Graph) -> Iterator[tuple[str, set[str]]]:
    for spec in graph.body.nodes:
        if spec.bodies:
            yield spec.step.id, {inner.step.id for body in spec.bodies for inner in body.all_nodes()}


def _require_outputs(source: ForkSource, target: Graph, wish: c.ForkWish, by: e.Principal) -> None:
    """Refuse values that a step cannot have left."""
    if wish.outputs and by.kind != "human":
        raise NotAllowed(
            "Only a person can say what a step has left, and this process is none.", "A person says it, from their own terminal."
        )
    for step_id, values in wish.outputs.items():
        if step_id not in target.body.steps:
            _require_steps(target, (step_id,))
        for name in values:
            require_name(name, f"an output of {step_id}")
        require_storable(f"outputs of {step_id}", values)


def _rows(source: ForkSource, target: Graph, reuse: Reuse, wish: c.ForkWish) -> Iterator[ForkStep]:
    for step_id, index in target.body.steps.items():
        label = target.body.nodes[index].step.label
        if step_id not in source.steps:
            yield ForkStep(step=step_id, label=label, does="new")
        elif step_id in reuse.again:
            yield ForkStep(step=step_id, label=label, does="again", why=reuse.again[step_id], permanent=source.steps[step_id].permanent)
        else:
            yield ForkStep(step=step_id, label=label, does="changed" if step_id in wish.outputs else "reused")
    for step_id, past in source.steps.items():
        if step_id not in target.body.steps:
            yield ForkStep(step=step_id, label=past.node.spec.step.label, does="gone", why="the definition has it no more")


def _changes(source: ForkSource, target: Graph, inputs: Mapping[str, JsonValue], dropped: list[str], wish: c.ForkWish) -> Iterator[str]:
    """What is not as it was, as the rest of a sentence each."""
    if target.revision != source.graph.revision:
        yield f"the definition is {target.revision}, and was {source.graph.revision}"
    for name, value in inputs.items():
        if name not in source.inputs:
            yield f"inputs.{name} is new: {_written(value)}"
        elif differ(source.inputs[name], value):
            yield f"inputs.{name} is {_written(value)}, and was {_written(source.inputs[name])}"
    for name in dropped:
        yield f"inputs.{name} is dropped: the definition has it no more"
    for name, value in wish.set.items():
        if name not in source.context or differ(source.context[name], value):
            yield f"context.{name} is {_written(value)}"
    for name in wish.unset:
        yield f"context.{name} is removed"
    for step_id, values in wish.outputs.items():
        for name, value in values.items():
            yield f"steps.{step_id}.outputs.{name} is {_written(value)}"


def _written(value: JsonValue) -> str:
    return one_line(json.dumps(value, ensure_ascii=False), LONGEST_VALUE)


def _digest(plan: ForkPlan) -> str:
    content = plan.model_dump(mode="json", exclude={"digest", "label", "notes"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _reused(source: ForkSource, target: Graph, reuse: Reuse, wish: c.ForkWish) -> Iterator[e.StepReused]:
    """The nodes that are taken over, each after those that it needs."""
    nodes = new_state("", target).root.nodes
    left = [node for node in nodes if node.spec.step.id not in reuse.again and node.spec.step.id in source.steps]
    unmet = {node.spec.index: len(node.spec.needs) for node in left}
    free = [node for node in left if not node.spec.needs]
    for node in free:
        for dependent in node.spec.dependents:
            if dependent in unmet:
                unmet[dependent] -= 1
                if unmet[dependent] == 0:
                    free.append(nodes[dependent])
        event = _reused_node(source, target, node, wish)
        yield event.model_copy(update={"asked": node.spec.represents_step and reuse.asks(node.spec.step.id)})


def _reused_node(source: ForkSource, target: Graph, node: NodeState, wish: c.ForkWish) -> e.StepReused:
    step_id = node.spec.step.id
    past = source.steps[step_id]
    represents = node.spec.represents_step
    before = past.node if represents else past.node.own_gate
    assert before is not None
    found = past.result if represents and past.result is not None else _NOTHING
    is_loop = node.spec.kind == FOR_EACH.name and step_id in target.kept_items
    return e.StepReused(
        at=0,
        **named(node),
        status="completed" if before.status is StepStatus.COMPLETED else "skipped",
        origin=before.key,
        output=found.output,
        truncated=found.truncated,
        result=found.result,
        outputs={**found.outputs, **(wish.outputs.get(step_id, {}) if represents else {})},
        exit_code=found.exit_code,
        items=[storable_items(item) for item in found.items] if is_loop and found.items is not None else None,
        decision=dict(past.decision) if past.decision is not None and node.spec.role == "gate" else None,
    )
