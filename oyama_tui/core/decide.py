"""Deciding: how a wish of a person or a program is answered; the only place where policy is enforced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import JsonValue, ValidationError

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.answer_checks import approve_obstacle
from oyama_tui.core.approval_acts import comment_on, delegate, extend, look_again, snooze, why_withdrawn
from oyama_tui.core.approval_decisions import answer_approval, require_live, require_own_run, require_storable
from oyama_tui.core.backoff import retry_policy
from oyama_tui.core.breakpoints import clear_breakpoints, set_breakpoints
from oyama_tui.core.children import CANCELLED, is_to_end, why_to_end
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.definition.concurrency import MAX_PRIORITY
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.errors import IllegalTransition, InvalidInput
from oyama_tui.core.evolve.rounds import may_go_back
from oyama_tui.core.evolve.steps import asks_to_rerun
from oyama_tui.core.evolve.undo import is_stopped
from oyama_tui.core.inputs import bad_inputs, coerce
from oyama_tui.core.names import named
from oyama_tui.core.plan import end_open_work, withdrawn
from oyama_tui.core.recovery import recover
from oyama_tui.core.rendering import step_outputs
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.signal_decisions import deliver_event, retry_now
from oyama_tui.core.state import ApprovalState, RunState
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from oyama_tui.core.storable import check_storable, storable_part, whole
from oyama_tui.core.timers import OF_RUN
from oyama_tui.core.undo import undo
from oyama_tui.core.variables import context_change, require_variables


def decide(state: RunState, command: c.Command) -> list[e.Event]:
    """Answer a command with events; none when it asks for what is so already.

    Args:
        state: The run; not changed.
        command: The wish, with its time and who wants it.

    Raises:
        Refused: The command does not fit, or is not this principal's to give; nothing changes.
        InvalidInput: The inputs of a start do not fit.
    """
    if isinstance(command, c.PersonCommand) and not isinstance(command, c.StartRun | c.Decide):
        require_own_run(state, command.by)
    events = _ANSWERS[type(command)](state, command)
    if command.leap and events:
        events[0] = events[0].model_copy(update={"leap": command.leap})
    return events


def _start(state: RunState, command: c.StartRun) -> list[e.Event]:
    if state.status is not RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has started already.")
    workflow = state.graph.workflow
    inputs, problems = coerce(workflow.inputs, command.inputs)
    if problems:
        raise bad_inputs(workflow.id, problems)
    if not -MAX_PRIORITY <= command.priority <= MAX_PRIORITY:
        raise InvalidInput(
            f"{command.priority} is no priority: it lies between -{MAX_PRIORITY} and {MAX_PRIORITY}, the higher one is first."
        )
    fork = command.fork
    started = e.RunStarted(
        at=command.at,
        revision=command.revision,
        inputs=inputs,
        context=dict(workflow.context if fork is None else fork.context),
        trigger=command.trigger,
        by=command.by,
        directory=command.directory,
        priority=command.priority,
        queued=workflow.concurrency is not None,
        forked_from="" if fork is None else fork.run,
        forked_at=0 if fork is None else fork.at,
        asker=command.asker,
    )
    return [started, *(event.model_copy(update={"at": command.at}) for event in (() if fork is None else fork.reused))]


def _pause(state: RunState, command: c.Pause) -> list[e.Event]:
    require_live(state, "it cannot be paused")
    require_storable("reason", command.reason)
    if command.before:
        return set_breakpoints(state, command)
    if state.status is RunStatus.PAUSED or (state.pause is not None and (state.pause.mode == "now" or command.mode == "drain")):
        raise IllegalTransition(f"Run {state.run_id} is {'paused' if state.status is RunStatus.PAUSED else 'being paused'} already.")
    if (state.ending is not None and state.undo is None) or state.finishing is not None:
        raise IllegalTransition(f"Run {state.run_id} is ending, so it cannot be paused.")
    asked = e.PauseRequested(at=command.at, mode=command.mode, by=command.by, reason=command.reason)
    return [asked, e.RunPaused(at=command.at)] if state.idle else [asked]


def _resume(state: RunState, command: c.Resume) -> list[e.Event]:
    require_live(state, "it cannot be resumed")
    if state.pause is None and state.status is not RunStatus.PAUSED:
        raise IllegalTransition(f"Run {state.run_id} is not paused.")
    if is_stopped(state):
        raise IllegalTransition(
            f"Run {state.run_id} rests because something could not be undone.",
            f"`oyama recover {state.run_id}` tries it once more; `--skip STEP` leaves it, `--done STEP` says that somebody has done it.",
        )
    return [e.RunResumed(at=command.at, by=command.by)]


def _cancel(state: RunState, command: c.Cancel) -> list[e.Event]:
    require_live(state, "it cannot be cancelled")
    if state.undo is not None:
        raise IllegalTransition(
            f"Run {state.run_id} is being undone, which is not cancelled half done.",
            f"`oyama pause {state.run_id}` lets it rest; `oyama recover {state.run_id} --skip STEP` leaves out what cannot be undone.",
        )
    require_storable("reason", command.reason)
    asked = e.CancelRequested(at=command.at, by=command.by, reason=command.reason)
    if not state.idle or state.finishing is not None or state.graph.handlers.keys() & {"cancel", "exit"}:
        return [asked]
    return [
        asked,
        *end_open_work(state, CANCELLED, command.at),
        e.RunCancelled(at=command.at, by=command.by, reason=command.reason),
    ]


def _withdraw(state: RunState, command: c.Withdraw) -> list[e.Event]:
    """Ask a question no more: its run ends as cancelled."""
    why = why_withdrawn(state, command)
    told = _cancel(state, c.Cancel(at=command.at, leap=command.leap, ahead=command.ahead, by=command.by, reason=why))
    return told if len(told) > 1 else [*told, withdrawn(state, command.id, why, command.at)]


def _change_context(state: RunState, command: c.ChangeContext) -> list[e.Event]:
    require_live(state, "it cannot be changed")
    if state.undo is not None:
        raise IllegalTransition(f"Run {state.run_id} is being undone, and its variables are put back then.", "Change them afterwards.")
    require_variables(command.set, command.unset)
    changed, _ = context_change(state.context, {**state.context, **command.set})
    gone = tuple(name for name in command.unset if name in state.context)
    return [e.ContextChanged(at=command.at, set=changed, unset=gone, by=command.by)] if changed or gone else []


def _fire(state: RunState, command: c.FireTimer) -> list[e.Event]:
    if state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        return []
    if command.id in OF_RUN:
        due = OF_RUN[command.id](state)
        return [e.TimerFired(at=command.at, id=command.id)] if due is not None and due <= command.at else []
    approval = state.approvals.get(command.id)
    if approval is not None:
        gate = approval.node.spec.gate
        if approval.status is not ApprovalStatus.PENDING or gate is None:
            return []
        if approval.deadline is None or approval.deadline > command.at:
            return [_escalated(approval, command.at)] if approval.escalate and approval.escalate[0].due <= command.at else []
        blocked = gate.on_timeout == "approve" and approval.content is not None and approve_obstacle(approval.content)
        then: e.OnTimeout = "reject" if blocked else _after_silence(approval.node, gate)
        return [e.ApprovalExpired(at=command.at, id=approval.id, then=then)]
    node = state.nodes.get(command.id)
    due = None if node is None or node in state.matched else node.due
    return [e.TimerFired(at=command.at, id=command.id)] if due is not None and due <= command.at else []


def _escalated(approval: ApprovalState, at: int) -> e.ApprovalEscalated:
    """Tell those who are next."""
    return e.ApprovalEscalated(at=at, id=approval.id, step=approval.told, to=approval.escalate[0].to)


def _after_silence(node: NodeState, gate: Gate) -> e.OnTimeout:
    """What follows when nobody answers; a gate that has gone back as often as it may has failed."""
    if not isinstance(gate.on_timeout, Goto):
        return gate.on_timeout
    return "goto" if may_go_back(node, gate.on_timeout) else "fail"


def _report(state: RunState, command: c.ReportOutcome) -> list[e.Event]:
    outcome = command.outcome
    node = state.nodes.get(outcome.node)
    if node is None or state.running.get(node, state.children.get(node)) != outcome.attempt:
        return []
    if outcome.status == "cancelled":
        return [_cancelled_child(state, node, command, outcome)]
    if outcome.status == "interrupted":
        return (
            []
            if node in state.children
            else [e.StepInterrupted(at=command.at, node=node.key, attempt=node.attempt, why=outcome.why, asks=asks_to_rerun(node))]
        )
    if outcome.status == "failed":
        return [_failure(state, node, command, outcome)]
    spec = node.spec
    unkept = _unkept(outcome)
    if unkept:
        kind = "python" if spec.kind == "python" else "parse"
        return [_failure(state, node, command, outcome.model_copy(update={"kind": kind, "message": unkept}))]
    if spec.role == "gate" and not is_evidence(outcome.result):
        wrong = {"kind": "internal", "message": "what was gathered for the gate is no evidence"}
        return [_failure(state, node, command, outcome.model_copy(update=wrong))]
    outputs = dict(outcome.outputs)
    if spec.step.outputs and spec.role == "action":
        own = StepResult(outcome.output, outcome.result, outputs, outcome.exit_code, truncated=outcome.truncated)
        try:
            outputs.update(step_outputs(state, node, own))
        except ExpressionError as wrong:
            failed = outcome.model_copy(update={"kind": "expression", "message": str(wrong)})
            return [_failure(state, node, command, failed)]
    return [
        e.StepSucceeded(
            at=command.at,
            node=outcome.node,
            attempt=outcome.attempt,
            output=whole(outcome.output),
            truncated=outcome.truncated,
            result=outcome.result,
            outputs=outputs,
            context=outcome.context,
            exit_code=outcome.exit_code,
            started_at=outcome.started_at,
            duration=outcome.duration,
        )
    ]


def _cancelled_child(state: RunState, node: NodeState, command: c.ReportOutcome, outcome: c.Outcome) -> e.Event:
    """What a step comes to whose run was cancelled: cancelled where the run was to end with it, failed where somebody did that alone."""
    if not is_to_end(state, node):
        return _failure(state, node, command, outcome.model_copy(update={"kind": "child", "final": True}))
    return e.StepCancelled(at=command.at, **named(node), attempt=outcome.attempt, why=why_to_end(state, node))


def _report_child(state: RunState, command: c.ReportChild) -> list[e.Event]:
    child = command.child
    node = state.nodes.get(child.node)
    if node is None or state.children.get(node) != child.attempt or node.child is not None:
        return []
    return [e.ChildStarted(at=command.at, **child.model_dump())]


def _unkept(outcome: c.Outcome) -> str:
    """Why what an attempt gave back cannot be kept: a sentence; empty when it can."""
    for name, value in (("result", outcome.result), ("outputs", outcome.outputs), ("context", outcome.context)):
        try:
            check_storable(value)
        except ValueError as wrong:
            return f"What it gave back cannot be kept: its {name} {wrong}."
    return ""


def is_evidence(result: JsonValue) -> bool:
    """Whether an attempt of a gate has brought what its content is made from."""
    try:
        e.Evidence.model_validate(result)
    except ValidationError:
        return False
    return True


def _failure(state: RunState, node: NodeState, command: c.ReportOutcome, outcome: c.Outcome) -> e.StepFailed:
    policy, limits = retry_policy(state, node), state.graph.timeout_of(node.spec)
    elapsed = command.at - command.leap - node.first_at
    again = (
        policy.covers(outcome.kind, outcome.exit_code, outcome.outputs.get("status"))
        and node.failures + 1 < policy.max_attempts
        and (policy.max_elapsed is None or elapsed < policy.max_elapsed)
        and (limits.total is None or elapsed < limits.total)
        and node.scope.ending is None
        and (state.cancel is None or state.finishing is not None)
        and not outcome.final
    )
    outputs, unkept = storable_part(outcome.outputs)
    spent = outcome.kind == "timeout" and limits.total is not None and elapsed >= limits.total
    first = f"The {format_duration(limits.total or 0)} for all its attempts are used up. " if spent else ""
    more = f" Of its outputs, {unkept}." if unkept and outcome.status == "failed" else ""
    return e.StepFailed(
        at=command.at,
        **named(node),
        attempt=outcome.attempt,
        kind=outcome.kind,
        message=first + whole(outcome.message) + more,
        retryable=again,
        output=whole(outcome.output),
        truncated=outcome.truncated,
        outputs=outputs,
        exit_code=outcome.exit_code,
        started_at=outcome.started_at,
        duration=outcome.duration,
        retry_after=outcome.retry_after,
    )


_ANSWERS: Final[dict[type[c.CommandBase], Callable[[RunState, Any], list[e.Event]]]] = {
    c.StartRun: _start,
    c.Decide: answer_approval,
    c.CommentOn: comment_on,
    c.LookAgain: look_again,
    c.Delegate: delegate,
    c.Snooze: snooze,
    c.Extend: extend,
    c.Withdraw: _withdraw,
    c.Pause: _pause,
    c.Resume: _resume,
    c.ClearBreakpoints: clear_breakpoints,
    c.Cancel: _cancel,
    c.ChangeContext: _change_context,
    c.DeliverEvent: deliver_event,
    c.RetryNow: retry_now,
    c.Recover: recover,
    c.Undo: undo,
    c.FireTimer: _fire,
    c.ReportOutcome: _report,
    c.ReportChild: _report_child,
}
