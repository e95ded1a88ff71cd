"""The news from the studio: what has changed, and the totals in the status bar."""

from __future__ import annotations

import asyncio

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import Change
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.feed import Coalescer
from oyama_tui.tui.terminal import Announcer

TOTALS_PACE = 0.25
"""Seconds between two readings of the totals at the least."""


class News:
    """Follows the studio and tells whoever shows something of it.

    Args:
        context: Has the studio, and the signals that screens listen to.
        announcer: Rings for questions that are new.
    """

    def __init__(self, context: AppContext, announcer: Announcer) -> None:
        self._context = context
        self._announcer = announcer
        self._asked = asyncio.Event()
        self._asked.set()

    async def follow_changes(self) -> None:
        """Publish what changes until the studio is closed; trouble with the database is published too, and tried again."""
        coalescer = Coalescer(self.publish)
        while True:
            try:
                await coalescer.drain(self._context.studio.changes())
                return
            except* OyamaError as errors:
                self.publish(Change(lost=str(errors.exceptions[0])))
            await asyncio.sleep(1)

    def publish(self, change: Change) -> None:
        """Tell everybody of a change, and read the totals again."""
        self._context.lost = change.lost
        self._context.changed.publish(change)
        self._asked.set()

    async def follow_totals(self) -> None:
        """Read the totals at first and after changes, and publish them."""
        context = self._context
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                system = await context.studio.system.view()
                rows = await context.studio.approvals.list(mine=True)
            except OyamaError as error:
                context.lost = context.lost or error.sentence
            else:
                self._announcer.look(rows)
                context.system = system
                context.whole.publish(system)
            await asyncio.sleep(TOTALS_PACE)
