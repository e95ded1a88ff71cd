"""Filling expressions in: what executors get and what people are shown."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.definition.expressions import (
    ExpressionError,
    evaluate_condition,
    references,
    render,
    render_secret_text,
    render_text,
    template_references,
)
from oyama_tui.core.definition.functions import ABSENT, Partial
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.graph import BESIDE, CONDITION_WORDS, NodeSpec
from oyama_tui.core.definition.shell import as_variable, interpolate
from oyama_tui.core.definition.step import PythonStep, RunStep, SetStep, WaitStep
from oyama_tui.core.state import RunState, StepResult, StepStatus
from oyama_tui.core.storable import check_storable

Scope = dict[str, JsonValue]
NO_RESULT = StepResult()


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
        "output": known.output if found else None,
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
    return state.ran.get(first - 1, -1)


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
    made = render(value, scope_for(state, spec, names, result))
    try:
        check_storable(made)
    except ValueError as wrong:
        raise ExpressionError(f"the value {wrong}, so it cannot be kept") from None
    return made


def _text(state: RunState, spec: NodeSpec, text: str) -> str:
    return render_text(text, scope_for(state, spec, template_references(text))) if "${{" in text else text


def _secret_text(state: RunState, spec: NodeSpec, text: str) -> JsonValue:
    if "${{" not in text:
        return text
    value = render_secret_text(text, scope_for(state, spec, template_references(text)))
    return as_variable(value) if isinstance(value, str) else value


def command_input(state: RunState, spec: NodeSpec, command: str | tuple[str, ...], shell: tuple[str, ...]) -> dict[str, JsonValue]:
    """A command as its executor wants it, with its environment.

    Raises:
        ExpressionError: Something in it cannot be evaluated or must not stand where it stands.
    """
    env: dict[str, JsonValue] = {
        name: _secret_text(state, spec, text) for name, text in {**state.graph.workflow.env, **spec.step.env}.items()
    }
    order: dict[str, JsonValue]
    if isinstance(command, str):
        script, variables = (
            interpolate(command, scope_for(state, spec, template_references(command))) if "${{" in command else (command, {})
        )
        order = {"script": script, "shell": list(shell)}
        env.update(variables)
    else:
        order = {"argv": [_secret_text(state, spec, part) for part in command]}
    if env:
        order["env"] = env
    return order


def order_input(state: RunState, spec: NodeSpec) -> dict[str, JsonValue]:
    """What the executor of a node gets: see `steps.registry.StepOrder.input`.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step = spec.step
    if spec.gate is not None:
        return _evidence_input(state, spec, spec.gate)
    order: dict[str, JsonValue] = {}
    if isinstance(step, SetStep):
        return {"set": rendered(state, spec, dict(step.set))}
    if isinstance(step, RunStep):
        order = command_input(state, spec, step.run, step.shell)
        if step.stdin is not None:
            order["stdin"] = _text(state, spec, step.stdin)
        if step.parse:
            order["parse"] = step.parse
    elif isinstance(step, PythonStep):
        order = {"call": step.python, "with": rendered(state, spec, dict(step.with_))}
        env: dict[str, JsonValue] = {
            name: _secret_text(state, spec, text) for name, text in {**state.graph.workflow.env, **step.env}.items()
        }
        if env:
            order["env"] = env
        if step.interpreter is not None:
            order["interpreter"] = _text(state, spec, step.interpreter)
    if isinstance(step, RunStep | PythonStep) and step.cwd is not None:
        order["cwd"] = _text(state, spec, step.cwd)
    idle = state.graph.timeout_of(spec).idle
    if idle is not None:
        order["idle"] = idle
    return order


def _evidence_input(state: RunState, spec: NodeSpec, gate: Gate) -> dict[str, JsonValue]:
    order: dict[str, JsonValue] = {}
    if gate.preview is not None:
        shell = spec.step.shell if isinstance(spec.step, RunStep) else RunStep.model_fields["shell"].default
        order["preview"] = command_input(state, spec, gate.preview, shell)
        idle = state.graph.timeout_of(spec).idle
        if idle is not None:
            order["idle"] = idle
    if gate.files:
        order["files"] = [_text(state, spec, path) for path in gate.files]
    if isinstance(spec.step, RunStep | PythonStep) and spec.step.cwd is not None:
        order["cwd"] = _text(state, spec, spec.step.cwd)
    return order


def _quoted(value: JsonValue) -> str:
    """One argument as people would type it; a secret shows its name only."""
    if isinstance(value, dict) and isinstance(value.get("$secret"), list):
        parts: Any = value["$secret"]
        return "".join(part if isinstance(part, str) else f"${{{part['name']}}}" for part in parts)
    return shlex.quote(str(value))


def action_text(state: RunState, spec: NodeSpec) -> str:
    """The action of a step in words that people would type.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step = spec.step
    if isinstance(step, RunStep):
        if isinstance(step.run, str):
            return _text(state, spec, step.run).strip()
        return " ".join(_quoted(_secret_text(state, spec, part)) for part in step.run)
    if isinstance(step, PythonStep):
        arguments = rendered(state, spec, dict(step.with_))
        listed = (
            ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
            if isinstance(arguments, dict)
            else ""
        )
        return f"{step.python}({listed})"
    if isinstance(step, SetStep):
        values = rendered(state, spec, dict(step.set))
        return "set " + ", ".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in (values if isinstance(values, dict) else {}).items()
        )
    return f"wait {format_duration(step.wait.for_)}" if isinstance(step, WaitStep) else ""


def approval_content(state: RunState, spec: NodeSpec, gate: Gate, evidence: e.Evidence) -> e.ApprovalContent:
    """Everything that the person at a gate is shown.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step = spec.step
    following = [state.graph.nodes[index].step.label for index in state.graph.nodes[state.graph.step_nodes[step.id]].dependents]
    then = f", then {', '.join(following[:3])}{' ...' if len(following) > 3 else ''}" if following else ""
    return e.ApprovalContent(
        title=_text(state, spec, gate.title),
        prompt=_text(state, spec, gate.prompt),
        target=_text(state, spec, gate.target),
        risk=gate.risk,
        confirm=gate.confirm,
        action=action_text(state, spec),
        kind="gate" if spec.counts else state.graph.nodes[spec.index + 1].kind,
        cwd=_text(state, spec, step.cwd) if isinstance(step, RunStep | PythonStep) and step.cwd else "",
        yes=f"{step.label} runs{then}" if not spec.counts else f"the run goes on{then}",
        no="the run stops here" if gate.on_reject == "stop" else f"{step.label} is skipped{then}",
        form=gate.form,
        evidence=evidence,
    )


def content_digest(content: e.ApprovalContent) -> str:
    """SHA-256 of what is shown, without the time at which evidence was gathered: the first 32 hexadecimal digits."""
    shown = content.model_dump(mode="json", exclude={"evidence": {"at"}})
    return hashlib.sha256(json.dumps(shown, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]


def run_outputs(state: RunState) -> Mapping[str, JsonValue]:
    """The named values of a completed run.

    Raises:
        ExpressionError: Something in them cannot be evaluated.
    """
    values = rendered(state, None, dict(state.graph.workflow.outputs))
    return values if isinstance(values, dict) else {}
