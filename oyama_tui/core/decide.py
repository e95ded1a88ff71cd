"""Deciding: how a wish of a person or a program is answered; the only place where policy is enforced."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidForm, InvalidInput, NotAllowed, Problem, StaleDigest
from oyama_tui.core.evolve import RUN_TIMER
from oyama_tui.core.inputs import coerce
from oyama_tui.core.plan import closing
from oyama_tui.core.rendering import rendered
from oyama_tui.core.state import ApprovalState, ApprovalStatus, RunState, RunStatus, StepResult, StepStatus

MAX_COMMENT: Final = 10_000
"""Characters of a comment."""


def decide(state: RunState, command: c.Command) -> list[e.Event]:
    """Answer a command with events; none when it asks for what is so already.

    Args:
        state: The run; not changed.
        command: The wish, with its time and who wants it.

    Raises:
        Refused: The command does not fit; nothing changes.
        InvalidInput: The inputs of a start do not fit.
    """
    return _ANSWERS[type(command)](state, command)


def clock_text(at: int) -> str:
    """A time as people read it in a sentence: UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _require_live(state: RunState, verb: str) -> None:
    if state.status is RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has not started, so it cannot be {verb}.")
    if state.status.ended or state.cancel is not None:
        word = state.status if state.status.ended else "being cancelled"
        raise IllegalTransition(f"Run {state.run_id} is {word}, so it cannot be {verb}.")


def _start(state: RunState, command: c.StartRun) -> list[e.Event]:
    if state.status is not RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has started already.")
    workflow = state.graph.workflow
    inputs, problems = coerce(workflow.inputs, command.inputs)
    if problems:
        listed = "; ".join(f"{problem.where}: {problem.message}" for problem in problems)
        raise InvalidInput(f"The inputs of {workflow.id} do not fit: {listed}.", problems[0].hint, problems)
    return [
        e.RunStarted(
            at=command.at, revision=command.revision, inputs=inputs, context=dict(workflow.context), trigger=command.trigger, by=command.by
        )
    ]


def _pause(state: RunState, command: c.Pause) -> list[e.Event]:
    _require_live(state, "paused")
    if state.status is RunStatus.PAUSED or (state.pause is not None and (state.pause.mode == "now" or command.mode == "drain")):
        raise IllegalTransition(f"Run {state.run_id} is {'paused' if state.status is RunStatus.PAUSED else 'being paused'} already.")
    if state.stop is not None:
        raise IllegalTransition(f"Run {state.run_id} is ending, so it cannot be paused.")
    asked = e.PauseRequested(at=command.at, mode=command.mode, by=command.by, reason=command.reason)
    return [asked, e.RunPaused(at=command.at)] if state.idle else [asked]


def _resume(state: RunState, command: c.Resume) -> list[e.Event]:
    _require_live(state, "resumed")
    if state.pause is None and state.status is not RunStatus.PAUSED:
        raise IllegalTransition(f"Run {state.run_id} is not paused.")
    return [e.RunResumed(at=command.at, by=command.by)]


def _cancel(state: RunState, command: c.Cancel) -> list[e.Event]:
    _require_live(state, "cancelled")
    asked = e.CancelRequested(at=command.at, by=command.by, reason=command.reason)
    if not state.idle:
        return [asked]
    return [
        asked,
        *closing(state, "the run was cancelled", command.at),
        e.RunCancelled(at=command.at, by=command.by, reason=command.reason),
    ]


def _change_context(state: RunState, command: c.ChangeContext) -> list[e.Event]:
    _require_live(state, "changed")
    changed = {name: value for name, value in command.set.items() if name not in state.context or state.context[name] != value}
    gone = tuple(name for name in command.unset if name in state.context)
    return [e.ContextChanged(at=command.at, set=changed, unset=gone, by=command.by)] if changed or gone else []


