"""The installation, and news of changes."""

from __future__ import annotations

from typing import Literal

from oyama_tui.core.events.base import Frozen


class SystemView(Frozen):
    """Totals shown in the status bar."""

    database: str
    """The file."""
    engine: Literal["here", "elsewhere", "none"]
    """Whether an engine drives runs, and where."""
    running: int
    """Runs in which something runs or is about to; those that queue for a place are not among them."""
    waiting: int
    """Open approvals that whoever looks may answer."""
    paused: int
    """Runs that are paused."""
    workflows: int
    """Workflows that are kept."""
    going_on: int = 0
    """Runs that are neither over nor paused, and have no obstacle that an engine has found."""
    trouble: str = ""
    """Why no engine drives what there is to drive, where this process looks after that; empty while all is well."""


class Check(Frozen):
    """One finding of `doctor` or `verify`."""

    id: str
    """What was looked at."""
    status: Literal["ok", "warning", "problem"]
    """How it was found."""
    message: str
    """What was found, one sentence."""
    hint: str = ""
    """What to do about it; empty when there is nothing to do."""


class Change(Frozen):
    """Something is different now: read again what you show of it."""

    runs: frozenset[str] = frozenset()
    """Runs that are different now."""
    workflows: bool = False
    """The list of workflows is different now."""
    lost: str = ""
    """Why the database cannot be read, when it cannot; empty otherwise."""
