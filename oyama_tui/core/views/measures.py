"""Numbers about the whole, for programs that watch over it."""

from __future__ import annotations

from oyama_tui.core.events.base import Frozen


class ProcessMeasures(Frozen):
    """What a process takes."""

    resident_bytes: int
    """Of memory."""
    cpu_seconds: float
    """Since it began."""
    began: float
    """Seconds since 1970 UTC."""
    open_files: int
    """Descriptors."""


class Measures(Frozen):
    """How much there is, and how much this process has done."""

    runs: tuple[tuple[str, str, int], ...]
    """For each workflow and word for where a run is, how many there are; by workflow."""
    pending: tuple[tuple[str, int], ...]
    """For each risk, how many approvals are open."""
    oldest_ms: int
    """How long the oldest of these has been open; 0 when there is none."""
    events: int
    """Events that were ever written."""
    driving: int
    """Runs that this process drives."""
    commits: int
    """Transactions that this process has committed."""
    process: ProcessMeasures
    """What this process takes."""
