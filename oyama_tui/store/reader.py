"""The reader: queries that come in the same moment share one thread and one read transaction."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
CROWD: Final = 8
"""More queries at once are answered by one thread: several would spend their time on taking turns at the interpreter's lock."""


@dataclass(slots=True, eq=False)
class ReadRequest(Generic[T]):
    """A query and who waits for its answer."""

    query: Callable[[sa.Connection], T]
    future: asyncio.Future[T]
    context: Context = field(default_factory=copy_context)
    """In whose name it is asked, among other things."""
    answer: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Wake the caller."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


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
        """Give the threads everything that this turn of the event loop has brought."""
        requests, self._requests = self._requests, []
        threads = min(THREADS, len(requests)) if len(requests) <= CROWD else 1
        for first in range(threads):
            share = requests[first::threads]
            try:
                reading = loop.run_in_executor(self.threads, self._answer, share)
            except RuntimeError as closed:
                limit = at_limit(closed)
                for one in share:
                    one.error = DatabaseBusy(f"The database cannot be read now: {limit}.", "Try again in a moment.") if limit else closed
                    one.settle()
            else:
                reading.add_done_callback(partial(_settle, share))

    def _answer(self, share: Sequence[ReadRequest[Any]]) -> None:
        def answer_all(connection: sa.Connection) -> None:
            for one in share:
                try:
                    one.answer = one.context.run(self._ask, connection, one.query)
                except DATABASE_ERRORS as error:
                    one.error = explain(error, self._path)
                except Exception as error:
                    one.error = error

        try:
            self.read_now(answer_all)
        except OyamaError as error:
            for one in share:
                one.error = error

    def close(self) -> None:
        """Answer what was asked, then close every connection."""
        self.threads.shutdown(wait=True)
        self._engine.dispose()


def _settle(share: Sequence[ReadRequest[Any]], reading: asyncio.Future[None]) -> None:
    """Wake everyone who waits for these answers."""
    for one in share:
        if reading.cancelled():
            one.future.cancel()
            continue
        one.error = one.error or reading.exception()
        one.settle()


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
