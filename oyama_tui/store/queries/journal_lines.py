"""Queries of a run's journal and of its variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.event_text import event_text
from oyama_tui.core.evolve import RUN_TIMER, TOTAL_TIMER
from oyama_tui.core.views import ContextView, EventView
from oyama_tui.store.damage import DAMAGE, legible, reading
from oyama_tui.store.encoding import decode_event
from oyama_tui.store.queries.base import APPROVALS, CONTEXT, EVENTS, Row, mapping, moment

_OF_RUN = EVENTS.c.run == sa.bindparam("run")
EVENTS_AFTER = (
    sa.select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload)
    .where(_OF_RUN, EVENTS.c.seq > sa.bindparam("after"))
    .order_by(EVENTS.c.seq)
    .limit(sa.bindparam("limit"))
)
PAYLOADS = sa.select(EVENTS.c.seq, EVENTS.c.payload).where(_OF_RUN, EVENTS.c.seq.in_(sa.bindparam("seqs", expanding=True)))
GATES = sa.select(APPROVALS.c.id, APPROVALS.c.node).where(APPROVALS.c.run == sa.bindparam("run"))
VARIABLES = (
    sa.select(CONTEXT.c.name, CONTEXT.c.value, CONTEXT.c.value.is_(None).label("elsewhere"), CONTEXT.c.seq, CONTEXT.c.at)
    .where(CONTEXT.c.run == sa.bindparam("run"))
    .order_by(CONTEXT.c.name)
)
_BATCH = 500
ABOUT_AN_APPROVAL = frozenset({"vote_cast", "approval_decided", "approval_expired", "approval_cancelled"})
"""Types of events that name an approval in the place of a node."""


def events_after(connection: sa.Connection, run_key: int, after: int = 0, limit: int = 1000) -> tuple[EventView, ...]:
    """Events of a run with numbers above `after`, in order.

    Args:
        connection: Where to read.
        run_key: The run's key.
        after: Number of the last event that is known.
        limit: The most events.
    """
    rows = connection.execute(EVENTS_AFTER, {"run": run_key, "after": after, "limit": limit}).all()
    gates: dict[str, str] = {}
    if any(row.type in ABOUT_AN_APPROVAL for row in rows):
        gates = {row.id: row.node for row in connection.execute(GATES, {"run": run_key})}
    return tuple(event_view(row, gates) for row in rows)


def payloads(connection: sa.Connection, run_key: int, seqs: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What certain events of a run say, by number.

    Args:
        connection: Where to read.
        run_key: The run's key.
        seqs: Numbers of events; those that do not exist are left out.
    """
    wanted = sorted(set(seqs))
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(wanted), _BATCH):
        rows = connection.execute(PAYLOADS, {"run": run_key, "seqs": wanted[start : start + _BATCH]})
        for row in rows:
            with reading("workflow_events", f"{row.seq} of run {run_key}"):
                found[row.seq] = mapping(json.loads(row.payload))
    return found


def named_values(connection: sa.Connection, row: Row, short: Any, seq: int, name: str) -> dict[str, JsonValue]:
    """Named values of a run: from its row, or from the event that has them where they are too large for a row.

    Args:
        connection: Where to read.
        row: The run's.
        short: What its row has of them; none when they are too large.
        seq: The event that has them: its first one the inputs, its last one the outputs.
        name: What they are called there.
    """
    return mapping(short) if short is not None else mapping(payloads(connection, row.key, (seq,)).get(seq, {}).get(name))


def context_view(connection: sa.Connection, run_key: int) -> tuple[ContextView, ...]:
    """The run's variables, by name."""
    rows = connection.execute(VARIABLES, {"run": run_key}).all()
    # Large values stand only in the events that set them.
    events = payloads(connection, run_key, (row.seq for row in rows if row.elsewhere))
    views = []
    for row in rows:
        with reading("workflow_context", row.name):
            value = _set_by(events.get(row.seq, {}), row.name) if row.elsewhere else row.value
            views.append(ContextView(name=row.name, value=value, seq=row.seq, at=moment(row.at)))
    return tuple(views)


def _set_by(payload: dict[str, Any], name: str) -> JsonValue:
    """The value that an event has given to a variable: a person has set it, or a step, or the start of the run."""
    changed: dict[str, JsonValue] = mapping(payload.get("set")) or mapping(payload.get("context"))
    return changed[name]


def event_view(row: Row, gates: Mapping[str, str]) -> EventView:
    """An event as people read it; one that cannot be read says so, so that the rest of the journal can still be looked at.

    Args:
        row: Its number, time, type and payload.
        gates: The nodes of approvals by their ids, where it may be about one.
    """
    try:
        payload = json.loads(row.payload)
        text = event_text(decode_event(row.type, row.at, row.payload))
        return EventView(seq=row.seq, at=moment(row.at), type=row.type, node=_node_of(row.type, payload, gates), text=text, payload=payload)
    except (CorruptJournal, *DAMAGE):
        kind = legible(row.type)
        text = f"{kind}: this event cannot be read; run `oyama verify`"
    with reading("workflow_events", row.seq):
        return EventView(seq=row.seq, at=_some_moment(row.at), type=kind, node="", text=text, payload=_read_payload(row.payload))


def _some_moment(at: Any) -> datetime:
    """A time, or the first one of all for one that is none."""
    try:
        return moment(at)
    except DAMAGE:
        return moment(0)


def _read_payload(text: Any) -> dict[str, JsonValue]:
    """The payload of an event that cannot be read, as it stands."""
    try:
        payload = json.loads(text)
    except DAMAGE:
        return {"unreadable": legible(text)}
    return payload if isinstance(payload, dict) else {"unreadable": legible(text)}


def _node_of(kind: str, payload: dict[str, JsonValue], gates: Mapping[str, str]) -> str:
    node = payload.get("node")
    if isinstance(node, str):
        return node
    named = payload.get("id")
    if not isinstance(named, str):
        return ""
    if kind == "timer_fired":
        return "" if named in (RUN_TIMER, TOTAL_TIMER) else named
    return gates.get(named, "")
