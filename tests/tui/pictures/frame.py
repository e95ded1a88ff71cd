"""Where pictures are made: the same database, the same moment, the same time zone, whoever looks and whenever."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

import pytest
from textual import events
from textual.screen import ModalScreen

from oyama_tui.core.views import AlikeGroup, ApprovalRow
from oyama_tui.settings import known_variables
from oyama_tui.tui import wording
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflow import WorkflowScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from tests.realistic import Making, living, looking
from tests.tui.scene import PATIENCE, PatientPilot, WatchedApp, in_sight_is_read, looked_at, shown, until
from tests.tui.typist import quickly

PRESENT: Final = 1_795_788_312_000
"""The moment of all pictures: Friday, 2026-11-27 14:05:12 UTC."""
SHOWN_FOLDER: Final = "/home/ana/workplace"
"""What stands in pictures for the folder of the database, which has as many letters, so that nothing moves."""
DIGEST: Final = re.compile(r"(?<![\w/.])[0-9a-f]{12}(?!\w)")
SHOWN_DIGEST: Final = "9c417e023b7d"
"""What stands for each digest: those of questions and events are taken over the folder too."""
LOOK: Final = 0.03
"""Seconds between two looks at a screen that shall be the same."""


class Standing(datetime):
    """A clock of the screens that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(PRESENT / 1000, tz)


@contextmanager
def gallery() -> Iterator[Path]:
    """The database, alive for as long as the block lasts, in a folder whose name has always as many letters; time stands still."""
    folder = Path(tempfile.mkdtemp(prefix="oyama-", dir="/tmp")).resolve()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wording, "datetime", Standing)
            quickly(patch)
            # Whatever whoever takes them has set for the own screens.
            for name in known_variables():
                patch.delenv(name, raising=False)
            patch.setenv("OYAMA_CONFIG", os.devnull)
            patch.setenv("TZ", "UTC")
            time.tzset()
            with living(Making(folder, PRESENT)):
                yield folder
    finally:
        time.tzset()
        shutil.rmtree(folder)


class Photographer:
    """Types, and takes pictures.

    Args:
        app: The screens.
        pilot: Types.
        folder: Of the database.
    """

    def __init__(self, app: WatchedApp, pilot: PatientPilot, folder: Path) -> None:
        self.pictures: dict[str, str] = {}
        self.columns = app.size.width
        """Of the terminal."""
        self._app = app
        self._pilot = pilot
        self._folder = str(folder)

    async def press(self, *keys: str) -> None:
        """Type keys, one after another."""
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Enter text at once, which is quicker than letter by letter."""
        self._app.post_message(events.Paste(text))
        await self._pilot.pause()

    async def filter(self, words: str) -> None:
        """Let a list show only what has these words."""
        await self.press("/")
        await self.type(words)
        await self.press("enter")

    async def question(self, words: str) -> None:
        """Go down the queue from its first question to the first one that has these words."""
        queue, before = self._app.screen.query_one(Queue), ""
        if not queue.has_focus:
            await self.press("escape")
        await self.press("g")
        while words not in _said(queue.selected):
            if queue.cursor_key == before:
                raise AssertionError(f"no question has {words!r}\n{shown(self._app)}")
            before = queue.cursor_key
            await self.press("j")
            # Whatever it has passed counts as looked at, always.
            await self._read()

    async def find(self, name: str) -> None:
        """Open the screen of a run that is over, by the palette.

        Args:
            name: Such as `release #4`.
        """
        await self.press(":")
        await self.armed()
        await self.type(name)
        await self.sees(f"{name} ")
        await self.press("enter")
        await self._until(lambda: isinstance(self._app.screen, RunScreen), f"{name} is open")

    async def open(self, name: str) -> None:
        """Open the screen of a run that goes on, from the list; the palette would show its question.

        Args:
            name: Such as `release #5`.
        """
        while isinstance(self._app.screen, RunScreen):
            await self.press("escape")
        await self.press("2")
        await self.filter(name.replace(" ", ""))
        await self._until(lambda: self._label() == name, f"{name} is under the cursor")
        await self.press("enter")
        await self._until(lambda: isinstance(self._app.screen, RunScreen), f"{name} is open")

    async def look_into(self, workflow: str) -> None:
        """Open the screen of a workflow, from the list.

        Args:
            workflow: Its id.
        """
        await self.press("1")
        await self._until(lambda: isinstance(self._app.screen, WorkflowsScreen) and self._app.screen.selected is not None, "workflows")
        assert isinstance(self._app.screen, WorkflowsScreen)
        self._app.screen.shapes.select_key(workflow)
        await self.press("i")
        await self._until(lambda: isinstance(self._app.screen, WorkflowScreen) and self._app.screen.view is not None, workflow)

    def _label(self) -> str:
        """The name of the run under the cursor of the list."""
        screen = self._app.screen
        return screen.subject.label if isinstance(screen, RunsScreen) and screen.subject is not None else ""

    async def looked_at(self) -> None:
        """Wait until the card in sight takes answers."""
        await looked_at(self._pilot)

    async def _read(self) -> None:
        """Wait until the card of the question under the cursor is there, and what is in sight of it counts as read."""
        screen = self._app.screen
        if isinstance(screen, ApprovalsScreen) and (card := screen.query_one(Card)).is_on_screen:
            row = screen.query_one(Queue).selected
            wanted = row.first.id if isinstance(row, AlikeGroup) else row.id if row is not None else ""
            await self._until(lambda: (card.question.row.id if card.question is not None else "") == wanted, "the card is there")
            await self._until(lambda: not wanted or in_sight_is_read(card), "the card is read")

    async def armed(self) -> None:
        """Wait until a dialog takes keys, where there is one."""
        await self._until(lambda: getattr(self._app.screen, "armed", True), "the dialog takes keys")

    async def close(self) -> None:
        """Close a dialog, where there is one."""
        await self.armed()
        if isinstance(self._app.screen, ModalScreen):
            await self.press("escape")

    async def sees(self, words: str) -> None:
        """Wait until words are on the screen."""
        await self._until(lambda: words in shown(self._app), f"{words!r} is seen")

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            await until(self._pilot, condition)
        except TimeoutError:
            raise AssertionError(f"never: {what}\n{shown(self._app)}") from None

    async def take(self, name: str) -> None:
        """Take a picture as soon as nothing moves any more.

        Args:
            name: What is to be seen on it.
        """
        await self.armed()
        await self._read()
        async with asyncio.timeout(PATIENCE):
            before = ""
            while (now := self._text()) != before:
                before = now
                await self._pilot.pause()
                await asyncio.sleep(LOOK)
        self.pictures[name] = now

    def _text(self) -> str:
        text = DIGEST.sub(SHOWN_DIGEST, shown(self._app).replace(self._folder, SHOWN_FOLDER))
        lines = [line.rstrip() for line in text.split("\n")]
        return "\n".join(lines) + "\n"


def _said(row: ApprovalRow | AlikeGroup | None) -> str:
    """What a line of the queue is about."""
    first = row.first if isinstance(row, AlikeGroup) else row
    return "" if first is None else f"{first.workflow_id} {first.title} {first.target}"


@asynccontextmanager
async def photographer(folder: Path, size: tuple[int, int]) -> AsyncIterator[Photographer]:
    """The screens of ana over the database.

    Args:
        folder: Of the database.
        size: Columns and rows.
    """
    async with looking(folder, PRESENT) as studio:
        app = WatchedApp(studio)
        async with app.run_test(size=size):
            pilot = PatientPilot(app)
            await until(pilot, lambda: app.context.system is not None)
            yield Photographer(app, pilot, folder)
