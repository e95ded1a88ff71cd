"""From the studio's stream of changes to news for the screens, at a bounded rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from oyama_tui.core.views import Change

PACE = 1 / 15
"""Seconds between two pieces of news at the least."""
REST = 6
"""How many times as long as showing one piece of news takes, the next one waits: between them the processor is there for keys."""
LONGEST_REST = 0.15
"""Seconds after which news is told, whatever showing it costs."""


class Coalescer:
    """Adds up changes, so that a thousand of them are one piece of news.

    News whose showing is expensive comes more rarely.

    Args:
        publish: Called with what has changed since the last call.
        used: Seconds of the processor that this thread has had so far.
    """

    def __init__(self, publish: Callable[[Change], None], used: Callable[[], float] = time.thread_time) -> None:
        self._publish, self._used = publish, used
        self._runs: set[str] = set()
        self._workflows = False
        self._lost = ""
        self._fresh = asyncio.Event()

    def add(self, change: Change) -> None:
        """Take in a change."""
        self._runs |= change.runs
        self._workflows = self._workflows or change.workflows
        self._lost = change.lost
        self._fresh.set()

    def _take(self) -> Change:
        news = Change(runs=frozenset(self._runs), workflows=self._workflows, lost=self._lost)
        self._runs, self._workflows = set(), False
        self._fresh.clear()
        return news

    async def drain(self, changes: AsyncIterator[Change]) -> None:
        """Publish until the stream ends."""
        async with asyncio.TaskGroup() as group:
            publisher = group.create_task(self._publish_forever())
            async for change in changes:
                self.add(change)
            publisher.cancel()

    async def _publish_forever(self) -> None:
        while True:
            await self._fresh.wait()
            before = self._used()
            self._publish(self._take())
            await asyncio.sleep(PACE)
            await asyncio.sleep(min((self._used() - before) * REST, LONGEST_REST) - PACE)
