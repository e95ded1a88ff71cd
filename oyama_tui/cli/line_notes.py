"""What is before a run while it queues for a place, told to whoever follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.views import EventView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio


class LineNotes:
    """Says what is before a run while it queues for a place, and the command that would bring it nearer; each sentence once.

    Args:
        studio: The open studio.
        terminal: Where it is noted.
        run_id: The run.
        joined: Its first events are not told, so that it may queue already.
    """

    def __init__(self, studio: Studio, terminal: Terminal, run_id: str, *, joined: bool) -> None:
        self._studio = studio
        self._terminal = terminal
        self._run_id = run_id
        self._queues = joined
        self.is_news = False
        """It queues, and that has not been said."""

    def see(self, event: EventView) -> None:
        """Go on by one event."""
        if event.type == "place_requested" or (event.type == "run_started" and event.payload.get("queued") is True):
            self._queues = self.is_news = True
        elif event.type == "run_admitted":
            self._queues = self.is_news = False

    async def note(self) -> None:
        """Nothing else happens: look how it stands."""
        if not self._queues:
            return
        self.is_news = False
        row = (await self._studio.runs.get(self._run_id)).row
        self._queues = row.place == "queued"
        if row.status == "queued":
            sooner = f". Sooner: {self._terminal.command(*row.hint)}" if row.hint and row.owner != "nobody" and not row.needs_you else ""
            self._terminal.note(f"{row.label} {row.word}{f', {row.reason}' if row.reason else ''}{sooner}")
