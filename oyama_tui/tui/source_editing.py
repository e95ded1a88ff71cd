"""Changing the text of a workflow in an editor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from textual.screen import Screen

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import WorkflowRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.notice import ErrorDialog
from oyama_tui.tui.outside import NoProgram, editor, run_outside
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.window import Window
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

DRAFTS: Final = "drafts"
"""The folder in the data directory with texts that could not be kept."""


def edit_source(screen: Screen[Any], row: WorkflowRow) -> None:
    """Let somebody change the text of a workflow, then check and keep it.

    Args:
        screen: Where they are: one that reads again what it shows.
        row: The workflow as they see it.
    """
    assert isinstance(screen, StudioScreen)
    try:
        words = editor(os.environ)
    except NoProgram as error:
        screen.say(line_of(str(error)))
        return
    edit = _edit_file if row.source else _edit_stored
    work(screen, partial(_edited, screen, partial(edit, screen, row, words)), group="outside")


async def _edited(screen: StudioScreen[Any], edit: Callable[[], Any]) -> None:
    try:
        screen.say(await edit())
    except OyamaError as error:
        screen.app.push_screen(ErrorDialog(screen.context, error))
    except OSError as error:
        screen.say(line_of(f"The text cannot be written: {error.strerror}."))
    screen.reload()


async def _edit_file(screen: StudioScreen[Any], row: WorkflowRow, words: list[str]) -> str:
    """Change the file itself, as its author does."""
    if row.missing:
        return line_of(f"There is no file {row.source} any more.")
    if wrong := await _run(screen, words, Path(row.source)):
        return wrong
    kept = await screen.context.studio.workflows.add(Path(row.source))
    if kept.id != row.id:
        return line_of(f"The file says id: {kept.id} now: that is another workflow, and is kept as such.")
    return "Nothing was changed." if kept.revision == row.revision else line_of(f"{kept.name or kept.id} is kept as it is now.")


async def _edit_stored(screen: StudioScreen[Any], row: WorkflowRow, words: list[str]) -> str:
    """Change a copy; what cannot be kept stays as a draft, with which the next try begins."""
    context = screen.context
    # Of another revision: who begins with an old draft would take back what others have changed since.
    draft = context.studio.settings.home / DRAFTS / f"{row.id}-{row.revision}.yaml"
    text = (await context.studio.revisions.source(row.id)).text
    await asyncio.to_thread(_begin, draft, text)
    if wrong := await _run(screen, words, draft):
        return wrong
    return await _keep(context, row, draft, text)


async def _keep(context: AppContext, row: WorkflowRow, draft: Path, before: str) -> str:
    text = await asyncio.to_thread(draft.read_text, "utf-8", "replace")
    if text != before:
        await context.studio.workflows.store(text, file=str(draft), expected=row.revision, wanted=row.id)
    await asyncio.to_thread(draft.unlink)
    return "Nothing was changed." if text == before else line_of(f"{row.name or row.id} is kept as it is now.")


async def _run(screen: StudioScreen[Any], words: list[str], path: Path) -> str:
    app = screen.app
    assert isinstance(app, Window)
    return await run_outside(app, [*words, str(path)], os.environ)


def _begin(draft: Path, text: str) -> None:
    """Make a file that only its owner can read, unless there is a draft."""
    draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
