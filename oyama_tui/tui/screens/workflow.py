"""One workflow: its runs step by step, its steps, its text, what that was before, and how it does."""

from __future__ import annotations

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.messages import StartWanted
from oyama_tui.tui.render.workflow import figure_lines, revision_lines, source_lines, step_lines
from oyama_tui.tui.screens.finding import FindingScreen
from oyama_tui.tui.source_editing import edit_source
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.frame import TopLine
from oyama_tui.tui.widgets.layout import text_lines
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.widgets.run_matrix import RunMatrixPane
from oyama_tui.tui.widgets.workflow_header import WorkflowHeader
from oyama_tui.tui.wording import utc_now
from oyama_tui.tui.workflow_reading import WorkflowDetail, WorkflowReading

PANES: Final = {"Steps": "steps", "Text": "source", "Revisions": "revisions", "Figures": "figures"}
"""The panes beside the runs, by their titles."""


class WorkflowScreen(FindingScreen[WorkflowDetail]):
    """One workflow.

    Args:
        context: What all screens share.
        workflow_id: The workflow.
    """

    DEFAULT_CLASSES = "workflow-screen"
    PLACE = "workflows"
    BINDINGS = bindings(w.RunWorkflow, w.EditSource, every.PreviousTab, every.NextTab)

    def __init__(self, context: AppContext, workflow_id: str) -> None:
        super().__init__(context)
        self.workflow_id = workflow_id
        self._as_looked_at = WorkflowReading(context.studio, workflow_id)

    def compose_head(self) -> ComposeResult:
        """The line on top and the workflow's own."""
        yield TopLine(self.context)
        yield WorkflowHeader(self.context.icons)

    def compose_body(self) -> ComposeResult:
        """The panes."""
        self.runs = RunMatrixPane(self.context.icons, id="runs")
        with Stacked():
            yield DetailTabs([("Runs", self.runs), *((title, Pager(id=id, classes="left")) for title, id in PANES.items())], id="detail")
            yield FilterBar("words to find")

    @property
    def pane(self) -> str:
        """The id of the pane in sight."""
        return self.query_one(DetailTabs).pane.id or ""

    @property
    def text(self) -> Pager:
        """The text in sight; that of the steps where the runs are."""
        pane = self.query_one(DetailTabs).pane
        return pane if isinstance(pane, Pager) else self.query_one("#steps", Pager)

    async def read(self) -> WorkflowDetail:
        """What the pane in sight needs."""
        detail = await self._as_looked_at.read(self.pane)
        self.damaged = detail.matrix.damaged if detail.matrix is not None else ()
        return detail

    def paint(self, view: WorkflowDetail) -> None:
        """Show the head and the pane in sight."""
        self.query_one(WorkflowHeader).show(view.row, view.stats)
        if view.matrix is not None:
            self.runs.cells.show(view.matrix)
        self._paint_pane(view)

    def _paint_pane(self, view: WorkflowDetail) -> None:
        pane, icons = self.query_one(DetailTabs).pane, self.context.icons
        if not isinstance(pane, Pager):
            return
        if pane.id == "figures" and (figures := view.figures) is not None:
            pane.show(lambda width: figure_lines(figures, view.stats.recent_ms, width, icons))
        elif pane.id == "source" and (source := view.source) is not None:
            pane.show(lambda width: source_lines(source, width))
        elif pane.id == "revisions" and view.revisions:
            pane.show(lambda width: revision_lines(view.revisions, width, utc_now()))
        elif pane.id == "steps" and view.cannot_run:
            pane.show(lambda width: text_lines(view.cannot_run, width, "$text-error"))
        elif pane.id == "steps" and view.steps:
            pane.show(lambda width: step_lines(view.steps, view.usual, width, icons))
        self.show_place()

    def tick(self) -> None:
        """Something runs: signs move."""
        if self.view is not None and self.view.row.status == "running":
            self.query_one(WorkflowHeader).refresh()
            self.runs.cells.forget_drawn()

    def show_place(self) -> None:
        """Say beside the tabs which of the places was gone to."""
        place, places = self.text.found if self.pane != "runs" else (0, 0)
        self.query_one(DetailTabs).note(Content.styled(f"{place} of {places}" if place else "", "$text-muted"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Words are found in texts."""
        if action in ("find_text", "find_next", "find_previous"):
            return self.pane != "runs"
        if action in ("run_workflow", "edit_source"):
            return self.view is not None
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The id of the run under the cursor, else the workflow's."""
        here = self.runs.cells.under_cursor
        return here[1].id if self.pane == "runs" and here is not None else self.workflow_id

    def subject_command(self) -> tuple[str, ...]:
        """How to see the same from a shell."""
        return ("stats", self.workflow_id)

    @on(DetailTabs.Changed)
    def _turned(self) -> None:
        """Another pane needs something else."""
        self.reload()
        self.refresh_bindings()

    def action_run_workflow(self) -> None:
        """Fill in its form."""
        self.post_message(StartWanted(self.workflow_id))

    def action_edit_source(self) -> None:
        """Change its text."""
        if self.view is not None:
            edit_source(self, self.view.row)

    def action_turn_tab(self, step: int) -> None:
        """Another pane."""
        self.query_one(DetailTabs).turn(step)

    def action_leave(self) -> None:
        """Back to the workflows."""
        self.dismiss()

    def empty_words(self, view: WorkflowDetail) -> Content | None:
        """No run of it yet: what there is to do."""
        if view.matrix is None or view.matrix.runs or self.pane != "runs":
            return None
        return notices.empty(
            "It has not run yet. Here its runs stand beside each other, step by step.",
            "r run it   e its text   ] its steps",
            self.context.command("run", self.workflow_id),
        )
