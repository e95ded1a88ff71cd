"""What those share who follow what happens in all runs.

The journal is read once for all of them: each only has a place in what was read lately. Who wants more of the past reads it for itself
until it has come that far.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from oyama_tui.core.errors import DatabaseProblem, OyamaError
from oyama_tui.core.views import JournalFilter, JournalLine, JournalPart
from oyama_tui.engine.feed import Feed
from oyama_tui.store.queries.journal_feed import lines_after
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.studio")
KEPT_LINES: Final = 5000
"""Events that are kept for those who are not quite up to date."""
KEPT_BYTES: Final = 16_000_000
"""Bytes of their content, about."""
PART_LINES: Final = 200
"""Events that are read at once, and told at once."""
PART_BYTES: Final = 256_000
"""Bytes of one part, about; an event that is longer comes alone."""
PAUSE: Final = 0.05
"""Seconds between two looks at the journal, so that a burst of commits is read at once."""
PAUSE_EACH: Final = 0.001
"""Seconds that each follower adds to it, so that many of them cannot keep the engine from its work."""
WOKEN_TOGETHER: Final = 32
"""Followers that are woken before others have their turn."""
READING_BACK: Final = 2
"""Followers that read the past at the same time."""


class Lost(OyamaError):
    """A follower has fallen behind what is kept: it can go on only by reading from its place again."""

    title = "Too slow"


class Follower:
    """A place in what happens.

    Args:
        journals: What is read for all.
        after: The position of the last event that is known.
        wanted: Which events.
    """

    def __init__(self, journals: Journals, after: int, wanted: JournalFilter) -> None:
        self._journals = journals
        self._wanted = wanted
        self._live = False
        self._ended = False
        self.news = asyncio.Event()
        """Set when there is something to look for."""
        self.position = after
        """Up to where it has been told everything."""

    async def next(self, seconds: float) -> JournalPart | None:
        """What comes after its place; nothing when it has been ended, and a part without events when there are none in that time.

        Args:
            seconds: How long to wait for it.

        Raises:
            Lost: It has been told events as they came, and has then not asked for so long that they are kept no more.
            OyamaError: The database cannot be read, and why.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._ended:
                    self.news.clear()
                    part = await self._look()
                    self.position = part.upto
                    if part.lines:
                        return part
                    if self.position >= self._journals.position:
                        await self.news.wait()
        return None if self._ended else JournalPart(lines=(), upto=self.position)

    def end(self) -> None:
        """Want nothing more; whoever waits is told so at once."""
        self._ended = True
        self.news.set()

    async def _look(self) -> JournalPart:
        journals = self._journals
        if journals.trouble is not None:
            raise journals.trouble
        if self.position >= journals.first:
            self._live = True
            return journals.part(self.position, self._wanted)
        if self._live:
            raise Lost("The events came faster than they were taken.", "Go on from the last one that you know.")
        return await journals.read_back(self.position, self._wanted)


class Journals:
    """Reads the journals of all runs, as they grow, for as long as somebody follows them.

    Args:
        store: The open store.
        feed: Says when something has changed.
    """

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed
        self._followers: set[Follower] = set()
        self._lines: list[JournalLine] = []
        self._bytes = 0
        self._reading: asyncio.Task[None] | None = None
        self._back = asyncio.Semaphore(READING_BACK)
        self.first = self.position = 0
        """After which position, and up to which one, all events are kept here."""
        self.trouble: OyamaError | None = None
        """Why nothing can be read any more, until somebody begins anew."""

    def join(self, follower: Follower, newest: int) -> None:
        """Read for one more.

        Args:
            follower: It hears of everything that is written from now on.
            newest: The position of the newest event, as it was just read.
        """
        if not self._followers or self._reading is None or self._reading.done():
            self._lines, self._bytes, self.trouble = [], 0, None
            self.first = self.position = newest
            self._reading = asyncio.create_task(self._read_on(), name="oyama-journals")
        self._followers.add(follower)

    def leave(self, follower: Follower) -> None:
        """Read no more for one; nothing is read for nobody.

        Args:
            follower: Who has joined.
        """
        self._followers.discard(follower)
        if not self._followers and self._reading is not None:
            self._reading.cancel()

    async def close(self) -> None:
        """Stop to read; whoever still follows is told that it is over."""
        for follower in self._followers:
            follower.end()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def part(self, after: int, wanted: JournalFilter) -> JournalPart:
        """Of what is kept.

        Args:
            after: A position that is not below `first`.
            wanted: Which events.
        """
        lines: list[JournalLine] = []
        size = 0
        for line in self._lines[bisect_right(self._lines, after, key=_position) :]:
            if not wanted.fits(line):
                continue
            if lines and (len(lines) == PART_LINES or size + line.size > PART_BYTES):
                return JournalPart(lines=tuple(lines), upto=lines[-1].position)
            lines.append(line)
            size += line.size
        return JournalPart(lines=tuple(lines), upto=max(after, self.position))

    async def read_back(self, after: int, wanted: JournalFilter) -> JournalPart:
        """Of what was written before; few may read at the same time.

        Args:
            after: A position.
            wanted: Which events.
        """
        async with self._back:
            return await self._read(after, wanted)

    async def _read(self, after: int, wanted: JournalFilter | None = None) -> JournalPart:
        part = await self._store.database.read(lambda connection: lines_after(connection, after, wanted, PART_LINES))
        for sentence in part.damaged:
            log.warning("%s", sentence)
        return part

    async def _read_on(self) -> None:
        changes = self._feed.changes()
        try:
            await self._read_news()
            async for _ in changes:
                await self._read_news()
                await asyncio.sleep(PAUSE + PAUSE_EACH * len(self._followers))
        except OyamaError as trouble:
            self.trouble = trouble
        except Exception:
            log.exception("the journals cannot be followed")
            self.trouble = DatabaseProblem("The journals cannot be followed.", "The log says why.")
        finally:
            await changes.aclose()
        await self._wake()

    async def _read_news(self) -> None:
        """Read what was written since the last look, and tell everybody."""
        while (part := await self._read(self.position)).upto > self.position:
            self._keep(part.lines)
            self.position = part.upto
            await self._wake()

    def _keep(self, lines: Sequence[JournalLine]) -> None:
        """Keep some more, and forget the oldest ones for it."""
        self._lines += lines
        self._bytes += sum(line.size for line in lines)
        gone = 0
        while len(self._lines) - gone > KEPT_LINES or (self._bytes > KEPT_BYTES and len(self._lines) - gone > 1):
            self._bytes -= self._lines[gone].size
            gone += 1
        if gone:
            self.first = self._lines[gone - 1].position
            del self._lines[:gone]

    async def _wake(self) -> None:
        for number, follower in enumerate(list(self._followers), 1):
            follower.news.set()
            if number % WOKEN_TOGETHER == 0:
                await asyncio.sleep(0)


def _position(line: JournalLine) -> int:
    return line.position
