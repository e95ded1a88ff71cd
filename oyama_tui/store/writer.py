"""The writer: one thread with the one connection that writes, and group commit."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from oyama_tui.core.errors import DatabaseBusy
from oyama_tui.files import NotPlain, open_plain, remove
from oyama_tui.store.database import Database, explain
from oyama_tui.store.group_commit import AppendRequest, JobRequest, WriteRequest, write_requests

log = logging.getLogger("oyama.store")
T = TypeVar("T")
MAX_BATCH: Final = 512
"""Requests after which a transaction takes no further hand-over in."""
MAX_QUEUE: Final = 20_000
"""Hand-overs that may wait; more callers are told that the database is busy."""
PAUSE: Final = 0.002
"""Seconds that a writer stands back while another process waits for the lock."""


class WriterFairnessLock:
    """A lock file that is held shared by whoever waits for the database, so that a busy writer can stand back.

    Without it the process that writes most starves the others, because SQLite's lock is not fair.

    Args:
        path: The lock file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: int | None = None
        self._waiting = False

    @property
    def _file(self) -> int:
        """The open lock file; it is made when something is written for the first time."""
        if self._opened is None:
            try:
                self._opened = open_plain(self._path, os.O_CREAT | os.O_RDWR, in_plain_folder=False)
            except NotPlain:
                # Something else was put there: it is taken away, and the lock begins anew.
                remove(self._path)
                self._opened = open_plain(self._path, os.O_CREAT | os.O_RDWR, in_plain_folder=False)
        return self._opened

    def others_wait(self) -> bool:
        """Whether another process waits for the database."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def wait(self, waiting: bool) -> None:
        """Say that this process waits, or no longer does."""
        if waiting != self._waiting:
            self._waiting = waiting
            fcntl.flock(self._file, fcntl.LOCK_SH if waiting else fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back."""
        if self._opened is not None:
            os.close(self._opened)


class Writer:
    """The only one who writes.

    Args:
        database: The open file.
        files: The folder for locks beside it; it exists.
    """

    def __init__(self, database: Database, files: Path) -> None:
        self.database = database
        self.commits = 0
        """Transactions that were committed with something in them."""
        self.statements = 0
        """Statements that were executed, a batch of rows counted once."""
        self.committed: Callable[[frozenset[str], bool], None] | None = None
        """Told, in the event loop, which runs changed and whether definitions did, after each commit."""
        self._queue: queue.SimpleQueue[list[WriteRequest[Any]] | None] = queue.SimpleQueue()
        self._pending: list[WriteRequest[Any]] = []
        self._connection: sqlite3.Connection | None = None
        self._fairness = WriterFairnessLock(files / "waiting.lock")
        self._thread = threading.Thread(target=self._serve, name="oyama-writer", daemon=True)
        self._thread.start()

    async def submit(self, request: WriteRequest[T]) -> T:
        """Write a request; returns once it is durable, and is not undone by a cancellation of the caller.

        Raises:
            DatabaseProblem: It could not be written.
            Conflict: The run has moved on.
        """
        if self._queue.qsize() >= MAX_QUEUE:
            raise DatabaseBusy("The database cannot keep up with what is to be written.", "Try again in a moment.")
        self._pending.append(request)
        if len(self._pending) == 1:
            request.loop.call_soon(self._hand_over)
        return await request.future

    def _hand_over(self) -> None:
        """Give the thread everything that this turn of the event loop has brought, as one batch."""
        batch, self._pending = self._pending, []
        self._queue.put(batch)

    async def run(self, job: Callable[[sqlite3.Connection], T], touched: str | frozenset[str] | None = "") -> T:
        """Run a function inside a write transaction; returns its value once that is durable.

        Args:
            job: Gets the connection; it must not commit. What it raises undoes only what it did.
            touched: The run or the runs that it is about; empty for definitions and engines, none for what nobody looks at.
        """
        loop = asyncio.get_running_loop()
        return await self.submit(JobRequest(loop.create_future(), loop, touched, job=job))

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        self._queue.put(None)
        self._thread.join()
        self._fairness.close()

    def _serve(self) -> None:
        open_ = True
        while open_:
            first = self._queue.get()
            if first is None:
                break
            batch = list(first)
            while len(batch) < MAX_BATCH:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    open_ = False
                    break
                batch += following
            try:
                self._write(batch)
            except BaseException as error:
                for request in batch:
                    request.error = request.error or explain(error, self.database.path)
            self._wake(batch)
        if self._connection is not None:
            self._connection.close()

    def _wake(self, batch: Sequence[WriteRequest[Any]]) -> None:
        """Wake all callers of one loop with one call."""
        by_loop: dict[asyncio.AbstractEventLoop, list[WriteRequest[Any]]] = {}
        for request in batch:
            by_loop.setdefault(request.loop, []).append(request)
        for loop, requests in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._settle, requests)
            except RuntimeError:
                log.warning("%d results came after their event loop had ended", len(requests))

    def _settle(self, requests: Sequence[WriteRequest[Any]]) -> None:
        done = [request for request in requests if request.error is None]
        for request in requests:
            request.settle()
        touched: set[str] = set()
        for request in done:
            if isinstance(request.touched, str):
                touched.add(request.touched)
            elif request.touched is not None:
                touched |= request.touched
        if self.committed is not None and touched:
            self.committed(frozenset(touched - {""}), "" in touched)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self.database.connect_writer()
        return self._connection

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Get the write lock: stand back while others wait, and wait at most the database's busy timeout."""
        deadline = time.monotonic() + self.database.busy_timeout
        if self._fairness.others_wait():
            time.sleep(PAUSE)
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) and "busy" not in str(error):
                        raise
                    if time.monotonic() >= deadline:
                        raise DatabaseBusy(
                            f"The database {self.database.path} was locked by another program for {self.database.busy_timeout:g} s.",
                            "Nothing was changed; try again, or end the program that holds it.",
                        ) from error
                self._fairness.wait(True)
                time.sleep(0.0005)
        finally:
            self._fairness.wait(False)

    def _write(self, batch: list[WriteRequest[Any]]) -> None:
        connection = self._open()
        self._begin(connection)
        try:
            self.database.check(connection)
            self.statements += write_requests(connection, batch)
        except BaseException:
            self._abandon(connection)
            raise
        try:
            if connection.in_transaction:
                connection.execute("COMMIT")
                self.commits += 1
        except sqlite3.Error as error:
            self._find_out(connection, batch, error)

    def _abandon(self, connection: sqlite3.Connection) -> None:
        """Roll back and drop the connection, whatever state it is in."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass
        finally:
            connection.close()
            self._connection = None

    def _find_out(self, connection: sqlite3.Connection, batch: list[WriteRequest[Any]], error: sqlite3.Error) -> None:
        """After an error from COMMIT nobody knows what is in the file: look, and answer by what is there."""
        self._abandon(connection)
        fresh = self._open()
        for request in batch:
            if request.error is not None:
                continue
            landed = False
            if isinstance(request, AppendRequest):
                found = fresh.execute("SELECT head FROM workflow_states WHERE key = :key", request.move).fetchone()
                landed = found is not None and found[0] == request.move["head"]
            if not landed:
                request.error = explain(error, self.database.path)
