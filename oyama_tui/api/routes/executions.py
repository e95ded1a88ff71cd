"""Executions: the history of runs, and one run with its steps, events and output."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from oyama_tui.api.access import Acting
from oyama_tui.api.models.base import Page
from oyama_tui.api.models.executions import AttemptItem, Counts, EventItem, ExecutionDetail, ExecutionItem, LogPiece, NodeItem
from oyama_tui.api.naming import (
    LARGEST,
    LONGEST_NAME,
    ShownQuery,
    StateIdPath,
    StatusQuery,
    WorkflowIdQuery,
    exactly,
    number_place,
    phases_of,
)
from oyama_tui.api.paging import Cursor, Limit, cursor_text
from oyama_tui.api.problems import Failure
from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import HistoryFilter, HistoryRow
from oyama_tui.studio import Studio

router = APIRouter(prefix="/api/workflows/executions", tags=["executions"])


def _facts(row: HistoryRow) -> dict[str, object]:
    facts = row.model_dump(exclude={"key", "state", "status", "asks_others"})
    return {**facts, "status": row.state, "shown": row.status}


async def attempts_of(studio: Studio, run_id: str, cursor: str | None, limit: int, *, undoing: bool = False) -> Page[AttemptItem]:
    """A part of the attempts of a run, in the order in which they began.

    Args:
        studio: Knows them.
        run_id: The run's state id.
        cursor: `next` of the part before.
        limit: The most attempts.
        undoing: Only those that undo something.

    Raises:
        Failure: The cursor was not made here.
        NotFound: The run is not there.
    """
    # Attempts are only ever added at the end, so a place in their list stays what it is.
    offset = number_place(cursor) or 0
    rows = await studio.history.attempts(run_id, offset=offset, limit=limit, undoing=undoing)
    end = offset + len(rows) + len(rows.damaged)
    return Page(
        items=[AttemptItem.model_validate(row) for row in rows],
        total=rows.total,
        next=cursor_text(end) if end < rows.total else None,
        damaged=list(rows.damaged),
    )


@router.get("", summary="List executions")
async def list_executions(
    studio: Acting,
    workflow_id: WorkflowIdQuery = None,
    status: StatusQuery = None,
    shown: ShownQuery = None,
    since: Annotated[AwareDatetime | None, Query(description="Started at this moment or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Started before this moment.")] = None,
    by: Annotated[str, Query(max_length=LONGEST_NAME, description="Who started the run or answered one of its questions.")] = "",
    words: Annotated[str, Query(max_length=LONGEST_NAME, description="Each word must occur in the run's row or its answers.")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ExecutionItem]:
    """The history of runs, the newest first. A part stays the same however many runs are started meanwhile."""
    before = number_place(cursor)
    phases = phases_of(status, shown)
    if phases is None:
        return Page(items=[], total=0)
    wanted = HistoryFilter(statuses=phases, workflow=workflow_id or "", since=since, until=until, by=by, words=tuple(words.split()))
    page = await studio.history.page(wanted, before=before, limit=limit)
    full = len(page.rows) + len(page.damaged) == limit
    return Page(
        items=[ExecutionItem.model_validate(_facts(row)) for row in page.rows],
        total=page.total,
        next=cursor_text(page.rows[-1].key) if full and page.rows else None,
        damaged=list(page.damaged),
    )


@router.get("/{stateId}", summary="Get an execution")
async def get_execution(studio: Acting, state_id: StateIdPath) -> ExecutionDetail:
    """One run, whole: what it was started with, what it left, why it failed, and its tree."""
    run_id = await exactly(studio, state_id)
    row, view = await studio.history.get(run_id), await studio.runs.get(run_id)
    return ExecutionDetail.model_validate(
        {
            **_facts(row),
            "current_step": view.row.current_step,
            "inputs": view.inputs,
            "outputs": view.outputs,
            "error": view.error,
            "error_step": view.error_node,
            "revision": view.revision,
            "seq": view.seq,
            "counts": Counts(total=view.row.total, completed=view.row.completed, running=view.row.running),
            "tree": [NodeItem.model_validate(node) for node in view.nodes],
        }
    )


@router.get("/{stateId}/steps", summary="List the steps of an execution")
async def list_steps(studio: Acting, state_id: StateIdPath, cursor: Cursor = None, limit: Limit = 50) -> Page[AttemptItem]:
    """Each attempt of each step, in the order in which they began; blocks and what undoes steps among them."""
    return await attempts_of(studio, await exactly(studio, state_id), cursor, limit)


@router.get("/{stateId}/events", summary="List the events of an execution")
async def list_events(studio: Acting, state_id: StateIdPath, cursor: Cursor = None, limit: Limit = 100) -> Page[EventItem]:
    """The run's journal, in order. Where nothing follows there is no `next`; a cursor of an earlier answer goes on with what came since."""
    run_id = await exactly(studio, state_id)
    events = await studio.runs.events(run_id, after=number_place(cursor) or 0, limit=limit)
    last = await studio.moments.resolve(run_id, "now")
    items = [EventItem.model_validate(event) for event in events]
    return Page(items=items, total=last, next=cursor_text(items[-1].seq) if items and items[-1].seq < last else None)


@router.get("/{stateId}/log", summary="Read what a step wrote")
async def read_log(
    studio: Acting,
    state_id: StateIdPath,
    step: Annotated[str, Query(min_length=1, max_length=1000, description="A step's id or, in blocks, its node: `fan[3].copy`.")],
    attempt: Annotated[int | None, Query(ge=1, le=LARGEST, description="The newest one when it is left out.")] = None,
    offset: Annotated[int | None, Query(ge=0, le=LARGEST, description="In bytes; the last piece when it is left out.")] = None,
    limit: Annotated[int, Query(ge=4, le=1_000_000, description="The most bytes.")] = 65_536,
) -> LogPiece:
    """A piece of an attempt's output, also while it runs: ask again from `nextOffset` until it has `ended`."""
    run_id = await exactly(studio, state_id)
    started = await studio.runs.attempts(run_id, step=step)
    nodes = list(dict.fromkeys(one.node for one in started))
    if step not in nodes and len(nodes) > 1:
        raise Failure(HTTPStatus.CONFLICT, f"Several nodes of the run are meant: {', '.join(nodes[:12])}.", "Name one of them.")
    node = step if step in nodes or not nodes else nodes[0]
    if attempt is not None and not any((one.node, one.attempt) == (node, attempt) for one in started):
        raise NotFound(f"There is no attempt {attempt} of {node}.", "See the steps of the execution.")
    piece = await studio.runs.log(run_id, node, attempt=attempt, offset=offset, limit=limit)
    return LogPiece(node=node, text=piece.text, skipped=piece.skipped, next_offset=piece.offset, ended=piece.ended)
