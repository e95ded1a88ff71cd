"""Runs of a workflow beside each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from oyama_tui.api.access import Acting
from oyama_tui.api.models.comparing import RunComparisonItem, RunMatrixItem
from oyama_tui.api.naming import LONGEST_NAME, StateIdQuery, exactly

router = APIRouter(prefix="/api/workflows/stats", tags=["executions"])
OfWorkflow = Annotated[str, Query(alias="workflowId", min_length=1, max_length=LONGEST_NAME, description="It may be deleted by now.")]
Runs = Annotated[int, Query(ge=1, le=60, description="The most runs, the newest ones.")]
OtherStateId = Annotated[
    str, Query(alias="otherStateId", min_length=1, max_length=LONGEST_NAME, description="Another one of its workflow.")
]


@router.get("/matrix", summary="The newest runs of a workflow beside each other")
async def read_matrix(studio: Acting, workflow_id: OfWorkflow, runs: Runs = 16) -> RunMatrixItem:
    """What became of each outermost step in each of the newest runs, with the usual and the longest time of each."""
    # Who names a workflow that there has never been is told so, instead of getting an empty matrix.
    await studio.history.figures(workflow_id)
    return RunMatrixItem.model_validate(await studio.comparing.matrix(workflow_id, runs))


@router.get("/comparison", summary="What two runs do not have in common")
async def read_comparison(studio: Acting, state_id: StateIdQuery, other_state_id: OtherStateId) -> RunComparisonItem:
    """Steps with their times and outputs, values, and the lines in which the definitions differ, of two runs of one workflow."""
    one, other = await exactly(studio, state_id), await exactly(studio, other_state_id)
    return RunComparisonItem.model_validate(await studio.comparing.compare(one, other))
