"""The line below the output of a step: how much it is, what went wrong in it, and how fast it comes."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Final

from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.views import NodeView
from oyama_tui.tui.log_flow import LogFlow
from oyama_tui.tui.render.output import counted, flow_words
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, spread
from oyama_tui.tui.widgets.line_view import looks_same
from oyama_tui.tui.widgets.output_pane import OutputPane, problem_number

PERIOD: Final = 1.0
"""Seconds between two looks at how long the log is."""


class OutputFoot(Widget):
    """One line.

    Args:
        log: The output.
        icons: Draws how fast it comes.
    """

    def __init__(self, log: OutputPane, icons: StatusIcons) -> None:
        super().__init__()
        self.auto_links = False
        self._log, self._icons = log, icons
        self._node: NodeView | None = None
        self._flow = LogFlow()
        self._of = ("", 0)
        """Whose flow that is: path and attempt."""
        self._said: Content | None = None
        """What was drawn last."""

    def on_mount(self) -> None:
        """Look at the log again and again."""
        self.set_interval(PERIOD, self._look)

    def show(self, node: NodeView | None, *, there: bool) -> None:
        """Show how the output stands.

        Args:
            node: Whose it is.
            there: Whether the output is what is shown.
        """
        self._node = node
        self.set_class(there, "-there")
        self._renew()

    @property
    def _grows(self) -> bool:
        """Whether it is the output of an attempt under way."""
        log, node = self._log, self._node
        return node is not None and node.status == "running" and log.attempt > 0 and log.attempt == log.newest and bool(log.path)

    def _look(self) -> None:
        if not self._grows or not (self._log.is_on_screen and self.screen.is_current):
            return
        if self._of != (self._log.path, self._log.attempt):
            self._of = (self._log.path, self._log.attempt)
            self._flow.forget()
        try:
            size = Path(self._log.path).stat().st_size
        except OSError:  # it was taken away; what is read next says so
            self._flow.forget()
        else:
            self._flow.look(monotonic(), size)
            if self._log.away:
                self._log.survey.known = max(self._log.survey.known, size)
                self._log.keep_counting()
        self._renew()

    def _renew(self) -> None:
        if self._said is None or not looks_same(self._line(), self._said):
            self.refresh()
        self._log.vertical_scrollbar.renew()

    def render(self) -> Content:
        """The line."""
        self._said = self._line()
        return self._said

    def _line(self) -> Content:
        width, node = self.size.width, self._node
        if width < 1 or node is None or self._log.attempt < 1 or node.child or node.is_around:
            return BLANK
        known = counted(self._log.survey, problem_number(self._log), running=self._grows)
        if known.cell_length > width:
            known = counted(self._log.survey, 0, running=self._grows)
        flow = flow_words(self._flow, self._icons) if self._grows and self._flow.is_known else ()
        right = next((words for words in flow if known.cell_length + words.cell_length + 3 <= width), BLANK)
        return spread(known, right, width)
