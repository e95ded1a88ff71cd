"""Past runs: any number of them, filtered; what became of one, and how its workflow does."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.core.errors import NotFound, OyamaError
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import HistoryFilter, HistoryRow
from oyama_tui.studio.history import History
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.messages import RunOpened, WorkflowOpened
from oyama_tui.tui.render.history import detail_lines
from oyama_tui.tui.render.lists import history_row, history_titles
from oyama_tui.tui.screens.paged import PagedScreen, PagedView
from oyama_tui.tui.screens.taking_up import can_take_up, take_up
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.paged_rows import PagedRows
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.wording import utc_now

DECISIONS = 20
"""So many of a run's questions, those that were asked last, stand with their answers in its detail."""
HINT = "status:failed  workflow:release  since:7d  words"


class HistoryScreen(PagedScreen[HistoryRow, HistoryFilter]):
    """Executions on the left, the selected one on the right."""

    DEFAULT_CLASSES = "history-screen"
    MODE = "history"
    NOUN = "run"
    FILTER_HINT = HINT
    BINDINGS = bindings(
        c.ShowPastApprovals, c.OpenPastRun, w.ShowMatrix, c.RunAgain, c.TakeUp, c.UndoRun, c.ForkRun, c.ExportRun, c.PinRun, c.DeleteRun
    )
    wanted = HistoryFilter()

    def compose_body(self) -> ComposeResult:
        """Titles, list, detail."""
        icons = self.context.icons
        with Stacked(), Beside():
            with Stacked(id="past"):
                yield ColumnTitles(history_titles)
                self.listed = PagedRows(
                    self.fetch, lambda row, width: history_row(row, width, utc_now(), icons), id="executions", classes="left"
                )
                yield self.listed
            yield Pager(id="detail", classes="right")

    @property
    def past(self) -> History:
        """The history of runs."""
        return self.context.studio.history

    def empty_words(self, view: PagedView) -> Content | None:
        """Nothing has been run, or nothing fits."""
        if view.total:
            return None
        if view.filtered:
            return notices.empty("No run fits the filter.", f"/ another filter: {HINT}   esc all runs", self.context.command("history"))
        return notices.empty(
            "No run yet. Every run that is started is kept here: its steps, how long they took, and who decided.",
            "1 workflows: r runs the selected one",
            self.context.command("history"),
        )

    async def look_at(self, row: HistoryRow) -> None:
        """Read what became of a run."""
        studio, icons = self.context.studio, self.context.icons
        pager = self.query_one(Pager)
        try:
            run, asked, stats = await asyncio.gather(
                studio.runs.get(row.id), studio.approvals.of_run(row.id, newest=DECISIONS), studio.history.stats(row.workflow_id)
            )
            decisions = Rows([await studio.approvals.get(approval.id) for approval in asked], total=asked.total)
        except NotFound:
            pager.show(lambda width: detail_lines(row, None, Rows(), None, width, icons))
        except OyamaError as error:
            words = notices.trouble(error).split()
            pager.show(lambda _width: words)
        else:
            pager.show(lambda width: detail_lines(row, run, decisions, stats, width, icons))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only with a run selected."""
        if action in ("open_past_run", "take_up"):
            row = self.listed.selected if self.view is not None else None
            return row is not None and (action != "take_up" or parameters[0] == "workflow" or can_take_up(parameters[0], row))
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The run's id."""
        row = self.listed.selected
        return row.id if row is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to look at it from a shell."""
        row = self.listed.selected
        return ("show", f"{row.workflow_id}#{row.number}") if row is not None else ("history",)

    def action_open_past_run(self) -> None:
        """Look at the run whole."""
        self.post_message(RunOpened(self.subject_id()))

    def action_take_up(self, how: str) -> None:
        """Look into its workflow; or run it once more, let it go on although it had ended, keep it, hand it on, or delete it."""
        row = self.listed.selected
        if row is not None and how == "workflow":
            self.post_message(WorkflowOpened(row.workflow_id))
        elif row is not None:
            take_up(self, row.id, how)
