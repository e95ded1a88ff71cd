"""Whether the server is well, and what it has done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from oyama_tui import __version__
from oyama_tui.api.access import Acting
from oyama_tui.api.measuring import MEDIA_TYPE, Measuring
from oyama_tui.api.models.system import Health

router = APIRouter(tags=["system"])


_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "OpenMetrics text.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


@router.get("/api/health")
async def health(studio: Acting) -> Health:
    """Whether the database can be used; no token is needed."""
    studio.system.require_database()
    return Health(status="ok", version=__version__)


@router.get("/metrics", summary="Numbers for a monitoring system", response_class=Response, responses=_TEXT)
async def metrics(studio: Acting, request: Request) -> Response:
    """Numbers in the format of OpenMetrics; a token is needed, as everywhere.

    Of 200 workflows each has its own; those of all others are told as `(other)`.
    """
    measuring: Measuring = request.app.state.measuring
    text = measuring.text(await studio.system.measures(), request.app.state.streams.readers)
    return Response(text, headers={"Content-Type": MEDIA_TYPE})