def _decide_approval(state: RunState, command: c.Decide) -> list[e.Event]:
    approval = state.approvals.get(command.id)
    if approval is None:
        raise IllegalTransition(f"Run {state.run_id} has no approval {command.id}.")
    if command.by.kind != "human":
        raise NotAllowed("Only a person can answer a gate.", "An agent's or a step's answer is never counted.")
    if approval.status is not ApprovalStatus.PENDING:
        return _answered_before(approval, command)
    if state.stop is not None or state.cancel is not None:
        raise IllegalTransition(f"Run {state.run_id} is ending; approval {command.id} is no longer asked.")
    if approval.deadline is not None and command.at >= approval.deadline:
        raise NotAllowed(
            f"The time for this answer ran out at {clock_text(approval.deadline)}.",
            "The run follows its gate's on_timeout when it is driven.",
        )
    assert approval.content is not None
    form = _checked_answer(approval.content, approval.digest, command)
    vote = e.VoteCast(
        at=command.at,
        id=command.id,
        principal=command.by,
        verdict=command.verdict,
        comment=command.comment,
        form=form,
        metadata=command.metadata,
        digest=command.digest,
        client_key=command.client_key,
    )
    decided = e.ApprovalDecided(at=command.at, id=command.id, verdict=command.verdict, by=command.by, comment=command.comment, form=form)
    return [vote, decided]


def _answered_before(approval: ApprovalState, command: c.Decide) -> list[e.Event]:
    """Succeed again for the same answer of the same person; say who was first otherwise."""
    vote = approval.vote
    if vote is not None and vote.principal == command.by and vote.verdict == command.verdict:
        same_key = bool(command.client_key) and vote.client_key == command.client_key
        if same_key or (vote.comment == command.comment and (not command.form or dict(vote.form) == dict(command.form))):
            return []
    when = clock_text(approval.at)
    sentence = {
        ApprovalStatus.APPROVED: f"Already approved by {approval.by} at {when}.",
        ApprovalStatus.REJECTED: f"Already rejected by {approval.by} at {when}.",
        ApprovalStatus.EXPIRED: f"Nobody answered in time: it expired at {when}.",
    }.get(approval.status, f"The question was withdrawn at {when}.")
    raise AlreadyDecided(sentence, verdict=str(approval.status), by=approval.by, at=approval.at)


def _checked_answer(content: e.ApprovalContent, digest: str, command: c.Decide) -> dict[str, JsonValue]:
    """Check an answer against what is asked; returns the form's values."""
    if command.digest and command.digest != digest:
        raise StaleDigest("What is asked has changed since you looked, so your answer was not taken.", "Look again, then answer.")
    if len(command.comment) > MAX_COMMENT:
        raise InvalidForm([Problem(f"is longer than {MAX_COMMENT} characters", "comment")])
    if command.verdict == "reject":
        if not command.comment.strip():
            raise InvalidForm([Problem("is required with a rejection; say why", "comment")])
        return {}
    obstacle = approve_obstacle(content)
    if obstacle:
        raise NotAllowed(f"This cannot be approved: {obstacle}.", "Reject it, or mend the cause and run the workflow again.")
    if content.risk == "high" and not command.digest:
        raise NotAllowed(
            "This is of high risk and cannot be approved unseen.", "Look at it first; the answer must carry the digest of what was shown."
        )
    form, problems = coerce(content.form, command.form)
    if content.confirm and command.confirmed != content.target:
        problems.append(Problem(f"type {content.target} to confirm", "confirm"))
    if problems:
        raise InvalidForm(problems)
    return form


def approve_obstacle(content: e.ApprovalContent) -> str:
    """Why a yes is not possible to what is asked, without a full stop; empty when it is."""
    evidence = content.evidence
    if evidence.problem:
        return evidence.problem.rstrip(".")
    return f"the preview ended with exit code {evidence.exit_code}" if evidence.exit_code else ""


def _fire(state: RunState, command: c.FireTimer) -> list[e.Event]:
    if state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        return []
    if command.id == RUN_TIMER:
        due = working_deadline(state)
        return [e.TimerFired(at=command.at, id=RUN_TIMER)] if due is not None and due <= command.at and state.stop is None else []
    approval = state.approvals.get(command.id)
    if approval is not None:
        overdue = approval.status is ApprovalStatus.PENDING and approval.deadline is not None and approval.deadline <= command.at
        gate = state.graph.nodes[approval.node].gate
        return [e.ApprovalExpired(at=command.at, id=approval.id, then=gate.on_timeout)] if overdue and gate is not None else []
    index = state.graph.by_key.get(command.id)
    due = None if index is None else state.nodes[index].due
    return [e.TimerFired(at=command.at, id=command.id)] if due is not None and due <= command.at else []


