"""Queries of a run's journal and of its variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.event_text import event_text
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER
from oyama_tui.core.views import ContextView, EventView
from oyama_tui.store.damage import DAMAGE, legible, reading
from oyama_tui.store.encoding import decode_event
from oyama_tui.store.queries.base import APPROVALS, CONTEXT, EVENTS, Row, mapping, moment

Payloads = Mapping[tuple[int, int], Mapping[str, Any]]
"""What events say, by the run's key and the event's number."""
_OF_RUN = EVENTS.c.run == sa.bindparam("run")
EVENTS_AFTER = (
    sa.select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload)
    .where(_OF_RUN, EVENTS.c.seq > sa.bindparam("after"))
    .order_by(EVENTS.c.seq)
    .limit(sa.bindparam("limit"))
)
# SQLite finds rows by pairs of values only where they stand in a table.
_PLACES = sa.func.json_each(sa.bindparam("places")).table_valued("value").alias("places")
PAYLOADS = (
    sa.select(EVENTS.c.run, EVENTS.c.seq, EVENTS.c.payload)
    .select_from(_PLACES)
    .join(
        EVENTS,
        sa.and_(
            EVENTS.c.run == sa.func.json_extract(_PLACES.c.value, "$[0]"), EVENTS.c.seq == sa.func.json_extract(_PLACES.c.value, "$[1]")
        ),
    )
)
GATES = sa.select(APPROVALS.c.id, APPROVALS.c.node).where(APPROVALS.c.run == sa.bindparam("run"))
VARIABLES = (
    sa.select(CONTEXT.c.run, CONTEXT.c.name, CONTEXT.c.value, CONTEXT.c.value.is_(None).label("elsewhere"), CONTEXT.c.seq, CONTEXT.c.at)
    .where(CONTEXT.c.run.in_(sa.bindparam("runs", expanding=True)))
    .order_by(CONTEXT.c.run, CONTEXT.c.name)
)
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


def payloads(connection: sa.Connection, places: Iterable[tuple[int, int]]) -> Payloads:
    """What certain events say, by where they stand.

    Args:
        connection: Where to read.
        places: Keys of runs, each with the number of an event; those that do not exist are left out.
    """
    wanted = sorted(set(places))
    found: dict[tuple[int, int], dict[str, Any]] = {}
    if wanted:
        for row in connection.execute(PAYLOADS, {"places": json.dumps(wanted)}):
            with reading("workflow_events", f"{row.seq} of run {row.run}"):
                found[row.run, row.seq] = mapping(json.loads(row.payload))
    return found


def places_of_values(row: Row) -> list[tuple[int, int]]:
    """Where inputs and outputs of a run stand that are too large for its row: in its first event, in its last one."""
    inputs = [(row.key, 1)] if row.inputs is None else []
    return [*inputs, (row.key, row.seq)] if row.outputs is None and row.status == "completed" else inputs


def named_values(row: Row, events: Payloads) -> dict[str, dict[str, JsonValue]]:
    """A run's `inputs`, and its `outputs` once it has completed.

    Args:
        row: The run's.
        events: What the events say that `places_of_values` names.
    """
    outputs = row.outputs if row.outputs is not None else events.get((row.key, row.seq), {}).get("outputs")
    return {
        "inputs": mapping(row.inputs if row.inputs is not None else events.get((row.key, 1), {}).get("inputs")),
        "outputs": mapping(outputs) if row.status == "completed" else {},
    }


def context_view(connection: sa.Connection, run_key: int) -> tuple[ContextView, ...]:
    """The run's variables, by name."""
    rows = connection.execute(VARIABLES, {"runs": [run_key]}).all()
    return variables(rows, payloads(connection, places_of_variables(rows)))


def variable_rows(connection: sa.Connection, run_keys: Sequence[int]) -> dict[int, list[Row]]:
    """The rows of the variables of several runs, by the runs' keys, of each by name.

    Args:
        connection: Where to read.
        run_keys: The runs' keys.
    """
    found: dict[int, list[Row]] = {key: [] for key in run_keys}
    for row in connection.execute(VARIABLES, {"runs": list(run_keys)}):
        found[row.run].append(row)
    return found


def places_of_variables(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Where values stand that are too large for the rows: in the events that set them."""
    return [(row.run, row.seq) for row in rows if row.elsewhere]


def variables(rows: Sequence[Row], events: Payloads) -> tuple[ContextView, ...]:
    """A run's variables.

    Args:
        rows: Theirs.
        events: What the events say that `places_of_variables` names.
    """
    views = []
    for row in rows:
        with reading("workflow_context", row.name):
            value = _set_by(events.get((row.run, row.seq), {}), row.name) if row.elsewhere else row.value
            views.append(ContextView(name=row.name, value=value, seq=row.seq, at=moment(row.at)))
    return tuple(views)


def _set_by(payload: Mapping[str, Any], name: str) -> JsonValue:
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
