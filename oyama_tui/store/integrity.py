"""Whether journals are whole, and whether the tables say what the journals say."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import ValidationError

from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.views import Check
from oyama_tui.store.encoding import chain, decode_event
from oyama_tui.store.queries.base import EVENTS, REVISIONS, STATES, Row
from oyama_tui.store.rebuild import Rebuilder, projected_rows, rebuilder

MOST = 20
"""Differences that are told of one run; the rest is counted."""
ALL_RUNS = sa.select(STATES.c.key).order_by(STATES.c.key)
RUN = sa.select(STATES.c.key, STATES.c.id, STATES.c.workflow_id, STATES.c.number, STATES.c.seq, STATES.c.head, STATES.c.revision).where(
    STATES.c.key == sa.bindparam("run")
)
JOURNAL = (
    sa.select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload, EVENTS.c.hash)
    .where(EVENTS.c.run == sa.bindparam("run"))
    .order_by(EVENTS.c.seq)
)
REVISION = sa.select(REVISIONS.c.content).where(REVISIONS.c.revision == sa.bindparam("revision"))
_HINT = "The journal of this run was changed by something else than Oyama; restore a copy from before, or export what is left."
_REBUILD = "The journal is sound, so nothing is lost; the tables were changed by something else than Oyama."


def run_keys(connection: sa.Connection) -> list[int]:
    """The keys of all runs, oldest first."""
    return list(connection.execute(ALL_RUNS).scalars())


def verify(connection: sa.Connection, run_id: str = "") -> tuple[Check, ...]:
    """Check one run, or all of them.

    Args:
        connection: In one read transaction.
        run_id: The state id; all runs when empty.
    """
    one = sa.select(STATES.c.key).where(STATES.c.id == run_id)
    return tuple(verify_runs(connection, list(connection.execute(one).scalars()) if run_id else run_keys(connection)))


def verify_runs(connection: sa.Connection, keys: list[int]) -> Iterator[Check]:
    """Check one run after the other; at least one finding for each.

    Args:
        connection: In one read transaction, so that journal and tables belong together.
        keys: Of the runs.
    """
    with rebuilder() as rebuild:
        for key in keys:
            yield from verify_run(connection, key, rebuild)


def verify_run(connection: sa.Connection, run_key: int, rebuild: Rebuilder | None = None) -> tuple[Check, ...]:
    """Check the journal of a run, and its rows against a rebuild.

    Args:
        connection: In one read transaction.
        run_key: The run's key.
        rebuild: To share one over many runs.

    Returns:
        One finding that all is well, or one for each trouble; its id is that of the run.
    """
    if rebuild is None:
        with rebuilder() as made:
            return verify_run(connection, run_key, made)
    run = connection.execute(RUN, {"run": run_key}).one_or_none()
    if run is None:
        return (Check(id=str(run_key), status="problem", message=f"There is no run with key {run_key}."),)
    rows = connection.execute(JOURNAL, {"run": run_key}).all()
    events: list[e.Event] = []
    found = [_problem(run, text, _HINT) for text in _journal_troubles(run, list(rows), events)]
    if not found:
        found = _table_troubles(connection, run, events, rebuild)
    return tuple(found) or (
        Check(id=run.id, status="ok", message=f"{_name(run)}: {len(rows)} events, an unbroken chain, and tables that say the same."),
    )


def _journal_troubles(run: Row, rows: list[Row], events: list[e.Event]) -> Iterator[str]:
    """Gaps, broken links, unreadable events and a cut end; fills `events` with those that can be read."""
    if not rows:
        yield "its journal is empty"
        return
    previous, expected = b"", 1
    for row in rows:
        if row.seq != expected:
            yield f"events {expected} to {row.seq - 1} are missing" if row.seq - 1 > expected else f"event {expected} is missing"
            return
        if chain(previous, run.key, row.seq, row.at, row.type, row.payload) != row.hash:
            yield f"event {row.seq} ({row.type}) or its hash was changed"
            return
        try:
            events.append(decode_event(row.type, row.at, row.payload))
        except CorruptJournal as error:
            yield f"event {row.seq}: {error.sentence}"
            return
        previous, expected = row.hash, expected + 1
    last = expected - 1
    if run.seq > last:
        yield f"the end of its journal is cut: event {last} is the last, and the run's row knows {run.seq}"
    elif run.seq < last:
        yield f"its journal has {last} events, and the run's row knows only {run.seq}"
    elif run.head != previous:
        yield "the newest event is not the one that the run's row knows"


def _table_troubles(connection: sa.Connection, run: Row, events: list[e.Event], rebuild: Rebuilder) -> list[Check]:
    try:
        graph = _graph(connection, run)
        lines = rebuild.differences(run, graph, events, run.head, projected_rows(connection, run.key))
    except CorruptJournal as error:
        return [_problem(run, error.sentence, _HINT)]
    found = [_problem(run, line, _REBUILD) for line in lines[:MOST]]
    if len(lines) > MOST:
        found.append(_problem(run, f"{len(lines) - MOST} more differences", _REBUILD))
    return found


def _graph(connection: sa.Connection, run: Row) -> Graph:
    content = connection.execute(REVISION, {"revision": run.revision}).scalar_one_or_none()
    if content is None:
        raise CorruptJournal(f"revision {run.revision} of its workflow is missing")
    try:
        workflow = Workflow.model_validate_json(content)
    except ValidationError as error:
        raise CorruptJournal(f"revision {run.revision} of its workflow cannot be read") from error
    if workflow.revision() != run.revision:
        raise CorruptJournal(f"revision {run.revision} of its workflow was changed")
    return compile_graph(workflow, run.revision)


def _problem(run: Row, text: str, hint: str) -> Check:
    return Check(id=run.id, status="problem", message=f"{_name(run)}: {text.rstrip('.')}.", hint=hint)


def _name(run: Row) -> str:
    return f"{run.workflow_id} #{run.number}"
