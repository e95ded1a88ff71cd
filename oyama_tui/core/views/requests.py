"""Requests of programs that came with a key."""

from __future__ import annotations

from collections.abc import Mapping

from oyama_tui.core.events.base import Frozen


class KeptAnswer(Frozen):
    """How a request was answered."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """Those that belong to the answer, by their names in small letters."""
    body: bytes | None
    """None where it was too large to keep."""
