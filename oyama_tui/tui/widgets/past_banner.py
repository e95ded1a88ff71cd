"""The line above a run of the past that says that this is the past."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.views import MomentView
from oyama_tui.tui.render.past import banner
from oyama_tui.tui.widgets.layout import BLANK


class PastBanner(Widget):
    """That it is the past, and which moment of it."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[MomentView, int | None, bool] | None = None

    def show(self, moment: MomentView, marked: int | None, *, plays: bool) -> None:
        """Show where one is.

        Args:
            moment: What is shown of the run.
            marked: The event that is marked, if one is.
            plays: It moves by itself.
        """
        self._shown = (moment, marked, plays)
        self.refresh()

    def render(self) -> Content:
        """The line."""
        if self._shown is None or self.size.width < 1:
            return BLANK
        return banner(*self._shown, self.size.width)
