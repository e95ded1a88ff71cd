"""What is kept and what is removed."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.words import Phase


class KeepRules(Frozen):
    """Which ended runs are kept; a run is removed when one of the rules says so. Pinned and live runs are always kept."""

    newest: int | None = None
    """So many of each workflow, whatever the other rules but `max_bytes` say; no rule when none."""
    older_than: int | None = None
    """Milliseconds since its end after which a run is removed."""
    failed_older_than: int | None = None
    """The same for runs that failed, were rejected, cancelled or undone; as for all runs when none."""
    max_bytes: int | None = None
    """The most bytes that the runs may take together: the oldest are removed until it is so."""

    @property
    def given(self) -> bool:
        """Whether there is any rule."""
        return any(rule is not None for rule in (self.newest, self.older_than, self.failed_older_than, self.max_bytes))


class CleanupRow(Frozen):
    """One run that would be removed."""

    id: str
    """The state id."""
    label: str
    """How people name it: `release #12`."""
    status: Phase
    """How it ended."""
    ended_at: datetime
    """When."""
    bytes: int
    """What it takes in the database, as far as that can be told, and in files."""


class CleanupPlan(Frozen):
    """What a cleanup would remove."""

    runs: int
    """How many."""
    rows: tuple[CleanupRow, ...]
    """The oldest of them, at most 200."""
    bytes: int
    """What they take together."""
    pinned: int
    """How many a rule would remove, were they not pinned."""
    kept: int
    """How many runs stay."""


class Removed(Frozen):
    """What was removed."""

    runs: int
    """How many, those whose removal had been cut off before among them."""
    database_bytes: int
    """By how much the database file became smaller."""
    file_bytes: int
    """What was freed beside it."""


class Remains(Frozen):
    """What there is of a workflow besides its definition."""

    runs: int
    live: int
    """Those that are not over: while there are any, nothing is removed."""
    pinned: int
    bytes: int
