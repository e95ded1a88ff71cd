"""Use cases of how long runs take."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.core.views import Span, UsualTimes
from oyama_tui.store.queries.times import spans_of, usual_times
from oyama_tui.studio.context import StudioContext


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
        workflow = (await self._context.row(run.id)).workflow_id
        return await self._context.store.database.read(lambda connection: usual_times(connection, workflow, run.key, nodes))
