"""The feed: what changed in the database, by this or any other process."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Collection

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.limits import at_limit
from oyama_tui.core.views import Change
from oyama_tui.engine.version_watch import INTERVAL, VersionWatch
from oyama_tui.store.store import JournalGrowth, Store


class Changes:
    """What one consumer has not seen yet; it misses nothing from the moment it is made.

    Args:
        lost: Why the database cannot be read, when it cannot.
    """

    def __init__(self, lost: str) -> None:
        self._runs: set[str] = set()
        self._workflows = False
        self._lost = lost
        self._news = asyncio.Event()
        self._closed = False
        if lost:
            self._news.set()

    def tell(self, runs: Collection[str], workflows: bool, lost: str) -> None:
        """Add to what this consumer will get next."""
        self._runs.update(runs)
        self._workflows |= workflows
        self._lost = lost
        self._news.set()

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> Change:
        await self._news.wait()
        if self._closed:
            raise StopAsyncIteration
        return self._taken()

    def take(self) -> Change | None:
        """What has changed since the last value, without waiting; none when nothing has."""
        return self._taken() if self._news.is_set() else None

    def _taken(self) -> Change:
        self._news.clear()
        change = Change(runs=frozenset(self._runs), workflows=self._workflows, lost=self._lost)
        self._runs.clear()
        self._workflows = False
        return change

    async def aclose(self) -> None:
        """Want nothing more; whoever waits is told that it is over."""
        self._closed = True
        self._news.set()


class Feed:
    """Watches the database and tells who listens; it says that something changed, never what.

    Args:
        store: The open store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: weakref.WeakSet[Changes] = weakref.WeakSet()
        self._position = 0
        self._lost = ""
        self._version = VersionWatch(store.database.data_version)
        self._task: asyncio.Task[None] | None = None
        self.moved: Callable[[list[JournalGrowth]], None] | None = None
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
        await self._version.close()

    def changes(self) -> Changes:
        """Everything that changes from now on, as soon as there is something."""
        changes = Changes(self._lost)
        self._listeners.add(changes)
        return changes

    def tell(self, run_id: str) -> None:
        """Something about a run has changed that is not in the database."""
        self._tell({run_id}, False)

    def tell_whole(self) -> None:
        """Something about the engines has changed that is not in the database."""
        self._tell(set(), False)

    def _committed(self, runs: frozenset[str], definitions: bool) -> None:
        """This process has committed: what it changed is known without looking."""
        self._tell(set(runs), definitions)

    def _tell(self, runs: set[str], workflows: bool) -> None:
        for listener in list(self._listeners):
            listener.tell(runs, workflows, self._lost)

    async def _watch(self) -> None:
        seen = -1
        while True:
            try:
                # What was lost and is there again is news, also when nobody has written since.
                version = await self._version.other_than(-1 if self._lost else seen)
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
            except RuntimeError as trouble:
                # No thread to look with; the next look may find one.
                if not at_limit(trouble):
                    raise
            await asyncio.sleep(INTERVAL)

    async def _look(self) -> None:
        """Read what has been appended since the last look."""
        self._position, moved = await self._store.since(self._position)
        self._tell({run.run_id for run in moved}, True)
        if self.moved is not None:
            self.moved(moved)
