"""What people ask of the app as a whole: start, make, open, leave; part of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual import on

from oyama_tui.core.commands import ForkWish
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import RunRow, WorkflowRow
from oyama_tui.studio.moments import START
from oyama_tui.tui import messages
from oyama_tui.tui.commands.workflow_commands import RunWorkflow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.files import FileDialog, NewDialog
from oyama_tui.tui.dialogs.fork import ForkDialog
from oyama_tui.tui.dialogs.leaving import leaving_dialog
from oyama_tui.tui.dialogs.notice import ErrorDialog
from oyama_tui.tui.dialogs.start import StartDialog
from oyama_tui.tui.dialogs.undo import UndoDialog, read_plan
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.screenshots import FOLDER, keep_screenshot
from oyama_tui.tui.window import Window
from oyama_tui.tui.wording import count_of, line_of, utc_now
from oyama_tui.tui.work import work

DEMO = "demo"
"""The template of the demo, and its place in the data directory."""


class AppActions(Window):
    """The app's answers to what screens ask of it."""

    context: AppContext

    def show_error(self, error: OyamaError) -> None:
        """Show a failure: short ones as a toast, long ones in a dialog."""
        words = f"{safe_text(error.sentence)} {safe_text(error.hint)}".strip()
        if len(words) > 160 or "\n" in words:
            self.push_screen(ErrorDialog(self.context, error))
        else:
            self.notify(words, title=error.title, severity="error", timeout=8, markup=False)

    @on(messages.StartWanted)
    async def _start_wanted(self, message: messages.StartWanted) -> None:
        try:
            workflow = await self.context.studio.workflows.definition(message.workflow_id)
        except OyamaError as error:
            self.show_error(error)
        else:
            self.push_screen(StartDialog(self.context, workflow, message.inputs), self._started)

    @on(messages.ForkFrom)
    @on(messages.UndoTo)
    async def _plan_wanted(self, message: messages.ForkFrom | messages.UndoTo) -> None:
        try:
            if isinstance(message, messages.UndoTo):
                await ask_to_undo(self, message)
            else:
                await ask_to_fork(self, message, self._started)
        except OyamaError as error:
            self.show_error(error)

    def _started(self, row: RunRow | None) -> None:
        if row is not None:
            self.notify(f"{row.label} has started.", timeout=3, markup=False)
            self.post_message(messages.RunOpened(row.id))

    @on(messages.DemoWanted)
    async def _demo_wanted(self) -> None:
        studio = self.context.studio
        path = studio.settings.home / DEMO / f"{DEMO}.yaml"
        try:
            if not path.exists():
                await studio.workflows.create(path, DEMO)
            row = await studio.runs.start(str(path), {})
        except OyamaError as error:
            self.show_error(error)
        else:
            self.context.demo_run = row.id
            self.post_message(messages.RunOpened(row.id))

    @on(messages.NewWanted)
    @on(messages.FileWanted)
    def _definition_wanted(self, message: messages.NewWanted | messages.FileWanted) -> None:
        dialog = NewDialog if isinstance(message, messages.NewWanted) else FileDialog
        self.push_screen(dialog(self.context), self._kept)

    async def _kept(self, row: WorkflowRow | None) -> None:
        if row is not None:
            self.notify(line_of(f"{row.name or row.id} is kept. {RunWorkflow.key_said(self)} runs it."), timeout=4, markup=False)
            await self.show_workflow(row.id)

    async def show_workflow(self, workflow_id: str) -> None:
        """Go to a workflow's card."""
        await self.switch_mode("workflows")
        screen = self.screen
        if isinstance(screen, WorkflowsScreen):
            screen.select(workflow_id)

    async def keep_file(self, path: Path) -> None:
        """Keep a workflow's file and go to its card."""
        try:
            row = await self.context.studio.workflows.add(path)
        except OyamaError as error:
            self.show_error(error)
        else:
            await self._kept(row)

    async def action_quit_screens(self) -> None:
        """Leave; where runs go on without the screens, say so first."""
        try:
            system = await self.context.studio.system.view()
        except OyamaError:
            system = None
        if system is None or not system.going_on:
            self.exit(0)
            return

        def answered(leave: bool | None) -> None:
            if leave:
                self.exit(0)

        self.push_screen(leaving_dialog(self.context, system), answered)

    def action_save_screen(self) -> None:
        """Keep a picture of the screen as it is now."""
        picture, home = self.export_screenshot(), self.context.studio.settings.home

        async def keep() -> None:
            try:
                path = await asyncio.to_thread(keep_screenshot, home, picture, utc_now().astimezone())
            except OSError as error:
                words = f"The picture cannot be kept in {home / FOLDER}: {error.strerror}. Make room there, or let it be written."
                self.notify(line_of(words), severity="error", timeout=8, markup=False)
            else:
                self.copy_to_clipboard(str(path))
                self.notify(line_of(f"{path} is kept; its path is copied."), timeout=6, markup=False)

        work(self, keep, group="picture")

    def action_pause_all(self) -> None:
        """Start no new step of any run."""

        async def pause() -> None:
            try:
                paused = await self.context.studio.system.pause_all()
            except OyamaError as error:
                self.show_error(error)
            else:
                self.notify(f"{count_of(paused, 'run starts', 'runs start')} no new step until resumed.", timeout=4, markup=False)

        work(self, pause, group="command")


async def ask_to_fork(app: AppActions, message: messages.ForkFrom, answered: Callable[[RunRow | None], None]) -> None:
    """Show the plan of a fork.

    Args:
        app: On whose screens.
        message: From where.
        answered: Called with the new run, or with none.

    Raises:
        OyamaError: The run cannot be forked there.
    """
    studio = app.context.studio
    run = (await studio.runs.get(message.run_id)).row
    plan = await studio.forks.plan(run.id, ForkWish(), at=str(message.seq or ""))
    app.push_screen(ForkDialog(app.context, run, plan, await studio.forks.definition(run.id)), answered)


async def ask_to_undo(app: AppActions, message: messages.UndoTo) -> None:
    """Show the plan of taking a run back, and then the run.

    Args:
        app: On whose screens.
        message: To where.

    Raises:
        OyamaError: The run cannot be taken back to there now.
    """
    to = str(message.seq) if message.seq else START
    run, plan, before = await read_plan(app.context, message.run_id, to)

    def answered(row: RunRow | None) -> None:
        if row is not None:
            app.notify(f"{row.label} is taken back.", timeout=3, markup=False)
            app.post_message(messages.RunOpened(row.id))

    app.push_screen(UndoDialog(app.context, run, to, plan, before), answered)
