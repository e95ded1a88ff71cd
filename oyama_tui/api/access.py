"""Whose request it is: what the guard has found out, for the endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from oyama_tui.studio import Studio


async def _studio(request: Request) -> Studio:
    """The use cases, in the name of the person whose token was shown."""
    studio: Studio = request.state.studio
    return studio


Acting = Annotated[Studio, Depends(_studio)]
"""The studio that acts for the person whose token was shown."""
