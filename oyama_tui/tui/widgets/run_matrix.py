"""Runs of a workflow beside each other, with a cursor on one step of one run."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widgets import Static

from oyama_tui.core.views import RunMatrix, RunRow, StepOutcome, StepRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.messages import RunOpened, RunsCompared
from oyama_tui.tui.render.matrix import COLUMN, MatrixLayout, matrix_layout, matrix_line, matrix_titles, outcome_words
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.line_view import LineView, blank_line
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.wording import utc_now


class MatrixCells(LineView):
    """The cells: a line for each step, a column for each run.

    Args:
        icons: How states are drawn.
    """

    BINDINGS = bindings(c.MoveDown, c.MoveUp, w.ToLaterRun, w.ToEarlierRun, c.MoveTop, c.MoveBottom, c.PageDown, c.PageUp, c.Choose)
    COMPONENT_CLASSES = {"matrix--cursor", "matrix--cell"}

    @dataclass
    class Moved(Message):
        """Another cell is under the cursor, or other cells are there."""

    @dataclass
    class Chosen(Message):
        """Somebody wants to look into the cell under the cursor."""

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__(id="cells", classes="left")
        self._icons = icons
        self.matrix: RunMatrix | None = None
        self.step = self.run = 0
        """The places of the step and of the run under the cursor."""
        self._cursor = ("", "")
        """The step's key and the run's id: they stay when others come and go."""

    @property
    def layout_now(self) -> MatrixLayout | None:
        """The columns for the room at hand."""
        return matrix_layout(self.matrix, self.room.width, self.run) if self.matrix is not None and self.matrix.runs else None

    def show(self, matrix: RunMatrix) -> None:
        """Show runs; the cursor stays on its step and its run, and is on the newest run at first.

        Args:
            matrix: The runs.
        """
        key, run_id = self._cursor
        self.matrix = matrix
        runs, steps = [run.id for run in matrix.runs], [step.key for step in matrix.steps]
        self.run = runs.index(run_id) if run_id in runs else len(runs) - 1
        self.step = steps.index(key) if key in steps else min(self.step, max(len(steps) - 1, 0))
        self.virtual_size = Size(self.size.width, len(steps))
        self._moved()

    @property
    def under_cursor(self) -> tuple[StepRow, RunRow, StepOutcome | None] | None:
        """The step, the run, and what became of the one in the other; none where there is nothing."""
        matrix = self.matrix
        if matrix is None or not matrix.runs or not matrix.steps:
            return None
        step = matrix.steps[self.step]
        return step, matrix.runs[self.run], step.outcomes[self.run]

    @property
    def _picked(self) -> Style:
        """How the cell under the cursor looks; of the terminal's own colours only its text on its ground is known to be read."""
        changed_over = self.app.no_color or self.app.current_theme.ansi
        return Style(bold=True, reverse=True) if changed_over else self.get_visual_style("matrix--cell")

    def _move(self, steps: int = 0, runs: int = 0) -> None:
        if self.under_cursor is None or self.matrix is None:
            return
        self.step = min(max(self.step + steps, 0), len(self.matrix.steps) - 1)
        self.run = min(max(self.run + runs, 0), len(self.matrix.runs) - 1)
        self._moved()

    def _moved(self) -> None:
        if (here := self.under_cursor) is not None:
            self._cursor = here[0].key, here[1].id
            if not self.top <= self.step < self.top + self.room.height:
                self.scroll_to(y=max(self.step - self.room.height // 2, 0), animate=False, force=True)
        self.forget_drawn()
        self.post_message(self.Moved())

    def action_move_down(self) -> None:
        """To the next step."""
        self._move(1)

    def action_move_up(self) -> None:
        """To the step before."""
        self._move(-1)

    def action_to_later_run(self) -> None:
        """To the run after it."""
        self._move(runs=1)

    def action_to_earlier_run(self) -> None:
        """To the run before it."""
        self._move(runs=-1)

    def action_move_top(self) -> None:
        """To the first step."""
        self._move(-self.step)

    def action_move_bottom(self) -> None:
        """To the last step."""
        self._move(len(self.matrix.steps) if self.matrix is not None else 0)

    def action_page_down(self) -> None:
        """Half a page down."""
        self._move(max(self.room.height // 2, 1))

    def action_page_up(self) -> None:
        """Half a page up."""
        self._move(-max(self.room.height // 2, 1))

    def action_choose(self) -> None:
        """Look into the cell."""
        if self.under_cursor is not None:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Select with one click, look into it with two."""
        layout, line = self.layout_now, self.top + event.y - self.gutter.top
        if layout is None or self.matrix is None or not 0 <= line < len(self.matrix.steps):
            return
        column = (event.x - self.gutter.left - layout.name - 3) // COLUMN
        runs = layout.first + column - self.run if 0 <= column < layout.shown else 0
        self._move(line - self.step, runs)
        if event.chain > 1:
            self.action_choose()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the new size."""
        self._moved()

    def watch_has_focus(self, _focused: bool) -> None:
        """Show the cursor as active or not."""
        self.forget_drawn()

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        line, width, layout = self.top + y, self.size.width, self.layout_now
        if self.matrix is None or layout is None or line >= len(self.matrix.steps):
            return blank_line(self, width)
        key = (line, width)
        if (drawn := self._drawn.get(key)) is None:
            here = line == self.step
            picked = self._picked if here and self.has_focus else None
            text = matrix_line(self.matrix.steps[line], layout, self.run if here else -1, picked, self._icons, utc_now())
            base = self.component("matrix--cursor") if here else self.visual_style
            drawn = self._drawn[key] = self.strip_of(text, width, base, line)
        return drawn


class RunMatrixPane(Stacked):
    """The cells with their titles, and what is told of the one under the cursor.

    Args:
        icons: How states are drawn.
    """

    BINDINGS = bindings(w.MarkRun, w.CompareRuns)

    def __init__(self, icons: StatusIcons, *, id: str) -> None:
        super().__init__(id=id)
        self._icons = icons
        self.cells = MatrixCells(icons)
        self.marked = ""
        """The id of the run that is marked; empty when none is."""

    def compose(self) -> ComposeResult:
        """Titles, cells, words."""
        yield Static("", id="matrix-titles", markup=False)
        yield self.cells
        yield Static("", id="matrix-words", markup=False)

    def tell(self) -> None:
        """Say what is true of the runs and of the cell under the cursor."""
        matrix, layout, here = self.cells.matrix, self.cells.layout_now, self.cells.under_cursor
        if matrix is None or layout is None:
            return
        marked = next((at for at, run in enumerate(matrix.runs) if run.id == self.marked), None)
        self._say("#matrix-titles", Content("\n").join(matrix_titles(matrix, layout, self.cells.run, marked, self._icons)))
        words = outcome_words(*here, self.size.width - 2, utc_now(), self._icons) if here is not None else BLANK
        self._say("#matrix-words", Content(" ") + words)

    def _say(self, where: str, words: Content) -> None:
        line = self.query_one(where, Static)
        if not (isinstance(line.content, Content) and words.is_same(line.content)):
            line.update(words, layout=False)

    @on(MatrixCells.Moved)
    def _moved(self, event: MatrixCells.Moved) -> None:
        """Tell of another cell."""
        event.stop()
        self.tell()

    @on(MatrixCells.Chosen)
    def _chosen(self) -> None:
        """Look at that run, from that step on."""
        if (here := self.cells.under_cursor) is not None:
            _step, run, outcome = here
            self.post_message(RunOpened(run.id, node=outcome.node if outcome is not None else ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there are several runs."""
        matrix = self.cells.matrix
        return matrix is not None and len(matrix.runs) > 1 if action in ("mark_run", "compare_runs") else True

    def action_mark_run(self) -> None:
        """Mark the run under the cursor, or mark none."""
        if (here := self.cells.under_cursor) is not None:
            self.marked = "" if self.marked == here[1].id else here[1].id
            self.tell()

    def action_compare_runs(self) -> None:
        """Compare the run under the cursor with the one that is marked, else with the one before it."""
        if self.cells.matrix is None:
            return
        runs, place = self.cells.matrix.runs, self.cells.run
        marked = next((at for at, run in enumerate(runs) if run.id == self.marked and at != place), place - 1)
        if marked < 0:
            self.notify("There is no run before it here: space marks one, d on another compares both.", timeout=4, markup=False)
            return
        # The older one first, as on the screen.
        one, other = sorted((marked, place))
        self.post_message(RunsCompared(runs[one].id, runs[other].id))
