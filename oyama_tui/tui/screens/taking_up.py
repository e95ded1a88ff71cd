"""What a key does with a selected run: a new one with the same inputs, going on although it had ended, keeping it, or deleting it."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import ENDED_PHASES, RECOVERABLE, RunRow
from oyama_tui.tui.dialogs.recover import RecoverDialog
from oyama_tui.tui.messages import StartWanted
from oyama_tui.tui.screens import keeping
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work


def take_up(screen: StudioScreen[Any], run_id: str, how: str) -> None:
    """Do something with a run, after a look at what that means.

    Args:
        screen: What tells of it.
        run_id: The run.
        how: `again` for a new run with its inputs, `anew` to let this one go on although it had ended, `pin` or `delete`.
    """
    {"again": _run_again, "anew": _recover, "pin": keeping.pin, "delete": keeping.delete}[how](screen, run_id)


def can_take_up(how: object, status: str) -> bool:
    """Whether that fits a run.

    Args:
        how: As for `take_up`.
        status: In the word that people see.
    """
    return how in ("again", "pin") or (how == "anew" and status in RECOVERABLE) or (how == "delete" and status in ENDED_PHASES)


def _run_again(screen: StudioScreen[Any], run_id: str) -> None:
    """Open the form of a new run, filled in."""

    async def ask() -> None:
        try:
            view = await screen.context.studio.runs.get(run_id)
        except OyamaError as error:
            screen.report(error)
            return
        screen.post_message(StartWanted(view.row.workflow_id, dict(view.inputs)))

    work(screen, ask, group="command")


def _recover(screen: StudioScreen[Any], run_id: str) -> None:
    """Show what would begin once more, and do it after a yes."""

    def answered(row: RunRow | None) -> None:
        if row is not None:
            screen.say(f"{row.label} goes on.")
            screen.reload()

    async def ask() -> None:
        try:
            run = (await screen.context.studio.runs.get(run_id)).row
            plan = await screen.context.studio.recovery.plan(run_id)
        except OyamaError as error:
            screen.report(error)
            return
        screen.app.push_screen(RecoverDialog(screen.context, run, plan), answered)

    work(screen, ask, group="command")
