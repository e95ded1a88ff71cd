"""Starting runs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import JsonValue

from oyama_tui.api.access import Acting
from oyama_tui.api.models.execute import ExecuteBody, InlineWorkflow, Started
from oyama_tui.api.problems import Failure
from oyama_tui.core.definition.kinds.workflow import WorkflowStep
from oyama_tui.core.definition.writing import as_yaml
from oyama_tui.core.errors import WorkflowConflict
from oyama_tui.core.views import RunRow
from oyama_tui.studio import Studio

router = APIRouter(prefix="/api/workflows/execute", tags=["execute"])
DIGITS: Final = 12
"""Of the hash by which a workflow is called that has no id."""


@router.post("", status_code=HTTPStatus.ACCEPTED, summary="Start a run", responses={200: {"model": Started, "description": "It is over."}})
async def execute(studio: Acting, given: ExecuteBody, response: Response) -> Started:
    """Start a run of a kept workflow, or of one that is given here, in the name of the token's person.

    It answers at once, or with `wait` when the run is over or asks somebody, as far as that is within so many seconds. The status is 200
    when it is over, and 202 when it goes on.
    """
    if (given.workflow_id is None) == (given.workflow is None):
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "It is not clear what to start.", "Give either `workflowId` or `workflow`.")
    workflow_id = given.workflow_id or await _kept(studio, given.workflow)
    row = await studio.runs.start(workflow_id, await _inputs(studio, workflow_id, given.input), priority=given.priority)
    if given.wait:
        await _until_at_rest(studio, row, given.wait)
    view = await studio.runs.get(row.id)
    approvals = await studio.approvals.of_run(row.id, pending=True, below=True)
    response.status_code = HTTPStatus.OK if view.row.ended else HTTPStatus.ACCEPTED
    response.headers["Location"] = f"/api/workflows/executions/{row.id}"
    return Started(
        state_id=row.id,
        workflow_id=row.workflow_id,
        run_number=row.number,
        status=view.row.state,
        shown=view.row.status,
        reason=view.row.reason,
        ended=view.row.ended,
        outputs=view.outputs,
        error=view.error,
        open_approvals=[one.id for one in approvals],
        ignored_options=sorted(given.options),
        started_at=view.row.started_at,
    )


async def _kept(studio: Studio, given: InlineWorkflow | None) -> str:
    """The id of a workflow that is given with a request, which is kept first."""
    assert given is not None
    parts: dict[str, Any] = given.model_dump(mode="json", exclude_none=True)
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    named = parts.get("id") or f"inline-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:DIGITS]}"
    definition = as_yaml({**parts, "id": named})
    try:
        return (await studio.workflows.store(definition, file="workflow")).id
    except WorkflowConflict:
        # It may be there already: then it must say the same.
        kept = await studio.workflows.get(named)
        if kept.source or kept.revision != studio.workflows.check(definition, "workflow").revision():
            raise
        return named


async def _inputs(studio: Studio, workflow_id: str, given: dict[str, JsonValue] | str | None) -> dict[str, JsonValue]:
    """The inputs of a run by name."""
    if not isinstance(given, str):
        return given or {}
    declared = list((await studio.workflows.definition(workflow_id)).inputs)
    if len(declared) != 1:
        has = f"it has {len(declared)}" if declared else "it has none"
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, f"A text alone is the value of the only input, and {has}.", "Give values by name.")
    return {declared[0]: given}


async def _until_at_rest(studio: Studio, run: RunRow, seconds: float) -> None:
    """Wait for the end of a run, or until somebody is asked in it or in one that it has started; for so many seconds at the most."""
    workflow = await studio.workflows.kept((await studio.runs.get(run.id)).revision)
    starts_others = any(isinstance(step, WorkflowStep) for step in workflow.every_step)
    changes = studio.changes()
    try:
        async with asyncio.timeout(seconds):
            while not await _is_at_rest(studio, run.id):
                async for change in changes:
                    if change.lost or run.id in change.runs or starts_others:
                        break
    except TimeoutError:
        return
    finally:
        await changes.aclose()


async def _is_at_rest(studio: Studio, run_id: str) -> bool:
    """Whether a run is over, or waits for an answer, its own or that of one below it."""
    if await studio.approvals.of_run(run_id, pending=True, below=True):
        return True
    return all(view.row.ended for view in await studio.runs.states([run_id]))
