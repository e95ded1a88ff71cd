"""Workflows: list, create, get, update, delete."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from oyama_tui.api.access import Acting
from oyama_tui.api.guard import YAML
from oyama_tui.api.models.base import Page
from oyama_tui.api.models.workflows import Definition, Deleted, WorkflowDetail, WorkflowItem
from oyama_tui.api.paging import Cursor, Limit, page_of
from oyama_tui.api.problems import Failure
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.loading import default_id
from oyama_tui.core.definition.writing import as_yaml
from oyama_tui.core.views import WorkflowRow
from oyama_tui.studio import Studio

router = APIRouter(prefix="/api/workflows", tags=["workflows"])
FILE: Final = "request"
"""What messages about a definition call it."""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Definition"}},
            "application/yaml": {"schema": {"type": "string", "description": "A definition file."}},
        },
    }
}


async def _definition(request: Request) -> str:
    """The definition in a request, as the text that a file would have."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in YAML:
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise Failure(HTTPStatus.BAD_REQUEST, "The definition is not UTF-8.") from None
    try:
        return definition_text(Definition.model_validate_json(body), is_new=request.method == "POST")
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None


Given = Annotated[str, Depends(_definition)]


def definition_text(given: Definition, *, is_new: bool) -> str:
    """A definition as the text that a file would have: JSON is YAML too.

    Args:
        given: As it was sent.
        is_new: Without an id it gets one from its name; one that is there keeps its own.

    Raises:
        Failure: It is given twice, or not at all.
    """
    parts = given.model_dump(mode="json", exclude_none=True, exclude={"definition", "stages", "settings"})
    if given.definition is not None:
        if parts or given.stages is not None or given.settings is not None:
            raise Failure(
                HTTPStatus.UNPROCESSABLE_ENTITY, "The workflow is given twice: as `definition`, and in parts.", "Give one of them."
            )
        return given.definition
    if given.stages is None:
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "There is no workflow in it.", "Give `stages`, or all of it as `definition`.")
    named = {"id": default_id(given.name)} if is_new and given.id is None and given.name else {}
    return as_yaml({**(given.settings or {}), **named, **parts, "steps": given.stages})


def item(row: WorkflowRow) -> WorkflowItem:
    """A workflow as in lists.

    Args:
        row: As the studio tells it.
    """
    return WorkflowItem.model_validate(_facts(row))


def _facts(row: WorkflowRow) -> dict[str, Any]:
    facts = row.model_dump(exclude={"status", "state"})
    return {**facts, "status": row.state, "shown": row.status, "needs_you": row.newest_needs_you}


def detail(row: WorkflowRow, workflow: Workflow) -> WorkflowDetail:
    """A workflow, whole.

    Args:
        row: As the studio tells it.
        workflow: Its definition.
    """
    content = json.loads(workflow.canonical())
    return WorkflowDetail(**_facts(row), stages=content["steps"], inputs=content.get("inputs", {}), content=content)


def etag(revision: str) -> str:
    """A revision as an entity tag.

    Args:
        revision: The content's hash.
    """
    return f'"{revision}"'


def expected_revision(request: Request, response: Response) -> str | None:
    """The revision that a change is meant for; none where it is not said."""
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    return given.strip().removeprefix("W/").strip('"')


Expected = Annotated[str | None, Depends(expected_revision)]


async def _whole(studio: Studio, row: WorkflowRow, response: Response) -> WorkflowDetail:
    response.headers["ETag"] = etag(row.revision)
    return detail(row, await studio.workflows.kept(row.revision))


@router.get("", summary="List workflows")
async def list_workflows(studio: Acting, cursor: Cursor = None, limit: Limit = 100) -> Page[WorkflowItem]:
    """All workflows, those with the newest activity first."""
    return page_of(await studio.workflows.list(), item, cursor, limit, key=lambda row: row.id)


@router.post("", status_code=HTTPStatus.CREATED, summary="Create a workflow", openapi_extra=_BODY)
async def create_workflow(studio: Acting, given: Given, response: Response) -> WorkflowDetail:
    """Keep a workflow that has no file. Its id must not be taken."""
    row = await studio.workflows.store(given, file=FILE)
    response.headers["Location"] = f"/api/workflows/{row.id}"
    return await _whole(studio, row, response)


@router.get("/{workflow_id}", summary="Get a workflow")
async def get_workflow(studio: Acting, workflow_id: str, response: Response) -> WorkflowDetail:
    """One workflow with the definition that is kept; the ETag is its revision."""
    return await _whole(studio, await studio.workflows.get(workflow_id), response)


@router.put("/{workflow_id}", summary="Update a workflow", openapi_extra=_BODY)
async def update_workflow(studio: Acting, workflow_id: str, given: Given, expected: Expected, response: Response) -> WorkflowDetail:
    """Put another definition in the place of a stored workflow's; with If-Match only as long as that is still its revision.

    Runs under way stay on theirs. A workflow from a file is changed there.
    """
    row = await studio.workflows.store(given, file=FILE, expected=expected, wanted=workflow_id)
    return await _whole(studio, row, response)


@router.delete("/{workflow_id}", summary="Delete a workflow")
async def delete_workflow(studio: Acting, workflow_id: str) -> Deleted:
    """Forget a workflow; its history and its file stay. It is refused while a run of it is live."""
    await studio.workflows.delete(workflow_id)
    return Deleted(id=workflow_id, deleted=True)
