"""The watch over the database's version: in a thread of its own, so that the event loop sleeps for as long as nothing happens."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

INTERVAL: Final = 0.1
"""Seconds between two looks at the database's version."""
PATIENCE: Final = 1.0
"""Seconds that a look may still take when nobody wants to know any more."""


@dataclass(slots=True)
class _Question:
    """Somebody waits for another version than the one that they have seen."""

    seen: int
    future: asyncio.Future[int]
    loop: asyncio.AbstractEventLoop

    def settle(self, version: int, error: Exception | None) -> None:
        """Tell whoever waits."""
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(version)


class VersionWatch:
    """Says when the database has another version.

    Args:
        look: Gives the version; called in the thread.
    """

    def __init__(self, look: Callable[[], int]) -> None:
        self._look = look
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    async def other_than(self, seen: int) -> int:
        """The version, at once or as soon as it is another one.

        Args:
            seen: What it was.

        Raises:
            RuntimeError: There is no thread to look with.
            DatabaseProblem: The database cannot be read.
        """
        if self._thread is None:
            thread = threading.Thread(target=self._serve, name="oyama-feed", daemon=True)
            thread.start()
            self._thread = thread
        loop = asyncio.get_running_loop()
        question = _Question(seen, loop.create_future(), loop)
        self._questions.put(question)
        return await question.future

    async def close(self) -> None:
        """Look no more, so that the database can be closed; whoever waits is told nothing."""
        self._closing.set()
        self._questions.put(None)
        end = time.monotonic() + PATIENCE
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < end:
            await asyncio.sleep(0.001)

    def _serve(self) -> None:
        while (question := self._questions.get()) is not None:
            version, error = 0, None
            try:
                version = self._next(question.seen)
            except Exception as trouble:
                error = trouble
            # Nobody waits any more where the loop has ended.
            with suppress(RuntimeError):
                question.loop.call_soon_threadsafe(question.settle, version, error)

    def _next(self, seen: int) -> int:
        while not self._closing.is_set() and (version := self._look()) == seen:
            self._closing.wait(INTERVAL)
        return seen if self._closing.is_set() else version
