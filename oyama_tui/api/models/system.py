"""The server itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oyama_tui.api.models.base import Model


class Health(Model):
    """How the server is."""

    status: Literal["ok"] = Field(description="It answers, and its database can be used.")
    version: str = Field(description="The version of Oyama.")
