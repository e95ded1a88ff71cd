"""The feed: what changed in the database, by this or any other process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.views import Change
from oyama_tui.store.store import Moved, Store

INTERVAL: Final = 0.1
"""Seconds between two looks at the database's version."""


@dataclass(eq=False)
class _Listener:
    """What one consumer has not seen yet."""

    runs: set[str] = field(default_factory=set)
    workflows: bool = False
    lost: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Watches the database and tells who listens; it says that something changed, never what.

    Args:
        store: The open store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: set[_Listener] = set()
        self._position = 0
        self._lost = ""
        self._task: asyncio.Task[None] | None = None
        self.moved: Callable[[list[Moved]], None] | None = None
        """Told which journals have grown, for the engine of this process."""

    async def open(self) -> None:
        """Start to watch from now on."""
        self._position = await self._store.position()
        self._store.writer.committed = self._committed
        self._task = asyncio.create_task(self._watch(), name="oyama-feed")

    async def close(self) -> None:
        """Stop to watch."""
        self._store.writer.committed = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def changes(self) -> AsyncGenerator[Change, None]:
        """Everything that changed since the last value, as soon as there is something."""
        listener = _Listener(lost=self._lost)
        if listener.lost:
            listener.news.set()
        self._listeners.add(listener)
        try:
            while True:
                await listener.news.wait()
                listener.news.clear()
                change = Change(runs=frozenset(listener.runs), workflows=listener.workflows, lost=listener.lost)
                listener.runs.clear()
                listener.workflows = False
                yield change
        finally:
            self._listeners.discard(listener)

    def _committed(self, runs: frozenset[str], definitions: bool) -> None:
        """This process has committed: what it changed is known without looking."""
        self._tell(set(runs), definitions)

    def _tell(self, runs: set[str], workflows: bool) -> None:
        for listener in self._listeners:
            listener.runs |= runs
            listener.workflows |= workflows
            listener.lost = self._lost
            listener.news.set()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        seen = -1
        while True:
            try:
                version = await loop.run_in_executor(None, self._store.database.data_version)
                if version != seen:
                    await self._look()
                    seen = version
                if self._lost:
                    self._lost = ""
                    self._tell(set(), True)
            except DatabaseProblem as trouble:
                if trouble.sentence != self._lost:
                    self._lost = trouble.sentence
                    self._tell(set(), False)
            await asyncio.sleep(INTERVAL)

    async def _look(self) -> None:
        """Read what has been appended since the last look."""
        self._position, moved = await self._store.since(self._position)
        self._tell({run.run_id for run in moved}, True)
        if self.moved is not None:
            self.moved(moved)
