"""Writing a run into a file, from any screen that has one."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.views import HistoryRow, RunFile, RunRow
from oyama_tui.tui.dialogs.export import ExportDialog
from oyama_tui.tui.screens.base import StudioScreen


def export_run(screen: StudioScreen[Any], run: RunRow | HistoryRow) -> None:
    """Ask for a file, write the run into it, and say where it is.

    Args:
        screen: What tells of it.
        run: The run.
    """

    def written(file: RunFile | None) -> None:
        if file is not None:
            screen.say(f"{file.label} is in {file.path}, {file.bytes:,} bytes. Check it anywhere: oyama verify FILE")

    screen.app.push_screen(ExportDialog(screen.context, run), written)
