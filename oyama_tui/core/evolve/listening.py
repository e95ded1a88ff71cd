"""Which of the events that were sent is for which of the nodes that wait.

An event and a node are looked at together once: when the event comes, or when the node begins to wait. What fits is noted, and plan makes
a fact of it; so the cost goes by what has changed, and a journal means the same however expressions will be evaluated one day.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from oyama_tui.core import events as e
from oyama_tui.core.definition.expressions import ExpressionError, evaluate_condition, references
from oyama_tui.core.rendering import scope_for
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState


def listen(state: RunState, node: NodeState, name: str, match: str) -> None:
    """Let a node wait for an event, and find it the first one that is there already."""
    node.waits_for, node.match = name, match
    for seq in state.kept_events.get(name, ()):
        if _fits(state, node, state.events[seq]):
            _assign(state, node, seq)
            return
    insort(state.listening.setdefault(name, []), node, key=lambda other: other.order)


def offer(state: RunState, seq: int) -> None:
    """Find the first node, in the order of the definition, that an event is for; keep it when there is none yet.

    Args:
        state: Has the event.
        seq: The event's number.
    """
    event = state.events[seq]
    node = next((node for node in state.listening.get(event.name, ()) if _fits(state, node, event)), None)
    if node is None:
        insort(state.kept_events.setdefault(event.name, []), seq)
    else:
        _assign(state, node, seq)


def mute(state: RunState, node: NodeState) -> None:
    """Give a node no further event; what it was to get is for others."""
    seq = state.matched.pop(node, None)
    _forget_listener(state, node)
    node.waits_for = node.match = ""
    if seq is not None and seq in state.events:
        offer(state, seq)


def take(state: RunState, node: NodeState, seq: int) -> e.EventReceived:
    """Give a node its event, which is gone then.

    Args:
        state: Has the event.
        node: Waits for one of its name.
        seq: The event's number.
    """
    event = state.events.pop(seq)
    _forget_kept(state, event.name, seq)
    other = next((other for other, found in state.matched.items() if found == seq and other is not node), None)
    mute(state, node)
    if other is not None:
        # The journal was written by a version that found otherwise.
        del state.matched[other]
        listen(state, other, other.waits_for, other.match)
    return event


def _assign(state: RunState, node: NodeState, seq: int) -> None:
    """Note that an event is for a node."""
    state.matched[node] = seq
    _forget_kept(state, state.events[seq].name, seq)
    _forget_listener(state, node)


def _forget_kept(state: RunState, name: str, seq: int) -> None:
    kept = state.kept_events.get(name, [])
    if seq in kept:
        kept.remove(seq)
        if not kept:
            del state.kept_events[name]


def _forget_listener(state: RunState, node: NodeState) -> None:
    listeners = state.listening.get(node.waits_for, [])
    at = bisect_left(listeners, node.order, key=lambda other: other.order)
    if listeners[at : at + 1] == [node]:
        del listeners[at]
        if not listeners:
            del state.listening[node.waits_for]


def _fits(state: RunState, node: NodeState, event: e.EventReceived) -> bool:
    """Whether a node wants an event; a condition that cannot be evaluated does not hold."""
    if not node.match:
        return True
    try:
        return evaluate_condition(node.match, {**scope_for(state, node, references(node.match)), "event": event.payload})
    except ExpressionError:
        return False
