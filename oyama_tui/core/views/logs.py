"""Output of steps, as it is read piece by piece."""

from __future__ import annotations

from oyama_tui.core.events.base import Frozen


class LogChunk(Frozen):
    """A piece of a step's live output."""

    text: str
    """The piece; invalid bytes replaced."""
    offset: int
    """Where to go on reading, in bytes."""
    skipped: int
    """Bytes left out before this piece."""
    ended: bool
    """The attempt is over and there is no more."""
