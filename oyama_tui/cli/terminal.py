"""What every command is given: the settings, where to print, and the way to the studio."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from oyama_tui.cli.printing import Printer, print_beside
from oyama_tui.descriptors import keep_descriptors
from oyama_tui.settings import Settings

if TYPE_CHECKING:
    from oyama_tui.core.events import Trigger
    from oyama_tui.studio import Studio
    from oyama_tui.studio.service import Drive


@dataclass(slots=True)
class GlobalOptions:
    """What may be said before any command."""

    database: str | None = None
    verbose: bool = False


@dataclass(slots=True)
class Terminal:
    """Where a command runs."""

    settings: Settings
    options: GlobalOptions
    out: Printer
    err: Printer
    stop_code: int = 130
    """The exit code when a signal ends the command."""
    after_signal: Callable[[], None] | None = None
    """Called once when a signal asks the command to end."""
    at_once: Callable[[], None] | None = None
    """Called before the program ends without waiting for anything."""
    hang_up: Callable[[], None] | None = None
    """What ends the command in good order when its terminal is gone."""
    lend_keys: Callable[[bool], None] | None = None
    """What lets the key that interrupts be another program's, and this one's again."""
    steps_live: Callable[[], bool] = lambda: False
    """Whether processes of steps live that were started here."""
    _warned: set[str] = field(default_factory=set)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return self.out.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    @property
    def glyphs(self) -> bool:
        """Whether more than ASCII may be drawn."""
        encoding = getattr(self.out.stream, "encoding", None) or "ascii"
        return not self.settings.ascii and encoding.lower().replace("-", "") == "utf8"

    def note(self, text: str) -> None:
        """Tell a person something that is no result, once."""
        if text not in self._warned:
            self._warned.add(text)
            self.err.line(text)

    def command(self, *words: str) -> str:
        """A command as one would type it here, for the same database."""
        return self.settings.command(*words)

    async def drained(self, patience: float | None = None) -> None:
        """Wait until everything printed was taken, for so many seconds at the most."""
        await self.err.drained(patience)
        await self.out.drained(patience)

    @asynccontextmanager
    async def studio(self, drive: Drive = "none", trigger: Trigger = "cli") -> AsyncIterator[Studio]:
        """Open the studio, and close it at the end.

        Args:
            drive: Which runs this process drives.
            trigger: What is noted as the way in which runs were started.
        """
        from oyama_tui.studio import open_studio

        if drive in ("own", "all"):
            print_beside(self.out, self.err)
            keep_descriptors()
        gc.freeze()
        gc.enable()
        async with open_studio(self.settings, drive=drive, trigger=trigger) as studio:
            self.steps_live = studio.system.steps_live
            yield studio


Work: TypeAlias = Callable[[Terminal], Awaitable[int]]
"""What a command does when its words have been understood; its result is the exit code."""
