"""What is going on now, and what has just ended."""

from __future__ import annotations

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import RunOrder, RunRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.screens.marked_runs import cancel_marked, pause_marked
from oyama_tui.tui.screens.run_commands import RunCommands
from oyama_tui.tui.screens.sorted_rows import SortedScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import let_time_pass
from oyama_tui.tui.widgets.run_lines import RunLines

ENDED_SHOWN = 20
"""Runs that have ended and are still shown."""
PAGE = 200
"""Live runs that are read beyond those in sight."""
ORDERS: Mapping[RunOrder, str] = {"need": "what needs you first", "newest": "newest first", "workflow": "by workflow"}


class RunsView(Frozen):
    """What the screen shows."""

    live: tuple[RunRow, ...]
    """Those that have been read, of those that fit the filter."""
    unread: int
    """How many more live ones fit the filter."""
    hidden: int
    """How many live ones do not."""
    ended: tuple[RunRow, ...]
    """The newest."""
    ended_total: int


class RunsScreen(RunCommands[RunsView], SortedScreen[RunsView]):
    """Runs that are not over, those that need somebody first; below, those that ended lately."""

    DEFAULT_CLASSES = "runs-screen"
    PLACE = "runs"
    FILTER_HINT = "words that a run must have"
    BINDINGS = bindings(c.PinRun, c.DeleteRun, c.SortRows)
    ORDER_WORDS = tuple(ORDERS.values())

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.lines = RunLines(context, self._group)

    def compose_body(self) -> ComposeResult:
        """Titles and list."""
        yield self.lines

    @property
    def runs(self) -> Rows[RunRow]:
        """The list."""
        return self.lines.rows

    @property
    def subject(self) -> RunRow | None:
        """The selected run."""
        return self.runs.selected if self.is_mounted and not self.has_class("-notice") else None

    @property
    def slid_at(self) -> float:
        """When another run came under the cursor by itself."""
        return self.runs.slid_at

    async def read(self) -> RunsView:
        """Live runs as far as they are looked at, and the newest of the others."""
        runs, words = self.context.studio.runs, self.query_one(FilterBar).value
        live = await runs.list(live=True, words=words, order=tuple(ORDERS)[self._order], limit=self.runs.reach + PAGE)
        every = (await runs.list(live=True, limit=1)).total if words.strip() else live.total
        ended = await runs.list(live=False, limit=ENDED_SHOWN)
        self.damaged = live.damaged or ended.damaged
        if self.view is None or [row.id for row in self.view.ended] != [row.id for row in ended]:
            # What usually happens is different only when a run has ended.
            self.lines.usual = {}
        missing = {row.workflow_id for row in live if row.status == "running"} - self.lines.usual.keys()
        usual = {workflow: lately.usual_ms for workflow, lately in (await self.context.studio.times.lately(sorted(missing))).items()}
        self.lines.usual = {**self.lines.usual, **usual}
        return RunsView(live=live, unread=live.behind, hidden=max(every - live.total, 0), ended=ended, ended_total=ended.total)

    def empty_words(self, view: RunsView) -> Content | None:
        """No run yet."""
        if view.live or view.unread or view.hidden or view.ended:
            return None
        return notices.empty(
            "No run yet. A run is one execution of a workflow; while it is under way, it is here, with why it waits.",
            "1 workflows: r runs the selected one",
            self.context.command("run", "FILE"),
        )

    def paint(self, view: RunsView) -> None:
        """Patch the list."""
        bar = self.query_one(FilterBar)
        ended = [row for row in view.ended if bar.matches(*row.sought)]
        hidden = view.hidden + len(view.ended) - len(ended)
        self.lines.show(view.live, ended, unread=view.unread, hidden=hidden, words=bar.value)

    def filter_changed(self) -> None:
        """Other runs are looked at: what was marked among those before is marked no more."""
        if self.lines.marked:
            self.lines.mark(())
        super().filter_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is marked can be paused and cancelled, whatever is under the cursor."""
        return bool(self.lines.marked and action in ("pause_run", "cancel_run")) or super().check_action(action, parameters)

    def action_pause_run(self) -> None:
        """Pause what is marked, or the run under the cursor."""
        if self.lines.marked:
            pause_marked(self, [*self.lines.marked.values()])
        else:
            super().action_pause_run()

    def action_cancel_run(self) -> None:
        """Cancel what is marked, or the run under the cursor."""
        if self.lines.marked:
            cancel_marked(self, [*self.lines.marked.values()])
        else:
            super().action_cancel_run()

    def _group(self, row: RunRow) -> Content:
        """The heading that a run stands under; it says where those are that ended before."""
        if row.live:
            return Content.styled(" Now", "$text-muted")
        view = self.view
        older = view is not None and view.ended_total > len(view.ended)
        rest = f"  the newest {ENDED_SHOWN} of {view.ended_total:,}; 4 has all" if view is not None and older else ""
        return Content.assemble((" Ended lately", "$text-muted"), (rest, "$text-disabled"))

    @on(Rows.Lacking)
    def _lacking(self) -> None:
        self.reload()

    def tick(self) -> None:
        """Running times are longer."""
        let_time_pass(self.runs)

    @on(Rows.Moved)
    @on(RunLines.Marked)
    def _turned(self, event: Rows.Moved | RunLines.Marked) -> None:
        """Other runs are meant; the keys say how many."""
        many = len(self.lines.marked)
        words = {c.PauseRun: "pause/resume", c.CancelRun: "cancel"}
        self.key_words = {command.id(): f"{word} {many:,}" for command, word in words.items()} if many else {}
        if isinstance(event, RunLines.Marked) and event.error is not None:
            self.report(event.error)
        self.refresh_bindings()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        self.post_message(RunOpened(event.key))
