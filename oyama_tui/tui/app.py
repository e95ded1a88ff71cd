"""The screens as one application."""

from __future__ import annotations

import asyncio
import gc
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from textual import events, on
from textual.actions import SkipAction
from textual.screen import ModalScreen, Screen
from textual.signal import Signal
from textual.widgets import Input, TextArea

from oyama_tui.core.errors import OyamaError
from oyama_tui.resources import style_files
from oyama_tui.studio import Studio
from oyama_tui.tui import finder_entries, messages
from oyama_tui.tui.ahead import make_ahead
from oyama_tui.tui.app_actions import AppActions
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.finder import Entry, FinderDialog, Found
from oyama_tui.tui.going import Goal, go, leave_details
from oyama_tui.tui.input_queue import InputQueue
from oyama_tui.tui.news import News
from oyama_tui.tui.render.first_run import demo_files, farewell
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.framed import FramedScreen
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.home import HomeScreen
from oyama_tui.tui.screens.past_approvals import PastApprovalsScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.terminal import Announcer, Channels
from oyama_tui.tui.theme_choice import ThemeChoice
from oyama_tui.tui.work import work

FREE_KEYS = {"u": "u does nothing here. U undoes.", "x": "x does nothing here. X cancels."}
ALL = 100_000
"""Questions among which the next one is looked for."""
AHEAD: Final = ("home", "approvals", "runs", "workflows", "history", "past_approvals")
"""The places besides the first one, in the order in which they are likely to be gone to."""
GARBAGE: Final = (5_000, 10, 20)
"""After how many new objects, and looks at those, and looks at the older ones of them, Python looks for garbage: each look at everything
stops a screen with a long queue for 40 ms, and with the usual numbers a key in ten met one."""


def styled(app: OyamaApp, screen: Screen[None]) -> Screen[None]:
    """A new screen, whose widgets get the styles as they are now: there is no change of them that it has missed.

    Args:
        app: The app.
        screen: Has no widgets yet.
    """
    screen._css_update_count = app._css_update_count
    return screen


