"""Folding events of steps."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from oyama_tui.core import events as e
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.evolve.checks import corrupt, find_node, same_attempt
from oyama_tui.core.evolve.leaping import goes_by_wall_clock
from oyama_tui.core.evolve.rounds import fail_or_go_back
from oyama_tui.core.evolve.settling import leave, make_ready, make_up_for_failures, settle
from oyama_tui.core.rendering import items_value
from oyama_tui.core.scope import NodeState, StepResult
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import MAX_INTERRUPTIONS, StepStatus


def fold_step_scheduled(state: RunState, event: e.StepScheduled) -> None:
    """Note that an attempt runs, or until when a wait lasts."""
    wanted = StepStatus.RUNNING if event.due is None else StepStatus.WAITING
    node = find_node(state, event, event.node, wanted)
    if event.attempt != node.attempt + 1:
        raise corrupt(state, event, f"schedules attempt {event.attempt} of {event.node} after {node.attempt}")
    if node.cut:
        raise corrupt(state, event, f"begins {event.node} again, which was cut off, and nobody has said so")
    is_child = KINDS[node.spec.kind].is_child
    if is_child and event.due is not None:
        raise corrupt(state, event, f"lets {event.node} wait for a time, which is a run of its own")
    leave(state, node)
    node.status = wanted
    node.attempt = event.attempt
    node.first_at = node.first_at or event.at - node.spent
    node.begun_at = event.at
    node.begun = node.begun or state.seq + 1
    if node.spec.step.gate is not None or asks_to_rerun(node):
        node.given = event.input
    if node.spec.step.compensate is not None:
        node.input = event.input
    state.current = node
    if is_child:
        node.child = None
        state.children[node] = event.attempt
    elif event.due is None:
        state.running[node] = event.attempt
    else:
        node.due = event.due
        state.waits.add(node)
        heapq.heappush(state.deadlines if goes_by_wall_clock(node) else state.timers, (event.due, event.node))


def fold_child_started(state: RunState, event: e.ChildStarted) -> None:
    """Note which run an attempt is."""
    node = find_node(state, event, event.node, StepStatus.RUNNING)
    if state.children.get(node) != event.attempt or node.child is not None:
        raise corrupt(state, event, f"names a run for attempt {event.attempt} of {event.node}, which has one or is none")
    node.child = event


def fold_step_succeeded(state: RunState, event: e.StepSucceeded) -> None:
    """Keep what was gathered for a gate, or settle the node and keep what expressions name."""
    known = state.nodes.get(event.node)
    gathers = known is not None and known.spec.role == "gate"
    node = find_node(state, event, event.node, StepStatus.READY if gathers else StepStatus.COMPLETED)
    same_attempt(state, node, event)
    if gathers:
        evidence = _evidence(state, event)
        make_ready(state, node)
        node.interruptions = 0
        node.evidence = evidence
        return
    if node.status is StepStatus.WAITING and node not in state.fired:
        raise corrupt(state, event, f"ends the wait of {event.node} before its time")
    node.interruptions = 0
    state.context.update(event.context)
    _remember(state, node, StepResult(event.output, event.result, event.outputs, event.exit_code, truncated=event.truncated))
    settle(state, node, StepStatus.COMPLETED)
    make_up_for_failures(node)


def _remember(state: RunState, node: NodeState, result: StepResult) -> None:
    step_id, block = node.spec.step.id, node.block
    if step_id not in state.graph.referenced_steps:
        return
    if block is not None and step_id in state.graph.kept_items:
        result = replace(result, items=items_value(block))
    node.scope.results[step_id] = result


def _evidence(state: RunState, event: e.StepSucceeded) -> e.Evidence:
    try:
        return e.Evidence.model_validate(event.result)
    except ValidationError:
        raise corrupt(state, event, f"brings no evidence for {event.node}") from None


def fold_step_failed(state: RunState, event: e.StepFailed) -> None:
    """Rest before another attempt, or settle the node as failed."""
    node = find_node(state, event, event.node, StepStatus.RETRYING if event.retryable else StepStatus.FAILED)
    if node.status in (StepStatus.RUNNING, StepStatus.WAITING):
        same_attempt(state, node, event)
    if node.status is StepStatus.WAITING and node not in state.fired:
        raise corrupt(state, event, f"ends the wait of {event.node} before its time")
    node.interruptions = 0
    node.failures += 1
    if event.retryable:
        leave(state, node)
        node.status = StepStatus.RETRYING
        node.retry_after = event.retry_after or 0
        if node.spec.step.gate is None:
            node.given = None
        state.retrying.add(node)
        state.retry_unplanned.add(node)
        return
    _remember(state, node, StepResult(event.output, None, event.outputs, event.exit_code, event.message, event.truncated))
    kind: Any = "expression" if event.kind == "expression" else "step"
    fail_or_go_back(state, node, e.RunError(kind=kind, message=event.origin or event.message, node=event.cause or event.node))


def fold_retry_scheduled(state: RunState, event: e.RetryScheduled) -> None:
    """Arm the end of the pause."""
    node = find_node(state, event, event.node, StepStatus.RETRYING)
    if node not in state.retry_unplanned or event.attempt != node.attempt + 1:
        raise corrupt(state, event, f"is about attempt {event.attempt} of {event.node} after {node.attempt}")
    node.due = event.due
    state.retry_unplanned.discard(node)
    heapq.heappush(state.timers, (event.due, event.node))


def fold_step_skipped(state: RunState, event: e.StepSkipped) -> None:
    """Settle the node without running it."""
    node = find_node(state, event, event.node, StepStatus.SKIPPED)
    settle(state, node, StepStatus.SKIPPED, blocks=event.cause == "upstream" and node.scope.body.type in ("graph", "parallel"))


def fold_step_cancelled(state: RunState, event: e.StepCancelled) -> None:
    """Settle the node as cancelled."""
    settle(state, find_node(state, event, event.node, StepStatus.CANCELLED), StepStatus.CANCELLED)


def fold_step_interrupted(state: RunState, event: e.StepInterrupted) -> None:
    """Make the node ready for the same work again."""
    node = find_node(state, event, event.node, StepStatus.READY)
    same_attempt(state, node, event)
    if node in state.children:
        raise corrupt(state, event, f"interrupts {event.node}, which is a run of its own")
    if event.asks and not asks_to_rerun(node):
        raise corrupt(state, event, f"has somebody asked about {event.node}, which begins again by itself")
    make_ready(state, node)
    node.spent = max(0, node.begun_at - node.first_at)
    node.first_at = 0
    if event.asks:
        node.cut = event.attempt
        return
    node.interruptions += event.why == "engine_ended"
    if node.interruptions >= MAX_INTERRUPTIONS:
        state.repeatedly_interrupted.add(node)


def asks_to_rerun(node: NodeState) -> bool:
    """Whether a person is asked before an attempt that was cut off is made again: of an action, not of what looks before a gate."""
    return node.spec.role == "action" and node.spec.step.asks_to_rerun
