"""Making a workflow from a template, and opening a workflow's file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import WorkflowRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.path import PathDialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.work import work


class PathSuggester(Suggester):
    """Completes paths of folders and of workflow files."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first path that begins like this."""
        folder, _, start = value.rpartition("/")
        try:
            names = sorted(Path(folder or ".").expanduser().iterdir())
        except (OSError, RuntimeError):
            # There is no such folder, or no such home.
            return None
        for path in names:
            fits = path.is_dir() or path.suffix in (".yaml", ".yml")
            if start and fits and path.name.startswith(start):
                head = f"{folder}/" if "/" in value else ""
                return f"{head}{path.name}{'/' if path.is_dir() else ''}"
        return None


class FileDialog(PathDialog[WorkflowRow]):
    """Keep a file as a workflow."""

    YES, REPLACE, ASKED = "Open it", "Let this file replace it", "Type the path of a file."

    def heading(self) -> str:
        """What it does."""
        return "Open a workflow's file"

    def compose_fields(self) -> ComposeResult:
        """A path."""
        yield Static(Content.styled("It stays where it is; every run reads it again.", "$text-muted"), markup=False)
        yield Static(Content("path"), classes="label", markup=False)
        yield OneLine(id="path", compact=True, classes="control", placeholder="./release.yaml", suggester=PathSuggester())

    async def take(self, path: Path, *, replace: bool) -> WorkflowRow:
        """Keep the file."""
        return await self.context.studio.workflows.add(path, replace=replace)


class NewDialog(Dialog[WorkflowRow]):
    """Write a new file from a template and keep it."""

    ENTER_ANSWERS = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._templates = context.studio.workflows.templates()

    def heading(self) -> str:
        """What it does."""
        return "New workflow"

    def compose_fields(self) -> ComposeResult:
        """A template and a path."""
        yield Static(Content("template"), classes="label", markup=False)
        options = [(Content(name), name) for name in self._templates]
        yield Select(options, id="template", compact=True, classes="control", allow_blank=not options)
        yield Static(Content("path of the new file"), classes="label", markup=False)
        yield OneLine(id="path", compact=True, classes="control", placeholder="./my_workflow.yaml", suggester=PathSuggester())

    def compose_buttons(self) -> ComposeResult:
        """Write, or not."""
        yield DialogButton("Write the file", id="yes", classes="-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """The template."""
        return self.query_one("#template")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        text = self.query_one("#path", Input).value.strip()
        template = self.query_one("#template", Select).value
        if event.button.id == "no" or self.busy:
            self.action_close_dialog()
        elif not text or not isinstance(template, str):
            self.complain("Choose a template and type the path of the new file.")
        else:
            path = Path(text)
            work(self, partial(self._write, path if path.suffix else path.with_suffix(".yaml"), template), group="file", exclusive=True)

    async def _write(self, path: Path, template: str) -> None:
        self.busy = True
        try:
            row = await self.context.studio.workflows.create(path, template)
        except OyamaError as error:
            self.refuse(error)
            self.query_one("#path").focus()
        else:
            self.dismiss(row)
        finally:
            self.busy = False
