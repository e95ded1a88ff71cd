"""Planning: what happens next by itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.asking import approval_content, content_digest
from oyama_tui.core.backoff import pause_before
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.definition.graph import NodeSpec
from oyama_tui.core.definition.step import WaitStep
from oyama_tui.core.evolve import evolve
from oyama_tui.core.evolve.settling import stops, tolerated
from oyama_tui.core.orders import evidence_order, order_of
from oyama_tui.core.rendering import condition_holds, run_outputs
from oyama_tui.core.state import MAX_INTERRUPTIONS, NodeState, RunState, RunStatus, StepStatus

NO_EVIDENCE: Final = e.Evidence()


def advance(state: RunState, ahead: int = 0, leap: int = 0) -> list[e.Event]:
    """Plan and fold until nothing more follows by itself.

    Args:
        state: Evolved in place.
        ahead: Milliseconds by which the run's time is ahead of the wall clock.
        leap: Milliseconds by which the clock was set forward before what is planned now.

    Returns:
        The new events, in order; the scheduling ones among them are orders.
    """
    planned: list[e.Event] = []
    while following := plan(state, ahead):
        if leap and not planned:
            following[0] = following[0].model_copy(update={"leap": leap})
        for event in following:
            evolve(state, event)
        planned += following
    return planned


def plan(state: RunState, ahead: int = 0) -> list[e.Event]:
    """What follows next by itself, one round of it; changes nothing.

    Costs as much as what has changed, however many steps the run has.

    Args:
        state: The run.
        ahead: Milliseconds by which the run's time is ahead of the wall clock, to which deadlines belong.
    """
    if state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        return []
    if state.cancel is not None:
        return [
            *end_open_work(state, "the run was cancelled", state.at),
            e.RunCancelled(at=state.at, by=state.cancel.by, reason=state.cancel.reason),
        ]
    if state.stop is not None:
        return _stopping(state)
    due = _pending_followups(state)
    if due:
        return due
    if state.pause is not None or state.status is RunStatus.PAUSED:
        return _pausing(state)
    if state.repeatedly_interrupted:
        name = state.graph.nodes[min(state.repeatedly_interrupted)].step.label
        reason = f"{name} was interrupted {MAX_INTERRUPTIONS} times in a row"
        return [e.PauseRequested(at=state.at, by=e.SYSTEM, reason=reason)]
    released: list[e.Event] = []
    for index in sorted(state.ready):
        released.append(_release(state, state.graph.nodes[index], ahead))
        if isinstance(released[-1], e.StepFailed) and stops(state, index):
            break
    return released or _ending(state)


def end_open_work(state: RunState, why: str, at: int) -> list[e.Event]:
    """Events that end everything which runs, rests or asks."""
    busy = sorted(set(state.running) | state.retrying | state.waits)
    ended: list[e.Event] = [
        e.StepCancelled(at=at, node=state.graph.nodes[index].key, attempt=state.nodes[index].attempt, why=why) for index in busy
    ]
    return ended + [e.ApprovalCancelled(at=at, id=approval, why=why) for approval in state.open]


def _stopping(state: RunState) -> list[e.Event]:
    """Bring a run that has failed or was rejected to its end."""
    stop = state.stop
    assert stop is not None
    why = "the run was rejected" if stop.error.kind == "rejected" else "the run failed"
    if stop.cancel_running or not state.running:
        return [*end_open_work(state, why, state.at), e.RunFailed(at=state.at, error=stop.error)]
    resting = sorted(state.retrying | state.waits)
    ended: list[e.Event] = [
        e.StepCancelled(at=state.at, node=state.graph.nodes[index].key, attempt=state.nodes[index].attempt, why=why) for index in resting
    ]
    return ended + [e.ApprovalCancelled(at=state.at, id=approval, why=why) for approval in state.open]


def _pending_followups(state: RunState) -> list[e.Event]:
    """What an event has announced and no further one has carried out."""
    due: list[e.Event] = []
    for approval_id in sorted(state.voted):
        vote = state.approvals[approval_id].vote
        assert vote is not None
        due.append(
            e.ApprovalDecided(
                at=max(vote.at, state.at), id=approval_id, verdict=vote.verdict, by=vote.principal, comment=vote.comment, form=vote.form
            )
        )
    for index in sorted(state.retry_unplanned):
        spec, node = state.graph.nodes[index], state.nodes[index]
        pause = pause_before(state.graph.retry_of(spec), node.failures, f"{state.run_id}/{spec.key}/{node.attempt}")
        due.append(e.RetryScheduled(at=state.at, node=spec.key, attempt=node.attempt + 1, due=state.at + max(pause, node.retry_after)))
    for index in sorted(state.fired):
        node = state.nodes[index]
        due.append(
            e.StepSucceeded(
                at=state.at,
                node=state.graph.nodes[index].key,
                attempt=node.attempt,
                started_at=node.first_at,
                duration=max(0, state.at - node.first_at),
            )
        )
    return due


def _pausing(state: RunState) -> list[e.Event]:
    if state.status is RunStatus.PAUSED:
        return []
    if not state.running:
        return [e.RunPaused(at=state.at)]
    if state.pause is not None and state.pause.mode == "now":
        return [
            e.StepInterrupted(at=state.at, node=state.graph.nodes[index].key, attempt=attempt, why="paused")
            for index, attempt in sorted(state.running.items())
        ]
    return []


def _ending(state: RunState) -> list[e.Event]:
    """The end, once nothing runs, rests, waits or asks."""
    if state.running or state.retrying or state.waits or state.open:
        return []
    if state.failed_steps and state.error is not None:
        return [e.RunFailed(at=state.at, error=state.error)]
    try:
        return [e.RunCompleted(at=state.at, outputs=dict(run_outputs(state)))]
    except ExpressionError as wrong:
        return [e.RunFailed(at=state.at, error=e.RunError(kind="expression", message=f"outputs of the workflow: {wrong}"))]


def _release(state: RunState, spec: NodeSpec, ahead: int) -> e.Event:
    """What becomes of a node whose needs are met."""
    node = state.nodes[spec.index]
    try:
        return _skip(state, spec, node) or (_open_gate(state, spec, node, ahead) if spec.role == "gate" else _schedule(state, spec, node))
    except ExpressionError as wrong:
        return e.StepFailed(at=state.at, node=spec.key, attempt=node.attempt + 1, kind="expression", message=str(wrong))


def _skip(state: RunState, spec: NodeSpec, node: NodeState) -> e.StepSkipped | None:
    if node.attempt or node.openings:
        return None
    if spec.role == "action" and spec.step.gate is not None:
        gate = state.nodes[spec.index - 1].status
        if gate is StepStatus.COMPLETED:
            return None
        if gate is StepStatus.REJECTED:
            return e.StepSkipped(at=state.at, node=spec.key, why="its gate was rejected", cause="rejected")
        why = "its gate failed" if gate is StepStatus.FAILED else "its gate was skipped"
        upstream = node.blocked or (gate is StepStatus.FAILED and not tolerated(state, spec.index))
        return e.StepSkipped(at=state.at, node=spec.key, why=why, cause="upstream" if upstream else "condition")
    if node.blocked and spec.step.if_ not in ("always", "failure"):
        return e.StepSkipped(at=state.at, node=spec.key, why=_blocker(state, spec), cause="upstream")
    if not condition_holds(state, spec):
        return e.StepSkipped(at=state.at, node=spec.key, why=f"if: {spec.step.if_}")
    return None


def _blocker(state: RunState, spec: NodeSpec) -> str:
    """Say which need keeps a node from running."""
    index = next((index for index in spec.needs if _blocks(state, index)), None)
    if index is None:
        return "a step before it failed"
    label = state.graph.nodes[index].step.label
    return f"{label} failed" if state.nodes[index].status is StepStatus.FAILED else f"{label} was skipped"


def _blocks(state: RunState, index: int) -> bool:
    """Whether what depends on this settled node is skipped."""
    node, spec = state.nodes[index], state.graph.nodes[index]
    if node.status is StepStatus.COMPLETED:
        return False
    if node.blocked or tolerated(state, index):
        return node.blocked
    gate = state.nodes[index - 1] if spec.role == "action" and spec.step.gate is not None else None
    return StepStatus.FAILED in (node.status, gate.status if gate is not None else None)


def _schedule(state: RunState, spec: NodeSpec, node: NodeState) -> e.StepScheduled:
    attempt = node.attempt + 1
    if isinstance(spec.step, WaitStep):
        return e.StepScheduled(at=state.at, node=spec.key, attempt=attempt, due=state.at + spec.step.wait.for_)
    limits = state.graph.timeout_of(spec)
    left = None if limits.total is None else max(1, limits.total - (state.at - node.first_at if node.first_at else node.spent))
    timeout = min((limit for limit in (limits.attempt, left) if limit is not None), default=None)
    return e.StepScheduled(at=state.at, node=spec.key, attempt=attempt, input=order_of(state, spec), timeout=timeout)


def approval_id(run_id: str, node: str, opening: int) -> str:
    """The id of one opening of a gate: 13 base32 characters, derived, never random."""
    digest = hashlib.sha256(f"{run_id}/{node}/{opening}".encode()).digest()
    return base64.b32encode(digest)[:13].decode().lower()


def _open_gate(state: RunState, spec: NodeSpec, node: NodeState, ahead: int) -> e.Event:
    """Gather evidence, ask, or let pass what was approved and has not changed since.

    Evidence that was gathered by another order than the one that would be given now says nothing about what is asked now.
    """
    gate = spec.gate
    assert gate is not None
    if gate.preview is not None or gate.files:
        look = evidence_order(state, spec, gate)
        if node.evidence is None or node.given != look:
            limit = state.graph.timeout_of(spec).attempt
            return e.StepScheduled(at=state.at, node=spec.key, attempt=node.attempt + 1, input=look, timeout=limit)
    content = approval_content(state, spec, gate, node.evidence or NO_EVIDENCE)
    digest = content_digest(content)
    if node.approved == digest:
        return e.GatePassed(at=state.at, node=spec.key, id=node.approval)
    return e.ApprovalRequested(
        at=state.at,
        node=spec.key,
        attempt=node.openings + 1,
        id=approval_id(state.run_id, spec.key, node.openings + 1),
        content=content,
        digest=digest,
        deadline=None if gate.timeout is None else state.at - ahead + gate.timeout,
        previous=node.approval if node.approved else "",
    )
