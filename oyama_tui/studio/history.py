"""Use cases of the history."""

from __future__ import annotations

from oyama_tui.core.views import HistoryFilter, HistoryPage, WorkflowStats


class History:
    """What can be asked of past runs."""

    def parse(self, text: str) -> HistoryFilter:
        """Read `status:failed workflow:release since:7d words`.

        Raises:
            InvalidInput: A key or value that is not known; the hint names the known ones.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    async def stats(self, workflow_id: str) -> WorkflowStats:
        """How a workflow has done."""
        raise NotImplementedError
