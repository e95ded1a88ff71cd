"""Reading one run as far as it is looked at."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.errors import NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import ApprovalCard, AttemptView, ContextView, EventView, RunView, Span, TreeOpening, UsualTimes
from oyama_tui.studio import Studio
from oyama_tui.tui.render.tree import of_interest

MOST_EVENTS: Final = 1_000
"""The newest events that are shown."""


class RunDetail(Frozen):
    """What the screen shows: the run, and what the pane in sight needs."""

    run: RunView
    usual: UsualTimes
    spans: tuple[Span, ...] = ()
    attempt: AttemptView | None = None
    context: tuple[ContextView, ...] = ()
    events: tuple[EventView, ...] = ()
    card: ApprovalCard | None = None


class RunReading:
    """Reads for one screen.

    Args:
        studio: Where to read.
        run_id: The run.
    """

    def __init__(self, studio: Studio, run_id: str) -> None:
        self._studio, self._run_id = studio, run_id
        self._usual: tuple[tuple[str, ...], UsualTimes] | None = None
        """How long the nodes of these keys usually take: read again when there are others."""

    async def read(self, opening: TreeOpening, pane: str | None, selected: str, *, times: bool) -> RunDetail:
        """Read the run, and what is looked at of it.

        Args:
            opening: Which blocks are open.
            pane: The pane in sight.
            selected: The node under the cursor; empty when there is none yet.
            times: It is shown along time.
        """
        runs, run_id = self._studio.runs, self._run_id
        run = await runs.get(run_id, opening)
        keys = tuple(node.key for node in run.nodes)
        if self._usual is None or self._usual[0] != keys:
            self._usual = keys, await self._studio.times.usual(run_id, keys)
        spans = await self._studio.times.spans(run_id, keys) if times else ()
        detail = RunDetail(run=run, usual=self._usual[1], spans=spans)
        node = selected or of_interest(run.nodes)
        if pane == "values" and node:
            return detail.model_copy(update={"attempt": await runs.attempt(run_id, node)})
        if pane == "question":
            asked = next((each.approval for each in run.nodes if each.key == node), "")
            return detail.model_copy(update={"card": await self._card(asked)})
        if pane == "context":
            return detail.model_copy(update={"context": await runs.context(run_id)})
        if pane == "events":
            events = await runs.events(run_id, after=max(run.seq - MOST_EVENTS, 0), limit=MOST_EVENTS)
            return detail.model_copy(update={"events": events})
        return detail

    async def _card(self, approval_id: str) -> ApprovalCard | None:
        """A question; none when it is gone."""
        try:
            return await self._studio.approvals.get(approval_id) if approval_id else None
        except NotFound:
            return None
