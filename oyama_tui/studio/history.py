"""Use cases of the history."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from oyama_tui.core.errors import NotFound
from oyama_tui.core.format import moment
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import (
    NEEDS_YOU,
    AttemptView,
    FiguresPage,
    HistoryFilter,
    HistoryPage,
    HistoryRow,
    WorkflowFigures,
    WorkflowStats,
)
from oyama_tui.store.counted import Counted
from oyama_tui.store.queries import figures as figured
from oyama_tui.store.queries import history as queries
from oyama_tui.store.queries.attempts import attempts_page
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.filters import may_become, one_of, read_filter, time_span

STATUSES: Final = (
    *("queued", "running", "waiting", NEEDS_YOU, "draining", "paused", "undoing"),
    *("completed", "failed", "rejected", "cancelled", "undone"),
)


class History:
    """What can be asked of past runs."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._counted: Counted[HistoryFilter] = Counted(context.store.database)

    def parse(self, text: str) -> HistoryFilter:
        """Read `status:failed workflow:release by:ana since:7d until:yesterday words`; what has another key is a word, colon and all.

        Raises:
            InvalidInput: A value that is not known; the hint names the known ones.
        """
        values, words = read_filter(text, ("status", "workflow", "by", "since", "until"))
        now = moment(self._context.clock()).astimezone()
        span = {key: time_span(*values[key][-1], now) for key in ("since", "until") if values[key]}
        return HistoryFilter(
            statuses=tuple(one_of("status", each, STATUSES) for _, value in values["status"] for each in value.split(",")),
            workflow=values["workflow"][-1][1] if values["workflow"] else "",
            by=values["by"][-1][1] if values["by"] else "",
            since=span["since"][0] if "since" in span else None,
            until=span["until"][1] if "until" in span else None,
            words=words,
        )

    @staticmethod
    def may_become_filter(text: str) -> bool:
        """Whether the last word of a filter that is being typed has a value that is none yet, but may become one.

        Args:
            text: As far as it has been typed; what ends in a blank has been typed whole.
        """
        return may_become(text, {"status": STATUSES})

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
        return await self._counted.read(
            wanted,
            lambda connection, total: queries.page(connection, wanted, before=before, after=after, offset=offset, limit=limit, total=total),
        )

    async def get(self, ref: str) -> HistoryRow:
        """One execution.

        Args:
            ref: The run.

        Raises:
            NotFound: None or several fit.
        """
        run = (await self._context.claim(ref)).run
        row = await self._context.store.database.read(lambda connection: queries.find(connection, run.key))
        if row is None:
            raise NotFound(f"There is no run {run.id!r}.", "See `oyama runs`.")
        return row

    async def attempts(
        self, ref: str, *, offset: int = 0, limit: int = 100, undoing: bool = False, newest: bool = False
    ) -> Rows[AttemptView]:
        """A part of the attempts of a run, whole, in the order in which they began; blocks and what undoes steps among them.

        Args:
            ref: The run.
            offset: Attempts to pass over first; none ever comes before those that there are.
            limit: The most attempts.
            undoing: Only those that undo something.
            newest: The last ones instead of the first.

        Raises:
            NotFound: None or several runs fit.
        """
        run, files = (await self._context.claim(ref)).run, self._context.settings.files_path
        return await self._context.store.database.read(
            lambda connection: attempts_page(connection, run.key, run.id, files, offset=offset, limit=limit, undoing=undoing, newest=newest)
        )

    async def stats(self, workflow_id: str) -> WorkflowStats:
        """How a workflow has done."""
        return await self._context.store.database.read(lambda connection: queries.stats(connection, workflow_id))

    async def figures(self, workflow_id: str, since: datetime | None = None) -> WorkflowFigures:
        """How a workflow and its steps have done in its newest runs, the last thousand.

        Args:
            workflow_id: The workflow, which may be deleted by now.
            since: Only runs that were started then or later.

        Raises:
            NotFound: There has never been a workflow of this id.
        """
        found = await self._context.store.database.read(lambda connection: figured.figures(connection, workflow_id, since))
        if found is None:
            raise NotFound(f"There is no workflow {workflow_id[:80]!r}.", "See `oyama list`.")
        return found

    async def all_figures(self, since: datetime | None = None, after: str = "", limit: int = 50) -> FiguresPage:
        """How all workflows have done, each in its newest runs, the last thousand; by their ids, and without their steps.

        Args:
            since: Only runs that were started then or later.
            after: Only workflows with a later id.
            limit: The most workflows.
        """
        return await self._context.store.database.read(lambda connection: figured.figures_page(connection, since, after, limit))
