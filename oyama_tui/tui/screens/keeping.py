"""Keeping a run, deleting it, or deleting a workflow: each after a look at what that means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow, WorkflowRow
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.dialogs.deleting import DeleteWorkflowDialog, What
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work


def pin(screen: StudioScreen[Any], run_id: str) -> None:
    """Keep a run whatever is cleaned up, or let it go again.

    Args:
        screen: What tells of it.
        run_id: The run.
    """

    async def change() -> None:
        keeping = screen.context.studio.keeping
        try:
            run = (await screen.context.studio.runs.get(run_id)).row
            await (keeping.unpin if run.pinned else keeping.pin)(run_id)
        except OyamaError as error:
            screen.report(error)
        else:
            screen.say(f"{run.label} is {'no longer pinned' if run.pinned else 'pinned: no cleanup removes it'}.")
        screen.reload()

    work(screen, change, group="command")


def delete(screen: StudioScreen[Any], run_id: str) -> None:
    """Say what goes with a run, then remove it.

    Args:
        screen: What tells of it.
        run_id: The run.
    """

    async def ask() -> None:
        studio = screen.context.studio
        try:
            run = (await studio.runs.get(run_id)).row
            below = await studio.keeping.family(run_id) - 1
        except OyamaError as error:
            screen.report(error)
            return
        if run.pinned:
            screen.say(f"{run.label} is pinned, so it is kept: {c.PinRun.key_said(screen.app)} lets it go first.")
            return
        screen.app.push_screen(_dialog(screen, run, below), answered(run))

    def answered(run: RunRow) -> Callable[[bool | None], None]:
        def answer(yes: bool | None) -> None:
            if yes:
                _do(screen, lambda: screen.context.studio.keeping.delete_run(run_id), f"{run.label} is deleted.")

        return answer

    work(screen, ask, group="command")


def _dialog(screen: StudioScreen[Any], run: RunRow, below: int) -> ConfirmDialog:
    more = f" {count_of(below, 'run')} that its steps have started {'goes' if below == 1 else 'go'} with it." if below else ""
    words = f"Its journal, its answers and its output are removed for good.{more} Its number is given to no other run."
    return ConfirmDialog(screen.context, f"Delete {run.label}?", words, yes=f"Delete {run.label}", no="Keep it")


def delete_workflow(screen: StudioScreen[Any], row: WorkflowRow) -> None:
    """Say what there is of a workflow, then take it away, with its runs or without.

    Args:
        screen: What tells of it.
        row: The workflow.
    """
    keeping = screen.context.studio.keeping

    async def ask() -> None:
        try:
            remains = await keeping.remains(row.id)
        except OyamaError as error:
            screen.report(error)
            return
        if remains.live:
            screen.say(f"{row.name} has {count_of(remains.live, 'live run')}: wait for its end, or cancel it.")
        else:
            screen.app.push_screen(DeleteWorkflowDialog(screen.context, row.name, remains), answered)

    def answered(what: What | None) -> None:
        if what in ("workflow", "history"):
            history = what == "history"
            words = f"{row.name} is deleted{' with its runs' if history else '; its history stays'}."
            _do(screen, partial(keeping.delete_workflow, row.id, history=history), words)

    work(screen, ask, group="command")


def _do(screen: StudioScreen[Any], doing: Callable[[], Awaitable[object]], words: str) -> None:
    async def carry_out() -> None:
        try:
            await doing()
        except OyamaError as error:
            screen.report(error)
        else:
            screen.say(words)
        screen.reload()

    work(screen, carry_out, group="command")
