"""Folding events of gates and approvals."""

from __future__ import annotations

import heapq
from typing import Any, TypeAlias

from oyama_tui.core import events as e
from oyama_tui.core import rerun
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.approvers import verdict_of
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.edits import set_values
from oyama_tui.core.evolve.checks import allowed, corrupt, find_node
from oyama_tui.core.evolve.rounds import fail_or_go_back, go_back, may_go_back
from oyama_tui.core.evolve.settling import leave, make_ready, make_up_for_failures, outermost, settle, stop
from oyama_tui.core.evolve.slots import give_slot
from oyama_tui.core.inputs import coerce
from oyama_tui.core.scope import ApprovedOrder, NodeState, StepResult
from oyama_tui.core.state import ApprovalState, RunState
from oyama_tui.core.statuses import APPROVAL_TABLE, ApprovalStatus, StepStatus


def fold_approval_requested(state: RunState, event: e.ApprovalRequested) -> None:
    """Open a gate: it rests until somebody answers or its time runs out."""
    node = find_node(state, event, event.node, StepStatus.WAITING)
    if event.attempt != node.openings + 1 or event.id in state.approvals:
        raise corrupt(state, event, f"opens {event.node} for the {event.attempt}. time after {node.openings}")
    if event.cut != node.cut or bool(event.cut) is not (node.spec.role == "action"):
        raise corrupt(state, event, f"asks about attempt {event.cut} of {event.node}, where {node.cut or 'none'} was cut off")
    leave(state, node)
    node.status = StepStatus.WAITING
    give_slot(state, node)
    node.openings = event.attempt
    node.begun = node.begun or state.seq + 1
    node.approval = event.id
    node.approved = ""
    node.looks_again = ""
    node.approved_order = None
    state.current = node
    approval = ApprovalState(
        event.id,
        node,
        event.digest,
        event.deadline,
        event.content,
        cut=event.cut,
        asked=event.at,
        escalate=event.escalate,
        asker=event.asker,
        assigned=event.assigned,
    )
    state.approvals[event.id] = approval
    state.open[event.id] = None
    _arm(state, approval)


def _arm(state: RunState, approval: ApprovalState) -> None:
    """Note when something is due next."""
    if approval.due is not None:
        heapq.heappush(state.deadlines, (approval.due, approval.id))


_Act: TypeAlias = e.ApprovalCommented | e.ApprovalDelegated | e.ApprovalSnoozed | e.ApprovalExtended
_OfApproval: TypeAlias = (
    e.VoteCast | e.ApprovalDecided | e.ApprovalExpired | e.ApprovalCancelled | e.ApprovalEscalated | e.LookWanted | _Act
)


def _approval(state: RunState, event: _OfApproval, wanted: ApprovalStatus) -> ApprovalState:
    approval = state.approvals.get(event.id)
    if approval is None:
        raise corrupt(state, event, f"names an unknown approval {event.id!r}")
    allowed(state, event, APPROVAL_TABLE.get((approval.status, type(event))), f"approval {event.id} is {approval.status}", wanted)
    return approval


def _close(state: RunState, approval: ApprovalState, status: ApprovalStatus, by: str, at: int) -> None:
    approval.status = status
    approval.by = by
    approval.at = at
    approval.content = None
    state.open.pop(approval.id, None)
    state.voted.discard(approval.id)


def fold_vote_cast(state: RunState, event: e.VoteCast) -> None:
    """Keep the answer; it counts once the approval is decided."""
    approval = _approval(state, event, ApprovalStatus.PENDING)
    approval.vote = event
    if event.content is not None:
        approval.content, approval.digest = event.content, event.becomes
    approval.votes[event.principal.name] = event
    if verdict_of(approval, approval.votes) is not None:
        state.voted.add(event.id)


def fold_approval_act(state: RunState, event: _Act) -> None:
    """Keep to whom it was handed on and how long it can be answered; the rest is for people to read."""
    approval = _approval(state, event, ApprovalStatus.PENDING)
    if isinstance(event, e.ApprovalDelegated):
        approval.assigned = (*approval.assigned, event.to)
    elif isinstance(event, e.ApprovalExtended):
        approval.deadline = event.deadline
        _arm(state, approval)


def fold_approval_escalated(state: RunState, event: e.ApprovalEscalated) -> None:
    """Let those answer who are asked now, too."""
    approval = _approval(state, event, ApprovalStatus.PENDING)
    if event.step != approval.told or not approval.escalate:
        raise corrupt(state, event, f"tells those of step {event.step} of approval {event.id}, where {approval.told} have been")
    approval.told += 1
    approval.escalate = approval.escalate[1:]
    approval.assigned = tuple(dict.fromkeys((*approval.assigned, *event.to)))
    _arm(state, approval)


