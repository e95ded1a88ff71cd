"""The nodes of a run as a tree, as a graph, or along time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from oyama_tui.core.views import RunView, Span, UsualTimes
from oyama_tui.tui.render.timeline import Axis, Course, course, legend, timeline_row
from oyama_tui.tui.render.tree import TreeRow
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.row_list import let_time_pass
from oyama_tui.tui.widgets.run_graph import RunGraph
from oyama_tui.tui.widgets.run_tree import RunTree
from oyama_tui.tui.wording import utc_now

Shape = Literal["tree", "graph", "time"]
SHAPES: Final[tuple[Shape, ...]] = ("tree", "graph", "time")
LEAST_OF_HEAD, MOST_OF_HEAD = 22, 44
"""Cells of a step's name and time beside the times."""


LEAST_LINES = 3
"""Nodes that are shown along time at the least."""


class RunShapes(RunTree):
    """The nodes of a run; what is under the cursor is the same in every shape.

    Args:
        icons: How states are drawn.
        first: The node that the cursor is on at first; the first one when empty.
    """

    def __init__(self, icons: StatusIcons, first: str = "") -> None:
        super().__init__(icons)
        self._first = first
        self.shape: Shape = "tree"
        self.graph = RunGraph(icons, self.rows, utc_now)
        self._run: RunView | None = None
        self._spans: Sequence[Span] = ()
        self._drawn_for: tuple[Course, Axis, int] | None = None
        """What is drawn along time, in how many cells."""

    def compose(self) -> ComposeResult:
        """The shapes; one of them is in sight."""
        yield Static("", id="axis", markup=False)
        yield from super().compose()
        yield self.graph
        yield Static("", id="legend", markup=False)

    def turn(self) -> None:
        """Show the next shape."""
        had_focus = self.rows.has_focus or self.graph.has_focus
        self.shape = SHAPES[(SHAPES.index(self.shape) + 1) % len(SHAPES)]
        for shape in SHAPES:
            self.screen.set_class(shape == self.shape, f"-{shape}")
        self._fit()
        self.rows.forget_drawn()
        if had_focus:
            self.screen.set_focus(self.graph if self.shape == "graph" else self.rows)

    def show_run(self, run: RunView, spans: Sequence[Span], usual: UsualTimes) -> None:
        """Show a run.

        Args:
            run: Whole.
            spans: When its nodes worked and people were waited for; needed along time.
            usual: How long its nodes usually take.
        """
        before = self.rows.line_count
        self._run, self._spans, self.usual = run, spans, usual
        self.show(run.nodes)
        first, self._first = self._first, ""
        self.rows.select_key(first)
        if self.shape == "graph":
            self.graph.show(run.nodes, usual)
        elif self.shape == "time":
            self._draw_times()
            self.rows.forget_drawn()
            if self.rows.line_count != before:
                self._fit()

    def _fit(self) -> None:
        """Along time, take as many lines as there are nodes, and leave room for the panes below."""
        if self.shape == "time":
            self.rows.styles.height = max(min(self.rows.line_count, self.screen.size.height * 3 // 5 - 6), LEAST_LINES)
        else:
            self.rows.styles.clear_rule("height")

    def on_resize(self) -> None:
        """Fit the new size."""
        self._fit()

    def let_time_pass(self) -> None:
        """A second has passed."""
        if self.shape == "graph":
            self.graph.let_time_pass()
            return
        if self.shape == "time":
            self._draw_times()
        let_time_pass(self.rows)

    def _draw_times(self) -> None:
        """Find out where times stand, and write what stands above and below."""
        run, width = self._run, self.rows.room.width
        if run is None or width < LEAST_OF_HEAD:
            return
        row = run.row
        now = row.ended_at or max(utc_now(), row.started_at)
        shown = course(row.started_at, now, self._spans, self.usual, run.nodes, ended=row.ended)
        head = self._head(width)
        axis = Axis(shown, max(width - head - 2, 8))
        self._drawn_for = shown, axis, width
        self._say("#axis", Content(" " * (head + 1)) + axis.title())
        self._say("#legend", legend(shown, width))

    def _say(self, where: str, words: Content) -> None:
        line = self.query_one(where, Static)
        if not isinstance(line.content, Content) or not words.is_same(line.content):
            line.update(words, layout=False)

    def _head(self, width: int) -> int:
        return min(max(width // 3, LEAST_OF_HEAD), MOST_OF_HEAD)

    def paint_row(self, row: TreeRow, width: int) -> Content:
        """Draw a row, along time with its times."""
        if self.shape != "time":
            return super().paint_row(row, width)
        if self._drawn_for is None or self._drawn_for[2] != width:
            self._draw_times()
        if self._drawn_for is None:
            return BLANK
        shown, axis, _width = self._drawn_for
        return timeline_row(super().paint_row(row, self._head(width)), row, shown, axis, width)
