"""Folding events of steps."""

from __future__ import annotations

import heapq
from typing import Any

from pydantic import ValidationError

from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve.checks import find_node, same_attempt
from oyama_tui.core.evolve.settling import fail, leave, make_ready, make_up_for_failures, settle
from oyama_tui.core.state import MAX_INTERRUPTIONS, RunState, StepResult, StepStatus


def fold_step_scheduled(state: RunState, event: e.StepScheduled) -> None:
    """Note that an attempt runs, or until when a wait lasts."""
    wanted = StepStatus.RUNNING if event.due is None else StepStatus.WAITING
    index, node = find_node(state, event, event.node, wanted)
    if event.attempt != node.attempt + 1:
        raise CorruptJournal(
            f"Run {state.run_id}: event {state.seq + 1} schedules attempt {event.attempt} of {event.node} after {node.attempt}."
        )
    leave(state, index)
    node.status = wanted
    node.attempt = event.attempt
    node.first_at = node.first_at or event.at - node.spent
    node.begun_at = event.at
    if state.graph.nodes[index].step.gate is not None:
        node.given = event.input
    state.current = index
    if event.due is None:
        state.running[index] = event.attempt
    else:
        node.due = event.due
        state.waits.add(index)
        heapq.heappush(state.timers, (event.due, event.node))


def fold_step_succeeded(state: RunState, event: e.StepSucceeded) -> None:
    """Keep what was gathered for a gate, or settle the node and keep what expressions name."""
    spec = state.graph.nodes[state.graph.by_key.get(event.node, 0)]
    gathers = spec.role == "gate"
    index, node = find_node(state, event, event.node, StepStatus.READY if gathers else StepStatus.COMPLETED)
    same_attempt(state, node, event)
    if gathers:
        evidence = _evidence(state, event)
        make_ready(state, index)
        node.interruptions = 0
        node.evidence = evidence
        return
    if node.status is StepStatus.WAITING and index not in state.fired:
        raise CorruptJournal(f"Run {state.run_id}: event {state.seq + 1} ends the wait of {event.node} before its time.")
    node.interruptions = 0
    state.context.update(event.context)
    if spec.step.id in state.graph.referenced_steps:
        state.results[spec.step.id] = StepResult(event.output, event.result, event.outputs, event.exit_code, truncated=event.truncated)
    settle(state, index, StepStatus.COMPLETED)
    make_up_for_failures(state, index)


def _evidence(state: RunState, event: e.StepSucceeded) -> e.Evidence:
    try:
        return e.Evidence.model_validate(event.result)
    except ValidationError:
        place = f"event {state.seq + 1} ({event.type})"
        raise CorruptJournal(f"Run {state.run_id}: {place} brings no evidence for {event.node}.") from None


def fold_step_failed(state: RunState, event: e.StepFailed) -> None:
    """Rest before another attempt, or settle the node as failed."""
    index, node = find_node(state, event, event.node, StepStatus.RETRYING if event.retryable else StepStatus.FAILED)
    if node.status is StepStatus.RUNNING:
        same_attempt(state, node, event)
    node.interruptions = 0
    node.failures += 1
    spec = state.graph.nodes[index]
    if event.retryable:
        leave(state, index)
        node.status = StepStatus.RETRYING
        node.retry_after = event.retry_after or 0
        state.retrying.add(index)
        state.retry_unplanned.add(index)
        return
    if spec.step.id in state.graph.referenced_steps:
        state.results[spec.step.id] = StepResult(event.output, None, event.outputs, event.exit_code, event.message, event.truncated)
    kind: Any = "expression" if event.kind == "expression" else "step"
    fail(state, index, e.RunError(kind=kind, message=event.message, node=event.node))


def fold_retry_scheduled(state: RunState, event: e.RetryScheduled) -> None:
    """Arm the end of the pause."""
    index, node = find_node(state, event, event.node, StepStatus.RETRYING)
    if index not in state.retry_unplanned or event.attempt != node.attempt + 1:
        place = f"event {state.seq + 1} ({event.type})"
        raise CorruptJournal(f"Run {state.run_id}: {place} is about attempt {event.attempt} of {event.node} after {node.attempt}.")
    node.due = event.due
    state.retry_unplanned.discard(index)
    heapq.heappush(state.timers, (event.due, event.node))


def fold_step_skipped(state: RunState, event: e.StepSkipped) -> None:
    """Settle the node without running it."""
    index, _ = find_node(state, event, event.node, StepStatus.SKIPPED)
    blocks = event.cause == "upstream" and state.graph.workflow.type in ("graph", "parallel")
    settle(state, index, StepStatus.SKIPPED, blocks=blocks)


def fold_step_cancelled(state: RunState, event: e.StepCancelled) -> None:
    """Settle the node as cancelled."""
    index, _ = find_node(state, event, event.node, StepStatus.CANCELLED)
    settle(state, index, StepStatus.CANCELLED)


def fold_step_interrupted(state: RunState, event: e.StepInterrupted) -> None:
    """Make the node ready for the same work again."""
    index, node = find_node(state, event, event.node, StepStatus.READY)
    same_attempt(state, node, event)
    make_ready(state, index)
    node.spent = max(0, node.begun_at - node.first_at)
    node.first_at = 0
    node.interruptions += event.why == "engine_ended"
    if node.interruptions >= MAX_INTERRUPTIONS:
        state.repeatedly_interrupted.add(index)
