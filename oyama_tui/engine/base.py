"""What an engine is to the studio."""

from __future__ import annotations

from typing import Protocol

from oyama_tui.store.runs import NewRun, RunKey


class Engine(Protocol):
    """Drives runs, one instance for each process that does."""

    @property
    def id(self) -> str:
        """The instance that owns what it drives; new for each start of a process."""

    async def start(self, new: NewRun) -> RunKey:
        """Create a run; the engine drives it from then on when `new.owner` is this engine."""

    async def drive(self, run_id: str) -> bool:
        """Take a run that has no living owner; false when another living engine has it, at whose death it is taken.

        Raises:
            MissingSecret: The run needs a secret that this process does not have.
        """

    def driven(self) -> frozenset[str]:
        """The runs that it drives now."""

    def notice(self, run_id: str, seq: int) -> None:
        """The journal of a run has grown to this number, by anyone."""

    async def close(self) -> None:
        """Give everything back, interrupting what runs, and end."""
