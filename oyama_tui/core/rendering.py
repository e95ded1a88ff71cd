"""Filling expressions in: the values that they may use, by the state of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.definition.expressions import (
    ExpressionError,
    evaluate_condition,
    references,
    render,
    template_references,
)
from oyama_tui.core.definition.functions import ABSENT, Partial, Unusable
from oyama_tui.core.definition.graph import BESIDE, CONDITION_WORDS
from oyama_tui.core.scope import BlockState, NodeState, Scope, StepResult
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus

Values = dict[str, JsonValue]
NO_RESULT = StepResult()
NOT_WHOLE = Unusable(
    "the output was longer than what is kept of it (64 KiB), so it is no value",
    "write what later steps need to the file that OYAMA_OUTPUT names, or to a file",
)


def _output_value(result: StepResult) -> JsonValue:
    """The output as a value: one that was not kept whole cannot be used, for its middle is a remark."""
    return NOT_WHOLE if result.truncated else result.output  # type: ignore[return-value]


def step_status(node: NodeState) -> StepStatus:
    """What became of a step: that of its action, or that of its gate where the gate kept the action from running."""
    gate = node.own_gate
    if node.status is StepStatus.SKIPPED and gate is not None:
        return gate.status if gate.status in (StepStatus.FAILED, StepStatus.REJECTED, StepStatus.CANCELLED) else node.status
    return node.status


def item_value(scope: Scope, status: str) -> JsonValue:
    """What expressions outside a loop may use of one of its items that is over.

    Args:
        scope: The item's scope.
        status: What it came to.
    """
    steps = {step_id: _step_value(scope, step_id) for step_id in scope.body.steps}
    return Partial({**_item_names(scope), "status": status, **steps})


def items_value(block: BlockState) -> list[JsonValue]:
    """What expressions outside a loop may use of its items, in their order; of one that did not run, only itself."""
    return [block.kept.get(index) or Partial({"item": item, "index": index, "status": None}) for index, item in enumerate(block.items)]


def _item_names(scope: Scope) -> Values:
    block = scope.opener.block if scope.opener is not None else None
    return {"item": block.items[scope.index] if block is not None and block.items else None, "index": scope.index}


def _names_of(scope: Scope) -> Values:
    """What expressions in a block may use besides the usual; what is inside hides what is around it."""
    names: Values = {}
    around: Scope | None = scope
    while around is not None and around.opener is not None:
        if "index" in around.body.names:
            item = _item_names(around)
            names = {around.body.names[0]: item["item"], "index": around.index, **names}
        elif "iteration" in around.body.names:
            names = {"iteration": around.index + 1, **names}
        around = around.opener.scope
    return names


def scope_of(scope: Scope, step_id: str) -> Scope | None:
    """The scope, this one or one around it, that has a step; none when the step is nowhere to be seen from here."""
    around: Scope | None = scope
    while around is not None and step_id not in around.body.steps:
        around = around.around
    return around


def _seen_steps(scope: Scope) -> set[str]:
    around: Scope | None = scope
    seen: set[str] = set()
    while around is not None:
        seen.update(around.body.steps)
        around = around.around
    return seen


def _step_value(scope: Scope, step_id: str) -> JsonValue:
    """What `steps.x` stands for; values that never came to be are null."""
    status = step_status(scope.nodes[scope.body.steps[step_id]])
    found = scope.results.get(step_id)
    known = found or NO_RESULT
    failed = status is StepStatus.FAILED
    # A step that was left out has what a person said that it leaves.
    ran = failed or status is StepStatus.COMPLETED or (status is StepStatus.SKIPPED and found is not None)
    return {
        # What a step does at the moment is no value: after a join it may be anything, and something else when an attempt was cut off.
        **_status_words(status if status.settled else None),
        "output": _output_value(known) if found else None,
        "result": known.result if ran and not failed else ABSENT,
        "outputs": Partial(known.outputs) if failed else dict(known.outputs) if ran else ABSENT,
        "exit_code": known.exit_code,
        "error": known.error if ran else None,
        "decision": _decision_value(scope, step_id),
        **({"items": known.items} if known.items is not None else {}),
    }


def _status_words(status: StepStatus | None) -> dict[str, JsonValue]:
    return {
        "status": None if status is None else str(status),
        "succeeded": status is StepStatus.COMPLETED,
        "failed": status is StepStatus.FAILED,
        "skipped": status is StepStatus.SKIPPED,
        "rejected": status is StepStatus.REJECTED,
    }


_NEVER_RUN: Final[Values] = {
    **_status_words(StepStatus.SKIPPED),
    **{"output": None, "result": ABSENT, "outputs": ABSENT, "exit_code": None, "error": None, "decision": ABSENT},
}
"""What stands for a step of a branch that was not taken."""


def _decision_value(scope: Scope, step_id: str) -> JsonValue:
    """The answer to a step's gate; all of it is null when there is none, and so are the values of a form that nobody filled in."""
    decision = scope.decisions.get(step_id)
    if decision is None:
        return ABSENT
    gate = scope.body.nodes[scope.body.steps[step_id]].step.question
    unanswered = gate is not None and bool(gate.form) and not decision.get("form")
    return {**decision, "form": ABSENT} if unanswered else dict(decision)


