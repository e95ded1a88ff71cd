"""The output of a step on the screen of its run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import accumulate

from textual.content import Content
from textual.scrollbar import ScrollBar

from oyama_tui.core.views import LogChunk
from oyama_tui.studio import Studio
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import output_commands as o
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.log_map import LogSight, MapCell, any_between, line_at, log_map
from oyama_tui.tui.outside import editor, pager
from oyama_tui.tui.status_icons import LogSigns
from oyama_tui.tui.widgets.lent_output import LentOutput
from oyama_tui.tui.widgets.log_finder import LogFinder
from oyama_tui.tui.widgets.log_reader import Target
from oyama_tui.tui.widgets.log_strip import LogStrip
from oyama_tui.tui.work import work


def strip_of(pane: OutputPane) -> ScrollBar:
    """The whole log beside what is in sight, in place of a scrollbar; made when it is asked for first.

    Args:
        pane: The output.
    """
    if pane._vertical_scrollbar is None:
        pane._vertical_scrollbar = LogStrip(pane.signs, partial(cells_of, pane), partial(point_at, pane))
        pane._vertical_scrollbar.display = False
        pane.app._start_widget(pane, pane._vertical_scrollbar)
    return pane._vertical_scrollbar


def sight_of(pane: OutputPane) -> LogSight:
    """What of the whole log is in sight; as far as is known, where it is still being counted.

    Args:
        pane: The output.
    """
    begins = list(accumulate(pane._heights, initial=0))
    here = bisect_right(begins, pane.top) - 1
    last = max(bisect_right(begins, min(pane.top + max(pane.room.height, 1), len(pane.lines)) - 1) - 1, here)
    survey, lines = pane.survey, len(pane.texts)
    if pane.has_all:
        return LogSight(here, last, lines)
    known = survey.problems.lines
    if 0 < survey.index.read < survey.known:
        known = known * survey.known // survey.index.read
    total = max(known, lines)
    first = pane.first_line if pane.away else total - lines
    return LogSight(first + here, first + last, max(total, first + lines))


def cells_of(pane: OutputPane, height: int) -> Sequence[MapCell]:
    """The whole log on so many cells; none while all of it is in sight.

    Args:
        pane: The output.
        height: Cells.
    """
    sight = sight_of(pane)
    if sight.is_whole or not pane.texts:
        return ()
    if pane.search is not None:
        found = partial(any_between, pane.search.found)
    else:
        first = pane.first_line if pane.away else sight.lines - len(pane.texts)
        found = partial(_found_between, pane.places.lines, list(accumulate(pane._heights, initial=0)), first)
    return log_map(height, sight, pane.survey.problems, found)


def _found_between(rows: Sequence[int], begins: Sequence[int], first: int, begin: int, end: int) -> bool:
    """Whether one of some lines on the screen belongs to a line of the log from one on and before another.

    Args:
        rows: Their numbers, in order.
        begins: Where on the screen the lines of the log begin that are in memory; and where they end.
        first: The number of the first of these.
        begin: The first that counts.
        end: The first that counts no more.
    """
    here, there = (begins[min(max(line - first, 0), len(begins) - 1)] for line in (begin, end))
    return any_between(rows, here, there)


def point_at(pane: OutputPane, cell: int) -> None:
    """Go where somebody points.

    Args:
        pane: The output.
        cell: Which cell of the strip.
    """
    pane.go_to_line(line_at(cell, max(pane.vertical_scrollbar.size.height, 1), sight_of(pane).lines), marks=False)


async def next_problem(pane: OutputPane, step: int) -> bool:
    """Go to the next line (1) with an error or a warning, or to the one before (-1), round the ends; false when there is none.

    Args:
        pane: The output.
        step: 1 or -1.

    Raises:
        OyamaError: The log cannot be read.
    """
    await pane.count()
    sight = sight_of(pane)
    here = sight.first - 1 if step > 0 else sight.last + 1
    if pane._place >= 0:
        place = sight.first + pane.text_at(pane._place) - pane.text_at(pane.top)
        here = place if sight.first <= place <= sight.last else here
    line = pane.survey.problems.next_line(here, step)
    if line >= 0:
        pane.go_to_line(line, marks=True)
    return line >= 0


def problem_number(pane: OutputPane) -> int:
    """Which of the lines with problems was gone to last, from 1 on; 0 for none.

    Args:
        pane: The output.
    """
    if pane._place < 0 or not pane.texts:
        return 0
    sight = sight_of(pane)
    return pane.survey.problems.number(sight.first + pane.text_at(pane._place) - pane.text_at(pane.top))


class OutputPane(LogFinder):
    """The output of a step: also an earlier attempt's, with its problems, and in other programs.

    Args:
        studio: Where output is read from.
        signs: How the whole of it is drawn beside it.
    """

    BINDINGS = bindings(o.NextProblem, o.PreviousProblem, o.EarlierAttempt, c.OpenLog, c.EditLog)
    vertical_scrollbar = property(strip_of)

    def __init__(self, studio: Studio, signs: LogSigns, *, id: str) -> None:
        super().__init__(studio, id=id)
        self.signs = signs
        self.newest = 0
        """The newest attempt; 0 when there is none."""
        self._earlier = 0
        """The earlier attempt that somebody reads; 0 for the newest one."""
        self._lent = LentOutput(self)

    def show_node(self, run: str, node: str, attempt: int) -> None:
        """Show a node's output: of its newest attempt, unless somebody reads an earlier one of it.

        Args:
            run: The run's id.
            node: The node's key; empty for none.
            attempt: The newest attempt; 0 when it has not started.
        """
        if (run, node) != (self._run, self._node) or self._earlier >= attempt:
            self._earlier = 0
        self.newest = attempt
        super().show_node(run, node, self._earlier or attempt)

    def turn_to_earlier(self) -> bool:
        """Show the attempt before, after the first one the newest; false when there is only one."""
        if self.newest < 2:
            return False
        self._earlier = (self._earlier or self.newest) - 1
        self.show_node(self._run, self._node, self.newest)
        return True

    def action_open_log(self) -> None:
        """Read it in a pager."""
        self._lent.open_in(pager)

    def action_edit_log(self) -> None:
        """Open a copy in an editor."""
        self._lent.open_in(editor)

    @property
    def first_line(self) -> int:
        """The number of the first line that is in memory, from 0 on, where the end is not shown."""
        return self._first

    def _take(self, chunk: LogChunk) -> None:
        before = self._offset
        super()._take(chunk)
        begun = self.survey.begun
        self.survey.give(chunk.text, chunk.skipped if before is None else max(before, chunk.skipped), chunk.offset)
        if self.survey.lags:
            # What has come is shown first.
            self.call_after_refresh(self.keep_counting)
        elif not begun:
            # That there is nothing is known now.
            self.post_message(self.ReadFurther(self))

    def keep_counting(self) -> None:
        """Take in what is known to be in the log."""
        if self.survey.lags:
            work(self, partial(self.survey.catch_up, self.log_from, partial(self.post_message, self.ReadFurther(self))), group="survey")

    def line_at(self, index: int) -> Content:
        """One line; the one with the problem gone to stands out."""
        line = super().line_at(index)
        return line.stylize("bold underline") if index == self._place and index not in self.places.marks else line

    def go_to_line(self, line: int, *, marks: bool) -> None:
        """Go to a line of the log, and follow it no more.

        Args:
            line: Its number, from 0 on.
            marks: It stands out.
        """
        above = self.room.height // 3
        first = self._first if self.away and self._window[1] else 0 if self.has_all else -1
        self.follow = False
        if first < 0 or not first <= line < first + len(self.texts):
            self.go(Target(line=line, rows=-above, marks=marks))
            return
        row = self.line_of(line - first)
        if marks:
            self._place = row
        self.forget_drawn()
        # On the way somewhere, moving is not reading on or following.
        self._target = Target()
        self.scroll_to(y=max(row - above, 0), animate=False, force=True, immediate=True)
        self._target = None
        self.post_message(self.ReadFurther(self))
