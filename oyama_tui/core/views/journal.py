"""The journals of all runs together, in the order in which they were written."""

from __future__ import annotations

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.runs import EventView


class JournalLine(Frozen):
    """One event of some run."""

    position: int
    """Its place among the events of all runs; grows with each, with gaps where runs were removed."""
    run_id: str
    """The run's id."""
    workflow_id: str
    """Its workflow."""
    size: int
    """About how many bytes it is long."""
    event: EventView
    """The event."""


class JournalFilter(Frozen):
    """Which events are wanted."""

    run_id: str = ""
    """Of this run; of all when empty."""
    workflow: str = ""
    """Of this workflow; of all when empty."""
    types: frozenset[str] = frozenset()
    """Of these types; of all when empty."""

    def fits(self, line: JournalLine) -> bool:
        """Whether an event is wanted.

        Args:
            line: The event.
        """
        return (
            self.run_id in ("", line.run_id)
            and self.workflow in ("", line.workflow_id)
            and (not self.types or line.event.type in self.types)
        )


class JournalPart(Frozen):
    """A piece of the journals."""

    lines: tuple[JournalLine, ...]
    """The events in it that are wanted, in order."""
    upto: int
    """The position up to which there are no others."""
    damaged: tuple[str, ...] = ()
    """A sentence about each event that is damaged and so not among them."""
