"""Planning of questions: when a gate gathers evidence, asks, or lets pass, and what is asked of a step that was cut off."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.asking import approval_content, content_digest, cut_off_content, escalation_steps
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.names import named
from oyama_tui.core.orders import evidence_order
from oyama_tui.core.rendering import step_outputs
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.state import RunState

NO_EVIDENCE: Final = e.Evidence()


def approval_id(run_id: str, node: str, opening: int) -> str:
    """The id of one opening of a gate: 13 base32 characters, derived, never random."""
    digest = hashlib.sha256(f"{run_id}/{node}/{opening}".encode()).digest()
    return base64.b32encode(digest)[:13].decode().lower()


def ask_to_rerun(state: RunState, node: NodeState) -> e.ApprovalRequested:
    """Ask what became of an action that was cut off, instead of beginning it again."""
    content = cut_off_content(state, node)
    opening = node.openings + 1
    return e.ApprovalRequested(
        at=state.at,
        **named(node),
        attempt=opening,
        id=approval_id(state.run_id, node.key, opening),
        content=content,
        digest=content_digest(content),
        cut=node.cut,
        asker=None if state.started is None else state.started.asker,
    )


def open_gate(state: RunState, node: NodeState, ahead: int) -> e.Event:
    """Gather evidence, ask, or let pass what was approved and has not changed since.

    Evidence that was gathered by another order than the one that would be given now says nothing about what is asked now.
    """
    gate = node.spec.gate
    assert gate is not None
    if gate.preview is not None or gate.files:
        look = evidence_order(state, node, gate)
        if node.evidence is None or node.given != look:
            limit = state.graph.timeout_of(node.spec).attempt
            return e.StepScheduled(at=state.at, **named(node), attempt=node.attempt + 1, input=look, timeout=limit)
    content = approval_content(state, node, gate, node.evidence or NO_EVIDENCE)
    digest = content_digest(content)
    if node.approved == digest:
        outputs = step_outputs(state, node, StepResult()) if node.spec.represents_step else {}
        return e.GatePassed(at=state.at, node=node.key, id=node.approval, outputs=dict(outputs))
    asked = state.at - ahead
    # One that stands for a question with older evidence goes on where that one stopped: its time does not begin anew.
    before = state.approvals.get(node.looks_again)
    deadline = None if gate.timeout is None else asked + gate.timeout
    return e.ApprovalRequested(
        at=state.at,
        **named(node),
        attempt=node.openings + 1,
        id=approval_id(state.run_id, node.key, node.openings + 1),
        content=content,
        digest=digest,
        deadline=before.deadline if before is not None else deadline,
        previous=node.approval if node.approved else node.looks_again,
        on_timeout="goto" if isinstance(gate.on_timeout, Goto) else gate.on_timeout,
        asker=None if state.started is None else state.started.asker,
        escalate=before.escalate if before is not None else escalation_steps(state, node, gate, asked),
        assigned=before.assigned if before is not None else (),
    )
