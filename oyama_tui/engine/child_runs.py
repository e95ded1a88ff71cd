"""What an engine does with runs that are children of others: find, start, end, pause and resume them, and learn of their end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal, Refused
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus
from oyama_tui.engine.commanding import command_run
from oyama_tui.store import claims
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun, create_child, find_child
from oyama_tui.store.store import Store


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """A run that a step is to start."""

    parent: RunKey
    directory: str
    """Where the parent's steps run."""
    epoch: int
    """Under which this engine owns the parent."""
    node: str
    attempt: int
    order: Mapping[str, JsonValue]
    """Which workflow, and its inputs."""
    by: e.Principal
    """Who started the parent."""


class ChildSource(Protocol):
    """Makes runs of workflows that steps name."""

    async def new_child(self, request: ChildRequest) -> NewRun:
        """Read, check and keep the workflow, and make its run ready to be created.

        Raises:
            OyamaError: It cannot be started, and why.
        """


class ChildRuns:
    """What the engine of this process does with children.

    Args:
        store: The open store.
        now: Milliseconds since 1970 UTC.
        begin: Drives a run that was just created, given its first event's hash.
        keep_driven: Lets this engine take a run, now or when its owner dies.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], int],
        *,
        begin: Callable[[RunKey, NewRun, bytes], None],
        keep_driven: Callable[[str], None],
    ) -> None:
        self._store = store
        self._now = now
        self._begin = begin
        self.keep_driven = keep_driven
        self._watched: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._starting: set[asyncio.Future[RunKey]] = set()
        self.source: ChildSource | None = None
        """Where their workflows come from."""

    @contextmanager
    def watched(self, run_id: str, news: asyncio.Event) -> Iterator[None]:
        """Set an event when a run ends, for as long as the context lasts."""
        self._watched[run_id].add(news)
        try:
            yield
        finally:
            self._watched[run_id].discard(news)
            if not self._watched[run_id]:
                del self._watched[run_id]

    def ended(self, run_id: str) -> None:
        """A run is over."""
        for news in self._watched.get(run_id, ()):
            news.set()

    async def find(self, parent: str, node: str, attempt: int) -> RunKey | None:
        """The run that an attempt has started, if it has."""
        return await self._store.database.read(lambda connection: find_child(connection, parent, node, attempt))

    async def start(self, request: ChildRequest) -> RunKey:
        """Start a run once, and drive it here; a start that has begun is not undone by a cancellation of the caller.

        Raises:
            OyamaError: It cannot be started, and why.
            Fenced: The parent no longer waits for it.
        """
        starting = asyncio.ensure_future(self._start(request))
        self._starting.add(starting)
        starting.add_done_callback(self._started)
        return await asyncio.shield(starting)

    def _started(self, starting: asyncio.Future[RunKey]) -> None:
        self._starting.discard(starting)
        if not starting.cancelled():
            # Seen, also when whoever asked for it has gone.
            starting.exception()

    async def _start(self, request: ChildRequest) -> RunKey:
        if self.source is None:
            raise CorruptJournal(f"Run {request.parent.id} is driven by an engine that knows no workflows.")
        new = await self.source.new_child(request)
        run, head = await self._store.writer.run(partial(create_child, new=new, epoch=request.epoch))
        if head is not None:
            self._begin(run, new, head)
        return run

    async def settle(self) -> None:
        """Wait until what is being started is there."""
        while self._starting:
            await asyncio.gather(*self._starting, return_exceptions=True)

    async def end_of(self, child: RunKey) -> dict[str, object] | None:
        """What a child has come to, in the words of an outcome; none while it goes on.

        Raises:
            CorruptJournal: Its journal cannot be trusted.
        """
        claim = await self._store.database.read(lambda connection: claims.find_claim(connection, child.id))
        if claim is None or not claim.ended:
            return None
        journal = [event for event, _ in await self._store.journal.read(child)]
        first, last = journal[0], journal[-1]
        took = {"started_at": first.at, "duration": max(0, last.at - first.at - sum(event.leap for event in journal[1:]))}
        label = f"{child.workflow_id} #{child.number}"
        if isinstance(last, e.RunCompleted):
            return {"status": "succeeded", "outputs": last.outputs, "result": last.outputs, **took}
        if isinstance(last, e.RunCancelled):
            why = f": {last.reason}" if last.reason else ""
            return {"status": "cancelled", "message": f"{label} was cancelled by {last.by.name}{why}", **took}
        if isinstance(last, e.RunUndone):
            why = f": {last.error.message}" if last.error is not None else f" by {last.by.name}"
            return {"status": "failed", "message": f"{label} was undone{why}", "final": True, **took}
        if not isinstance(last, e.RunFailed):
            raise CorruptJournal(f"{label} is over, and its journal does not say how.", "Run `oyama verify`.")
        error = last.error
        if error.kind == "rejected":
            by = f" by {error.by}" if error.by else ""
            return {"status": "failed", "message": f"{label} was rejected{by}: {error.message}", "final": True, **took}
        where = f"{error.node}: " if error.node else ""
        return {"status": "failed", "message": f"{label} failed: {where}{error.message}", **took}

    async def cancel(self, child: RunKey, why: str) -> None:
        """Cancel a child, unless that is so, it is over, or it is being undone and ends after that."""
        await self._command(
            child, lambda state, at: None if _over(state) or state.undo is not None else c.Cancel(at=at, by=e.SYSTEM, reason=why)
        )

    async def pause(self, child: RunKey, why: str, mode: e.PauseMode) -> None:
        """Pause a child, unless that is so or it is over."""
        await self._command(child, lambda state, at: None if _over(state) else c.Pause(at=at, by=e.SYSTEM, mode=mode, reason=why))

    async def resume(self, child: RunKey, why: str) -> None:
        """Let a child go on that was paused for this reason, and for no other one."""

        def make(state: RunState, at: int) -> c.Command | None:
            pause = state.pause
            meant = pause is not None and pause.by == e.SYSTEM and pause.reason == why
            return c.Resume(at=at, by=e.SYSTEM) if meant and not _over(state) else None

        await self._command(child, make)

    async def was_paused(self, child: RunKey, why: str, since: int) -> bool:
        """Whether a child was paused for this reason since then, whatever somebody has done about it after that."""
        journal = await self._store.journal.read(child)
        pauses = (event for event, _ in journal if isinstance(event, e.PauseRequested))
        return any(pause.by == e.SYSTEM and pause.reason == why and pause.at >= since for pause in pauses)

    async def _command(self, child: RunKey, make: Callable[[RunState, int], c.Command | None]) -> None:
        try:
            await command_run(self._store, child.id, self._now, make)
        except Refused:
            # It is over, or on its way to where it is wanted.
            return


def _over(state: RunState) -> bool:
    return state.status.ended or state.cancel is not None or state.status is RunStatus.PENDING
