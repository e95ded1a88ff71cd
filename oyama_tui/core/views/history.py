"""The history of runs."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.words import Phase, tells_not_undone, word_of


class HistoryRow(Frozen):
    """One execution in the history."""

    key: int
    """Its place in the history, for paging; grows with time."""
    id: str
    """The run's id."""
    workflow_id: str
    """The workflow."""
    number: int
    """Counted per workflow, from 1."""
    status: Phase
    """In the word that people see."""
    state: str
    """The table's word."""
    reason: str
    """Why it waits or how it ended: one line, but for a person's comment, which may have several."""
    started_at: datetime
    """When it was started."""
    ended_at: datetime | None
    """When it was over."""
    duration_ms: int | None
    """How long it took."""
    human_wait_ms: int
    """Milliseconds in which only people were waited for."""
    started_by: str
    """Who started it."""
    trigger: str
    """In which way: `cli`, `screen`, `api`, `worker` or `test`."""
    decided_by: str
    """Who answered its gates, comma separated."""
    pinned: bool = False
    """Somebody wants it to be kept, whatever is cleaned up."""
    needs_you: bool = False
    """A gate of it is open."""
    asks_others: str = ""
    """Whom its open gates wait for, where whoever looks may answer none of them; empty where they may."""
    imported: bool = False
    """It came here from a file."""

    @property
    def stopped_undoing(self) -> bool:
        """Whether it rests half undone, because something could not be."""
        return self.status == "paused" and tells_not_undone(self.reason)

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.ended_at is not None

    @property
    def label(self) -> str:
        """How people name it: `release #12`."""
        return f"{self.workflow_id} #{self.number}"

    @property
    def word(self) -> str:
        """The status as people read it."""
        return word_of(self.status, self.needs_you, self.asks_others)


class HistoryFilter(Frozen):
    """Which executions are wanted."""

    statuses: tuple[str, ...] = ()
    """Any of these; all when empty."""
    workflow: str = ""
    """Of this workflow; of all when empty."""
    since: datetime | None = None
    """Started at this moment or later."""
    until: datetime | None = None
    """Started before this moment."""
    by: str = ""
    """Who started the run or answered one of its gates."""
    words: tuple[str, ...] = ()
    """Each must occur in the run's id, name, reason, starter, decider, or in what was written with an answer."""


class HistoryPage(Frozen):
    """A page of the history, newest first."""

    rows: tuple[HistoryRow, ...]
    """Newest first."""
    total: int
    """How many executions fit the filter."""
    damaged: tuple[str, ...] = ()
    """A sentence about each row that is damaged and so not among them."""
