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
from oyama_tui.core.definition.functions import ABSENT, Partial, Unusable
from oyama_tui.core.definition.graph import BESIDE, CONDITION_WORDS, NodeSpec
from oyama_tui.core.state import RunState, StepResult, StepStatus

Scope = dict[str, JsonValue]
NO_RESULT = StepResult()
NOT_WHOLE = Unusable(
    "the output was longer than what is kept of it (64 KiB), so it is no value",
    "write what later steps need to the file that OYAMA_OUTPUT names, or to a file",
)


def _output_value(result: StepResult) -> JsonValue:
    """The output as a value: one that was not kept whole cannot be used, for its middle is a remark."""
    return NOT_WHOLE if result.truncated else result.output  # type: ignore[return-value]


def step_status(state: RunState, step_id: str) -> StepStatus:
    """What became of a step: that of its action, or that of its gate where the gate kept the action from running."""
    index = state.graph.step_nodes[step_id]
    spec, status = state.graph.nodes[index], state.nodes[index].status
    if status is StepStatus.SKIPPED and spec.role == "action" and spec.step.gate is not None:
        gate = state.nodes[index - 1].status
        return gate if gate in (StepStatus.FAILED, StepStatus.REJECTED, StepStatus.CANCELLED) else status
    return status


def _step_value(state: RunState, step_id: str) -> JsonValue:
    """What `steps.x` stands for; values that never came to be are null."""
    status = step_status(state, step_id)
    found = state.results.get(step_id)
    known = found or NO_RESULT
    failed = status is StepStatus.FAILED
    ran = failed or status is StepStatus.COMPLETED
    return {
        **_status_words(status),
        "output": _output_value(known) if found else None,
        "result": known.result if ran and not failed else ABSENT,
        "outputs": Partial(known.outputs) if failed else dict(known.outputs) if ran else ABSENT,
        "exit_code": known.exit_code,
        "error": known.error if ran else None,
        "decision": _decision_value(state, step_id),
    }


def _status_words(status: StepStatus | None) -> dict[str, JsonValue]:
    return {
        "status": None if status is None else str(status),
        "succeeded": status is StepStatus.COMPLETED,
        "failed": status is StepStatus.FAILED,
        "skipped": status is StepStatus.SKIPPED,
        "rejected": status is StepStatus.REJECTED,
    }


def _decision_value(state: RunState, step_id: str) -> JsonValue:
    """The answer to a step's gate; all of it is null when there is none, and so are the values of a form that nobody filled in."""
    decision = state.decisions.get(step_id)
    if decision is None:
        return ABSENT
    gate = state.graph.nodes[state.graph.step_nodes[step_id]].step.gate
    unanswered = gate is not None and bool(gate.form) and not decision.get("form")
    return {**decision, "form": ABSENT} if unanswered else dict(decision)


def previous_node(state: RunState, spec: NodeSpec) -> int:
    """The node that `previous` stands for: the nearest one before this step that did something; -1 when none did."""
    first = spec.index
    while first > 0 and state.graph.nodes[first - 1].step is spec.step:
        first -= 1
    return state.last_action.get(first - 1, -1)


def _previous_value(state: RunState, spec: NodeSpec) -> JsonValue:
    index = previous_node(state, spec)
    if index >= 0:
        return _step_value(state, state.graph.nodes[index].step.id)
    nothing: dict[str, JsonValue] = {"output": None, "result": ABSENT, "outputs": ABSENT, "exit_code": None, "error": None}
    return {**_status_words(None), **nothing, "decision": ABSENT}


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
            "text": _output_value(result),
            "output": _output_value(result),
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
        return _failed_before(state, spec) == (condition == "failure")
    return evaluate_condition(condition, scope_for(state, spec, references(condition)))


def _failed_before(state: RunState, spec: NodeSpec) -> bool:
    """Whether what `success` and `failure` speak of has failed: what the step needs, or the step before where steps come in turn."""
    if state.graph.workflow.type in BESIDE:
        needs = {state.graph.nodes[index].step.id for index in spec.needs}
        return state.nodes[spec.index].blocked or any(step_status(state, step) is StepStatus.FAILED for step in needs)
    before = previous_node(state, spec)
    return before >= 0 and state.nodes[before].status is StepStatus.FAILED


def rendered(state: RunState, spec: NodeSpec | None, value: JsonValue, result: StepResult | None = None) -> JsonValue:
    """Fill in every expression of a nested value, once.

    Raises:
        ExpressionError: An expression cannot be evaluated, or what comes out cannot be kept.
    """
    names = template_references(value)
    return render(value, scope_for(state, spec, names, result))


def run_outputs(state: RunState) -> Mapping[str, JsonValue]:
    """The named values of a completed run.

    Raises:
        ExpressionError: Something in them cannot be evaluated.
    """
    values = rendered(state, None, dict(state.graph.workflow.outputs))
    return values if isinstance(values, dict) else {}
