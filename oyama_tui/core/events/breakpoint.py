"""Events of breakpoints: steps before which a person wants a run to pause."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oyama_tui.core.events.base import EventBase, Principal


class BreakpointSet(EventBase):
    """The run is to pause once, before anything of a step begins."""

    type: Literal["breakpoint_set"] = "breakpoint_set"
    step: str
    by: Principal


class BreakpointsCleared(EventBase):
    """The run is not to pause before these steps any more."""

    type: Literal["breakpoints_cleared"] = "breakpoints_cleared"
    steps: tuple[str, ...] = Field(min_length=1)
    by: Principal
