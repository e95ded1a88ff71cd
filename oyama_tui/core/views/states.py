"""Runs with their values."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.runs import RunRow


class StateView(Frozen):
    """One run with its values, without its tree."""

    row: RunRow
    """The run as in lists."""
    inputs: dict[str, JsonValue]
    """Values that it was started with."""
    outputs: dict[str, JsonValue]
    """Named values of a completed run."""
    context: dict[str, JsonValue]
    """Its variables."""
    error: str
    """Why it failed; empty when it did not."""
    error_node: str
    """The node that caused that."""
    revision: str
    """The content of the workflow that it is pinned to."""
    seq: int
    """Number of the newest event."""
    updated_at: datetime
    """When that happened."""