def fold_look_wanted(state: RunState, event: e.LookWanted) -> None:
    """Close a question so that its gate looks at the evidence anew and asks once more."""
    approval = _approval(state, event, ApprovalStatus.CANCELLED)
    node = find_node(state, event, approval.node.key, StepStatus.READY)
    gate = node.spec.gate
    if approval.cut or gate is None or not (gate.preview or gate.files):
        raise corrupt(state, event, f"wants the evidence of {event.id} anew, which has none")
    _close(state, approval, ApprovalStatus.CANCELLED, event.by.name, event.at)
    node.evidence = None
    node.looks_again = approval.id
    make_ready(state, node)


def _let_pass(state: RunState, approval: ApprovalState, content: e.ApprovalContent | None) -> None:
    node = approval.node
    node.approved = approval.digest
    if content is not None and content.order:
        node.approved_order = ApprovedOrder(content.order, content.from_answer)
    make_ready(state, node)
    gate = node.spec.gate
    if gate is not None and gate.recheck and not node.spec.represents_step:
        node.evidence = None


def _turn_down(state: RunState, approval: ApprovalState, message: str, by: str) -> None:
    node, gate = approval.node, approval.node.spec.gate
    goto = gate.on_reject if gate is not None else None
    if isinstance(goto, Goto) and may_go_back(node, goto):
        who = f"{by} said no" if by else "nobody answered in time"
        why = f"{who} to {node.spec.step.label}{f': {message}' if by and message else ''}"
        go_back(state, node, StepStatus.REJECTED, goto, why, by=by, feedback=message if by else "")
        return
    if goto in ("stop", "undo") or isinstance(goto, Goto):
        stop(state, outermost(node.scope), e.RunError(kind="rejected", message=message, node=approval.node.key, by=by))
    settle(state, approval.node, StepStatus.REJECTED)


def _remember_decision(
    state: RunState, approval: ApprovalState, verdict: str, by: str, comment: str = "", form: Any = None, edits: Any = None
) -> None:
    step_id = approval.node.spec.step.id
    if step_id in state.graph.referenced_steps:
        said = {"verdict": verdict, "by": by, "comment": comment, "form": form or {}, "edits": edits or {}}
        approval.node.scope.decisions[step_id] = said


def fold_approval_decided(state: RunState, event: e.ApprovalDecided) -> None:
    """Close the approval and let its gate pass, or turn it down."""
    asked = state.approvals.get(event.id)
    if asked is not None and asked.cut:
        _say_of_cut_off(state, event)
        return
    if event.verdict == "send_back":
        _send_back(state, event)
        return
    yes, by_hand = event.verdict == "approve", _is_task(state, event.id)
    status = ApprovalStatus.APPROVED if yes else ApprovalStatus.REJECTED
    approval = _approval(state, event, status)
    no = StepStatus.FAILED if by_hand else StepStatus.REJECTED
    find_node(state, event, approval.node.key, StepStatus.READY if yes else no)
    content = approval.content
    _close(state, approval, status, event.by.name, event.at)
    _remember_decision(state, approval, event.verdict, event.by.name, event.comment, dict(event.form), dict(event.edits))
    if yes:
        set_values(approval.node, event.edits)
        _let_pass(state, approval, content)
    elif by_hand:
        _fail(state, approval.node, e.RunError(kind="step", message=event.comment, node=approval.node.key, by=event.by.name))
    else:
        _turn_down(state, approval, event.comment, event.by.name)


def _send_back(state: RunState, event: e.ApprovalDecided) -> None:
    """Have an earlier step done once more, with what the person says about it."""
    approval = _approval(state, event, ApprovalStatus.SENT_BACK)
    node = find_node(state, event, approval.node.key, StepStatus.REJECTED)
    gate = node.spec.gate
    way = gate.send_back.way if gate is not None and gate.send_back is not None else None
    if way is None or not may_go_back(node, way):
        raise corrupt(state, event, f"sends the run back from {node.key}, which may not")
    _close(state, approval, ApprovalStatus.SENT_BACK, event.by.name, event.at)
    _remember_decision(state, approval, event.verdict, event.by.name, event.comment)
    why = f"{event.by.name} sent {node.spec.step.label} back: {event.comment}"
    go_back(state, node, StepStatus.REJECTED, way, why, by=event.by.name, feedback=event.comment)


