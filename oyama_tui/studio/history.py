"""Use cases of the history."""

from __future__ import annotations

import asyncio
import shlex
from datetime import datetime
from typing import Final

from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.format import moment
from oyama_tui.core.views import NEEDS_YOU, HistoryFilter, HistoryPage, WorkflowStats
from oyama_tui.store.queries import history as queries
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.periods import EXAMPLES, may_become_period, period

STATUSES: Final = (
    *("queued", "running", "waiting", NEEDS_YOU, "draining", "paused", "undoing"),
    *("completed", "failed", "rejected", "cancelled", "undone"),
)


class History:
    """What can be asked of past runs."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._counted: tuple[int, HistoryFilter, int] = (-1, HistoryFilter(), 0)
        """The database's version, the filter, and how many executions fitted it then: counting costs more than a page."""

    def parse(self, text: str) -> HistoryFilter:
        """Read `status:failed workflow:release by:ana since:7d until:yesterday words`; what has another key is a word, colon and all.

        Raises:
            InvalidInput: A value that is not known; the hint names the known ones.
        """
        try:
            parts = shlex.split(text)
        except ValueError:
            parts = text.split()
        statuses: list[str] = []
        words: list[str] = []
        workflow, by, since, until = "", "", None, None
        for part in parts:
            key, colon, value = part.partition(":")
            key = key.casefold()
            if not colon:
                words.append(part)
            elif key == "status":
                statuses += [self._status(word) for word in value.split(",")]
            elif key == "workflow":
                workflow = value
            elif key == "by":
                by = value
            elif key == "since":
                since = self._period(part, value)[0]
            elif key == "until":
                until = self._period(part, value)[1]
            else:
                words.append(part)
        return HistoryFilter(statuses=tuple(statuses), workflow=workflow, by=by, since=since, until=until, words=tuple(words))

    @staticmethod
    def may_become_filter(text: str) -> bool:
        """Whether the last word of a filter that is being typed has a value that is none yet, but may become one.

        Args:
            text: As far as it has been typed; what ends in a blank has been typed whole.
        """
        key, colon, value = text[text.rfind(" ") + 1 :].partition(":")
        newest = value.rpartition(",")[2].casefold()
        if not colon:
            return False
        if key.casefold() == "status":
            return any(status.replace(" ", "-").startswith(newest) for status in STATUSES)
        return key.casefold() in ("since", "until") and may_become_period(value)

    def _status(self, given: str) -> str:
        word = given.casefold().replace("-", " ")
        if word not in STATUSES:
            known = ", ".join(status.replace(" ", "-") for status in STATUSES)
            raise InvalidInput(f"There is no status {given!r}.", f"Use one of {known}.")
        return word

    def _period(self, part: str, value: str) -> tuple[datetime, datetime]:
        try:
            return period(value, moment(self._context.clock()).astimezone())
        except ValueError:
            raise InvalidInput(f"{part} is no time.", EXAMPLES) from None

    async def page(
        self, wanted: HistoryFilter, *, before: int | None = None, after: int | None = None, offset: int | None = None, limit: int = 100
    ) -> HistoryPage:
        """A page, newest first.

        Args:
            wanted: Which executions.
            before: Only rows older than this key, the nearest ones.
            after: Only rows newer than this key, the nearest ones.
            offset: Rows from this place on instead; counted from the newest, from the oldest when negative (-100 is the last page of 100).
            limit: The most rows.
        """
        database = self._context.store.database
        version = await asyncio.to_thread(database.data_version)
        counted = self._counted if self._counted[:2] == (version, wanted) else None
        total = counted[2] if counted is not None else None
        page = await database.read(
            lambda connection: queries.page(connection, wanted, before=before, after=after, offset=offset, limit=limit, total=total)
        )
        self._counted = (version, wanted, page.total)
        return page

    async def stats(self, workflow_id: str) -> WorkflowStats:
        """How a workflow has done."""
        return await self._context.store.database.read(lambda connection: queries.stats(connection, workflow_id))