def _report(state: RunState, command: c.ReportOutcome) -> list[e.Event]:
    outcome = command.outcome
    index = state.graph.by_key.get(outcome.node)
    if index is None or state.running.get(index) != outcome.attempt:
        return []
    if outcome.status == "interrupted":
        return [e.StepInterrupted(at=command.at, node=outcome.node, attempt=outcome.attempt, why=outcome.why)]
    if outcome.status == "failed":
        return [_failure(state, index, command.at, outcome)]
    spec = state.graph.nodes[index]
    outputs = dict(outcome.outputs)
    if spec.step.outputs and spec.role == "action":
        own = StepResult(outcome.output, outcome.result, outputs, outcome.exit_code)
        try:
            named = rendered(state, spec, dict(spec.step.outputs), own)
        except ExpressionError as wrong:
            failed = outcome.model_copy(update={"kind": "expression", "message": f"outputs: {wrong}"})
            return [_failure(state, index, command.at, failed)]
        outputs.update(named if isinstance(named, dict) else {})
    return [
        e.StepSucceeded(
            at=command.at,
            node=outcome.node,
            attempt=outcome.attempt,
            output=outcome.output,
            truncated=outcome.truncated,
            result=outcome.result,
            outputs=outputs,
            context=outcome.context,
            exit_code=outcome.exit_code,
            started_at=outcome.started_at,
            duration=outcome.duration,
        )
    ]


def _failure(state: RunState, index: int, at: int, outcome: c.Outcome) -> e.StepFailed:
    spec, node = state.graph.nodes[index], state.nodes[index]
    policy, limits = state.graph.retry_of(spec), state.graph.timeout_of(spec)
    elapsed = at - node.first_at
    again = (
        outcome.kind in policy.on
        and node.failures + 1 < policy.max_attempts
        and (policy.max_elapsed is None or elapsed < policy.max_elapsed)
        and (limits.total is None or elapsed < limits.total)
        and state.stop is None
        and state.cancel is None
    )
    shared = outcome.model_dump(
        include={"node", "attempt", "kind", "message", "output", "truncated", "exit_code", "started_at", "duration"}
    )
    return e.StepFailed(at=at, retryable=again, **shared)


def working_deadline(state: RunState) -> int | None:
    """When the run's working time is used up, as long as it goes on working; none without a limit or while it waits for people."""
    limit = state.graph.workflow.timeout
    if limit is None or state.working_since is None:
        return None
    return state.working_since + max(0, limit - state.worked)


def next_timer(state: RunState) -> tuple[int, str] | None:
    """The nearest due time and what it is for; drops entries that are void from the state's heap."""
    while state.timers and not _is_armed(state, *state.timers[0]):
        heapq.heappop(state.timers)
    working = working_deadline(state) if state.stop is None else None
    candidates = ([state.timers[0]] if state.timers else []) + ([(working, RUN_TIMER)] if working is not None else [])
    return min(candidates, default=None)


def _is_armed(state: RunState, due: int, timer: str) -> bool:
    approval = state.approvals.get(timer)
    if approval is not None:
        return approval.status is ApprovalStatus.PENDING
    node = state.nodes[state.graph.by_key[timer]]
    return node.due == due and node.status in (StepStatus.WAITING, StepStatus.RETRYING)


_ANSWERS: Final[dict[type[c.CommandBase], Callable[[RunState, Any], list[e.Event]]]] = {
    c.StartRun: _start,
    c.Decide: _decide_approval,
    c.Pause: _pause,
    c.Resume: _resume,
    c.Cancel: _cancel,
    c.ChangeContext: _change_context,
    c.FireTimer: _fire,
    c.ReportOutcome: _report,
}
