"""What the person at a gate is asked: everything that a yes covers, and the digest that names it."""

from __future__ import annotations

import hashlib
import json

from oyama_tui.core import events as e
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.graph import NodeSpec
from oyama_tui.core.definition.step import PythonStep, RunStep
from oyama_tui.core.orders import OrderMaker, action_order, action_text, longest_attempt
from oyama_tui.core.state import RunState


def approval_content(state: RunState, spec: NodeSpec, gate: Gate, evidence: e.Evidence) -> e.ApprovalContent:
    """Everything that the person at a gate is shown.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step, text = spec.step, OrderMaker(state, spec).text
    action = None if spec.counts else state.graph.nodes[spec.index + 1]
    order, from_answer = action_order(state, action) if action is not None else ({}, ())
    following = [state.graph.nodes[index].step.label for index in state.graph.nodes[state.graph.step_nodes[step.id]].dependents]
    then = f", then {', '.join(following[:3])}{' ...' if len(following) > 3 else ''}" if following else ""
    return e.ApprovalContent(
        title=text(gate.title).strip() or step.label,
        prompt=text(gate.prompt),
        target=text(gate.target),
        risk=gate.risk,
        confirm=gate.confirm,
        action=action_text(state, spec),
        kind="gate" if action is None else action.kind,
        cwd=text(step.cwd) if isinstance(step, RunStep | PythonStep) and step.cwd else "",
        directory=state.started.directory if state.started is not None else "",
        order=order,
        preview_order=dict(state.nodes[spec.index].given or {}),
        timeout=None if action is None else longest_attempt(state, action),
        yes=f"the run goes on{then}" if action is None else f"{step.label} runs{then}",
        no="the run stops here" if gate.on_reject == "stop" else f"{step.label} is skipped{then}",
        form=gate.form,
        evidence=evidence,
        from_answer=from_answer,
    )


def content_digest(content: e.ApprovalContent) -> str:
    """SHA-256 of what is shown, without the time at which evidence was gathered: the first 32 hexadecimal digits."""
    shown = content.model_dump(mode="json", exclude={"evidence": {"at"}})
    return hashlib.sha256(json.dumps(shown, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]
