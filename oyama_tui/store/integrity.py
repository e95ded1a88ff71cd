"""Whether journals are whole, and whether the tables say what the journals say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.views import Check
from oyama_tui.store.columns import OWNERSHIP_COLUMNS
from oyama_tui.store.damage import DAMAGE, legible, reason, short
from oyama_tui.store.definitions import read_definition
from oyama_tui.store.encoding import chain, decode_event
from oyama_tui.store.queries.base import REMOVED, STATES
from oyama_tui.store.reader import any_text
from oyama_tui.store.rebuild import KeptRun, Rebuilder, projected_rows, rebuilder
from oyama_tui.store.seals import is_sealed
from oyama_tui.store.whole import records, whole_troubles

MOST: Final = 20
"""Differences that are told of one run; the rest is counted."""
STAYING = STATES.c.key.not_in(sa.select(REMOVED.c.run))
"""Of a run: its removal has not begun."""
ALL_RUNS = sa.select(STATES.c.key).where(STAYING).order_by(STATES.c.key)
_CUT_OFF = sa.select(STATES.c.id, STATES.c.workflow_id, STATES.c.number).where(~STAYING).order_by(STATES.c.key)
_RUN: Final = "SELECT * FROM workflow_states WHERE key = :run"
_JOURNAL: Final = "SELECT position, seq, at, type, payload, hash FROM workflow_events WHERE run = :run ORDER BY seq"
_ORIGIN: Final = "SELECT origin_id, origin_key, origin_head FROM workflow_imports WHERE run = :run"
_REVISION: Final = "SELECT content FROM workflow_revisions WHERE revision = :revision"
_HINT: Final = "The journal of this run was changed by something else than Oyama; restore a copy from before."
_REBUILD: Final = "The journal is sound, so nothing is lost; the tables were changed by something else than Oyama."
_OWNERSHIP: Final = "No journal tells who drives a run, so nobody knows what stood there; compare it with a copy from before."
_KINDS: Final = {"id": str, "workflow_id": str, "number": int, "seq": int, "head": bytes, "revision": str, "directory": str}
"""What the columns hold that a check of a run begins with."""


@dataclass(slots=True)
class _Entry:
    """One row of a journal, as SQLite holds it."""

    position: Any
    seq: Any
    at: Any
    type: Any
    payload: Any
    hash: Any

    def fits(self, previous: bytes, run: int) -> bool:
        """Whether it is what was chained to the event before it."""
        kinds = (type(self.at), type(self.type), type(self.payload), type(self.hash))
        try:
            return kinds == (int, str, str, bytes) and chain(previous, run, self.seq, self.at, self.type, self.payload) == self.hash
        except UnicodeError:
            return False


def run_keys(connection: sa.Connection) -> list[int]:
    """The keys of all runs, oldest first, but for those that are being removed."""
    return list(connection.execute(ALL_RUNS).scalars())


def verify(connection: sa.Connection, run_id: str = "") -> tuple[Check, ...]:
    """Check one run, or the file as a whole and all runs; never raises for what it finds.

    Args:
        connection: In one read transaction.
        run_id: The state id; the whole when empty.
    """
    if run_id:
        one = sa.select(STATES.c.key).where(STATES.c.id == run_id, STAYING)
        return tuple(verify_runs(connection, list(connection.execute(one).scalars())))
    with any_text(connection) as raw:
        found = list(whole_troubles(raw))
    if not found:
        found = [Check(id="file", status="ok", message="The file is whole: its pages, indexes, tables, workflows, engines and references.")]
    try:
        found += cut_off(connection)
        found += verify_runs(connection, run_keys(connection))
    except (sa.exc.DBAPIError, sqlite3.Error, UnicodeDecodeError) as error:
        found.append(Check(id="file", status="problem", message=f"The runs cannot be listed ({reason(error)}).", hint=_HINT))
    return tuple(found)


def cut_off(connection: sa.Connection) -> Iterator[Check]:
    """Runs that are being removed, or whose removal was cut off: nothing of them needs to be whole.

    Args:
        connection: In one read transaction.
    """
    for run in connection.execute(_CUT_OFF):
        name = f"{legible(run.workflow_id)} #{legible(run.number)}"
        message = f"{name} is being removed: what is left of it is of no use."
        yield Check(id=legible(run.id), status="warning", message=message, hint="Run `oyama cleanup` to finish what was cut off.")


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
    """Check the journal of a run, and its rows against a rebuild; never raises for what it finds.

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
    with any_text(connection) as raw:
        try:
            return _verified(raw, run_key, rebuild)
        except (*DAMAGE, sqlite3.Error) as error:
            return (Check(id=str(run_key), status="problem", message=f"Run {run_key} cannot be read: {reason(error)}.", hint=_HINT),)


def remaining_troubles(connection: sqlite3.Connection) -> list[Check]:
    """Everything that is wrong with the file as it stands in a transaction.

    Args:
        connection: Inside it; gives text that is no UTF-8 too.
    """
    found = list(whole_troubles(connection))
    keys = [key for (key,) in connection.execute("SELECT key FROM workflow_states ORDER BY key").fetchall()]
    with rebuilder() as rebuild:
        for key in keys:
            found += _verified(connection, key, rebuild)
    return [check for check in found if check.status == "problem"]


def _verified(connection: sqlite3.Connection, run_key: int, rebuild: Rebuilder) -> tuple[Check, ...]:
    checks = _row_troubles(connection, run_key)
    run, events, troubles = sound_journal(connection, run_key)
    checks += troubles
    if run is None:
        return tuple(checks)
    if not troubles:
        checks += _table_troubles(connection, run, events, rebuild)
    sound = f"{run.name}: {len(events)} events, an unbroken chain, and tables that say the same."
    return tuple(checks) or (Check(id=run.id, status="ok", message=sound),)


