"""Events of rounds: steps that begin once more."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oyama_tui.core.events.base import EventBase


class StepsReopened(EventBase):
    """Steps of one scope get another round; what was before keeps its rows, its output and its approvals."""

    type: Literal["steps_reopened"] = "steps_reopened"
    nodes: tuple[str, ...] = Field(min_length=1)
    """Their nodes as they are now, in order; each gets a successor whose key ends in the number of its round."""
    source: str
    """The node that sent the run back."""
    why: str = ""
    by: str = ""
    """The person who wanted it, when one did."""
    feedback: str = ""
    """What that person said to whoever does it again."""
