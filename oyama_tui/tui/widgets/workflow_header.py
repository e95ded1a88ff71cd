"""The lines above a workflow."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.views import WorkflowRow, WorkflowStats
from oyama_tui.tui.render.workflow import workflow_head
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.wording import utc_now


class WorkflowHeader(Widget):
    """Name, state, what it is for, how it does.

    Args:
        icons: How states are drawn.
    """

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__()
        self._icons = icons
        self._shown: tuple[WorkflowRow, WorkflowStats] | None = None

    def show(self, row: WorkflowRow, stats: WorkflowStats) -> None:
        """Show a workflow.

        Args:
            row: The workflow.
            stats: How it does.
        """
        self._shown = row, stats
        self.refresh()

    def render(self) -> Content:
        """The two lines."""
        if self._shown is None or self.size.width < 1:
            return BLANK
        return Content("\n").join(workflow_head(*self._shown, self.size.width, utc_now(), self._icons))
