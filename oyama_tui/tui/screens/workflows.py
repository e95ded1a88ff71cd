"""All workflows; without any, the beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen

from oyama_tui.core.text import folded
from oyama_tui.core.views import ENDED_PHASES, NEEDS_YOU, Lately, WorkflowRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.messages import DemoWanted, FileWanted, NewWanted, RunOpened, StartWanted
from oyama_tui.tui.render.first_run import welcome
from oyama_tui.tui.render.workflow_lines import WorkflowLine
from oyama_tui.tui.screens.filtered import FilteredScreen
from oyama_tui.tui.screens.keeping import delete_workflow
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.workflow_shapes import WorkflowShapes

ORDERS = ("newest activity first", "by name", "what needs you first")
SORTS: Final[tuple[Callable[[WorkflowLine], Any], ...]] = (
    lambda _line: 0,
    lambda line: folded(line.row.name or line.id),
    lambda line: line.row.word != NEEDS_YOU,
)
WorkflowLines = tuple[WorkflowLine, ...]


class WorkflowsScreen(FilteredScreen[WorkflowLines]):
    """A line or a card for each workflow."""

    DEFAULT_CLASSES = "workflows-screen"
    PLACE = "workflows"
    FILTER_HINT = "words that a workflow must have"
    BINDINGS = bindings(c.TryDemo, w.RunWorkflow, w.NewWorkflow, w.OpenFile, w.DeleteWorkflow, c.SortRows)
    _order = 0
    _wanted = ""

    def compose_body(self) -> ComposeResult:
        """The workflows."""
        self._lately: dict[str, tuple[WorkflowRow, Lately]] = {}
        """How each has done, and what it was like then."""
        yield WorkflowShapes(self.context.icons)

    @property
    def shapes(self) -> WorkflowShapes:
        """The workflows."""
        return self.query_one(WorkflowShapes)

    @property
    def selected(self) -> WorkflowRow | None:
        """The workflow under the cursor."""
        line = self.shapes.selected if self.view else None
        return line.row if line is not None else None

    async def read(self) -> WorkflowLines:
        """All of them; how those have done is read again that are different."""
        studio, known = self.context.studio, self._lately
        rows = await studio.workflows.list()
        self.damaged = rows.damaged
        stale = [row.id for row in rows if row.id not in known or known[row.id][0] != row or not _is_settled(known[row.id][1])]
        lately = await studio.times.lately(stale)
        self._lately = {row.id: (row, lately[row.id] if row.id in lately else known[row.id][1]) for row in rows}
        return tuple(WorkflowLine(row=row, lately=done) for row, done in self._lately.values())

    def empty_words(self, view: WorkflowLines) -> Content | None:
        """The beginning, or that no workflow has the words of the filter."""
        if not view:
            return welcome(self.size.width)
        bar = self.query_one(FilterBar)
        if any(_has(line.row, bar) for line in view):
            return None
        return notices.empty("No workflow has these words.", "/ other words   esc all workflows", self.context.command("list"))

    def paint(self, view: WorkflowLines) -> None:
        """Patch the lines and cards."""
        bar = self.query_one(FilterBar)
        fits = [line for line in view if _has(line.row, bar)]
        self.shapes.show(fits, (self._order, bar.value), SORTS[self._order])
        if self._wanted and self.shapes.select_key(self._wanted):
            self._wanted = ""

    def on_screen_suspend(self) -> None:
        """Whoever comes back from another place finds them in their order again."""
        if not isinstance(self.app.screen, ModalScreen):
            self.shapes.forget_order()
            self._lately = {}

    def tick(self) -> None:
        """Ages are greater."""
        self.shapes.let_time_pass()

    def select(self, workflow_id: str) -> None:
        """Go to a workflow as soon as it is here."""
        self._wanted = workflow_id
        self.reload()

    def on_resize(self) -> None:
        """Fit the words of the beginning."""
        if self.view is not None and not self.view:
            self.say_notice(self.empty_words(self.view))

    @on(WorkflowShapes.Moved)
    @on(WorkflowShapes.Chosen)
    def _turned_to(self, event: Message) -> None:
        """Other keys fit another workflow; look at the newest run of the one that is chosen."""
        row = self.selected
        if isinstance(event, WorkflowShapes.Moved):
            self.refresh_bindings()
        elif row is not None and row.newest_run:
            self.post_message(RunOpened(row.newest_run))
        elif row is not None:
            self.action_run_workflow()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo only at the beginning; a run only of something."""
        if action == "try_demo":
            return self.view is not None and not self.view
        if action in ("run_workflow", "delete_workflow"):
            return bool(self.view)
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The workflow's id."""
        return self.selected.id if self.selected is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to run it from a shell."""
        return ("run", self.selected.id) if self.selected is not None else ("list",)

    def action_try_demo(self) -> None:
        """Start the demo."""
        self.post_message(DemoWanted())

    def action_run_workflow(self) -> None:
        """Fill in its form."""
        if self.selected is not None:
            self.post_message(StartWanted(self.selected.id))

    def action_begin(self, what: str) -> None:
        """Make one, or keep a file."""
        self.post_message(NewWanted() if what == "new" else FileWanted())

    def action_delete_workflow(self) -> None:
        """Say what there is of it, then take it away."""
        if self.selected is not None:
            delete_workflow(self, self.selected)

    def action_sort_rows(self) -> None:
        """The next order."""
        self._order = (self._order + 1) % len(ORDERS)
        self.say(f"Sorted: {ORDERS[self._order]}.")
        self.filter_changed()


def _has(row: WorkflowRow, bar: FilterBar) -> bool:
    """Whether a workflow has the words of the filter."""
    return bar.matches(row.id, row.name, row.description, row.type, row.source, row.word)


def _is_settled(lately: Lately) -> bool:
    """Whether no run of it can go on: an older one may, without a change of the newest."""
    return all(run.status in ENDED_PHASES for run in lately.runs)
