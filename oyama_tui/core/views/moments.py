"""Points of a run's journal: what was known then."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.runs import ContextView, EventView, RunView


class SnapshotView(Frozen):
    """A point that one can look at, go back to, or fork from."""

    seq: int
    """The number of the event after which it is."""
    at: datetime
    """When that happened."""
    node: str
    """The node that was over then; empty for a point that is only named."""
    label: str
    """Its step in words for people."""
    status: str
    """What became of the node, in the word that people see; empty for a point that is only named."""
    name: str = ""
    """What somebody has called it; empty without a name."""
    by: str = ""
    """Who did."""


class MomentView(Frozen):
    """A run as it was after one of its events."""

    seq: int
    """The number of that event."""
    last: int
    """The number of its newest event."""
    event: EventView
    """The event."""
    run: RunView
    """Its tree, its counts, its status then."""
    context: tuple[ContextView, ...]
    """Its variables then."""
    changed: tuple[str, ...]
    """The variables that this event has set or removed."""
    was: tuple[ContextView, ...] = ()
    """Those of them that there were before, as they were."""


MarkKind = Literal["ended", "failed", "asked", "approved", "refused"]
"""What an event is to those who look for it: a step was over, something failed, somebody was asked, said yes, or did not."""


class MarkView(Frozen):
    """An event that people look for in the course of a run."""

    seq: int
    """The number of the event."""
    at: datetime
    """When it happened."""
    kind: MarkKind
    """What it is."""
    label: str
    """What it is about, in words for people."""


class Difference(Frozen):
    """One thing that two moments of a run do not have in common."""

    kind: Literal["step", "variable", "run"]
    """What it is of: a node, a variable, or the run as a whole."""
    name: str
    """The node's key, the variable's name; of the run `status`, `steps` or `error`."""
    before: JsonValue
    """The step's status or the value; null where there was none."""
    after: JsonValue
    """Likewise."""
