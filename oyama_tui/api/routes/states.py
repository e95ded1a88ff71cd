"""States: how runs are; pause, resume, change, delete them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query

from oyama_tui.api.access import Acting
from oyama_tui.api.models.base import Page
from oyama_tui.api.models.states import PauseState, ResumeState, Snapshot, State, StateChange, StateDeleted, Tried, UpdateContext
from oyama_tui.api.naming import LONGEST_NAME, StateIdQuery, StatusQuery, WorkflowIdQuery, exactly, number_place, phases_of, table_word
from oyama_tui.api.paging import Cursor, cursor_text
from oyama_tui.api.problems import Failure
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import HistoryFilter, RunView
from oyama_tui.studio import Studio

router = APIRouter(prefix="/api/workflows/state", tags=["states"])
MOST_TRIED: Final = 500
"""Attempts that a state tells of; the others are listed by the execution's steps."""


async def state_of(studio: Studio, run_id: str, *, whole: bool = False, snapshots: bool = False) -> State:
    """How a run is.

    Args:
        studio: Knows it.
        run_id: Its state id.
        whole: With what was attempted, and its definition.
        snapshots: With the points that one can go back to.

    Raises:
        NotFound: There is no such run.
    """
    view = await studio.runs.get(run_id)
    workflow = await studio.workflows.kept(view.revision)
    newest = await studio.runs.events(run_id, after=view.seq - 1, limit=1)
    variables = await studio.runs.context(run_id)
    points = await studio.moments.snapshots(run_id) if snapshots else ()
    row = view.row
    return State(
        state_id=row.id,
        workflow_id=row.workflow_id,
        run_number=row.number,
        status=table_word(row.status),
        shown=row.status,
        reason=row.reason,
        needs_you=row.needs_you,
        current_step=row.current_step,
        current_step_index=_place(workflow, view),
        completed_steps=[node.step_id for node in view.nodes if not node.depth and node.status == "completed" and not node.is_own_gate],
        total_steps=row.total,
        context={variable.name: variable.value for variable in variables},
        inputs=view.inputs,
        outputs=view.outputs,
        error=view.error,
        error_step=view.error_node,
        started_at=row.started_at,
        updated_at=newest[0].at if newest else row.started_at,
        ended_at=row.ended_at,
        seq=view.seq,
        revision=view.revision,
        execution_history=await _tried(studio, run_id) if whole else None,
        workflow_snapshot=json.loads(workflow.canonical()) if whole else None,
        snapshots=[Snapshot.model_validate(point) for point in points] if snapshots else None,
    )


def _place(workflow: Workflow, view: RunView) -> int | None:
    """Where a run is among the steps of its definition: its current step, or the one that it failed at, or the block around it."""
    sought = view.row.current_step or view.error_node
    ids = [step.id for step in workflow.steps]
    outside = ""
    for node in view.nodes:
        outside = node.step_id if not node.depth else outside
        if sought and sought in (node.step_id, node.key):
            return ids.index(outside) if outside in ids else None
    return None


async def _tried(studio: Studio, run_id: str) -> list[Tried]:
    return [Tried.model_validate(one) for one in await studio.history.attempts(run_id, limit=MOST_TRIED, newest=True)]


@router.get("", summary="List states")
async def list_states(
    studio: Acting,
    workflow_id: WorkflowIdQuery = None,
    status: StatusQuery = None,
    state_id: Annotated[
        str | None, Query(alias="stateId", min_length=1, max_length=LONGEST_NAME, description="Only this run, whole.")
    ] = None,
    include_snapshots: Annotated[bool, Query(alias="includeSnapshots", description="With the points that one can go back to.")] = False,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="The most items.")] = 20,
) -> Page[State]:
    """How runs are, those that were started last first.

    With `stateId` it is that one alone, with its execution history and the snapshot of its workflow; it is not found when there is none.
    """
    before = number_place(cursor)
    if state_id is not None:
        one = await state_of(studio, await exactly(studio, state_id), whole=True, snapshots=include_snapshots)
        fits = workflow_id in (None, one.workflow_id) and (not status or one.status in status)
        return Page(items=[one] if fits else [], total=int(fits))
    wanted = HistoryFilter(workflow=workflow_id or "", statuses=phases_of(status, None) or ())
    page = await studio.history.page(wanted, before=before, limit=limit)
    found = [await _if_there(studio, row.id, snapshots=include_snapshots) for row in page.rows]
    full = len(page.rows) + len(page.damaged) == limit
    more = full and page.rows
    return Page(
        items=[each for each in found if each is not None],
        total=page.total,
        next=cursor_text(page.rows[-1].key) if more else None,
        damaged=list(page.damaged),
    )


async def _if_there(studio: Studio, run_id: str, *, snapshots: bool) -> State | None:
    """How a run is, unless somebody has just deleted it."""
    try:
        return await state_of(studio, run_id, snapshots=snapshots)
    except NotFound:
        return None


@router.patch("", summary="Pause, resume or change a run")
async def change_state(studio: Acting, wanted: StateChange) -> State:
    """Pause a run (`pause`), let it go on (`resume`), change its variables (`updateContext`), or bring it to a status (`updateStatus`).

    `updateStatus` is a wish in other words: `paused` pauses, `running` resumes, `failed` and `cancelled` cancel. Only the run itself
    can complete, and only a new run is pending, so those are refused.
    """
    run_id = await exactly(studio, wanted.state_id)
    if isinstance(wanted, PauseState):
        await studio.runs.pause(run_id, mode=wanted.mode, reason=wanted.reason)
    elif isinstance(wanted, ResumeState):
        await studio.runs.resume(run_id)
    elif isinstance(wanted, UpdateContext):
        await studio.runs.change_context(run_id, set=wanted.context, unset=wanted.unset)
    elif wanted.status == "paused":
        await studio.runs.pause(run_id, reason=wanted.reason)
    elif wanted.status == "running":
        await studio.runs.resume(run_id)
    elif wanted.status in ("failed", "cancelled"):
        await studio.runs.cancel(run_id, reason=wanted.reason)
    else:
        raise Failure(
            HTTPStatus.CONFLICT,
            f"Nobody can make a run {wanted.status}: its steps do.",
            "Answer what it asks, or say that a failed step is done: POST /api/workflows/rollback with the strategy `manual`.",
        )
    return await state_of(studio, run_id)


@router.delete("", summary="Delete a run")
async def delete_state(studio: Acting, state_id: StateIdQuery) -> StateDeleted:
    """Remove a run that is over for good, with all that its steps have started. It is refused while it is live or pinned."""
    run_id = await exactly(studio, state_id)
    removed = await studio.keeping.delete_run(run_id)
    return StateDeleted(state_id=run_id, deleted=True, runs=removed.runs)
