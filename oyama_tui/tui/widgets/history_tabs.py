"""The line that tells the lists of History apart."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from oyama_tui.tui.widgets.layout import spread

HISTORIES: Final = (("history", "Runs"), ("past_approvals", "Approvals"))
"""Mode and title of each list."""


class HistoryTabs(Widget):
    """The lists of History, the one that is shown in bold.

    Args:
        mode: The one that is shown.
    """

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.auto_links = False
        self._mode, self._count = mode, ""

    def count(self, words: str) -> None:
        """Say how many rows the list has.

        Args:
            words: Number and noun.
        """
        if words != self._count:
            self._count = words
            self.refresh()

    def render(self) -> Content:
        """The line."""
        parts = []
        for mode, title in HISTORIES:
            style = "bold $foreground underline" if mode == self._mode else "$text-muted"
            parts.append(Content.styled(title, style).stylize(Style.from_meta({"@click": f"app.show_place('{mode}')"})))
        left = Content.assemble(" ", Content("   ").join(parts))
        return spread(left, Content.styled(f"{self._count} ", "$text-disabled"), self.size.width)
