"""How workflows have done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from oyama_tui.api.access import Acting
from oyama_tui.api.models.base import Page
from oyama_tui.api.models.stats import WorkflowStatsItem
from oyama_tui.api.paging import Cursor, cursor_place, cursor_text

router = APIRouter(prefix="/api/workflows", tags=["executions"])
OneWorkflow = Annotated[str | None, Query(alias="workflowId", min_length=1, max_length=200, description="This one alone, and its steps.")]
Since = Annotated[AwareDatetime | None, Query(description="Only runs that were started then or later; with a time zone.")]
Limit = Annotated[int, Query(ge=1, le=100, description="The most workflows.")]


@router.get("/stats", summary="How workflows have done")
async def read_stats(
    studio: Acting, workflow_id: OneWorkflow = None, since: Since = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[WorkflowStatsItem]:
    """Counts, success rates and durations of each workflow over its newest runs, the last thousand; by their ids.

    With `workflowId` of that one alone, also when it is deleted, and of each of its steps.
    """
    if workflow_id is not None:
        one = await studio.history.figures(workflow_id, since)
        return Page(items=[WorkflowStatsItem.model_validate(one)], total=1)
    after = "" if cursor is None else cursor_place(cursor, str)
    page = await studio.history.all_figures(since, after, limit)
    items = [WorkflowStatsItem.model_validate(row) for row in page.rows]
    return Page(items=items, total=page.total, next=cursor_text(items[-1].workflow_id) if page.more else None)
