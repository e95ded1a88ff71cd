"""Events of runs that steps start."""

from __future__ import annotations

from typing import Literal

from oyama_tui.core.events.base import NodeEvent


class ChildStarted(NodeEvent):
    """The run that a step is for exists; its own journal says which revision it is pinned to, and what becomes of it."""

    type: Literal["child_started"] = "child_started"
    attempt: int = 1
    run: str
    """Its state id."""
    workflow: str
    """Its workflow's id."""
    number: int
    """Its number among the runs of that workflow."""

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.workflow} #{self.number}"
