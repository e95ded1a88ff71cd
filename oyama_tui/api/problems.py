"""Failures as documents for programs, after RFC 9457 (problem details for HTTP APIs)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from oyama_tui.api.models.base import Model
from oyama_tui.core import errors
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.format import moment

log = logging.getLogger("oyama.api")
MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2

BY_ERROR: Final[tuple[tuple[type[OyamaError], HTTPStatus], ...]] = (
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.InvalidDefinition, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.InvalidForm, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.NotAllowed, HTTPStatus.FORBIDDEN),
    (errors.Refused, HTTPStatus.CONFLICT),
    (errors.RevisionChanged, HTTPStatus.PRECONDITION_FAILED),
    (errors.WorkflowConflict, HTTPStatus.CONFLICT),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.MissingSecret, HTTPStatus.CONFLICT),
    (errors.MissingPart, HTTPStatus.CONFLICT),
    (errors.DatabaseBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.NoRoom, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first line that fits counts; what is not here is the server's trouble, and is told in the log alone."""


class Place(Model):
    """One mistake in what was sent, with its place."""

    message: str = Field(description="What is wrong with it.")
    where: str = Field("", description="The way to it, such as `steps[2].gate.title`; empty for the whole.")
    line: int = Field(0, description="In a definition that was sent as text, from 1; 0 where there is none.")
    column: int = Field(0, description="Likewise.")
    hint: str = Field("", description="What to do about it; empty when there is nothing to add.")


class Problem(Model):
    """Why a request was not carried out (RFC 9457). Nothing was changed; after 500, and 503 from a server that ends, it is not known."""

    type: str = Field(description="The kind of trouble, as a relative reference: `/problems/not-found`.")
    title: str = Field(description="The kind of trouble in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong and where, in one sentence.")
    hint: str = Field("", description="What to do about it; empty when there is nothing to add.")
    problems: list[Place] = Field(default_factory=list, description="Each mistake, where there may be several.")
    decided: dict[str, Any] | None = Field(None, description="Of an approval that somebody had answered before: `verdict`, `by` and `at`.")


class Failure(Exception):
    """A request that is refused before it reaches a use case.

    Args:
        status: The HTTP status.
        sentence: What is wrong with it.
        hint: What to do about it.
        headers: To be sent with it.
    """

    def __init__(self, status: HTTPStatus, sentence: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.hint, self.headers = status, sentence, hint, dict(headers or {})

    def response(self) -> JSONResponse:
        """What is sent."""
        return problem(self.status, self.status.phrase, self.sentence, hint=self.hint, headers=self.headers)


def problem(
    status: HTTPStatus,
    title: str,
    sentence: str,
    *,
    hint: str = "",
    places: Sequence[Place] = (),
    headers: Mapping[str, str] | None = None,
    decided: dict[str, Any] | None = None,
) -> JSONResponse:
    """A failure as it is sent.

    Args:
        status: The HTTP status.
        title: The kind of trouble in a few words.
        sentence: What went wrong and where.
        hint: What to do about it.
        places: Each mistake, where there may be several.
        headers: To be sent with it.
        decided: Of an approval that somebody had answered before.
    """
    kind = f"/problems/{title.lower().replace(' ', '-')}"
    body = Problem(type=kind, title=title, status=status, detail=sentence, hint=hint, problems=list(places), decided=decided)
    content = body.model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONResponse(content, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def explained(error: OyamaError) -> JSONResponse:
    """An explained failure as it is sent; what is the server's own trouble stays in its log.

    Args:
        error: The failure.
    """
    status = next((status for kind, status in BY_ERROR if isinstance(error, kind)), None)
    if status is None:
        log.error("%s: %s", error.title, error.sentence)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return problem(status, error.title, "The server cannot do this now; its log says why.", hint="Ask whoever runs the server.")
    found: Sequence[errors.Problem] = ()
    if isinstance(error, errors.InvalidDefinition | errors.InvalidInput | errors.InvalidForm):
        found = error.problems
    places = [Place(message=one.message, where=one.where, line=one.line, column=one.column, hint=one.hint) for one in found]
    sentence = error.sentence if not isinstance(error, errors.InvalidDefinition) else errors.first_problem(error)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    decided = (
        {"verdict": error.verdict, "by": error.by, "at": moment(error.at).isoformat()} if isinstance(error, errors.AlreadyDecided) else None
    )
    return problem(status, error.title, sentence, hint=error.hint, places=places, headers=headers, decided=decided)


def tell_problems(app: FastAPI) -> None:
    """Answer every failure of this application with a problem document.

    Args:
        app: The application.
    """

    async def of_oyama(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, OyamaError)
        return explained(error)

    async def of_request(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Failure)
        return error.response()

    async def of_words(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        places = [Place(message=one["msg"], where=_where(one["loc"], error.body, one["type"])) for one in error.errors()]
        if any(one["type"] == "json_invalid" for one in error.errors()):
            return problem(HTTPStatus.BAD_REQUEST, "No JSON", "The body is no JSON.", places=places)
        sentence = "; ".join(f"{one.where}: {one.message}" for one in places[:5])
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request", sentence, places=places)

    async def of_http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        hint = "Everything is under /api; /openapi.json says what there is." if status is HTTPStatus.NOT_FOUND else ""
        return problem(status, status.phrase, f"{status.description or status.phrase}.", hint=hint, headers=error.headers)

    async def of_nobody(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected %s at %s %s", type(error).__name__, request.method, request.url.path, exc_info=error)
        sentence = "Sorry, Oyama made a mistake; nothing that was acknowledged is lost."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error", sentence, hint="The server's log has the details.")

    app.add_exception_handler(OyamaError, of_oyama)
    app.add_exception_handler(Failure, of_request)
    app.add_exception_handler(RequestValidationError, of_words)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_nobody)


def _where(place: Sequence[Any], body: Any, kind: str) -> str:
    """The way to a part of a request, without the word for where in the request it stands, and without the kinds of unions on the way.

    Args:
        place: As the validator tells it.
        body: The whole of it; none where nothing is known of it.
        kind: Of the mistake.
    """
    way, inside = "", body
    for number, part in enumerate(place[1:], 2):
        known = part in inside if isinstance(inside, dict) else isinstance(inside, list) and isinstance(part, int) and part < len(inside)
        is_missing = kind == "missing" and number == len(place)
        if known:
            inside = inside[part]
        elif place[0] == "body" and body is not None and not is_missing:
            continue
        way += f"[{part}]" if isinstance(part, int) else f"{'.' if way else ''}{part}"
    return way or str(place[0])
