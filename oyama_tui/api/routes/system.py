"""Whether the server is well."""

from __future__ import annotations

from fastapi import APIRouter

from oyama_tui import __version__
from oyama_tui.api.access import Acting
from oyama_tui.api.models.system import Health

router = APIRouter(tags=["system"])


@router.get("/api/health")
async def health(studio: Acting) -> Health:
    """Whether the database can be used; no token is needed."""
    studio.system.require_database()
    return Health(status="ok", version=__version__)
