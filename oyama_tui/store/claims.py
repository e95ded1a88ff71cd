"""Claims: which engine owns which run, kept in the run's own row."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from oyama_tui.core.errors import DatabaseProblem, NotFound
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ENDED_PHASES
from oyama_tui.store import statements as sql
from oyama_tui.store.alone import refuse_imported
from oyama_tui.store.columns import EVENTS, REMOVED, STATES
from oyama_tui.store.damage import HINT, expect, expect_path, readable_rows, short
from oyama_tui.store.queries.base import IS_LIVE
from oyama_tui.store.run_key import RunKey

_KINDS: Final = {
    "key": int,
    "id": str,
    "workflow_id": str,
    "number": int,
    "epoch": int,
    "revision": str,
    "directory": str,
    "phase": str,
    "stalled_takeovers": int,
    "obstacle": str,
    "imported": int,
}
"""What an engine relies on in a run's row."""
LONGEST_AT_REST: Final = 1000
"""Events of a run that is let go while it waits: folding them again takes a few hundredths of a second."""
_BEGINS_TO_WAIT: Final = ("approval_requested", "place_released")
"""Events that only a plan gives, in one append with all that follows by itself: a run that waits, and whose newest event is one of these,
has nothing to do until somebody answers or a time comes."""
_RESTS: Final = sa.case(
    (
        sa.and_(STATES.c.phase == "waiting", STATES.c.running_steps == 0, STATES.c.seq <= LONGEST_AT_REST),
        sa.select(EVENTS.c.type.in_(_BEGINS_TO_WAIT))
        .where(EVENTS.c.run == STATES.c.key, EVENTS.c.seq == STATES.c.seq)
        .correlate(STATES)
        .scalar_subquery(),
    ),
    else_=sa.false(),
).label("rests")


@dataclass(frozen=True, slots=True)
class Claim:
    """A run's row as far as ownership goes."""

    run: RunKey
    owner: str | None
    epoch: int
    revision: str
    directory: str
    ended: bool
    stalled_takeovers: int
    """Take-overs in a row from an engine that died before it went on with the run."""
    obstacle: str = ""
    """Why the engine that looked at it last does not drive it."""
    imported: bool = False
    """It came here from a file."""
    rests: bool = False
    """It has nothing to do until somebody answers or a time comes, so that its journal need not be read before that."""
    seq: int = 0
    """The number of its newest event."""
    at: int = 0
    """When that happened, in milliseconds since 1970 UTC."""
    next_due: int | None = None
    """When the nearest timer is due, likewise."""

    def require_own(self) -> None:
        """Refuse whatever would change an imported run.

        Raises:
            IllegalTransition: It is one.
        """
        if self.imported:
            raise refuse_imported(f"{self.run.workflow_id} #{self.run.number}")


def _read(query: sa.Select[tuple[object, ...]], connection: sa.Connection) -> Rows[Claim]:
    return readable_rows("workflow_states", connection.execute(query), lambda row: row.id, _claim)


def _claim(row: sa.Row[tuple[object, ...]]) -> Claim:
    for name, kind in _KINDS.items():
        if type(value := getattr(row, name)) is not kind:
            # Each engine reads all live runs once a second: nothing is written out for those that are right.
            raise ValueError(f"{name} is {short(value)}")
    expect_path(row.directory, "directory")
    expect(row.owner is None or isinstance(row.owner, str), f"owner is {short(row.owner)}")
    # Whatever cannot be relied on here is folded from the journal.
    known = type(row.seq) is int and type(row.updated_at) is int and (row.next_due is None or type(row.next_due) is int)
    return Claim(
        RunKey(row.key, row.id, sys.intern(row.workflow_id), row.number),
        row.owner,
        row.epoch,
        row.revision,
        sys.intern(row.directory),
        row.phase in ENDED_PHASES,
        row.stalled_takeovers,
        row.obstacle,
        bool(row.imported),
        *((bool(row.rests), row.seq, row.updated_at, row.next_due) if known else ()),
    )


def _columns() -> sa.Select[tuple[object, ...]]:
    c = STATES.c
    return sa.select(*(c[name] for name in (*_KINDS, "owner", "seq", "updated_at", "next_due")), _RESTS)


