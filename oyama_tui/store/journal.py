"""The journal: the only way in which run data is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core import events as e
from oyama_tui.core.errors import Fenced, NotAllowed
from oyama_tui.core.summary import RunSummary
from oyama_tui.store.claims import Claim, find_claim
from oyama_tui.store.columns import EVENTS, STATES
from oyama_tui.store.database import Database
from oyama_tui.store.encoding import chain, changed_event, decode_event, encode_event
from oyama_tui.store.group_commit import AppendRequest
from oyama_tui.store.projections import project
from oyama_tui.store.run_columns import summary_row
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun, create_run
from oyama_tui.store.writer import Writer

_AFTER: Final = (
    sa.select(EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload, EVENTS.c.hash)
    .where(EVENTS.c.run == sa.bindparam("run"), EVENTS.c.seq > sa.bindparam("known"))
    .order_by(EVENTS.c.seq)
)
_EPOCH: Final = sa.select(STATES.c.epoch).where(STATES.c.key == sa.bindparam("run"))


@dataclass(slots=True)
class JournalPosition:
    """Where a journal ends: what the next append must fit on to."""

    seq: int
    head: bytes
    summary: RunSummary | None = None
    """After the newest event; none when it has not been made."""


class Journal:
    """Appends events and their projections in one transaction, and reads them back.

    Args:
        database: The open file.
        writer: Its one writer.
    """

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    async def create(self, new: NewRun) -> tuple[RunKey, bytes]:
        """Create a run with its first event.

        Returns:
            Its key and id, and the hash of the event; the id's time moves on by milliseconds while it is taken.
        """
        return await self._writer.run(lambda connection: create_run(connection, new), touched="")

    async def append(
        self, run: RunKey, tail: JournalPosition, events: Sequence[e.Event], after: RunSummary, epoch: int | None = None
    ) -> JournalPosition:
        """Append events in one transaction that compares and sets the run's row.

        Args:
            run: The run.
            tail: Where the journal ends, as the caller knows it.
            events: At least one, in order.
            after: The run's summary with these events folded in.
            epoch: The caller's epoch as owner of the run; none for one who does not own it.

        Returns:
            Where the journal ends now; it is durable.

        Raises:
            Conflict: The journal has moved on; nothing was written.
            Fenced: Another engine owns the run; nothing was written.
            NotAllowed: Orders and outcomes from one who does not own the run.
            NoPlace: A run was to be admitted, and no place is free or it is not its turn; nothing was written.
            DatabaseProblem: It could not be written.
        """
        if epoch is None and any(isinstance(event, e.ENGINE_ONLY) for event in events):
            raise NotAllowed(f"Only the engine that drives run {run.id} may append orders and outcomes.")
        head, rows = tail.head, []
        for seq, event in enumerate(events, tail.seq + 1):
            payload = encode_event(event)
            head = chain(head, run.key, seq, event.at, event.type, payload)
            rows.append({"run": run.key, "seq": seq, "at": event.at, "type": event.type, "payload": payload, "hash": head})
        seq = tail.seq + len(rows)
        limit = min((event.limit for event in events if isinstance(event, e.RunAdmitted)), default=None)
        loop = asyncio.get_running_loop()
        request = AppendRequest(
            loop.create_future(),
            loop,
            run.id,
            move={**summary_row(after, seq, head), "key": run.key, "expected_seq": tail.seq, "epoch": epoch},
            events=rows,
            rows=project(run.key, run.workflow_id, tail.seq + 1, events, tail.summary, after),
            admission=None if limit is None else {"key": run.key, "limit": limit},
        )
        await self._writer.submit(request)
        return JournalPosition(seq, head, after)

    async def read(self, run: RunKey, after: JournalPosition | None = None, epoch: int | None = None) -> list[tuple[e.Event, bytes]]:
        """A run's events with numbers above those known, and their hashes, in order and each chained to the one before it.

        Whoever acts on a run reads it here, so that nothing is done that stands in a changed journal.

        Args:
            run: The run.
            after: Where the part that is known ends; none for the whole journal.
            epoch: The caller's epoch as owner of the run; none for one who does not own it.

        Raises:
            CorruptJournal: An event cannot be read, or was changed.
            Fenced: Another engine owns the run; what it has ordered is not for the caller.
        """
        known = after or JournalPosition(0, b"")

        def fetch(connection: sa.Connection) -> Sequence[Any]:
            if epoch is not None and connection.execute(_EPOCH, {"run": run.key}).scalar() != epoch:
                raise Fenced(f"Run {run.id} has been taken over by another engine.")
            return rows_after(connection, run, known)

        return list(chained(run, known, await self._database.read(fetch)))


def claimed_rows(
    connection: sa.Connection, run_id: str, known: tuple[RunKey, JournalPosition] | None
) -> tuple[Claim | None, Sequence[Any]]:
    """Who owns a run, and its events after those that are known, all of one moment; no events of a run from a file, which nothing changes.

    Args:
        connection: To read with.
        run_id: The state id.
        known: The run, and where the part that is known ends; none for the whole journal.

    Raises:
        DatabaseProblem: The run's row is damaged.
    """
    claim = find_claim(connection, run_id)
    if claim is None or claim.imported:
        return claim, ()
    return claim, rows_after(connection, claim.run, known[1] if known is not None and known[0] == claim.run else JournalPosition(0, b""))


def rows_after(connection: sa.Connection, run: RunKey, known: JournalPosition) -> Sequence[Any]:
    """The events of a run after those that are known, as they stand there: time, type, payload and hash of each, in order.

    Args:
        connection: To read with.
        run: The run.
        known: Where the part that is known ends.
    """
    return connection.execute(_AFTER, {"run": run.key, "known": known.seq}).all()


def chained(run: RunKey, known: JournalPosition, rows: Sequence[Any]) -> Iterator[tuple[e.Event, bytes]]:
    """The events of a journal and their hashes, each made sure to be chained to the one before it.

    Args:
        run: The run.
        known: Where the part before them ends.
        rows: Each with the time, type, payload and hash of an event, in order and without a gap.

    Raises:
        CorruptJournal: An event cannot be read, or was changed.
    """
    head = known.head
    for seq, (at, kind, payload, digest) in enumerate(rows, known.seq + 1):
        event = decode_event(kind, at, payload)
        if chain(head, run.key, seq, at, kind, payload) != digest:
            raise changed_event(run.id, seq)
        head = digest
        yield event, digest
