"""From the studio's stream of changes to news for the screens, at a bounded rate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from oyama_tui.core.views import Change

PACE = 1 / 15
"""Seconds between two pieces of news at the least."""


class Coalescer:
    """Adds up changes, so that a thousand of them are one piece of news.

    Args:
        publish: Called with what has changed since the last call.
    """

    def __init__(self, publish: Callable[[Change], None]) -> None:
        self._publish = publish
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
            self._publish(self._take())
            await asyncio.sleep(PACE)
