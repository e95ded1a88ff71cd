"""Past runs: any number of them, filtered; what became of one, and how its workflow does."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer

from oyama_tui.core.errors import InvalidInput, NotFound, OyamaError
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import HistoryFilter, HistoryPage, HistoryRow
from oyama_tui.resources import styles_path
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.render.history import detail_lines
from oyama_tui.tui.render.lists import history_row, history_titles
from oyama_tui.tui.screens.filtered import FilteredScreen
from oyama_tui.tui.screens.taking_up import can_take_up, take_up
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.paged_rows import PagedRows, Place
from oyama_tui.tui.widgets.pager import Pager, nothing
from oyama_tui.tui.wording import count_of, utc_now
from oyama_tui.tui.work import work

SETTLED = 0.08
"""Seconds that the cursor rests before the run under it is read."""
DECISIONS = 20
"""So many of a run's questions, those that were asked last, stand with their answers in its detail."""
HINT = "status:failed  workflow:release  since:7d  words"


class HistoryView(Frozen):
    """What the screen shows besides the rows."""

    wanted: HistoryFilter
    total: int


class HistoryScreen(FilteredScreen[HistoryView]):
    """Executions on the left, the selected one on the right."""

    CSS_PATH = styles_path() / "screens" / "history.tcss"
    DEFAULT_CLASSES = "history-screen"
    PLACE = "history"
    FILTER_HINT = HINT
    BINDINGS = bindings(c.OpenPastRun, c.RunAgain, c.TakeUp, c.UndoRun, c.ForkRun, c.ExportRun, c.PinRun, c.DeleteRun)
    _wanted = HistoryFilter()
    _begun = False
    _typed_whole = False
    _settling: Timer | None = None
    _looked_at: HistoryRow | None = None

    def compose_body(self) -> ComposeResult:
        """Titles, list, detail."""
        icons = self.context.icons
        with Vertical(), Horizontal():
            with Vertical(id="past"):
                yield ColumnTitles(history_titles)
                yield PagedRows(self._fetch, lambda row, width: history_row(row, width, utc_now(), icons), id="executions", classes="left")
            yield Pager(id="detail", classes="right")

    async def _fetch(self, place: Place, limit: int) -> HistoryPage:
        page = await self.context.studio.history.page(
            self._wanted, before=place.before, after=place.after, offset=place.offset, limit=limit
        )
        self.damaged = page.damaged
        return page

    @property
    def executions(self) -> PagedRows:
        """The list."""
        return self.query_one(PagedRows)

    async def read(self) -> HistoryView:
        """Begin anew for another filter, else look at the window again."""
        wanted = self._wanted
        if self._begun:
            await self.executions.renew()
        else:
            await self.executions.begin()
            self._begun = True
        return HistoryView(wanted=wanted, total=self.executions.line_count)

    def empty_words(self, view: HistoryView) -> Content | None:
        """Nothing has been run, or nothing fits."""
        if view.total:
            return None
        if view.wanted != HistoryFilter():
            return notices.empty("No run fits the filter.", f"/ another filter: {HINT}   esc all runs", self.context.command("history"))
        return notices.empty(
            "No run yet. Every run that is started is kept here: its steps, how long they took, and who decided.",
            "1 workflows: r runs the selected one",
            self.context.command("history"),
        )

    def paint(self, view: HistoryView) -> None:
        """Say how many there are."""
        self.query_one(ColumnTitles).note(Content.styled(count_of(view.total, "run"), "$text-disabled"))
        if self.executions.selected != self._looked_at:
            self._look_at_selected()

    def tick(self) -> None:
        """Ages are greater, and a run that is not over has gone on."""
        self.executions.forget_drawn()
        row = self.executions.selected
        if row is not None and row.ended_at is None:
            self._look_at_selected()

    def filter_changed(self) -> None:
        """Read the words as a filter; one that is still being typed is neither wrong nor wanted yet."""
        text, history = self.query_one(FilterBar).value, self.context.studio.history
        try:
            wanted = history.parse(text)
        except InvalidInput as error:
            waits = not self._typed_whole and history.may_become_filter(text)
            self.say_misfit("" if waits else f"{error.sentence} {error.hint}")
            return
        self.say_misfit("")
        if wanted == self._wanted and self._begun:
            return
        self._wanted, self._begun = wanted, False
        self.reload()

    def filter_left(self) -> None:
        """No more is typed: what is wrong now is wrong."""
        self._typed_whole = True
        self.filter_changed()
        self._typed_whole = False

    @on(PagedRows.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, self._look_at_selected)

    def _look_at_selected(self) -> None:
        row = self._looked_at = self.executions.selected
        if row is None:
            self.query_one(Pager).show(nothing)
        else:
            work(self, partial(self._read_past, row), group="past", exclusive=True)

    @on(PagedRows.Troubled)
    def _troubled(self, event: PagedRows.Troubled) -> None:
        self.report(event.error)

    async def _read_past(self, row: HistoryRow) -> None:
        studio, icons = self.context.studio, self.context.icons
        pager = self.query_one(Pager)
        try:
            run = await studio.runs.get(row.id)
            asked = await studio.approvals.of_run(row.id, newest=DECISIONS)
            decisions = Rows([await studio.approvals.get(approval.id) for approval in asked], total=asked.total)
            stats = await studio.history.stats(row.workflow_id)
        except NotFound:
            pager.show(lambda width: detail_lines(row, None, Rows(), None, width, icons))
        except OyamaError as error:
            words = notices.trouble(error).split()
            pager.show(lambda _width: words)
        else:
            pager.show(lambda width: detail_lines(row, run, decisions, stats, width, icons))

    @on(PagedRows.Chosen)
    def _chosen(self) -> None:
        self.go_in()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only with a run selected."""
        if action in ("open_past_run", "take_up"):
            row = self.executions.selected if self.view is not None else None
            return row is not None and (action != "take_up" or can_take_up(parameters[0], row))
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The run's id."""
        row = self.executions.selected
        return row.id if row is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to look at it from a shell."""
        row = self.executions.selected
        return ("show", f"{row.workflow_id}#{row.number}") if row is not None else ("history",)

    def action_open_past_run(self) -> None:
        """Look at the run whole."""
        self.post_message(RunOpened(self.subject_id()))

    def action_take_up(self, how: str) -> None:
        """Start a new run with the same inputs, let this one go on although it had ended, keep it, hand it on, or delete it."""
        row = self.executions.selected
        if row is not None:
            take_up(self, row.id, how)