class OyamaApp(AppActions):
    """Workflows, runs, approvals and history over an opened studio.

    Args:
        studio: Opened, and closed, by the caller.
        demo: Start with the demo.
        workflow_path: A workflow's file to keep and to show at the start.
        ahead: Make the screens of all places while nobody types.
        begins: The place that opens; that of the workflows when it is empty.
    """

    CSS_PATH = style_files()
    ENABLE_COMMAND_PALETTE = False
    TITLE = "oyama"
    DEFAULT_MODE = "workflows"
    BINDINGS = bindings(
        c.ShowHome,
        c.ShowWorkflows,
        c.ShowRuns,
        c.ShowApprovals,
        c.ShowHistory,
        c.NextGate,
        c.ShowHelp,
        c.ShowPalette,
        c.QuitScreens,
        c.CopySelected,
        c.SaveScreen,
        c.SuspendProcess,
    )

    def __init__(
        self, studio: Studio, *, demo: bool = False, workflow_path: Path | None = None, ahead: bool = False, begins: str = ""
    ) -> None:
        super().__init__()
        self._current_mode = begins or self.DEFAULT_MODE
        self._screen_stacks = {self._current_mode: []}
        self.studio = studio
        self.canvas.ascii_only = studio.settings.ascii
        self.context = AppContext(studio, StatusIcons(studio.settings.ascii), Signal(self, "changed"), Signal(self, "whole"))
        self._demo, self._workflow_path, self._ahead = demo, workflow_path, ahead
        icon = self.context.icons.of("needs you").glyph
        self.announcer = Announcer(self, Channels.of(studio.settings), icon, self._shows_question_of)
        self.themes = ThemeChoice(self, studio.settings)
        self.news = News(self.context, self.announcer)
        self.input = InputQueue(self)
        self.context.typed_at = lambda: self.input.typed_at
        self.add_mode("home", lambda: styled(self, HomeScreen(self.context)))
        self.add_mode("workflows", lambda: styled(self, WorkflowsScreen(self.context)))
        self.add_mode("runs", lambda: styled(self, RunsScreen(self.context)))
        self.add_mode("approvals", lambda: styled(self, ApprovalsScreen(self.context)))
        self.add_mode("history", lambda: styled(self, HistoryScreen(self.context)))
        self.add_mode("past_approvals", lambda: styled(self, PastApprovalsScreen(self.context)))

    def on_load(self) -> None:
        """Let tasks start in turn, as in Python 3.11: started at once, fields would be mounted before their screen is on the stack."""
        asyncio.get_running_loop().set_task_factory(None)

    async def on_event(self, event: events.Event) -> None:
        """Handle what comes; input only when it is its turn."""
        if not self.input.holds(event):
            await super().on_event(event)

    async def on_mount(self) -> None:
        """Themes and keys as set; then follow the studio."""
        settings = self.studio.settings
        self.themes.begin()
        self.set_keymap(settings.keymap)
        work(self, self.news.follow_changes, group="feed")
        work(self, self.news.follow_totals, group="whole")
        if self._ahead:
            work(self, partial(make_ahead, self, AHEAD, lambda: self.input.is_idle), group="ahead")
        if self._workflow_path is not None:
            work(self, partial(self.keep_file, self._workflow_path), group="start")
        if self._demo:
            self.post_message(messages.DemoWanted())

    def repaint(self) -> None:
        """Paint everything, and say what waits in the title: others may have had the terminal."""
        super().repaint()
        self.announcer.repeat_title()

    def _shows_question_of(self, run_id: str) -> bool:
        """Whether a toast would say what is in sight, or would lie on a dialog's buttons."""
        if isinstance(self.screen, ModalScreen):
            return True
        return isinstance(self.screen, FramedScreen) and self.screen.questions_of in (run_id, "*")

    @on(messages.RunOpened)
    @on(messages.ApprovalOpened)
    @on(messages.WorkflowOpened)
    @on(messages.RunsCompared)
    async def _go(self, message: Goal) -> None:
        await go(self, message)

    async def action_show_place(self, mode: str) -> None:
        """Go to a place; from within it, back to its beginning."""
        if mode == self.current_mode:
            await leave_details(self)
        await self.switch_mode(mode)

    async def action_next_gate(self) -> None:
        """Go to the next question that waits for you."""
        try:
            rows = await self.studio.approvals.list(limit=ALL, mine=True)
        except OyamaError as error:
            self.show_error(error)
            return
        if not rows:
            self.notify("Nothing needs you.", timeout=3, markup=False)
            return
        ids = [row.id for row in rows]
        here = self.screen.subject_id() if isinstance(self.screen, ApprovalsScreen) else ""
        self.post_message(messages.ApprovalOpened(ids[(ids.index(here) + 1) % len(ids)] if here in ids else ids[0]))

    def action_show_help(self) -> None:
        """List every key that is valid now."""
        entries = finder_entries.help_entries(self.screen, self.run_action)
        self.push_screen(FinderDialog(self.context, entries, "Keys that are valid now"), partial(carry_out, self))

    async def action_show_palette(self) -> None:
        """Find anything by typing."""
        actions = [entry for entry in finder_entries.help_entries(self.screen, self.run_action) if entry.group == "here"]
        entries = [*actions, *finder_entries.place_entries(self.action_show_place)]
        seek = partial(finder_entries.run_entries, self.studio, self.context.icons, self.post_message)
        finder = FinderDialog(self.context, entries, "Find anything", seek, partial(finder_entries.look_at, self.themes.look_at))
        self.push_screen(finder, partial(carry_out, self))
        try:
            entries = await finder_entries.studio_entries(self.studio, self.context.icons, self.post_message)
            runs = await seek()
        except OyamaError as error:
            self.show_error(error)
            entries, runs = [], Found("runs", (), "")
        finder.call_later(finder.add, entries)
        finder.call_later(finder.take, runs, "")
        everywhere = [finder_entries.pause_entry(self.action_pause_all), finder_entries.picture_entry(self.action_save_screen)]
        await self.themes.read_again()
        themes = finder_entries.theme_entries(self.themes.entry_words(), self.themes.choose)
        finder.call_later(finder.add, [*everywhere, *themes])

    def action_hint(self, key: str) -> None:
        """Say what the upper case key does."""
        self.notify(FREE_KEYS[key], timeout=3, markup=False)

    def action_press(self, key: str) -> None:
        """Do what a key does, for the mouse."""
        self.simulate_key(key)

    def action_copy_selected(self) -> None:
        """Copy the selected text; without any, say how to quit."""
        field = self.focused
        if isinstance(field, Input | TextArea) and field.selected_text:
            raise SkipAction
        text = self.screen.get_selected_text()
        if text:
            self.copy_to_clipboard(text)
            self.notify("Copied.", timeout=2, markup=False)
        else:
            self.clear_notifications()
            quits = f"{c.QuitScreens.key_said(self)} quits."
            self.notify(f"esc closes this; then {quits}" if isinstance(self.screen, ModalScreen) else quits, timeout=3, markup=False)


def carry_out(app: OyamaApp, entry: Entry | None) -> None:
    """Do what somebody has chosen from a list.

    Args:
        app: Comes to it after what is under way.
        entry: What was chosen; none when the list was closed.
    """
    if entry is not None:
        app.call_later(entry.run)


async def run_screens(
    studio: Studio,
    *,
    demo: bool = False,
    workflow_path: Path | None = None,
    on_hang_up: Callable[[], None] | None = None,
    lend_keys: Callable[[bool], object] | None = None,
) -> int:
    """Show the screens until somebody leaves.

    Args:
        studio: Opened with `drive="background"`.
        demo: Start with the demo.
        workflow_path: A workflow's file to keep and to show at the start.
        on_hang_up: Called when the terminal is gone; the screens end then in any case.
        lend_keys: Called when the key that interrupts is another program's for a while, and when it is this one's again.

    Returns:
        The exit code.

    Raises:
        Exception: The mistake of ours that ended the screens.
    """
    gc.set_threshold(*GARBAGE)
    begins = "home" if workflow_path is None and await _has_runs(studio) else ""
    app = OyamaApp(studio, demo=demo, workflow_path=workflow_path, ahead=True, begins=begins)
    app.on_hang_up = on_hang_up or app.on_hang_up
    app.lend_keys = lend_keys or app.lend_keys
    code = await app.run_async() or 0
    if app.failure is not None:
        raise app.failure
    if app.context.demo_run:
        folder, needed = await demo_files(studio, app.context.demo_run)
        sys.stdout.write(farewell(studio.settings, shutil.get_terminal_size().columns, folder, needed))
    return code


async def _has_runs(studio: Studio) -> bool:
    """Whether there is anything to be told of at home; what cannot be read is told of on any screen."""
    try:
        return bool((await studio.runs.list(limit=1)).total)
    except OyamaError:
        return False
