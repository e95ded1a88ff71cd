"""Following a run and those that its steps start: their events after their commit, and their output between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from oyama_tui.cli.line_notes import LineNotes
from oyama_tui.cli.run_reporters import RunReporter
from oyama_tui.core.children import is_with_parent
from oyama_tui.core.events import Principal
from oyama_tui.core.views import EventView, RunView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

PACE: Final = 0.1
"""Seconds between two looks at the output of running steps."""
AT_ONCE: Final = 0.002
"""Seconds in which what a run does in one go has come."""
SLOW_PACE: Final = 1.0
"""Seconds between two looks at whether this process can still drive the run, while nothing else happens."""
MOST_BELOW: Final = 1_000
"""So many runs below one are joined late."""
SETTLED: Final = ("step_succeeded", "step_failed", "step_cancelled")


@dataclass(slots=True, eq=False)
class _Stream:
    """The events of one run."""

    run_id: str
    reporter: RunReporter
    events: AsyncIterator[EventView]
    upcoming: asyncio.Future[EventView]
    told: int
    """Number of the newest event that was told."""
    replay: int
    """Number of the newest event that was old news when it was joined."""
    above: _Stream | None = None
    node: str = ""
    """Of the run above: the node that this one is."""
    given_up: bool = False
    """Oyama itself has asked for its newest pause."""


class Following:
    """Tells a run, and each run that a step of it starts, as long as that goes on.

    Args:
        studio: The open studio.
        leave_waiting: Stop as soon as only people are waited for, or the run is paused.
        note: Told why a run stands still while the database cannot be used.
        line: Says what is before the run while it queues.
    """

    def __init__(self, studio: Studio, *, leave_waiting: bool, note: Callable[[str], None], line: LineNotes) -> None:
        self._studio = studio
        self._leave_waiting = leave_waiting
        self._note = note
        self._line = line
        self._streams: dict[str, _Stream] = {}
        self._looked = (-1, 0.0)
        """How many events had been told when it was last looked whether only people are waited for, and when that was."""
        self._asked = False
        """The newest event asks somebody: it may be the last one for long."""

    async def follow(self, run_id: str, reporter: RunReporter, *, after: int = 0, replay: int = 0) -> None:
        """Tell a run until it is over, this process cannot drive it, or Oyama itself has paused it, as it does after an undo.

        Args:
            run_id: The run.
            reporter: Told every event above `after`.
            after: Number of the newest event that is known.
            replay: Number of the newest event that is old news.
        """
        try:
            root = self._open(run_id, reporter, after, replay)
            if after:
                await self._join_below(root, await self._studio.runs.get(run_id))
            while await self._go_on(root):
                pass
        finally:
            for stream in list(self._streams.values()):
                await self._close(stream)

    def _open(self, run_id: str, reporter: RunReporter, after: int, replay: int, above: _Stream | None = None, node: str = "") -> _Stream:
        events = self._studio.runs.follow(run_id, after=after).__aiter__()
        stream = _Stream(run_id, reporter, events, asyncio.ensure_future(anext(events)), after, replay, above, node)
        self._streams[run_id] = stream
        return stream

    async def _close(self, stream: _Stream) -> None:
        self._streams.pop(stream.run_id, None)
        stream.upcoming.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await stream.upcoming

    async def _join_below(self, stream: _Stream, view: RunView) -> None:
        """Follow the runs below one that is joined late, from where they are now."""
        for row in await self._studio.runs.list(parent=view.row.id, live=True, limit=MOST_BELOW):
            if row.id not in self._streams:
                below = await self._studio.runs.get(row.id)
                reporter = await stream.reporter.below(below, below.seq)
                await reporter.join(below)
                await self._join_below(self._open(row.id, reporter, below.seq, below.seq, stream, row.parent_node), below)

    async def _go_on(self, root: _Stream) -> bool:
        """Tell what comes next; whether more may come."""
        streams = list(self._streams.values())
        soon = [await stream.reporter.pump() for stream in streams]
        waiting = {stream.upcoming for stream in streams}
        pace = AT_ONCE if self._asked else PACE if any(soon) or self._leave_waiting or self._line.is_news else SLOW_PACE
        self._asked = False
        done, _ = await asyncio.wait(waiting, timeout=pace, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            if await self._is_stuck(root):
                return False
            await self._line.note()
            return True
        for stream in streams:
            if stream.upcoming in done and stream.run_id in self._streams and not await self._take(stream):
                if stream is root:
                    return False
                await self._close(stream)
        return True

    async def _take(self, stream: _Stream) -> bool:
        """Tell the event that has come; whether more may come of this run."""
        try:
            event = stream.upcoming.result()
        except StopAsyncIteration:
            return False
        if event.type in SETTLED:
            await self._finish_below(stream, event.node)
        await stream.reporter.tell(event)
        self._asked = self._leave_waiting and event.type == "approval_requested"
        if stream.above is None:
            self._line.see(event)
        stream.told = event.seq
        if event.type == "child_started":
            await self._begin_below(stream, event)
        stream.given_up = _paused_by_oyama(event, stream.given_up)
        rests = (stream.given_up and event.type == "run_paused") or (event.type == "undo_finished" and bool(event.payload.get("nodes")))
        if rests and stream.above is None:
            return False
        stream.upcoming = asyncio.ensure_future(anext(stream.events))
        return True

    async def _begin_below(self, stream: _Stream, event: EventView) -> None:
        """Follow a run that a step has started, from its beginning."""
        run_id = str(event.payload["run"])
        if run_id in self._streams:
            # It was there already when the run above was joined.
            return
        view = await self._studio.runs.get(run_id)
        replay = view.seq if event.seq <= stream.replay else 0
        self._open(run_id, await stream.reporter.below(view, replay), 0, replay, stream, event.node)

    async def _finish_below(self, stream: _Stream, node: str) -> None:
        """Tell the rest of a run before what its step came to; one that goes on alone is left."""
        for below in [other for other in self._streams.values() if other.above is stream and other.node == node]:
            view = await self._studio.runs.get(below.run_id)
            while view.row.ended and below.told < view.seq:
                await asyncio.wait({below.upcoming})
                if not await self._take(below):
                    break
            for deeper in [other for other in self._streams.values() if other.above is below]:
                await self._close(deeper)
            await self._close(below)

    async def _is_stuck(self, root: _Stream) -> bool:
        """Whether nothing more comes without somebody else, while nothing comes."""
        runs = self._studio.system
        if any(run_id in runs.parked() for run_id in self._streams):
            return True
        leaves = self._leave_waiting or any(stream.given_up for stream in self._streams.values())
        if leaves and self._may_have_come_to_rest() and await self._only_people(root.run_id, root.told):
            return True
        for run_id in self._streams:
            if run_id in (troubled := runs.troubled()):
                self._note(f"{troubled[run_id]} The run goes on as soon as that is over.")
        return False

    def _may_have_come_to_rest(self) -> bool:
        """Whether something has been told since this was asked last, or that was long ago; nothing else makes a run wait for people."""
        told, now = sum(stream.told for stream in self._streams.values()), asyncio.get_running_loop().time()
        if told == self._looked[0] and now - self._looked[1] < SLOW_PACE:
            return False
        self._looked = told, now
        return True

    async def _only_people(self, run_id: str, told: int) -> bool:
        """Whether nothing but an answer, an event or a person's wish makes a run go on, and all events up to there were told."""
        view = await self._studio.runs.get(run_id)
        if view.seq > told:
            return False
        if view.row.status == "paused":
            return True
        below = await self._studio.runs.list(parent=run_id, live=True, limit=MOST_BELOW)
        awaited = view.row.needs_you or any(node.waits_for for node in view.nodes)
        if view.row.running > len(below) or not (awaited or below) or await self._studio.runs.rests(run_id):
            return False
        known = [self._streams.get(row.id) for row in below]
        return all([stream is not None and await self._only_people(stream.run_id, stream.told) for stream in known])


def _paused_by_oyama(event: EventView, before: bool) -> bool:
    """Whether it was Oyama itself, and neither a person nor the pause of its parent, that has asked for the newest pause.

    Args:
        event: The next event.
        before: The answer up to it.
    """
    if event.type != "pause_requested":
        return before and event.type != "run_resumed"
    by = Principal.model_validate(event.payload.get("by"))
    return by.kind == "system" and not is_with_parent(by, str(event.payload.get("reason", "")))
