"""Home: what needs somebody, what goes on, and how the last day was."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import ApprovalRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.home_reading import Going, HomeReading, HomeView, PastLine
from oyama_tui.tui.messages import ApprovalOpened, RunOpened
from oyama_tui.tui.render.home import asked_line, asked_title, going_line, none_there, past_line, past_title, silence_words
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.slots import hours_of_day
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.pane_title import PaneTitle
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import let_time_pass
from oyama_tui.tui.wording import utc_now
from oyama_tui.tui.work import work

PAGE = 40
"""Lines that are read beyond those in sight."""
TIMES = {False: "LAST 24 HOURS", True: "LAST 7 DAYS"}
"""What past runs are told of: the week, or not."""


class HomeScreen(StudioScreen[HomeView]):
    """Three lists: questions, live runs, and workflows in the last day.

    Args:
        context: What all screens share.
    """

    DEFAULT_CLASSES = "home-screen"
    PLACE = "home"
    BINDINGS = [
        replace(every.NextGate.binding(), show=True, action="app.next_gate"),
        *bindings(c.DayOrWeek),
        replace(every.NextPane.binding(), show=True),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.key_words = {every.NextGate.id(): "next gate", every.NextPane.id(): "pane"}
        self._week = self._painted_week = self._begun = False
        self.reading = HomeReading(context.studio)
        self._read_at = utc_now()
        icons, me = context.icons, context.studio.principal.name
        self.asked = Rows[ApprovalRow](
            lambda row: row.id,
            lambda row, width: asked_line(row, width, utc_now(), icons, put_off=row.is_snoozed(me, utc_now())),
            remark=silence_words,
            empty=lambda: none_there("Nothing needs you.", "3 approvals   4 history"),
            id="asked",
            classes="left",
        )
        self.going = Rows[Going](
            lambda going: going.row.id,
            lambda going, width: going_line(going, width, utc_now(), icons),
            empty=lambda: none_there("Nothing runs.", "1 workflows: r runs the selected one"),
            id="going",
        )
        self.past = Rows[PastLine](
            lambda line: line.workflow_id,
            lambda line, width: past_line(line, width, utc_now(), icons, week=self._shows_week),
            empty=lambda: none_there("No run was started in this time.", "w day, week   4 history: all that ever ran"),
            id="past",
        )

    def compose_body(self) -> ComposeResult:
        """Questions beside live runs, workflows below."""
        icons = self.context.icons
        with Stacked():
            with Beside(id="now"):
                with Stacked(id="need"):
                    yield PaneTitle(self.asked, asked_title)
                    yield self.asked
                with Stacked(id="live"):
                    yield PaneTitle(self.going, lambda title, _width: title)
                    yield self.going
            with Stacked(id="day"):
                yield PaneTitle(self.past, lambda title, width: past_title(title, width, utc_now(), icons, week=self._shows_week))
                yield self.past

    @property
    def _shows_week(self) -> bool:
        """Whether what is shown is of the last week."""
        return self.view is not None and self.view.week

    async def read(self) -> HomeView:
        """All three lists as far as they are looked at."""
        self._read_at = utc_now()
        reach = {"asked": self.asked.reach + PAGE, "past": self.past.reach + PAGE}
        view = await self.reading.read(self._read_at, week=self._week, **reach)
        self.damaged = self.reading.damaged
        return view

    def empty_words(self, view: HomeView) -> Content | None:
        """No run and no workflow."""
        if view.begun:
            return None
        return notices.empty(
            "Nothing here yet. This is where questions wait for you, above what runs and how the last day was.",
            "1 workflows: a demo, a new one, or a file",
            self.context.command("run", "FILE"),
        )

    def paint(self, view: HomeView) -> None:
        """Patch the lists."""
        self.asked.show_rows(view.asked, {len(view.asked): view.unasked})
        self.going.show_rows(view.going)
        if view.week != self._painted_week:
            # The same runs stand in other slots.
            self._painted_week = view.week
            self.past.forget_drawn()
        self.past.show_rows(view.past, {len(view.past): view.unpast})
        told = (
            ("NEED YOU", f"{len(view.asked) + view.unasked:,}"),
            ("NOW", f"{len(view.going):,}{'+' if view.more_going else ''}"),
            (TIMES[view.week], f"{len(view.past) + view.unpast:,}{'+' if view.cut_off else ''}"),
        )
        for title, (name, total) in zip(self.query(PaneTitle), told, strict=True):
            title.tell(name, total)
        if not self._begun and self.focused is self.asked:
            # The keys begin where there is something for them.
            lists: tuple[tuple[Widget, object], ...] = ((self.asked, view.asked), (self.going, view.going), (self.past, view.past))
            self.set_focus(next((rows for rows, there in lists if there), self.asked))
        self._begun = True

    def tick(self) -> None:
        """Deadlines are nearer; where another hour has begun, what is told of has too."""
        let_time_pass(self.asked)
        let_time_pass(self.going)
        let_time_pass(self.past)
        for title in self.query(PaneTitle):
            title.renew()
        if self.reading.behind or hours_of_day(utc_now(), 1)[-1] != hours_of_day(self._read_at, 1)[-1]:
            self.reload()

    def on_resize(self) -> None:
        """Say how much there is room for, and hand on the focus of a list that has none any more."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        for title in self.query(PaneTitle):
            title.renew()
        if self.view is not None and self.view.begun and (self.focused is None or not self.focused.is_on_screen):
            self.set_focus(self.asked)

    @on(Rows.Lacking)
    def _lacking(self) -> None:
        self.reload()

    @on(Rows.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        if event.rows is self.asked:
            self.post_message(ApprovalOpened(event.key))
        elif event.rows is self.going:
            self.post_message(RunOpened(event.key))
        elif (line := self.past.selected) is not None:
            work(self, partial(self._open_newest, line), group="command")

    async def _open_newest(self, line: PastLine) -> None:
        try:
            run = await self.context.studio.runs.resolve(f"{line.workflow_id}#{line.runs[-1].number}")
        except OyamaError as error:
            self.report(error)
        else:
            self.post_message(RunOpened(run))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The time only where past runs are shown."""
        if action == "day_or_week":
            return self.view is not None and self.view.begun and self.query_one("#day").display
        return super().check_action(action, parameters)

    def action_day_or_week(self) -> None:
        """Tell of the week, or of the day again."""
        self._week = not self._week
        self.reload()

    def subject_id(self) -> str:
        """The id of what is selected in the list with the focus."""
        return self.focused.cursor_key if isinstance(self.focused, Rows) else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to look at it from a shell."""
        if self.focused is self.going and self.going.selected is not None:
            return ("show", f"{self.going.selected.row.workflow_id}#{self.going.selected.row.number}")
        if self.focused is self.past and self.past.selected is not None:
            return ("history", f"workflow:{self.past.selected.workflow_id}")
        return ("approvals",)
