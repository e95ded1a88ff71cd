"""Use cases about the whole."""

from __future__ import annotations

from oyama_tui.core.views import Check, SystemView


class System:
    """What can be asked of the database and the engines."""

    async def view(self) -> SystemView:
        """One line about the whole."""
        raise NotImplementedError

    async def doctor(self) -> tuple[Check, ...]:
        """Look for trouble and name its cause."""
        raise NotImplementedError

    async def verify(self, ref: str = "") -> tuple[Check, ...]:
        """Check hash chains, and projections against a rebuild, of one run or of all."""
        raise NotImplementedError

    async def leave_to_background(self) -> int:
        """Start an engine without screens when none lives, and hand the runs driven here to it.

        Running steps finish here first. Returns how many runs were handed over.
        """
        raise NotImplementedError

    async def pause_all(self) -> int:
        """Pause every run that is driven here; returns how many."""
        raise NotImplementedError
