"""Use cases of those who follow what happens in all runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches

from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import JournalFilter
from oyama_tui.store.encoding import EVENT_TYPES
from oyama_tui.store.queries.journal_feed import newest_position
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.journals import Follower


class Following:
    """What those can do who want to know of everything as it happens."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    @asynccontextmanager
    async def follow(
        self, *, after: int | None = None, run: str = "", workflow: str = "", types: Sequence[str] = ()
    ) -> AsyncIterator[Follower]:
        """Follow the events of all runs in the order in which they were written, each after its commit.

        Args:
            after: The position of the last event that is known; what happens from now on when it is left out.
            run: Only events of this run, as people name it.
            workflow: Only events of runs of this workflow.
            types: Only events of these types.

        Raises:
            InvalidInput: There is no such type, or no event has had that position yet.
            NotFound: No run or several fit `run`.
        """
        for each in types:
            if each not in EVENT_TYPES:
                close = get_close_matches(each[:100], EVENT_TYPES, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(EVENT_TYPES)}."
                raise InvalidInput(f"There is no type of event {each[:100]!r}.", hint)
        run_id = await self._context.resolve(run) if run else ""
        newest = await self._context.store.database.read(newest_position)
        if after is not None and after > newest:
            raise InvalidInput(f"There has been no event {after} yet; the newest is {newest}.", "Begin anew, without a position.")
        wanted = JournalFilter(run_id=run_id, workflow=workflow, types=frozenset(types))
        follower = Follower(self._context.journals, newest if after is None else after, wanted)
        self._context.journals.join(follower, newest)
        try:
            yield follower
        finally:
            self._context.journals.leave(follower)