def _say_of_cut_off(state: RunState, event: e.ApprovalDecided) -> None:
    """Begin a step again that was cut off, take it as done, or let it fail."""
    yes, done = event.verdict == "approve", event.form.get(rerun.ANSWER) == rerun.DONE
    approval = _approval(state, event, ApprovalStatus.APPROVED if yes else ApprovalStatus.REJECTED)
    follows = StepStatus.FAILED if not yes else StepStatus.COMPLETED if done else StepStatus.READY
    node = find_node(state, event, approval.node.key, follows)
    if (event.node, event.cut) != (node.key, approval.cut):
        raise corrupt(state, event, f"is about attempt {event.cut} of {event.node!r}, and not what was asked")
    _close(state, approval, ApprovalStatus.APPROVED if yes else ApprovalStatus.REJECTED, event.by.name, event.at)
    node.cut = 0
    if follows is StepStatus.READY:
        make_ready(state, node)
    elif follows is StepStatus.FAILED:
        node.failures += 1
        message = f"it was cut off, and {event.by.name} let it fail: {event.comment}"
        _fail(state, node, e.RunError(kind="step", message=message, node=node.key, by=event.by.name))
    else:
        if node.spec.step.id in state.graph.referenced_steps:
            node.scope.results[node.spec.step.id] = StepResult()
        settle(state, node, StepStatus.COMPLETED)
        make_up_for_failures(node)


def _is_task(state: RunState, approval_id: str) -> bool:
    """Whether an approval asks for work by hand: that this could not be done is a failure and no rejection."""
    approval = state.approvals.get(approval_id)
    return approval is not None and approval.node.spec.kind == TASK.name


def _fail(state: RunState, node: NodeState, error: e.RunError) -> None:
    """Settle a node as failed without an attempt, and keep the reason where expressions name it."""
    if node.spec.step.id in state.graph.referenced_steps:
        node.scope.results[node.spec.step.id] = StepResult(error=error.message)
    fail_or_go_back(state, node, error)


def fold_approval_expired(state: RunState, event: e.ApprovalExpired) -> None:
    """Close the approval and follow its gate's on_timeout."""
    targets = {
        "approve": StepStatus.READY,
        "reject": StepStatus.REJECTED,
        "goto": StepStatus.REJECTED,
        "fail": StepStatus.FAILED,
    }
    approval = _approval(state, event, ApprovalStatus.EXPIRED)
    node = find_node(state, event, approval.node.key, targets[event.then])
    content, gate = approval.content, node.spec.gate
    goto = gate.on_timeout if gate is not None and event.then == "goto" else None
    if event.then == "goto" and not (isinstance(goto, Goto) and may_go_back(node, goto)):
        raise corrupt(state, event, f"sends the run back from {node.key}, which does not say where to")
    _close(state, approval, ApprovalStatus.EXPIRED, "", event.at)
    silent = coerce(gate.form, {})[0] if gate is not None and event.then == "approve" else {}
    # Silence agrees to what is asked, and somebody who said yes may have changed that.
    edits = content.edited if content is not None and event.then == "approve" else {}
    _remember_decision(state, approval, event.then, "", form=silent, edits=dict(edits))
    if event.then == "approve":
        set_values(node, edits)
        _let_pass(state, approval, content)
    elif isinstance(goto, Goto):
        go_back(state, node, StepStatus.REJECTED, goto, f"nobody answered {node.spec.step.label} in time")
    elif event.then == "reject":
        _turn_down(state, approval, "nobody answered in time", "")
    else:
        _fail(state, node, e.RunError(kind="timeout", message=answer_words(node.spec.kind).late, node=node.key))


def fold_approval_cancelled(state: RunState, event: e.ApprovalCancelled) -> None:
    """Withdraw the question; its gate is over without an answer."""
    approval = _approval(state, event, ApprovalStatus.CANCELLED)
    find_node(state, event, approval.node.key, StepStatus.CANCELLED)
    _close(state, approval, ApprovalStatus.CANCELLED, "", event.at)
    settle(state, approval.node, StepStatus.CANCELLED)


def fold_gate_passed(state: RunState, event: e.GatePassed) -> None:
    """Release the action: a yes was given and still fits."""
    node = find_node(state, event, event.node, StepStatus.COMPLETED)
    if not node.approved or node.approval != event.id:
        raise corrupt(state, event, f"lets {event.node} pass without a yes")
    if event.outputs and node.spec.step.id in state.graph.referenced_steps:
        node.scope.results[node.spec.step.id] = StepResult(outputs=event.outputs)
    settle(state, node, StepStatus.COMPLETED)
    if node.spec.represents_step:
        make_up_for_failures(node)
