"""States: how runs are; pause, resume, change, delete them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
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
from oyama_tui.core.definition.step import all_steps
from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import HistoryFilter
from oyama_tui.studio import Studio

router = APIRouter(prefix="/api/workflows/state", tags=["states"])
MOST_TRIED: Final = 500
"""Attempts that a state tells of; the others are listed by the execution's steps."""


async def whole_state(studio: Studio, run_id: str, *, snapshots: bool = False) -> State:
    """How a run is, with what was attempted and its definition.

    Args:
        studio: Knows it.
        run_id: Its state id.
        snapshots: With the points that one can go back to.

    Raises:
        NotFound: There is no such run.
    """
    found = await _states(studio, [run_id], snapshots=snapshots)
    if not found:
        raise NotFound(f"There is no run {run_id!r}.")
    plain = found[0]
    nodes = (await studio.runs.get(run_id)).nodes
    workflow = await studio.workflows.kept(plain.revision)
    completed = [node.step_id for node in nodes if not node.depth and node.status == "completed" and not node.is_own_gate]
    more = {
        "completed_steps": completed,
        "execution_history": await _tried(studio, run_id),
        "workflow_snapshot": json.loads(workflow.canonical()),
    }
    return plain.model_copy(update=more)


async def _states(studio: Studio, ids: Sequence[str], *, snapshots: bool = False) -> list[State]:
    """How runs are; those that somebody has just deleted are left out."""
    found = []
    for view in await studio.runs.states(ids):
        row = view.row
        points = await studio.moments.snapshots(row.id) if snapshots else ()
        sought = row.current_step or view.error_node
        found.append(
            State(
                state_id=row.id,
                workflow_id=row.workflow_id,
                run_number=row.number,
                status=table_word(row.status),
                shown=row.status,
                reason=row.reason,
                needs_you=row.needs_you,
                current_step=row.current_step,
                current_step_index=_place(await studio.workflows.kept(view.revision), sought),
                total_steps=row.total,
                context=view.context,
                inputs=view.inputs,
                outputs=view.outputs,
                error=view.error,
                error_step=view.error_node,
                started_at=row.started_at,
                updated_at=view.updated_at,
                ended_at=row.ended_at,
                seq=view.seq,
                revision=view.revision,
                snapshots=[Snapshot.model_validate(point) for point in points] if snapshots else None,
            )
        )
    return found


def _place(workflow: Workflow, sought: str) -> int | None:
    """Where a step is, or the block around it, among the steps of a definition.

    Args:
        workflow: The definition.
        sought: The step, by its id or its node; empty for none.
    """
    step_id = re.split(r"[#\[~]|\.gate$", sought.rpartition("].")[2], maxsplit=1)[0].rpartition(".")[2]
    places = (place for place, step in enumerate(workflow.steps) if any(inner.id == step_id for inner in all_steps([step])))
    return next(places, None) if step_id else None


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
        one = await whole_state(studio, await exactly(studio, state_id), snapshots=include_snapshots)
        fits = workflow_id in (None, one.workflow_id) and (not status or one.status in status)
        return Page(items=[one] if fits else [], total=int(fits))
    wanted = HistoryFilter(workflow=workflow_id or "", statuses=phases_of(status, None) or ())
    page = await studio.history.page(wanted, before=before, limit=limit)
    found = await _states(studio, [row.id for row in page.rows], snapshots=include_snapshots)
    full = len(page.rows) + len(page.damaged) == limit
    more = full and page.rows
    return Page(
        items=found,
        total=page.total,
        next=cursor_text(page.rows[-1].key) if more else None,
        damaged=list(page.damaged),
    )


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
    return await whole_state(studio, run_id)


@router.delete("", summary="Delete a run")
async def delete_state(studio: Acting, state_id: StateIdQuery) -> StateDeleted:
    """Remove a run that is over for good, with all that its steps have started. It is refused while it is live or pinned."""
    run_id = await exactly(studio, state_id)
    removed = await studio.keeping.delete_run(run_id)
    return StateDeleted(state_id=run_id, deleted=True, runs=removed.runs)
