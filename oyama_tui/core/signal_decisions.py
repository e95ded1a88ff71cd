"""Deciding on what reaches a run from outside while it waits: events that are sent to it, and wishes to go on at once."""

from __future__ import annotations

import json
import re
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.approval_decisions import require_live
from oyama_tui.core.definition.kinds.wait import EVENT_NAME, EVENT_NAME_HINT
from oyama_tui.core.errors import IllegalTransition, InvalidInput, NotFound
from oyama_tui.core.evolve.signals import payload_digest
from oyama_tui.core.plan import in_order
from oyama_tui.core.state import RunState
from oyama_tui.core.storable import check_storable

MAX_PAYLOAD: Final = 64 * 1024
"""Bytes of an event's payload as JSON."""
MAX_KEY: Final = 200
"""Characters of a sender's key."""
MAX_KEPT: Final = 1_000
"""The most events that a run keeps until some step takes them."""


def deliver_event(state: RunState, command: c.DeliverEvent) -> list[e.Event]:
    """Take an event that somebody sends; none when it has come already.

    Args:
        state: The run.
        command: The event.

    Raises:
        IllegalTransition: The run is over or not begun, its key stands for another event, or too many events are kept.
        InvalidInput: The name, the key or the payload cannot be those of an event.
    """
    name, key = command.name, command.key
    if not re.fullmatch(EVENT_NAME, name):
        raise InvalidInput(f"{name[:60]!r} cannot be the name of an event.", f"A name has {EVENT_NAME_HINT}.")
    if len(key) > MAX_KEY or not key.isprintable():
        raise InvalidInput(f"The key of an event is one line of at most {MAX_KEY} characters.")
    _require_payload(command)
    known = state.event_keys.get(key) if key else None
    if known is not None:
        if known == (name, payload_digest(command.payload)):
            return []
        other = "another payload" if known[0] == name else f"the event {known[0]}"
        raise IllegalTransition(f"Run {state.run_id} has got the key {key!r} already, with {other}.", "Give another event another key.")
    require_live(state, "no event can be sent to it")
    if len(state.events) >= MAX_KEPT:
        raise IllegalTransition(
            f"Run {state.run_id} keeps {MAX_KEPT:,} events that no step has taken, and takes no more until one does.",
            "Send only what a step of it waits for.",
        )
    return [e.EventReceived(at=command.at, name=name, payload=command.payload, key=key, by=command.by)]


def retry_now(state: RunState, command: c.RetryNow) -> list[e.Event]:
    """End the pauses before further attempts and rounds that somebody means.

    Args:
        state: The run.
        command: Whose pauses.

    Raises:
        IllegalTransition: The run is over or not begun, or what is meant does not pause.
        NotFound: The run has no such step.
    """
    require_live(state, "nothing of it can be tried again now")
    wanted = command.node
    pausing = in_order(state.retrying | {node for node in state.waits if node.block is not None})
    meant = [node for node in pausing if wanted in ("", node.key, node.spec.step.id)]
    if meant:
        return [e.RetryRequested(at=command.at, node=node.key, by=command.by) for node in meant]
    if wanted and wanted not in state.nodes and wanted not in state.graph.specs:
        raise NotFound(f"Run {state.run_id} has no step {wanted[:60]!r}.", f"Its steps: {', '.join(list(state.graph.specs)[:20])}")
    others = f"These do: {', '.join(node.key for node in pausing[:20])}." if pausing else ""
    what = f"{wanted} does not pause between two attempts or rounds" if wanted else "Nothing pauses between two attempts or rounds"
    raise IllegalTransition(f"{what} in run {state.run_id}.", others)


def _require_payload(command: c.DeliverEvent) -> None:
    try:
        check_storable(command.payload)
        size = len(json.dumps(command.payload, ensure_ascii=False).encode())
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput(f"The payload {wrong}, so it cannot be kept.") from None
    if size > MAX_PAYLOAD:
        hint = "Put what is large into a file, and send its path."
        raise InvalidInput(f"The payload is {size:,} bytes of JSON, and at most {MAX_PAYLOAD:,} are allowed.", hint)
