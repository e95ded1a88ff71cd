"""The reader: one thread answers, with all that has come meanwhile in one transaction; who is kept waiting gets another thread."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from oyama_tui.core.errors import DatabaseBusy, OyamaError
from oyama_tui.core.limits import at_limit
from oyama_tui.store.damage import DAMAGE, lenient, unreadable
from oyama_tui.store.database_errors import DATABASE_ERRORS, explain, refuse_newer

log = logging.getLogger("oyama.store")
T = TypeVar("T")
THREADS: Final = 4
"""Threads, and so connections, that read at the same time."""
NO_TEXT: Final = "Could not decode to UTF-8"
"""How Python's SQLite module says that a column of text holds none."""
PATIENCE: Final = 0.02
"""Seconds that queries wait for the thread that reads before another one takes them: short ones would spend their time on taking turns at
the interpreter's lock, which SQLite lets go and takes again at every row; long ones must not hold up the others."""


@dataclass(slots=True, eq=False)
class ReadRequest(Generic[T]):
    """A query and who waits for its answer."""

    query: Callable[[sa.Connection], T]
    future: asyncio.Future[T]
    context: Context = field(default_factory=copy_context)
    """In whose name it is asked, among other things."""
    answer: Any = None
    error: BaseException | None = None
    answered: bool = False

    def settle(self) -> None:
        """Wake the caller."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


@dataclass(slots=True, eq=False)
class Share:
    """The queries that one thread answers in one transaction."""

    requests: tuple[ReadRequest[Any], ...]
    left: deque[ReadRequest[Any]]
    """Those that it has not begun with."""
    timer: asyncio.TimerHandle | None = None
    late: bool = False

    def settle(self, error: BaseException | None = None) -> None:
        """Wake everyone who has an answer.

        Args:
            error: Why there is none for the others.
        """
        for one in self.requests:
            if one.answered or error is not None:
                one.error = one.error or (None if one.answered else error)
                one.settle()


class Reader:
    """Reads the database file.

    Args:
        path: The file, as messages call it.
        connect: Makes a connection that only reads.
        check: Raises when the file is no longer the one that was opened.
        keep: Keep connections open between queries.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection], check: Callable[[], None], *, keep: bool) -> None:
        self._path = path
        self._check = check
        self._requests: list[ReadRequest[Any]] = []
        self._reading: set[Share] = set()
        self._logged: set[str] = set()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="oyama-read")
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": THREADS, "max_overflow": 0} if keep else {"poolclass": NullPool}
        self._engine = sa.create_engine("sqlite://", creator=connect, **pool)
        sa.event.listen(self._engine, "begin", _begin)

    def read_now(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in one read transaction, in this thread.

        Raises:
            DatabaseProblem: The database cannot be read, or was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        self._check()
        try:
            with self._engine.connect() as connection, connection.begin():
                refuse_newer(connection.exec_driver_sql("PRAGMA user_version").scalar_one(), self._path)
                return self._ask(connection, query)
        except DATABASE_ERRORS as error:
            raise explain(error, self._path) from error

    def _ask(self, connection: sa.Connection, query: Callable[[sa.Connection], T]) -> T:
        """Run a query; what fails on damaged rows, and is not told by the query itself, is told here.

        Raises:
            DatabaseProblem: The file holds what Oyama has not written.
        """
        try:
            try:
                return query(connection)
            except OperationalError as error:
                if NO_TEXT not in str(error.orig):
                    raise
            # One damaged text must not hide all others: each row then says for itself whether it can be used.
            with any_text(connection):
                return query(connection)
        except DAMAGE as error:
            problem = unreadable(self._path, error)
            if problem.sentence not in self._logged:
                # Screens ask again and again.
                self._logged.add(problem.sentence)
                log.exception("a query failed on what the database holds")
            raise problem from error

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in a read transaction that begins after this call, in another thread.

        Raises:
            DatabaseProblem: The database cannot be read, or was deleted or replaced.
            NewerSchema: A newer version has migrated it meanwhile.
        """
        loop = asyncio.get_running_loop()
        request: ReadRequest[T] = ReadRequest(query, loop.create_future())
        self._requests.append(request)
        if len(self._requests) == 1:
            loop.call_soon(self._hand_over, loop)
        return await request.future

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give a thread everything that waits, unless one will soon be free, or none is."""
        if self._requests and len(self._reading) < THREADS and all(share.late for share in self._reading):
            self._begin_share(loop)

    def _begin_share(self, loop: asyncio.AbstractEventLoop) -> None:
        requests, self._requests = tuple(self._requests), []
        share = Share(requests, deque(requests))
        try:
            reading = loop.run_in_executor(self.threads, self._answer, share.left)
        except RuntimeError as closed:
            limit = at_limit(closed)
            share.settle(DatabaseBusy(f"The database cannot be read now: {limit}.", "Try again in a moment.") if limit else closed)
            return
        self._reading.add(share)
        share.timer = loop.call_later(PATIENCE, self._share_is_late, loop, share)
        reading.add_done_callback(partial(self._end_share, loop, share))

    def _share_is_late(self, loop: asyncio.AbstractEventLoop, share: Share) -> None:
        """Its thread takes long over one query: whoever is behind that goes elsewhere, whoever was before it need not wait any more."""
        share.late = True
        share.settle()
        moved = []
        # The thread takes from the same end; what it has taken is not here any more.
        with suppress(IndexError):
            while True:
                moved.append(share.left.popleft())
        self._requests += moved
        gone = set(moved)
        share.requests = tuple(one for one in share.requests if one not in gone)
        self._hand_over(loop)

    def _end_share(self, loop: asyncio.AbstractEventLoop, share: Share, reading: asyncio.Future[BaseException | None]) -> None:
        self._reading.discard(share)
        if share.timer is not None:
            share.timer.cancel()
        if reading.cancelled():
            for one in share.requests:
                one.future.cancel()
        else:
            share.settle(reading.exception() or reading.result())
        self._hand_over(loop)

    def _answer(self, left: deque[ReadRequest[Any]]) -> BaseException | None:
        """Answer one query after another.

        Args:
            left: The queries; each is taken out before it is begun with.

        Returns:
            What is wrong with all that have no answer.
        """

        def answer_all(connection: sa.Connection) -> None:
            while (one := _next(left)) is not None:
                try:
                    one.answer = one.context.run(self._ask, connection, one.query)
                except DATABASE_ERRORS as error:
                    one.error = explain(error, self._path)
                except Exception as error:
                    one.error = error
                one.answered = True

        try:
            self.read_now(answer_all)
        except OyamaError as error:
            return error
        return None

    def close(self) -> None:
        """Answer what was asked, then close every connection."""
        waiting, self._requests = Share(tuple(self._requests), deque(self._requests)), []
        if waiting.requests:
            waiting.settle(self._answer(waiting.left))
        self.threads.shutdown(wait=True)
        self._engine.dispose()


def _next(left: deque[ReadRequest[Any]]) -> ReadRequest[Any] | None:
    """Another thread may take the last one in the same moment."""
    try:
        return left.popleft()
    except IndexError:
        return None


@contextmanager
def any_text(connection: sa.Connection) -> Iterator[sqlite3.Connection]:
    """The driver's connection, for as long as it gives text that is no UTF-8 too, with surrogates in the place of wrong bytes."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    kept, raw.text_factory = raw.text_factory, lenient
    try:
        yield raw
    finally:
        raw.text_factory = kept


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
