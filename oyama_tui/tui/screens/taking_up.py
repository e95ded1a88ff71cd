"""Running once more: a new run with the same inputs, or a run that had ended and goes on."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow
from oyama_tui.tui.dialogs.recover import RecoverDialog
from oyama_tui.tui.messages import StartWanted
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work


def take_up(screen: StudioScreen[Any], run_id: str, how: str) -> None:
    """Run once more, after a look at what that means.

    Args:
        screen: What tells of it.
        run_id: The run.
        how: `again` for a new run with its inputs, `anew` to let this one go on although it had ended.
    """
    (_run_again if how == "again" else _recover)(screen, run_id)


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
