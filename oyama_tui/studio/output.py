"""Following what attempts write: a look at how long a file is while nothing moves, and the database only when the run has moved."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import AttemptView, LogChunk, StartedAttempt
from oyama_tui.store.claims import Claim
from oyama_tui.store.queries.attempts import log_path
from oyama_tui.store.queries.runs import attempt_view, meant, output_news
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.logs import read_log

LOOKS: Final = 50
"""After so many looks the database is asked though nobody has said that the run has moved."""
GONE: Final = (0, 0)
"""How a file is that is not there."""


@dataclass(slots=True)
class _Place:
    """How far one attempt is known."""

    path: Path
    view: AttemptView | None = None
    stale: bool = True
    """The database knows more of it than the view."""
    mark: tuple[int, int] = GONE
    """Inode and length of the file when it was last read."""
    rest: LogChunk | None = None
    """What the last reading gave, when that was nothing; none while there may be more."""


class OutputFollower:
    """Follows what the attempts of one run write, for whoever looks again and again; a look costs next to nothing where nothing has moved.

    Args:
        context: What the studio works with.
        run_id: The state id.
        wanted: What the keys of the nodes have whose attempts are told.
    """

    def __init__(self, context: StudioContext, run_id: str, wanted: re.Pattern[str]) -> None:
        self._context = context
        self._wanted = wanted
        self._changes = context.feed.changes()
        self._moved = True
        """The run may have moved since the database was asked."""
        self._looks = 0
        self._seq = 0
        self._places: dict[tuple[str, int], _Place] = {}
        self.run_id = run_id
        self.ended = False
        """The run was over when the database was last asked; what was written until then can be read."""

    def stirs(self, node: str, attempt: int) -> bool:
        """Whether it is time to look and read on; for whoever reads one attempt and otherwise does nothing at all.

        Args:
            node: The node's key.
            attempt: From 1.
        """
        return self._hears() or self.has_more(node, attempt)

    def has_more(self, node: str, attempt: int) -> bool:
        """Whether there may be more of an attempt than was read, as far as the last look knows of it.

        Args:
            node: The node's key.
            attempt: From 1.
        """
        place = self._places.get((node, attempt))
        return place is None or not self._is_at_rest(place)

    async def look(self) -> tuple[StartedAttempt, ...]:
        """Learn what has become of the run, if it has moved; the wanted attempts that have begun since the last look, in that order.

        Raises:
            NotFound: There is no such run any more.
            DatabaseProblem: The database cannot be read.
        """
        if not self._hears():
            return ()
        self._moved, self._looks = False, 0
        try:
            news = await self._context.store.database.read(lambda connection: output_news(connection, self.run_id, self._seq))
        except BaseException:
            self._moved = True
            raise
        if news is None:
            self._moved = True
            raise NotFound(f"There is no run {self.run_id!r}.", "See `oyama runs`.")
        self._seq, self.ended = news.seq, news.ended
        for known in news.settled | {(one.node, one.attempt) for one in news.begun}:
            if known in self._places:
                self._places[known].stale = True
        return tuple(one for one in news.begun if self._wanted.search(one.node))

    async def read(self, node: str, attempt: int, *, offset: int | None = None, limit: int = 256 * 1024) -> LogChunk:
        """A piece of an attempt's output, as far as the last look knows of it; from its begin again where its file was cut or taken away.

        Args:
            node: The node's key.
            attempt: From 1.
            offset: Where to begin, in bytes; the last `limit` bytes when none.
            limit: The most bytes.

        Raises:
            DatabaseProblem: The database cannot be read.
        """
        place = self._places.setdefault((node, attempt), _Place(log_path(self._context.settings.files_path, self.run_id, node, attempt)))
        if place.rest is not None and place.rest.offset == offset and self._is_at_rest(place):
            return place.rest
        if place.stale:
            await self._ask(place, node, attempt)
        # What is written after this is seen at the next look.
        mark = _mark(place.path)
        if offset is not None and _is_other(mark, place.mark):
            offset = 0
        if place.view is None:
            chunk = LogChunk(text="", offset=offset or 0, skipped=0, ended=False)
        else:
            chunk = await asyncio.to_thread(read_log, place.view, place.path, offset, limit)
        place.mark, place.rest = mark, None if chunk.text else chunk
        return chunk

    def expire(self, node: str, attempt: int) -> None:
        """Ask the database of an attempt before it is read again: whoever says so knows of news before the feed tells it.

        Args:
            node: The node's key.
            attempt: From 1.
        """
        if (node, attempt) in self._places:
            self._places[node, attempt].stale = True

    def forget(self, node: str, attempt: int) -> None:
        """Keep nothing of an attempt; what is read of it later is asked for anew.

        Args:
            node: The node's key.
            attempt: From 1.
        """
        self._places.pop((node, attempt), None)

    def _hears(self) -> bool:
        """Whether the run may have moved: the feed has said so, or cannot say anything, or has said nothing for very long."""
        self._looks += 1
        change = self._changes.take()
        self._moved |= self._looks > LOOKS or (change is not None and (bool(change.lost) or self.run_id in change.runs))
        return self._moved

    async def _ask(self, place: _Place, node: str, attempt: int) -> None:
        """Read an attempt's row, unless that is cut short; then the next one does."""
        place.stale = False
        files = self._context.settings.files_path
        try:
            place.view = await self._context.store.database.read(
                lambda connection: attempt_view(connection, self.run_id, node, attempt, files)
            )
        except BaseException:
            place.stale = True
            raise

    @staticmethod
    def _is_at_rest(place: _Place) -> bool:
        """Whether reading on would give what it gave before: nothing."""
        return not place.stale and place.rest is not None and _mark(place.path) == place.mark


class Output:
    """What can be done with the output of attempts."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def follow(self, ref: str, *, step: str = "") -> OutputFollower:
        """Follow what the attempts of a run write; nothing is missed from the moment it is asked for.

        Args:
            ref: The run.
            step: Tell only of this node, of all nodes of this step, or of all in this block, item or round; of every node when empty.

        Raises:
            NotFound: There is no such run, or it has no such step.
        """
        claim = await self._context.claim(ref)
        return OutputFollower(self._context, claim.run.id, await nodes_meant(self._context, claim, step))


async def nodes_meant(context: StudioContext, claim: Claim, step: str) -> re.Pattern[str]:
    """What the keys of the nodes have that a person means.

    Args:
        context: What the studio works with.
        claim: The run.
        step: The key of a node or scope, or the id of a step; every node when empty.

    Raises:
        NotFound: The run has no such step.
    """
    graph = await context.store.graph(claim.revision)
    try:
        return meant(graph, step)
    except KeyError:
        label = (await context.row(claim.run.id)).label
        raise NotFound(f"{label} has no step {step[:60]!r}.", f"Its steps: {', '.join(list(graph.specs)[:20])}") from None


def _is_other(mark: tuple[int, int], before: tuple[int, int]) -> bool:
    """Whether a file is not the one that was read, longer by what was appended: it was cut, taken away, or made anew."""
    return before != GONE and (mark[0] != before[0] or mark[1] < before[1])


def _mark(path: Path) -> tuple[int, int]:
    """Inode and length of what stands somewhere."""
    try:
        found = os.lstat(path)
    except OSError:
        return GONE
    return found.st_ino, found.st_size
