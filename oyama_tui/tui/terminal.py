"""What reaches beyond the window: its title, and the bell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import App

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow
from oyama_tui.tui.commands.global_commands import NextGate
from oyama_tui.tui.wording import line_of, utc_now


class Announcer:
    """Tells about questions that are new since the last look.

    Args:
        app: Where toasts and the bell are.
        ring: Whether to ring.
        seen: Whether it can be seen already that a run asks something.
    """

    def __init__(self, app: App[int], ring: bool, seen: Callable[[str], bool]) -> None:
        self._app = app
        self._ring = ring
        self._seen = seen
        self._known: set[str] | None = None
        self._cut_at: datetime | None = None
        """When the last look was, if it did not show all."""

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
        self.set_title(f"({rows.total}) oyama" if rows.total else "oyama")
        if not fresh:
            return
        if self._ring:
            self._app.bell()
        fresh = [row for row in fresh if not self._seen(row.run_id)]
        if not fresh:
            return
        first = f"{fresh[0].run_way} asks: {fresh[0].title}"
        more = f", and {len(fresh) - 1} more" if len(fresh) > 1 else ""
        stop = "" if f"{first}{more}".endswith((".", "?", "!")) else "."
        self._app.notify(
            line_of(f"{first}{more}{stop}  {NextGate.key_said(self._app)} goes there"), severity="warning", timeout=8, markup=False
        )

    def set_title(self, words: str) -> None:
        """Write the terminal's title."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(f"\x1b]2;{line_of(words)}\x07")
