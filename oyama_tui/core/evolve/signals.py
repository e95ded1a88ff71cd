"""Folding what reaches a run from outside while it waits."""

from __future__ import annotations

import hashlib
import heapq
import json

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.evolve.blocks import end_rest
from oyama_tui.core.evolve.checks import corrupt, find_node, live
from oyama_tui.core.evolve.listening import listen, offer, take
from oyama_tui.core.evolve.settling import leave, make_ready
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus


def payload_digest(payload: JsonValue) -> str:
    """What tells two payloads apart: the hash of their JSON."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def fold_event_received(state: RunState, event: e.EventReceived) -> None:
    """Keep an event for the step that waits for it, or will."""
    live(state, event)
    if event.key and event.key in state.event_keys:
        raise corrupt(state, event, f"brings the key {event.key[:60]!r} again")
    seq = state.seq + 1
    state.events[seq] = event
    if event.key:
        state.event_keys[event.key] = (event.name, payload_digest(event.payload))
    offer(state, seq)


def fold_step_suspended(state: RunState, event: e.StepSuspended) -> None:
    """Let a node rest until its event comes."""
    node = find_node(state, event, event.node, StepStatus.WAITING)
    begins = node.status is StepStatus.READY
    if event.attempt != node.attempt + begins:
        raise corrupt(state, event, f"suspends attempt {event.attempt} of {event.node} after {node.attempt}")
    leave(state, node)
    node.status = StepStatus.WAITING
    if begins:
        node.attempt = event.attempt
        node.first_at = node.first_at or event.at - node.spent
        node.begun_at = event.at
    state.current = node
    state.waits.add(node)
    if event.due is not None:
        node.due = event.due
        heapq.heappush(state.timers, (event.due, event.node))
    listen(state, node, event.waits_for, event.match)


def fold_step_resumed(state: RunState, event: e.StepResumed) -> None:
    """Let a node go on with its event."""
    node = find_node(state, event, event.node, StepStatus.RUNNING)
    found = state.events.get(event.event)
    if node.attempt != event.attempt or found is None or not node.waits_for or found.name != node.waits_for:
        raise corrupt(state, event, f"gives {event.node} an event that it does not wait for, or that is gone")
    payload = take(state, node, event.event).payload
    leave(state, node)
    node.status = StepStatus.RUNNING
    state.woken[node] = payload


def fold_retry_requested(state: RunState, event: e.RetryRequested) -> None:
    """End the pause before another attempt, or before the next round of a repetition."""
    known = state.nodes.get(event.node)
    block = known.block if known is not None else None
    node = find_node(state, event, event.node, StepStatus.READY if block is None else StepStatus.RUNNING)
    if block is None:
        make_ready(state, node)
    else:
        end_rest(state, node, block)
