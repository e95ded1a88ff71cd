"""Planning of waits: how one begins, and what becomes of it when its time or its event has come."""

from __future__ import annotations

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.definition.expressions import ExpressionError, references
from oyama_tui.core.definition.kinds.wait import WaitSpec, WaitStep, is_time, until_of
from oyama_tui.core.names import named
from oyama_tui.core.rendering import scope_for, step_outputs
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.state import RunState


def begin_wait(state: RunState, node: NodeState, wait: WaitSpec) -> e.StepScheduled | e.StepSuspended:
    """Begin to wait.

    Args:
        state: The run.
        node: Its needs are met.
        wait: What for.

    Raises:
        ExpressionError: The time until which it is to wait cannot be evaluated.
    """
    attempt = node.attempt + 1
    if wait.event is not None:
        due = None if wait.timeout is None else state.at + wait.timeout
        return e.StepSuspended(at=state.at, **named(node), attempt=attempt, waits_for=wait.event, match=wait.match or "", due=due)
    if wait.until is not None:
        due = until_of(wait.until, {} if is_time(wait.until) else scope_for(state, node, references(wait.until)))
    else:
        due = state.at + (wait.for_ or 0)
    return e.StepScheduled(at=state.at, **named(node), attempt=attempt, due=due)


def resumed(state: RunState, node: NodeState) -> e.StepResumed:
    """The node's event has come."""
    return e.StepResumed(at=state.at, node=node.key, attempt=node.attempt, event=state.matched[node])


def wait_over(state: RunState, node: NodeState) -> e.Event:
    """The end of a wait whose time or whose event has come; one for an event has failed when its time came first."""
    step = node.spec.step
    woken = node in state.woken
    if not woken and isinstance(step, WaitStep) and step.wait.event is not None:
        fitting = " that fits" if step.wait.match else ""
        message = f"no event {step.wait.event}{fitting} came within {format_duration(step.wait.timeout or 0)}"
        return _failed(state, node, "timeout", message)
    result: JsonValue = state.woken[node] if woken else None
    try:
        outputs = step_outputs(state, node, StepResult(result=result))
    except ExpressionError as error:
        return _failed(state, node, "expression", str(error))
    return e.StepSucceeded(
        at=state.at,
        node=node.key,
        attempt=node.attempt,
        result=result,
        outputs=dict(outputs),
        started_at=node.first_at,
        duration=_took(state, node),
    )


def _failed(state: RunState, node: NodeState, kind: e.ErrorKind, message: str) -> e.StepFailed:
    return e.StepFailed(
        at=state.at,
        **named(node),
        attempt=node.attempt,
        kind=kind,
        message=message,
        started_at=node.first_at,
        duration=_took(state, node),
    )


def _took(state: RunState, node: NodeState) -> int:
    return max(0, state.at - node.first_at)
