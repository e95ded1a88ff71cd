"""A world in which a fortnight passes in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from oyama_tui.engine.clock import Clock
from oyama_tui.store.group_commit import WriteRequest
from oyama_tui.store.writer import Writer
from tests.realistic.virtual_loop import VirtualLoop

T = TypeVar("T")


class World:
    """The time of everybody who lives in it; whoever waits for a moment waits for no moment of the machine.

    Args:
        loop: In which everything happens.
        present: The moment at which the world has been made, in milliseconds since 1970 UTC.
    """

    def __init__(self, loop: VirtualLoop, present: int) -> None:
        self.present = present
        self.clock = Clock(wall=loop.wall, steady=loop.wall)
        self._loop = loop
        self._taken: set[int] = set()
        self._held: asyncio.TimerHandle | None = None
        self._sleepers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: list[BaseException] = []

    @property
    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self._loop.wall()

    async def until(self, at: int) -> None:
        """Wait until a moment, in which nobody else of the world does anything: what happens has one order.

        Args:
            at: Milliseconds since 1970 UTC.
        """
        at = max(at, self.now)
        while at in self._taken:
            at += 1
        self._taken.add(at)
        future = self._loop.create_future()
        handle = self._loop.call_at(at / 1000, _wake, future)
        self._loop.aim_at(handle)
        self._sleepers.add(handle)
        try:
            await future
        finally:
            self._sleepers.discard(handle)
            handle.cancel()

    def spawn(self, life: Coroutine[Any, Any, None]) -> None:
        """Let somebody live in it; what goes wrong in a life ends the world."""
        task = self._loop.create_task(life)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)

    def check(self) -> None:
        """Raise what has gone wrong in a life."""
        if self._failed:
            raise self._failed[0]

    def stand_still(self) -> None:
        """Let nobody's moment come any more."""
        for handle in self._sleepers:
            handle.cancel()

    async def end(self) -> None:
        """End every life."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@contextmanager
def time_waits_for_writers() -> Iterator[None]:
    """Let time stand still while the thread that writes has anything to do: unlike other threads it is not started by the loop."""
    submit = Writer.submit

    async def counted(writer: Writer, request: WriteRequest[T]) -> T:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            return await submit(writer, request)
        loop.begun()
        try:
            return await submit(writer, request)
        finally:
            loop.ended()

    setattr(Writer, "submit", counted)  # noqa: B010
    try:
        yield
    finally:
        setattr(Writer, "submit", submit)  # noqa: B010
