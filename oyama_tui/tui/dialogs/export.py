"""The file that a run goes into."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from oyama_tui.core.views import RunFile, RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.path import PathDialog
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import OneLine


class ExportDialog(PathDialog[RunFile]):
    """Write a run into one file.

    Args:
        context: What all screens share.
        run: The run.
    """

    YES, REPLACE, ASKED = "Write the file", "Replace it", "Type the path of the new file."

    def __init__(self, context: AppContext, run: RunRow) -> None:
        super().__init__(context)
        self._run = run

    def heading(self) -> str:
        """The run."""
        return f"Export {self._run.label}"

    def compose_fields(self) -> ComposeResult:
        """What goes into the file, and its path."""
        words = "Definition, journal and logs, with all values and answers; secrets are not in it."
        yield Static(plain(words, "$text-muted"), markup=False)
        if self._run.ended_at is None:
            yield Static(plain("The run is not over: the file has what there is of it now.", "$text-warning"), markup=False)
        yield Static(Content("path of the new file"), classes="label", markup=False)
        suggested = f"{self._run.workflow_id}-{self._run.number}.oyamarun"
        yield OneLine(value=suggested, id="path", compact=True, classes="control")

    async def take(self, path: Path, *, replace: bool) -> RunFile:
        """Write the file."""
        return await self.context.studio.archive.export(self._run.id, path, replace=replace)
