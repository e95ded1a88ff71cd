"""Events of a run's place under the limit of its workflow."""

from __future__ import annotations

from typing import Literal

from oyama_tui.core.events.base import EventBase


class RunAdmitted(EventBase):
    """The run has its place: steps may start."""

    type: Literal["run_admitted"] = "run_admitted"
    limit: int
    """How many runs of the workflow may have a place at once."""


class PlaceReleased(EventBase):
    """Only people are waited for: its place goes to the next."""

    type: Literal["place_released"] = "place_released"


class PlaceRequested(EventBase):
    """There is something to do again: it queues."""

    type: Literal["place_requested"] = "place_requested"
