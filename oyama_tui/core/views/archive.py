"""Runs in files of their own."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.words import Phase


class RunFile(Frozen):
    """One run in one file."""

    path: str
    """The file; empty when it went to a pipe."""
    bytes: int
    digest: str
    """SHA-256 of the file."""
    program: str
    """The version of Oyama that wrote it."""
    written_at: datetime
    run_id: str
    """The run's state id."""
    label: str
    """How people name it: `release #12`."""
    status: Phase
    """When it was written."""
    events: int
    logs: int
    """How many logs of attempts are in it."""
    head: str
    """Hash of its newest event, 32 hexadecimal digits."""