def _row_troubles(connection: sqlite3.Connection, run_key: int) -> list[Check]:
    """What is wrong with those columns of a run's row that no journal tells."""
    found = records(connection, _RUN, {"run": run_key})
    if not found or any(type(found[0][name]) is not kind for name, kind in _KINDS.items()) or _is_owned(found[0]):
        return []
    return [_problem(_kept(run_key, found[0]), _ownership(found[0]), _OWNERSHIP)]


def sound_journal(connection: sqlite3.Connection, run_key: int) -> tuple[KeptRun | None, list[e.Event], list[Check]]:
    """A run's events, checked one by one; no run where its row cannot be used, and what is wrong.

    Args:
        connection: In one transaction; gives text that is no UTF-8 too.
        run_key: The run's key.
    """
    found = records(connection, _RUN, {"run": run_key})
    if not found:
        return None, [], [Check(id=str(run_key), status="problem", message=f"There is no run with key {run_key}.")]
    run = _kept(run_key, found[0])
    odd = [name for name, kind in _KINDS.items() if type(found[0][name]) is not kind]
    if odd:
        lines = [f"workflow_states {run_key}: {name} is {short(found[0][name])}" for name in odd]
        return None, [], [_problem(run, line, _REBUILD) for line in lines]
    events: list[e.Event] = []
    rows = [_Entry(*row) for row in connection.execute(_JOURNAL, {"run": run_key})]
    troubles = list(_journal_troubles(run, rows, events))
    origin = connection.execute(_ORIGIN, {"run": run_key}).fetchone()
    if bool(found[0]["imported"]) != (origin is not None):
        troubles.append("its row and workflow_imports do not agree on whether it came from a file")
    elif origin is not None and not troubles:
        run = replace(run, origin_id=str(origin[0]))
        if not _comes_from(rows, *origin[1:]):
            troubles.append("its events are not those of the file that it came in")
    return run, events, [_problem(run, text, _HINT) for text in troubles]


def _kept(run_key: int, record: dict[str, Any]) -> KeptRun:
    return KeptRun(run_key, *(record[name] for name in _KINDS))


def _comes_from(rows: list[_Entry], key: object, head: object) -> bool:
    """Whether the events of an imported run make the chain that they had where it comes from."""
    previous = b""
    for row in rows:
        previous = chain(previous, key, row.seq, row.at, row.type, row.payload)  # type: ignore[arg-type]
    return previous == head


def _is_owned(record: dict[str, Any]) -> bool:
    """Whether what no event says of a run is as Oyama has written it."""
    try:
        return is_sealed("workflow_states", record)
    except DAMAGE:
        return False


def _ownership(record: dict[str, Any]) -> str:
    names = (*OWNERSHIP_COLUMNS, "directory")
    return f"its row is not as Oyama has written it: {', '.join(f'{name} is {short(record[name])}' for name in names)}"


def _journal_troubles(run: KeptRun, rows: list[_Entry], events: list[e.Event]) -> Iterator[str]:
    """Gaps, broken links, unreadable events and a cut end; fills `events` with those that can be read."""
    if not rows:
        yield "its journal is empty"
        return
    previous, expected, position = b"", 1, 0
    for row in rows:
        if type(row.seq) is not int or row.seq < expected:
            yield f"where event {expected} should be, there is one with the number {short(row.seq)}"
            return
        if row.seq != expected:
            yield f"events {expected} to {row.seq - 1} are missing" if row.seq - 1 > expected else f"event {expected} is missing"
            return
        if not row.fits(previous, run.key):
            yield f"event {row.seq} ({legible(row.type)}) or its hash was changed"
            return
        if row.position <= position:
            yield f"event {row.seq} stands before event {row.seq - 1}"
            return
        try:
            events.append(decode_event(row.type, row.at, row.payload))
        except CorruptJournal as error:
            yield f"event {row.seq}: {error.sentence}"
            return
        previous, expected, position = row.hash, expected + 1, row.position
    last = expected - 1
    if run.seq > last:
        yield f"the end of its journal is cut: event {last} is the last, and the run's row knows {run.seq}"
    elif run.seq < last:
        yield f"its journal has {last} events, and the run's row knows only {run.seq}"
    elif run.head != previous:
        yield "the newest event is not the one that the run's row knows"


def _table_troubles(connection: sqlite3.Connection, run: KeptRun, events: list[e.Event], rebuild: Rebuilder) -> list[Check]:
    try:
        lines = rebuild.differences(run, run_graph(connection, run), events, projected_rows(connection, run.key))
    except CorruptJournal as error:
        return [_problem(run, error.sentence, _HINT)]
    found = [_problem(run, line, _REBUILD) for line in lines[:MOST]]
    if len(lines) > MOST:
        found.append(_problem(run, f"{len(lines) - MOST} more differences", _REBUILD))
    return found


def run_graph(connection: sqlite3.Connection, run: KeptRun) -> Graph:
    """The compiled revision that a run is pinned to.

    Args:
        connection: In one transaction.
        run: The run.

    Raises:
        CorruptJournal: It is missing, was changed, or is of another workflow.
    """
    content = connection.execute(_REVISION, {"revision": run.revision}).fetchone()
    if content is None:
        raise CorruptJournal(f"The revision {legible(run.revision)} of its workflow is missing")
    workflow = read_definition(content[0], run.revision)
    if workflow.id != run.workflow_id:
        raise CorruptJournal(f"Its revision {run.revision} is of the workflow {workflow.id}")
    return compile_graph(workflow, run.revision)


def _problem(run: KeptRun, text: str, hint: str) -> Check:
    return Check(id=legible(run.id), status="problem", message=f"{run.name}: {text.rstrip('.')}.", hint=hint)
