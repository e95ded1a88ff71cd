"""Folding events of a run's place under the limit of its workflow."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import allowed, run_status
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import PLACE_TABLE


def move_place(state: RunState, event: e.RunAdmitted | e.PlaceReleased | e.PlaceRequested) -> None:
    """Queue, have a place, or give it up, as the table allows."""
    status = run_status(state, event)
    place = allowed(state, event, PLACE_TABLE.get((state.place, type(event))), f"its place is {state.place or 'none'}")
    state.status, state.place, state.place_since = status, place, event.at


def fold_run_admitted(state: RunState, event: e.RunAdmitted) -> None:
    """Let steps start."""
    move_place(state, event)
    state.admitted = True


def leave_line(state: RunState) -> None:
    """An ended run has no place and wants none."""
    state.place, state.place_since = "", None
