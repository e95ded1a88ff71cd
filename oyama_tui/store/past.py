"""A run as it was after any of its events: its journal folded anew into a database in memory, of which the queries of today are asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import RunSummary, summarise
from oyama_tui.core.views import MarkKind, MarkView
from oyama_tui.store import statements as sql
from oyama_tui.store.damage import DAMAGE, reason
from oyama_tui.store.encoding import decode_event
from oyama_tui.store.journal import JournalPosition, chained
from oyama_tui.store.projections import project
from oyama_tui.store.queries.base import EVENTS, STATES, WORKFLOWS, moment
from oyama_tui.store.queries.children import ancestors
from oyama_tui.store.rebuild import KeptRun, begin_run, execute, in_memory, named_by, tables_in_memory
from oyama_tui.store.run_columns import summary_row
from oyama_tui.store.run_key import RunKey

T = TypeVar("T")
AT_ONCE: Final = 1_000
"""So many events are read in one transaction."""
APART: Final = 128
"""Events between two moments that are kept, until there are too many of them; from the nearest one on, what follows is folded again."""
MOST_KEPT: Final = 80
"""Moments that are kept; with more every second one is forgotten, so that they stand twice as far apart."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""What kept moments may take together, likewise."""
DRIVER: Final = "then"
"""Stands for whoever drove the run: no event says who that was, and it is not what keeps a run of the past waiting."""
_OUT_OF_MAIN: Final = "CREATE TABLE workflow_events"
_INSERT_EVENT: Final = "INSERT INTO journal.workflow_events (run, seq, at, type, payload, hash) VALUES (?, ?, ?, ?, ?, ?)"
_EVENT: Final = "SELECT type, at, payload FROM workflow_events WHERE run = ? AND seq = ?"
_ENDS_OF_CHILDREN: Final[dict[type[e.EventBase], str]] = {
    e.StepSucceeded: "completed",
    e.StepFailed: "failed",
    e.StepCancelled: "cancelled",
}
_END_CHILD: Final = (
    "UPDATE workflow_states SET status = ?, phase = ? WHERE parent <> '' AND parent = ? AND parent_node = ? AND phase = 'running'"
)
_CHILDREN: Final = -1_000
"""Keys of the rows of such runs are below it, those of the runs above ours are not."""
VERIFY: Final = "Run `oyama verify`, and restore a copy from before."


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run had before its first event, and what stands around it."""

    run: KeptRun
    facts: sql.Row
    """Of its own row: what no event says, and what is so at all times."""
    around: tuple[tuple[str, sql.Row], ...]
    """Its workflow, and the runs above it, each with the table in which it stands."""


def beginning_of(connection: sa.Connection, run_id: str) -> Beginning | None:
    """What is needed of a run besides its journal; none when there is none of this id.

    Args:
        connection: Where to read.
        run_id: The state id.
    """
    row = connection.execute(sa.select(STATES).where(STATES.c.id == run_id)).mappings().one_or_none()
    if row is None:
        return None
    names = ("key", "id", "workflow_id", "number", "seq", "head", "revision", "directory")
    run = KeptRun(*(row[name] for name in names))
    workflow = connection.execute(sa.select(WORKFLOWS.c.id, WORKFLOWS.c.name, WORKFLOWS.c.source).where(WORKFLOWS.c.id == run.workflow_id))
    around: list[tuple[str, sql.Row]] = []
    for found in workflow:
        plain = {"description": "", "type": "", "status": "", "directory": "", "revision": "", "runs": 0, "created_at": 0, "updated_at": 0}
        around.append(("workflows", {**plain, "id": found.id, "name": found.name, "source": found.source}))
    for above in ancestors(connection, run_id)[:-1]:
        way = {"parent": above.parent, "parent_node": above.parent_node}
        around.append(("workflow_states", _other_run(-1 - len(around), above.id, above.workflow_id, above.number, **way)))
    # That it was imported later is no reason for what it waited for then.
    return Beginning(run, {"pinned": row["pinned"], "owner": DRIVER}, tuple(around))


def rows_after(connection: sa.Connection, run: int, known: int) -> Sequence[Any]:
    """The next events of a journal as they stand there: time, type, payload, hash.

    Args:
        connection: Where to read.
        run: The run's key.
        known: Number of the last event that is known.
    """
    columns = (EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload, EVENTS.c.hash)
    wanted = sa.select(*columns).where(EVENTS.c.run == run, EVENTS.c.seq > known).order_by(EVENTS.c.seq).limit(AT_ONCE)
    return connection.execute(wanted).all()


def newest_event(connection: sa.Connection, run: int) -> int:
    """The number of the newest event of a journal; 0 when it has none.

    Args:
        connection: Where to read.
        run: The run's key.
    """
    return connection.execute(sa.select(sa.func.max(EVENTS.c.seq)).where(EVENTS.c.run == run)).scalar() or 0


def _other_run(key: int, run_id: str, workflow: str, number: int, **known: Any) -> sql.Row:
    """The row of another run, as far as the run that is looked at has to do with it."""
    from oyama_tui.store.tables import StateTable

    row = StateTable(key=key, id=run_id, workflow_id=workflow, number=number, status="running", phase="running", revision="", **_NO_TIME)
    return {name: value for name, value in row.model_dump().items() if value is not None} | known


_NO_TIME: Final[dict[str, Any]] = {"created_at": 0, "updated_at": 0}


@dataclass(slots=True)
class _Kept:
    """Moments that can be gone back to at once."""

    moments: dict[int, tuple[sqlite3.Connection, int]] = field(default_factory=dict)
    """The database as it was, and its size, by the number of the event after which it was."""
    apart: int = field(default_factory=lambda: APART)

    def keep(self, seq: int, connection: sqlite3.Connection) -> None:
        """Keep what a database holds now, when it is time for that.

        Args:
            seq: The number of the event after which that is.
            connection: To the database.
        """
        if seq % self.apart:
            return
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.backup(copy, name="main")
        pages, size = (copy.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        self.moments[seq] = (copy, pages * size)
        while len(self.moments) > 2 and (len(self.moments) > MOST_KEPT or sum(size for _, size in self.moments.values()) > MOST_BYTES):
            self.apart *= 2
            for at in [at for at in self.moments if at % self.apart]:
                self.moments.pop(at)[0].close()

    def before(self, seq: int) -> int:
        """The last kept moment that is not after an event."""
        return max(at for at in self.moments if at <= seq)

    def close(self) -> None:
        """Forget all."""
        for copy, _ in self.moments.values():
            copy.close()
        self.moments.clear()


class PastRun:
    """One run in memory, as it was after one of its events; the real file is never written.

    Its journal is beside the tables, in a private database of SQLite's that goes to a file without a name when it is large. Beside that
    there are a few numbers and words for each event, and at most `MOST_KEPT` kept moments, which take at most `MOST_BYTES`.

    Args:
        begins: What it had before its first event.
        graph: The compiled revision that it is pinned to.
    """

    def __init__(self, begins: Beginning, graph: Graph) -> None:
        self.run, self.graph = begins.run, graph
        self._begins = begins
        self._key = RunKey(self.run.key, self.run.id, self.run.workflow_id, self.run.number)
        self._state = new_state(self.run.id, graph, self.run.number)
        self._head = b""
        self._summaries: list[RunSummary] = []
        self.marks: list[MarkView] = []
        """The events that people look for, in order."""
        self._at = 0
        self._kept = _Kept()
        self._stack = ExitStack()
        self._connection = self._stack.enter_context(tables_in_memory())
        self._reading = self._stack.enter_context(closing(in_memory(self._connection).connect()))
        self._stack.callback(self._kept.close)
        self._set_up()

    def _set_up(self) -> None:
        connection = self._connection
        (definition,) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'workflow_events'").fetchone()
        # Kept moments are copies of the main database: the journal, which never changes, is none of it.
        connection.execute("DROP TABLE workflow_events")
        connection.execute("ATTACH DATABASE '' AS journal")
        connection.execute(definition.replace(_OUT_OF_MAIN, "CREATE TABLE journal.workflow_events", 1))
        for name in ("main", "journal"):
            connection.execute(f"PRAGMA {name}.journal_mode = OFF")
        for table, row in self._begins.around:
            sql.insert_row(connection, table, row)
        self._kept.keep(0, connection)

    @property
    def last(self) -> int:
        """Number of the newest event that is known."""
        return len(self._summaries)

    def close(self) -> None:
        """Forget all of it."""
        self._stack.close()

    def learn(self, after: int, rows: Sequence[Any]) -> None:
        """Fold the next events of the journal; those that are known are passed over.

        Args:
            after: Number of the event before them.
            rows: From `rows_after`.

        Raises:
            CorruptJournal: They cannot be folded, or were changed.
        """
        rows = rows[self.last - after :]
        if not rows:
            return
        self._go(self.last)
        known = JournalPosition(self.last, self._head)
        with _folding(self.run):
            for row, (event, digest) in zip(rows, chained(self._key, known, rows), strict=True):
                evolve(self._state, event)
                self._summaries.append(summarise(self._state))
                self._connection.execute(_INSERT_EVENT, (self.run.key, self.last, *row))
                self._head = digest
                self._note_mark(event)
                self._apply(self.last, named_by(self.graph, event))

    def ask(self, seq: int, query: Callable[[sa.Connection], T]) -> T:
        """Ask what was so after an event.

        Args:
            seq: The number of the event.
            query: Gets a connection; of tables with the run as it was then, of the journal with all that is known of it.

        Raises:
            CorruptJournal: What the journal says does not fit together.
        """
        self._go(seq)
        with _folding(self.run):
            row = {**summary_row(self._summaries[seq - 1], seq, b""), **self._begins.facts}
            self._connection.execute(f"UPDATE workflow_states SET {sql.setting(row)} WHERE key = :key", {**row, "key": self.run.key})
            return query(self._reading)

    def at(self, seq: int) -> int:
        """When an event happened that is known, in milliseconds since 1970 UTC."""
        return self._summaries[seq - 1].at

    def variables_of(self, seq: int) -> tuple[str, ...]:
        """The variables that an event sets or removes."""
        with _folding(self.run):
            rows = self._rows_of(seq, self._event(seq))
        changed = [row["name"] for statement in (sql.PUT_VARIABLE, sql.DROP_VARIABLE) for row in rows.get(statement, ())]
        return tuple(dict.fromkeys(changed))

    def _note_mark(self, event: e.Event) -> None:
        """Remember an event that people look for."""
        kind, label = _mark_of(event, self.graph)
        if kind is not None:
            self.marks.append(MarkView(seq=self.last, at=moment(event.at), kind=kind, label=label))

    def _go(self, seq: int) -> None:
        """Be at a moment, from here or from a kept one, whichever costs less."""
        kept = self._kept.before(seq)
        with _folding(self.run):
            if not kept <= self._at <= seq:
                self._kept.moments[kept][0].backup(self._connection, name="main")
                self._at = kept
            for following in range(self._at + 1, seq + 1):
                self._apply(following, self._event(following))

    def _event(self, seq: int) -> e.Event:
        kind, at, payload = self._connection.execute(_EVENT, (self.run.key, seq)).fetchone()
        return named_by(self.graph, decode_event(kind, at, payload))

    def _rows_of(self, seq: int, event: e.Event) -> dict[str, list[sql.Row]]:
        """The rows that an event changes."""
        after = self._summaries[seq - 1]
        before = self._summaries[seq - 2] if seq > 1 else after
        return project(self.run.key, self.run.workflow_id, seq, [event], before, after)

    def _apply(self, seq: int, event: e.Event) -> None:
        """Let one more event have happened."""
        if seq == 1:
            self._begin(event)
        execute(self._connection, self._rows_of(seq, event))
        self._note_child(seq, event)
        self._at = seq
        if seq not in self._kept.moments:
            self._kept.keep(seq, self._connection)

    def _begin(self, event: e.Event) -> None:
        """Insert the rows with which the run begins."""
        if not isinstance(event, e.RunStarted):
            raise CorruptJournal(f"Run {self.run.id}: the first event is {event.type}, not run_started.", VERIFY)
        begin_run(self._connection, self.run, event, self._summaries[0])

    def _note_child(self, seq: int, event: e.Event) -> None:
        """What the journal says of a run that a step is: that it exists, and what became of it; the rest stands in its own journal."""
        if isinstance(event, e.ChildStarted):
            place = {"parent": self.run.id, "parent_node": event.node, "parent_attempt": event.attempt}
            row = _other_run(_CHILDREN - seq, event.run, event.workflow, event.number, **place)
            sql.insert_row(self._connection, "workflow_states", row)
        elif type(event) in _ENDS_OF_CHILDREN:
            word = _ENDS_OF_CHILDREN[type(event)]
            status = "completed" if word == "completed" else "failed"
            self._connection.execute(_END_CHILD, (status, word, self.run.id, getattr(event, "node", "")))


def _mark_of(event: e.Event, graph: Graph) -> tuple[MarkKind | None, str]:
    """What an event is to those who look for it, and what it is about."""
    match event:
        case e.StepSucceeded() if graph.spec_of(event.node).role == "action":
            return "ended", graph.spec_of(event.node).step.label
        case e.StepFailed():
            return "failed", graph.spec_of(event.node).step.label
        case e.RunFailed():
            return "failed", "the run"
        case e.ApprovalRequested():
            return "asked", event.content.title
        case e.ApprovalDecided():
            said = event.verdict == "approve"
            return "approved" if said else "refused", f"{event.by.name}: {'yes' if said else 'no'}"
        case e.ApprovalExpired():
            return "approved" if event.then == "approve" else "refused", "nobody answered"
    return None, ""


@contextmanager
def _folding(run: KeptRun) -> Iterator[None]:
    """Tell what fails inside as a fault of the journal: nothing else is folded here.

    Raises:
        CorruptJournal: Says which run.
    """
    try:
        yield
    except (*DAMAGE, sqlite3.Error, DBAPIError) as error:
        raise CorruptJournal(
            f"Run {run.id} cannot be shown as it was: its journal does not fit together ({reason(error)}).", VERIFY
        ) from error
