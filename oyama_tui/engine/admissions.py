"""Whose turn it is under the limits of workflows: one look for all runs of a workflow that queue here, whenever something has changed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core.errors import DatabaseLost, DatabaseProblem, OyamaError
from oyama_tui.core.limits import at_limit
from oyama_tui.engine.clock import Clock
from oyama_tui.engine.commanding import command_run
from oyama_tui.engine.driver import Driver
from oyama_tui.engine.ownership import Instance, is_alive
from oyama_tui.store.line import leave_line, next_in_line, older_live
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.engine")
LOOK_EVERY: Final = 1.0
"""Seconds between two looks while a run queues here, whatever the feed says: no event tells that an owner has died."""


class Admissions:
    """Tells the drivers of runs that queue when it is their turn; the append that admits one asks again.

    Args:
        store: The open store.
        instance: What others know this engine by.
        clock: Both clocks.
        drivers: The drivers of this engine.
        take_over: Drives a run that has no living owner.
    """

    def __init__(
        self,
        store: Store,
        instance: Instance,
        clock: Clock,
        drivers: Callable[[], Iterable[Driver]],
        take_over: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._store = store
        self._instance = instance
        self._clock = clock
        self._drivers = drivers
        self._take_over = take_over
        self._changed: set[str] = set()
        """Workflows of which a run has moved since the last look."""
        self._lines: frozenset[str] = frozenset()
        """Workflows of which a run queued here at the last look."""
        self._news = asyncio.Event()
        self._displaced: set[str] = set()
        """Runs that have cancelled the older ones of their workflow."""
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="oyama-admissions")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def moved(self, workflow_id: str) -> None:
        """A run of this workflow begins to queue here, or has set a place free."""
        self._changed.add(workflow_id)
        self._news.set()

    def heard(self, workflow_id: str) -> None:
        """A run of this workflow has moved, here or elsewhere."""
        if workflow_id in self._lines:
            self.moved(workflow_id)

    async def _watch(self) -> None:
        """Look when something has changed, and every second while a run queues here."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            self._news.clear()
            changed, self._changed = self._changed, set()
            queueing = self._queueing()
            self._lines = frozenset(queueing)
            if loop.time() - last >= LOOK_EVERY:
                last, changed = loop.time(), set(queueing)
            try:
                for workflow_id in queueing.keys() & changed:
                    await self._look(workflow_id, queueing[workflow_id])
            except DatabaseLost as trouble:
                log.error("no run is admitted here any more: %s", trouble.sentence)
                return
            except OyamaError as trouble:
                log.warning("cannot look whose turn it is: %s", trouble.sentence)
            except Exception as trouble:
                # Whatever it is, a mistake of ours too: it must not keep every run that queues here from its place for good.
                log.warning("cannot look whose turn it is: %s", at_limit(trouble) or trouble, exc_info=not at_limit(trouble))
            try:
                async with asyncio.timeout(LOOK_EVERY if queueing else None):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _queueing(self) -> dict[str, list[Driver]]:
        """The drivers of runs that queue, by workflow."""
        found: defaultdict[str, list[Driver]] = defaultdict(list)
        for driver in self._drivers():
            if driver.queues:
                found[driver.run.workflow_id].append(driver)
        self._displaced &= {driver.run.id for drivers in found.values() for driver in drivers}
        return found

    async def _look(self, workflow_id: str, drivers: Sequence[Driver]) -> None:
        """Invite the drivers of a workflow's runs whose turn it is."""
        for driver in drivers:
            if driver.displaces and driver.run.id not in self._displaced:
                await self._displace(driver)
        mine = {driver.run.id: driver for driver in drivers}
        most = max(driver.limit for driver in drivers)
        while True:
            held, line = await self._store.database.read(partial(next_in_line, workflow_id=workflow_id, most=most))
            dead = {run.owner for run in line if run.owner != self._instance.id and not is_alive(self._instance.folder, run.owner)}
            if not dead:
                break
            for run in line:
                if run.owner in dead:
                    log.info("run %s has lost its engine, so that it holds nobody up any more", run.id)
                    await self._store.writer.run(partial(leave_line, run=run), touched=run.id)
        for position, run in enumerate(line):
            driver_here = mine.get(run.id)
            if driver_here is not None and held + position < driver_here.limit:
                driver_here.invite()

    async def _displace(self, driver: Driver) -> None:
        """Cancel the older runs of a workflow that wants only the newest to go on, in the name of whoever started that one."""
        started = driver.state.started
        if started is None:
            return
        run, by = driver.run, started.by
        reason = f"{run.workflow_id} #{run.number} took its place"
        for older in await self._store.database.read(partial(older_live, workflow_id=run.workflow_id, number=run.number)):
            try:
                await command_run(self._store, older, self._clock.wall, lambda state, at: c.Cancel(at=at, by=by, reason=reason))
                await self._take_over(older)
            except DatabaseProblem:
                raise
            except OyamaError as trouble:
                log.warning("run %s is not cancelled for run %s: %s", older, run.id, trouble.sentence)
        self._displaced.add(run.id)
