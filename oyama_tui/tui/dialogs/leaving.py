"""Leaving while runs go on."""

from __future__ import annotations

from oyama_tui.core.views import SystemView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.wording import count_of


def leaving_dialog(context: AppContext, system: SystemView) -> ConfirmDialog:
    """Say what becomes of the runs, and ask whether to quit.

    Args:
        context: What all screens share.
        system: The whole as it is now.
    """
    if system.trouble:
        heading = f"{count_of(system.going_on, 'run waits', 'runs wait')} for an engine"
        words = system.trouble
    else:
        heading = f"{count_of(system.going_on, 'run goes', 'runs go')} on in the background"
        words = "Open questions stay open. `oyama` comes back to them."
    return ConfirmDialog(context, heading, words, yes="Quit", no="Stay", grave=False)