def find_claim(connection: sa.Connection, run_id: str) -> Claim | None:
    """The ownership of one run.

    Raises:
        DatabaseProblem: Its row is damaged.
    """
    # One whose removal has begun is no run any more.
    found = _read(_columns().where(STATES.c.id == run_id, ~sa.exists().where(REMOVED.c.run == STATES.c.key)), connection)
    if found.damaged:
        raise DatabaseProblem(found.damaged[0], HINT)
    return next(iter(found), None)


def live_claims(connection: sa.Connection, but_of: str = "") -> Rows[Claim]:
    """The ownership of every run that is not over, oldest first; a damaged row keeps no other run from being driven.

    Imported runs are not among them: whatever their row says, nothing goes on in them.

    Args:
        connection: To read with.
        but_of: Leave out the runs of this engine.
    """
    query = _columns().where(IS_LIVE).order_by(STATES.c.key)
    return _read(query.where(STATES.c.owner.is_distinct_from(but_of)) if but_of else query, connection)


def take(connection: sqlite3.Connection, claim: Claim, owner: str) -> int | None:
    """Make an engine the owner, if nobody else was quicker; returns the new epoch.

    A take-over from a dead owner counts as stalled until the engine says that it goes on; not one of a run at rest, which ends no engine.
    A run that was to be taken at rest and has moved on is not taken.
    """
    row = connection.execute(sql.TAKE_RUN, {"owner": owner, "rests": claim.rests, "seq": claim.seq, **_as_seen(claim)}).fetchone()
    return None if row is None else int(row[0])


def take_all(connection: sqlite3.Connection, wanted: Sequence[Claim], owner: str) -> list[int | None]:
    """The same for several runs; the new epoch of each.

    Args:
        connection: Inside a write transaction.
        wanted: The runs.
        owner: The engine.
    """
    return [take(connection, claim, owner) for claim in wanted]


def tell_obstacle(connection: sqlite3.Connection, claim: Claim, obstacle: str) -> None:
    """Note why an engine that has looked at a run does not drive it, unless another one has taken it meanwhile."""
    connection.execute(sql.TELL_OBSTACLE, {"obstacle": obstacle, **_as_seen(claim)})


def _as_seen(claim: Claim) -> sql.Row:
    """What still names the run if nobody has taken it since the claim was read."""
    return {"run": claim.run.key, "epoch": claim.epoch, "seen": claim.owner}


def go_on(connection: sqlite3.Connection, run: int, owner: str, epoch: int) -> None:
    """Reset the count of stalled take-overs: the new owner has made progress."""
    connection.execute(sql.GO_ON, {"run": run, "owner": owner, "epoch": epoch})


def release(connection: sqlite3.Connection, run: int, owner: str, epoch: int) -> None:
    """Give a run back, so that any engine may take it at once."""
    connection.execute(sql.RELEASE_RUN, {"run": run, "owner": owner, "epoch": epoch})


def release_all(connection: sqlite3.Connection, wanted: Sequence[tuple[int, int]], owner: str) -> None:
    """The same for several runs.

    Args:
        connection: Inside a write transaction.
        wanted: The key of each, and the epoch under which it is owned.
        owner: The engine.
    """
    connection.executemany(sql.RELEASE_RUN, [{"run": key, "owner": owner, "epoch": epoch} for key, epoch in wanted])


def pin(connection: sqlite3.Connection, run_id: str, at: int) -> None:
    """Note since when a run is kept whatever is cleaned up, 0 to let it go.

    Raises:
        NotFound: There is no such run any more.
    """
    if not connection.execute(sql.PIN_RUN, {"id": run_id, "at": at}).rowcount:
        raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")


def register(connection: sqlite3.Connection, engine: str, pid: int, kind: str, version: str, at: int) -> None:
    """Note that an engine has started."""
    row = {"id": engine, "pid": pid, "kind": kind, "version": version, "started_at": at}
    sql.insert_row(connection, "engine_instances", row)


def sign_off(connection: sqlite3.Connection, engine: str, at: int) -> None:
    """Note that an engine has ended in good order."""
    connection.execute(sql.SIGN_OFF, {"engine": engine, "at": at})
