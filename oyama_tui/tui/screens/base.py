"""A screen over one frozen view, which is read again when something changes."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.content import Content
from textual.reactive import reactive

from oyama_tui.core.errors import DatabaseProblem, OyamaError
from oyama_tui.core.views import Change, SystemView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.screens.framed import FramedScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.frame import Banner
from oyama_tui.tui.work import is_going, work

ViewT = TypeVar("ViewT")
SLOW = 0.2
"""Seconds after which reading is worth a word."""


class StudioScreen(FramedScreen, Generic[ViewT]):
    """A screen that shows one view of the studio; only `paint` changes what is shown.

    Args:
        context: What all screens share.
    """

    view: reactive[ViewT | None] = reactive(None, init=False, always_update=True, repaint=False)
    problem: reactive[OyamaError | None] = reactive(None, init=False, repaint=False)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._reading = False
        self._read_again = False
        self.damaged: tuple[str, ...] = ()
        """A sentence about each row that is damaged and so not shown; the last reading sets it."""

    async def read(self) -> ViewT:
        """Ask the studio for the view."""
        raise NotImplementedError

    def concerns(self, change: Change) -> bool:
        """Whether a change can be seen here."""
        return bool(change.runs or change.workflows)

    def empty_words(self, view: ViewT) -> Content | None:
        """What to say instead of an empty list; none when there is something to show."""
        return None

    def paint(self, view: ViewT) -> None:
        """Show the view: patch what is different."""

    def tick(self) -> None:
        """A second has passed: times that run are different now."""

    def on_mount(self) -> None:
        """Follow the news."""
        self.context.changed.subscribe(self, self._on_change)
        self.context.whole.subscribe(self, self._on_whole)
        self.set_interval(1.0, self._on_second)

    def _on_change(self, change: Change) -> None:
        if not self.is_current:
            return
        self._show_banner()
        if not change.lost and (self.concerns(change) or self.problem is not None):
            self.reload()

    def _on_whole(self, _system: SystemView) -> None:
        if self.is_current:
            self._show_banner()
            self.refresh_bindings()

    def _on_second(self) -> None:
        if self.is_current and self.view is not None:
            self.tick()

    def on_screen_resume(self) -> None:
        """Come into sight; a screen that is made ahead hears this too, when nobody has gone to its place yet."""
        if self in self.app.screen_stack:
            self._show_banner()
            self.reload()

    def reload(self) -> None:
        """Read the view again; while it is being read, once more afterwards."""
        if self._reading:
            self._read_again = True
            return
        self._reading = True
        if self.view is None:
            self.set_timer(SLOW, self._say_loading)
        work(self, self._read, group="view")

    async def _read(self) -> None:
        try:
            again = True
            while again:
                self._read_again = False
                try:
                    view = await self.read()
                except OyamaError as error:
                    self.problem = error
                else:
                    if self.gone:
                        return
                    self.view = view
                    self.problem = DatabaseProblem(self.damaged[0], f"Run `{self.context.command('verify')}`.") if self.damaged else None
                again = self._read_again
        finally:
            self._reading = False

    @property
    def gone(self) -> bool:
        """Whether the screen is being taken away: its widgets may be gone already."""
        return is_going(self)

    def _say_loading(self) -> None:
        if self._reading and self.view is None and not self.gone:
            self.say_notice(notices.LOADING)

    def _show_banner(self) -> None:
        words = self.context.lost or self.context.standstill
        if not words and self.problem is not None and self.view is not None:
            words = f"{self.problem.title}: {self.problem.sentence} {self.problem.hint}".strip()
        self.query_one(Banner).say(words)

    def watch_view(self, view: ViewT | None) -> None:
        """Paint."""
        if view is None:
            return
        self.say_notice(self.empty_words(view))
        self.paint(view)
        self.refresh_bindings()

    def watch_problem(self, problem: OyamaError | None) -> None:
        """Say what failed."""
        if problem is not None and self.view is None:
            self.say_notice(notices.trouble(problem))
        self._show_banner()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a command is possible now."""
        if action == "try_again":
            return self.problem is not None or bool(self.context.lost or self.context.standstill)
        return True

    def action_try_again(self) -> None:
        """Read again, and try again to start an engine that could not be started."""
        self.context.studio.system.drive_again()
        self.reload()
