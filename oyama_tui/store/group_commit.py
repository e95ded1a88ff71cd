"""Group commit: how the requests of one transaction are written, so that whoever is at fault fails alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from oyama_tui.core.errors import Conflict, Fenced, NoPlace, OyamaError
from oyama_tui.store import statements as sql
from oyama_tui.store.statements import Row

T = TypeVar("T")
_TURN: Final = {statement: turn for turn, statement in enumerate(sql.ORDER)}
"""Of each statement of the projections: which turn it has in a transaction."""


@dataclass(slots=True, eq=False)
class WriteRequest(Generic[T]):
    """One unit of work that is written whole or not at all."""

    future: asyncio.Future[T]
    loop: asyncio.AbstractEventLoop
    touched: str | frozenset[str] | None
    """The run or the runs that it is about; empty for definitions and engines, none for what nobody looks at."""
    error: BaseException | None = None
    result: Any = None

    def fail(self, error: OyamaError | sqlite3.IntegrityError) -> None:
        """Note why it was not written."""
        self.error = error if isinstance(error, OyamaError) else Conflict(f"Run {self.touched}: {error}.")

    def settle(self) -> None:
        """Wake the caller."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


@dataclass(slots=True, eq=False)
class AppendRequest(WriteRequest[None]):
    """An append of events to a run."""

    move: Row = field(default_factory=dict)
    """Parameters of `statements.MOVE_STATE`."""
    events: Sequence[Row] = ()
    """Parameters of `statements.INSERT_EVENT`."""
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """Those of the projections, by statement."""
    admission: Row | None = None
    """Parameters of `statements.MAY_ADMIT`, when the run gets its place by this append."""


@dataclass(slots=True, eq=False)
class JobRequest(WriteRequest[Any]):
    """Any other change: a function that runs inside the transaction."""

    job: Callable[[sqlite3.Connection], Any] | None = None


def write_requests(connection: sqlite3.Connection, requests: Sequence[WriteRequest[Any]]) -> int:
    """Write requests inside the open transaction; one that does not fit is told so and undone, alone.

    Args:
        connection: Inside a write transaction, which is rolled back when its only request does not fit.
        requests: At least one.

    Returns:
        How many statements were executed for appends, a batch of rows counted once.
    """
    if len(requests) == 1:
        return _write_sole(connection, requests[0])
    appends = [request for request in requests if isinstance(request, AppendRequest) and request.admission is None]
    admissions = [request for request in requests if isinstance(request, AppendRequest) and request.admission is not None]
    others = [request for request in requests if not isinstance(request, AppendRequest)]
    # Each admission changes what the next one finds, and what else is written may have set a place free.
    return _write_each(connection, others) + _write_together(connection, appends) + _write_each(connection, admissions)


def _write_sole(connection: sqlite3.Connection, request: WriteRequest[Any]) -> int:
    """Write the only request of a transaction: it needs no savepoint."""
    try:
        return _write_request(connection, request)
    except (OyamaError, sqlite3.IntegrityError) as error:
        connection.execute("ROLLBACK")
        request.fail(error)
        return 0


def _write_each(connection: sqlite3.Connection, requests: Sequence[WriteRequest[Any]]) -> int:
    """Write request by request, each under a savepoint."""
    executed = 0
    for request in requests:
        connection.execute("SAVEPOINT request")
        try:
            executed += _write_request(connection, request)
        except (OyamaError, sqlite3.IntegrityError) as error:
            connection.execute("ROLLBACK TO request")
            request.fail(error)
        connection.execute("RELEASE request")
    return executed


def _write_together(connection: sqlite3.Connection, appends: Sequence[AppendRequest]) -> int:
    """Write all appends with one execution of each statement, or one by one when some do not fit."""
    if not appends:
        return 0
    connection.execute("SAVEPOINT together")
    try:
        if connection.executemany(sql.MOVE_STATE, [request.move for request in appends]).rowcount == len(appends):
            executed = 1 + _write_rows(connection, appends)
            connection.execute("RELEASE together")
            return executed
    except sqlite3.IntegrityError:
        pass
    connection.execute("ROLLBACK TO together")
    connection.execute("RELEASE together")
    return _write_each(connection, appends)


def _write_request(connection: sqlite3.Connection, request: WriteRequest[Any]) -> int:
    if isinstance(request, JobRequest) and request.job is not None:
        request.result = request.job(connection)
        return 0
    assert isinstance(request, AppendRequest)
    if request.admission is not None and connection.execute(sql.MAY_ADMIT, request.admission).fetchone() is None:
        raise NoPlace(f"No place is free for run {request.touched}, or it is not its turn.")
    if connection.execute(sql.MOVE_STATE, request.move).rowcount != 1:
        raise _why_not(connection, request)
    return 1 + _write_rows(connection, [request])


def _write_rows(connection: sqlite3.Connection, appends: Sequence[AppendRequest]) -> int:
    """Write the events and projections of appends whose runs have been moved."""
    connection.executemany(sql.INSERT_EVENT, [row for request in appends for row in request.events])
    by_statement: dict[str, list[Row]] = {}
    for request in appends:
        for statement, rows in request.rows.items():
            by_statement.setdefault(statement, []).extend(rows)
    for statement in sorted(by_statement, key=_TURN.__getitem__):
        connection.executemany(statement, by_statement[statement])
    return 1 + len(by_statement)


def _why_not(connection: sqlite3.Connection, request: AppendRequest) -> Conflict:
    """Why an append did not move its run."""
    found = connection.execute("SELECT seq FROM workflow_states WHERE key = :key", request.move).fetchone()
    if found is None:
        return Conflict(f"Run {request.touched} is gone.")
    if found[0] == request.move["expected_seq"]:
        return Fenced(f"Run {request.touched} has been taken over by another engine.")
    return Conflict(f"Run {request.touched} has moved on to event {found[0]}; this was for event {request.move['expected_seq']}.")
