"""A run as it was after any of its events, for front ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import InvalidInput, NoRoom, NotFound
from oyama_tui.core.limits import at_limit
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow, AttemptView, Difference, MarkView, MomentView, TreeOpening
from oyama_tui.store.past import Beginning, PastRun, rows_after
from oyama_tui.store.past_views import approvals_then, attempt_of, differences, moment_of
from oyama_tui.store.store import Store

T = TypeVar("T")


class Past:
    """One run, which is looked at as it was; close it after use. Of a run that goes on it knows each event as soon as it is asked for.

    Args:
        store: The open store.
        begins: What the run had before its first event.
        graph: The compiled revision that it is pinned to.
        files: The folder beside the database.
    """

    def __init__(self, store: Store, begins: Beginning, graph: Graph, files: Path) -> None:
        self._store = store
        self._graph = graph
        self._files = files
        self.run_id = begins.run.id
        """The state id."""
        self.label = f"{begins.run.workflow_id} #{begins.run.number}"
        """How people name the run."""
        # One thread alone ever touches the run in memory, so that no caller who gives up leaves it half moved.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="oyama-past")
        self._begins = begins
        self._run: PastRun | None = None
        self._closed = False

    async def catch_up(self) -> int:
        """Take in what the journal has more by now; returns the number of its newest event.

        Raises:
            CorruptJournal: It cannot be folded, or was changed.
            NotFound: The run was removed meanwhile.
        """
        if self._run is None:
            await self._work(self._open)
        run = self._opened
        while True:
            known = run.last
            rows = await self._store.database.read(partial(rows_after, run=run.run.key, known=known))
            if not rows:
                break
            await self._work(partial(run.learn, known, rows))
        if not run.last:
            raise NotFound(f"Run {self.run_id} has no journal any more.", "See `oyama runs`.")
        return run.last

    def _open(self) -> None:
        if self._run is None:
            self._run = PastRun(self._begins, self._graph)

    @property
    def _opened(self) -> PastRun:
        assert self._run is not None
        return self._run

    async def at(self, seq: int, wanted: TreeOpening | None = None) -> MomentView:
        """The run as it was after one of its events.

        Args:
            seq: The number of the event.
            wanted: Which blocks of the tree are open; what matters most of all of them when none.

        Raises:
            CorruptJournal: The journal cannot be folded, or was changed.
            InvalidInput: There is no such event.
        """
        last = await self._reach(seq)
        return await self._work(partial(moment_of, self._opened, seq, last, wanted))

    async def attempt(self, node: str, attempt: int | None, seq: int) -> AttemptView | None:
        """One attempt of a node as it was after an event; none when it had not begun.

        Args:
            node: The node's key.
            attempt: Its number; the newest one when none.
            seq: The number of the event.

        Raises:
            InvalidInput: There is no such event.
        """
        await self._reach(seq)
        return await self._work(partial(attempt_of, self._opened, seq, node, attempt, self._files))

    async def approvals(self, seq: int) -> Rows[ApprovalRow]:
        """What had been asked of people, and how it was answered, after an event.

        Args:
            seq: The number of the event.

        Raises:
            InvalidInput: There is no such event.
        """
        await self._reach(seq)
        return await self._work(partial(approvals_then, self._opened, seq))

    async def marks(self) -> tuple[MarkView, ...]:
        """The events that people look for, in order: where steps were over, something failed, somebody was asked and answered."""
        await self.catch_up()
        return tuple(self._opened.marks)

    async def difference(self, one: int, other: int) -> tuple[Difference, ...]:
        """What two moments do not have in common: the run itself first, then nodes in the order in which they began, then variables.

        Args:
            one: The number of an event.
            other: That of another.

        Raises:
            InvalidInput: There is no such event.
        """
        await self._reach(max(one, other))
        await self._reach(min(one, other))
        return await self._work(partial(differences, self._opened, one, other))

    async def _reach(self, seq: int) -> int:
        last = await self.catch_up()
        if not 1 <= seq <= last:
            raise InvalidInput(f"{self.label} has no event {seq}.", f"Its events are 1 to {last}.")
        return last

    async def _work(self, job: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)
        except RuntimeError as error:
            limit = at_limit(error)
            if self._closed:
                raise NotFound(f"{self.label} is no longer looked at as it was.") from error
            if not limit:
                raise
            raise NoRoom(f"The past cannot be looked at now: {limit}.", "Try again in a moment.") from error

    def close(self) -> None:
        """Forget all of it, after what is under way."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._run is not None:
            self._run.close()
