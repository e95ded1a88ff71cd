"""Runs in files of their own."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.runs import RunRow
from oyama_tui.core.views.words import ENDED_PHASES, Phase


class RunFile(Frozen):
    """One run in one file."""

    path: str
    """The file; empty when it went to a pipe."""
    bytes: int
    """How large it is."""
    digest: str
    """SHA-256 of the file."""
    program: str
    """The version of Oyama that wrote it."""
    written_at: datetime
    """When it was written."""
    run_id: str
    """The run's state id."""
    label: str
    """How people name it: `release #12`."""
    status: Phase
    """Where the run stood when the file was written."""
    events: int
    """How many events are in it."""
    logs: int
    """How many logs of attempts are in it."""
    head: str
    """Hash of its newest event, 32 hexadecimal digits."""
    children: tuple[str, ...] = ()
    """The state ids of runs that its steps have started: each has a file of its own, when it is exported."""

    @property
    def ended(self) -> bool:
        """Whether the run was over when the file was written."""
        return self.status in ENDED_PHASES


class ImportedRun(Frozen):
    """What became of a file of a run."""

    row: RunRow
    """The run."""
    origin: str
    """Its state id where it comes from."""
    already: bool
    """It was here before, so that nothing was done."""


class Backup(Frozen):
    """A copy of the database."""

    path: str
    """The file."""
    bytes: int
    """How large it is."""
    runs: int
    """How many runs are in it."""
