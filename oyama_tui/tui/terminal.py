"""How people at these screens are told of new questions: a toast, the terminal's title, the bell, and the desktop around the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.app import App

from oyama_tui.core.notice import headline, notice_of
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow
from oyama_tui.settings import Settings
from oyama_tui.tui.commands.global_commands import NextGate
from oyama_tui.tui.desktop import Desktop, sequences
from oyama_tui.tui.wording import line_of, utc_now


@dataclass(frozen=True, slots=True)
class Channels:
    """By which ways people are told."""

    toast: bool = True
    title: bool = True
    bell: bool = True
    desktop: Desktop = "auto"

    @classmethod
    def of(cls, settings: Settings) -> Channels:
        """Those that somebody wants.

        Args:
            settings: What they have set.
        """
        return cls(settings.toast, settings.title, settings.bell, settings.desktop)


class Announcer:
    """Tells about questions that are new since the last look, of each of them once.

    Args:
        app: Where toasts and the bell are.
        channels: By which ways.
        icon: What stands before the number of questions in the title.
        seen: Whether it can be seen already that a run asks something.
    """

    def __init__(self, app: App[int], channels: Channels, icon: str, seen: Callable[[str], bool]) -> None:
        self._app = app
        self._channels = channels
        self._icon = icon
        self._seen = seen
        self._known: set[str] | None = None
        self._cut_at: datetime | None = None
        """When the last look was, if it did not show all."""
        self._title = ""

    def look(self, rows: Rows[ApprovalRow]) -> None:
        """Take in the open questions; those at the first look are no news."""
        open_now = {row.id: row for row in rows}
        fresh = [row for id, row in open_now.items() if self._known is not None and id not in self._known]
        if self._cut_at is not None:
            # Of a long queue only the first ones are here: those that move up are not new.
            since = self._cut_at
            fresh = [row for row in fresh if row.requested_at >= since]
        self._known = set(open_now)
        self._cut_at = utc_now() if rows.behind else None
        self._entitle(f"{self._icon}{rows.total} oyama" if rows.total else "oyama")
        if fresh:
            self._tell(fresh)

    def repeat_title(self) -> None:
        """Write the title once more: others may have written another one."""
        if self._title:
            self._write(f"\x1b]2;{self._title}\x07")

    def _tell(self, fresh: Sequence[ApprovalRow]) -> None:
        if self._channels.bell:
            self._app.bell()
        if not self._app.app_focus:
            # Whoever looks at another window does not see what the screens show, whatever that is.
            self._write(sequences(self._channels.desktop, headline([notice_of(row) for row in fresh]), os.environ))
        unseen = [row for row in fresh if not self._seen(row.run_id)]
        if not unseen or not self._channels.toast:
            return
        words = headline([notice_of(row) for row in unseen])
        stop = "" if words.endswith((".", "?", "!", "…")) else "."
        words = line_of(f"{words}{stop}  {NextGate.key_said(self._app)} goes there")
        self._app.notify(words, severity="warning", timeout=8, markup=False)

    def _entitle(self, words: str) -> None:
        """Write the terminal's title when it is another one."""
        words = line_of(words)
        if self._channels.title and words != self._title:
            self._title = words
            self.repeat_title()

    def _write(self, sequence: str) -> None:
        """Write to the terminal, where there is one."""
        driver = self._app._driver
        if sequence and driver is not None and not self._app.is_headless:
            driver.write(sequence)
