"""Filling expressions in: the values that they may use, by the state of the run."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from oyama_tui.core.definition.expressions import (
    evaluate_condition,
    references,
    render,
    template_references,
)
from oyama_tui.core.definition.graph import CONDITION_WORDS, NodeSpec
from oyama_tui.core.state import RunState, StepResult, StepStatus

Scope = dict[str, JsonValue]
NO_RESULT = StepResult()


def _step_value(state: RunState, step_id: str) -> JsonValue:
    """What `steps.x` stands for; the values of a step that did not run are null."""
    node = state.nodes[state.graph.step_nodes[step_id]]
    found = state.results.get(step_id)
    known = found or NO_RESULT
    return {
        "status": str(node.status),
        "succeeded": node.status is StepStatus.COMPLETED,
        "failed": node.status is StepStatus.FAILED,
        "skipped": node.status is StepStatus.SKIPPED,
        "output": known.output if found else None,
        "result": known.result,
        "outputs": dict(known.outputs),
        "exit_code": known.exit_code,
        "error": known.error,
        "decision": dict(state.decisions.get(step_id, {"verdict": None, "by": None, "comment": None, "form": {}})),
    }


def previous_node(state: RunState, spec: NodeSpec) -> int:
    """The node that `previous` stands for: the nearest one before this step that did something; -1 when none did."""
    first = spec.index
    while first > 0 and state.graph.nodes[first - 1].step is spec.step:
        first -= 1
    return state.ran.get(first - 1, -1)


def _previous_value(state: RunState, spec: NodeSpec) -> JsonValue:
    index = previous_node(state, spec)
    if index < 0:
        return {
            "status": None,
            "succeeded": False,
            "failed": False,
            "skipped": False,
            "output": None,
            "result": None,
            "outputs": {},
            "exit_code": None,
            "error": "",
        }
    value = _step_value(state, state.graph.nodes[index].step.id)
    failed = state.nodes[index].status is StepStatus.FAILED
    return {**value, "failed": failed} if isinstance(value, dict) else value


def scope_for(state: RunState, spec: NodeSpec | None, names: frozenset[tuple[str, ...]], result: StepResult | None = None) -> Scope:
    """The values that expressions may use, no more of them than these name.

    Args:
        state: The run.
        spec: The node whose expressions they are; none for the workflow's outputs.
        names: The paths that the expressions refer to.
        result: What the node's own attempt gave, for its outputs.
    """
    roots = {path[0] for path in names}
    started = state.started
    scope: Scope = {}
    if "inputs" in roots:
        scope["inputs"] = dict(started.inputs) if started else {}
    if "context" in roots:
        scope["context"] = state.context
    if "env" in roots:
        scope["env"] = dict(state.graph.workflow.env)
    if "run" in roots:
        scope["run"] = {
            "id": state.run_id,
            "number": state.number,
            "workflow": state.graph.workflow.id,
            "started_by": started.by.name if started else "",
        }
    if "steps" in roots:
        wanted = set(state.graph.step_nodes) if ("steps",) in names else {path[1] for path in names if path[0] == "steps"}
        scope["steps"] = {step_id: _step_value(state, step_id) for step_id in sorted(wanted) if step_id in state.graph.step_nodes}
    if "previous" in roots and spec is not None:
        scope["previous"] = _previous_value(state, spec)
    if "result" in roots and result is not None:
        scope["result"] = {
            "text": result.output,
            "output": result.output,
            "value": result.result,
            "exit_code": result.exit_code,
            "outputs": dict(result.outputs),
        }
        if isinstance(result.result, dict):
            scope["result"] = {**scope["result"], **result.result}  # type: ignore[dict-item]
    return scope


def condition_holds(state: RunState, spec: NodeSpec) -> bool:
    """Whether the node's step is to run as far as its `if` says.

    Raises:
        ExpressionError: It cannot be evaluated.
    """
    condition = spec.step.if_
    if condition is None or condition == "always":
        return True
    if condition in CONDITION_WORDS:
        before = previous_node(state, spec)
        failed = before >= 0 and state.nodes[before].status is StepStatus.FAILED
        return failed if condition == "failure" else not failed
    return evaluate_condition(condition, scope_for(state, spec, references(condition)))


def rendered(state: RunState, spec: NodeSpec | None, value: JsonValue, result: StepResult | None = None) -> JsonValue:
    """Fill in every expression of a nested value, once."""
    names = template_references(value)
    return render(value, scope_for(state, spec, names, result))


def run_outputs(state: RunState) -> Mapping[str, JsonValue]:
    """The named values of a completed run.

    Raises:
        ExpressionError: Something in them cannot be evaluated.
    """
    values = rendered(state, None, dict(state.graph.workflow.outputs))
    return values if isinstance(values, dict) else {}
