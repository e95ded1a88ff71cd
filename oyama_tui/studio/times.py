"""Use cases of how long runs take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from oyama_tui.core.views import Lately, PastRun, Span, UsualTimes
from oyama_tui.store.queries.times import lately, runs_since, spans_of, usual_times
from oyama_tui.studio.context import StudioContext

NEWEST: Final = 16
"""Runs of a workflow that tell how it has done lately."""
MOST_RUNS: Final = 2_000
"""Runs of a time that are told of at the most, the newest ones."""


class Times:
    """When the steps of runs worked; `ref` names a run as everywhere."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def spans(self, ref: str, nodes: Sequence[str]) -> tuple[Span, ...]:
        """When nodes of a run worked, in vain or not, and when people were waited for.

        Args:
            ref: The run.
            nodes: Their keys; those that have not begun have no spans.

        Raises:
            NotFound: No or no single run fits.
        """
        run = (await self._context.claim(ref)).run
        return await self._context.store.database.read(lambda connection: spans_of(connection, run.key, nodes))

    async def usual(self, ref: str, nodes: Sequence[str]) -> UsualTimes:
        """How long the workflow of a run, and nodes of it, took in its newest other runs that completed.

        Args:
            ref: The run.
            nodes: Their keys.

        Raises:
            NotFound: No or no single run fits.
        """
        run = (await self._context.claim(ref)).run
        return await self._context.store.database.read(lambda connection: usual_times(connection, run.workflow_id, run.key, nodes))

    async def lately(self, workflows: Sequence[str], most: int = NEWEST) -> Mapping[str, Lately]:
        """How workflows have done in their newest runs; those without a run have none.

        Args:
            workflows: Their ids.
            most: How many runs of each.
        """
        if not workflows:
            return {}
        now = self._context.clock()
        return await self._context.store.database.read(
            lambda connection: {workflow: lately(connection, workflow, most, now) for workflow in workflows}
        )

    async def since(self, since: datetime, most: int = MOST_RUNS) -> tuple[PastRun, ...]:
        """The runs that were started since a time, oldest first, whether they are over or not.

        Args:
            since: The time.
            most: How many of the newest ones at the most.
        """
        now = self._context.clock()
        return await self._context.store.database.read(lambda connection: runs_since(connection, since, most, now))
