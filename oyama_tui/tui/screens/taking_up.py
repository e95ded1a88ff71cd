"""What one does with a run that is there: run it once more, let it go on, keep it, hand it on, delete it."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import ENDED_PHASES, RECOVERABLE, HistoryRow, RunFile, RunRow
from oyama_tui.tui.dialogs.export import ExportDialog
from oyama_tui.tui.dialogs.recover import RecoverDialog
from oyama_tui.tui.messages import ForkFrom, StartWanted, UndoTo
from oyama_tui.tui.screens import keeping
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work


def take_up(screen: StudioScreen[Any], run_id: str, how: str) -> None:
    """Do something with a run, after a look at what that means.

    Args:
        screen: What tells of it.
        run_id: The run.
        how: `again` for a new run with its inputs, `fork` for one that takes over what it had done, `anew` to let this one go on although
            it had ended, `undo` to take back what it has done, `pin`, `file` to write it into a file, or `delete`.
    """
    takes = {"again": _run_again, "fork": _fork, "anew": _recover, "undo": _undo}
    keeps = {"pin": keeping.pin, "file": _export, "delete": keeping.delete}
    (takes | keeps)[how](screen, run_id)


def can_take_up(how: object, run: RunRow | HistoryRow) -> bool:
    """Whether that fits a run.

    Args:
        how: As for `take_up`.
        run: The run.
    """
    if how == "anew":
        return not run.imported and (run.status in RECOVERABLE or run.stopped_undoing)
    if how == "undo":
        return can_undo(run)
    return how in ("again", "fork", "pin", "file") or (how == "delete" and run.status in ENDED_PHASES)


def can_undo(run: RunRow | HistoryRow) -> bool:
    """Whether there may be something to take back; what is half undone is taken up anew instead.

    Args:
        run: The run.
    """
    return not run.imported and not run.stopped_undoing and run.status not in ("queued", "undoing", "undone")


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


def _fork(screen: StudioScreen[Any], run_id: str) -> None:
    """Ask for a new run that takes over what this one has done until now."""
    screen.post_message(ForkFrom(run_id, 0))


def _undo(screen: StudioScreen[Any], run_id: str) -> None:
    """Ask for the plan of taking all of it back."""
    screen.post_message(UndoTo(run_id, 0))


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


def _export(screen: StudioScreen[Any], run_id: str) -> None:
    """Ask for a file, write the run into it, and say where it is."""

    def written(file: RunFile | None) -> None:
        if file is not None:
            screen.say(f"{file.label} is in {file.path}, {file.bytes:,} bytes. Check it anywhere: oyama verify FILE")

    async def ask() -> None:
        try:
            run = (await screen.context.studio.runs.get(run_id)).row
        except OyamaError as error:
            screen.report(error)
            return
        screen.app.push_screen(ExportDialog(screen.context, run), written)

    work(screen, ask, group="command")
