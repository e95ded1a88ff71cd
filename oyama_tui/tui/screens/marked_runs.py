"""What is done with several runs at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow
from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.screens.run_commands import PAUSED
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work

NAMED = 6
"""Runs that a dialog names; of more it says how many."""


def pause_marked(screen: StudioScreen[Any], rows: Sequence[RunRow]) -> None:
    """Pause several runs; when all of them are paused, let them go on.

    Args:
        screen: Where they are marked.
        rows: The runs as they are seen there.
    """
    runs, going = screen.context.studio.runs, [row for row in rows if row.status not in PAUSED]
    if going:
        _each(screen, going, runs.pause, "{} will start no new step.")
    else:
        _each(screen, rows, runs.resume, "{} may go on.")


def cancel_marked(screen: StudioScreen[Any], rows: Sequence[RunRow]) -> None:
    """Say what happens, then end several runs.

    Args:
        screen: Where they are marked.
        rows: The runs as they are seen there.
    """
    # What is being undone is not cut off half done.
    rows = [row for row in rows if row.status != "undoing" and not row.stopped_undoing]
    if not rows:
        screen.say("None of them can be cancelled: what is being undone is not cut off half done.")
        return
    many, running, asking = count_of(len(rows), "run"), sum(row.running for row in rows), sum(row.needs_you for row in rows)
    names = ", ".join(row.label for row in rows[:NAMED])
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    steps = f" {count_of(running, 'running step')} will be ended." if running else ""
    asked = f" The open questions of {count_of(asking, 'run')} are withdrawn." if asking else ""
    words = f"{names}{more}.{steps}{asked} What is done stays done; nothing is undone."
    dialog = ConfirmDialog(screen.context, f"Cancel {many}?", words, yes=f"Cancel {many}", no="Let them run")

    def answered(yes: bool | None) -> None:
        if yes:
            _each(screen, rows, screen.context.studio.runs.cancel, "{} cancelled.")

    screen.app.push_screen(dialog, answered)


def _each(screen: StudioScreen[Any], rows: Sequence[RunRow], doing: Callable[[str], Awaitable[object]], words: str) -> None:
    """Do the same with each of them, and say of how many it could be done; the first that refuses says why."""

    async def carry_out() -> None:
        refused = []
        for row in rows:
            try:
                await doing(row.id)
            except OyamaError as error:
                refused.append(f"{row.label}: {error.sentence}")
        done = len(rows) - len(refused)
        of = f"{done:,} of {count_of(len(rows), 'run')}" if refused else count_of(done, "run")
        screen.say(" ".join([words.format(of), *refused[:1]]))
        screen.reload()

    work(screen, carry_out, group="command")
