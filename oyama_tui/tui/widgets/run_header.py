"""The lines above a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.views import RunView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.render.run import run_header
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.wording import utc_now


class RunHeader(Widget):
    """Label, state, progress, times.

    Args:
        context: What all screens share.
        now: Tells the present of what is shown.
    """

    def __init__(self, context: AppContext, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self.context = context
        self._now = now
        self._view: RunView | None = None

    def show(self, view: RunView) -> None:
        """Show a run."""
        self._view = view
        self.refresh()

    def render(self) -> Content:
        """The two lines."""
        if self._view is None or self.size.width < 1:
            return BLANK
        return Content("\n").join(run_header(self._view, self.size.width, self._now(), self.context.icons))
