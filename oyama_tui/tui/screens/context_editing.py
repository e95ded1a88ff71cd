"""The way from a run on a screen to the dialog that changes its variables."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow
from oyama_tui.tui.dialogs.variables import VariablesDialog
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work


def edit_context(screen: StudioScreen[Any], run: RunRow) -> None:
    """Show a run's variables, and let somebody change one.

    Args:
        screen: What tells of it.
        run: One that goes on.
    """

    def answered(words: str | None) -> None:
        if words:
            screen.say(words)
            screen.reload()

    async def ask() -> None:
        try:
            variables = await screen.context.studio.runs.context(run.id)
        except OyamaError as error:
            screen.report(error)
            return
        screen.app.push_screen(VariablesDialog(screen.context, run, variables), answered)

    work(screen, ask, group="command")