def previous_node(node: NodeState) -> NodeState | None:
    """The node that `previous` stands for: the nearest one before this step that did something; none when none did."""
    first = node.spec.index if node.own_gate is None else node.own_gate.spec.index
    index = node.scope.last_action.get(first - 1, -1)
    if index >= 0:
        return node.scope.nodes[index]
    return previous_node(node.scope.opener) if node.scope.opener is not None else None


def _previous_value(node: NodeState) -> JsonValue:
    before = previous_node(node)
    if before is not None:
        return _step_value(before.scope, before.spec.step.id)
    return {**_NEVER_RUN, **_status_words(None)}


def scope_for(
    state: RunState,
    node: NodeState | None,
    names: frozenset[tuple[str, ...]],
    result: StepResult | None = None,
    inside: Scope | None = None,
) -> Values:
    """The values that expressions may use, no more of them than these name.

    Args:
        state: The run.
        node: The node whose expressions they are; none for the workflow's outputs.
        names: The paths that the expressions refer to.
        result: What the node's own attempt gave, for its outputs.
        inside: The scope in which they stand, when that is not the node's own: one that the node has opened.
    """
    if not names:
        return {}
    around = inside or (state.root if node is None else node.scope)
    roots = {path[0] for path in names}
    started = state.started
    scope: Values = {}
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
            **_end_values(state),
        }
    if "steps" in roots:
        wanted = _seen_steps(around) if ("steps",) in names else {path[1] for path in names if path[0] == "steps"}
        found = {step_id: scope_of(around, step_id) for step_id in sorted(wanted)}
        scope["steps"] = {step_id: _NEVER_RUN if home is None else _step_value(home, step_id) for step_id, home in found.items()}
    if "feedback" in roots:
        scope["feedback"] = node.feedback if node is not None else ""
    if "previous" in roots and node is not None:
        scope["previous"] = _previous_value(node)
    if around.opener is not None:
        scope.update({name: value for name, value in _names_of(around).items() if name in roots})
    if "result" in roots and result is not None:
        scope["result"] = own_value(result)
    return scope


def _end_values(state: RunState) -> Values:
    """What handlers may know of the end of their run."""
    finishing = state.finishing
    if finishing is None:
        return {}
    error = finishing.error
    return {
        "status": finishing.outcome,
        "error": error.message if error is not None else "",
        "failed_step": error.node if error is not None else "",
    }


def own_value(result: StepResult, given: JsonValue = None) -> JsonValue:
    """What `result` stands for in a step's own outputs, and in what undoes it.

    Args:
        result: What the step has left.
        given: What it had got, for what undoes it.
    """
    if result.items is not None:
        return {"items": result.items}
    value: Values = {
        "text": _output_value(result),
        "output": _output_value(result),
        "value": result.result,
        "exit_code": result.exit_code,
        "outputs": dict(result.outputs),
    }
    made = {**value, **result.result} if isinstance(result.result, dict) else value
    return made if given is None else {**made, "input": given}


def condition_holds(state: RunState, node: NodeState) -> bool:
    """Whether the node's step is to run as far as its `if` says.

    Raises:
        ExpressionError: It cannot be evaluated.
    """
    condition = node.spec.step.if_
    if condition is None or condition == "always":
        return True
    if condition in CONDITION_WORDS:
        return _failed_before(node) == (condition == "failure")
    return evaluate_condition(condition, scope_for(state, node, references(condition)))


def _failed_before(node: NodeState) -> bool:
    """Whether what `success` and `failure` speak of has failed: what the step needs, or the step before where steps come in turn."""
    scope = node.scope
    if scope.body.type in BESIDE:
        if node.spec.join is not None:
            return node.blocked
        return node.blocked or any(step_status(scope.nodes[index]) is StepStatus.FAILED for index in node.spec.needs)
    before = previous_node(node)
    return before is not None and before.status is StepStatus.FAILED


def rendered(
    state: RunState, node: NodeState | None, value: JsonValue, result: StepResult | None = None, inside: Scope | None = None
) -> JsonValue:
    """Fill in every expression of a nested value, once.

    Raises:
        ExpressionError: An expression cannot be evaluated, or what comes out cannot be kept.
    """
    names = template_references(value)
    return render(value, scope_for(state, node, names, result, inside))


def step_outputs(state: RunState, node: NodeState, own: StepResult) -> Mapping[str, JsonValue]:
    """The values that a step names under `outputs`, once its action is over or its gate has let pass.

    Args:
        state: The run.
        node: The node that stands for the step.
        own: What `result` stands for.

    Raises:
        ExpressionError: Something in them cannot be evaluated; the message says that it is about outputs.
    """
    try:
        values = rendered(state, node, dict(node.spec.step.outputs), own)
    except ExpressionError as error:
        raise ExpressionError(f"outputs: {error}") from None
    return values if isinstance(values, dict) else {}


def run_outputs(state: RunState) -> Mapping[str, JsonValue]:
    """The named values of a completed run.

    Raises:
        ExpressionError: Something in them cannot be evaluated.
    """
    values = rendered(state, None, dict(state.graph.workflow.outputs))
    return values if isinstance(values, dict) else {}
