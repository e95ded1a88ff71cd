"""Where pictures are made: the same database, the same moment, the same time zone, whoever looks and whenever."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from oyama_tui.tui import wording
from tests.realistic import Making, living, looking
from tests.tui.scene import PATIENCE, PatientPilot, WatchedApp, shown, until

PRESENT: Final = 1_795_788_312_000
"""The moment of all pictures: Friday, 2026-11-27 14:05:12 UTC."""
SHOWN_FOLDER: Final = "/home/ana/workplace"
"""What stands in pictures for the folder of the database, which has as many letters, so that nothing moves."""
LOOK: Final = 0.03
"""Seconds between two looks at a screen that shall be the same."""


class Standing(datetime):
    """A clock of the screens that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(PRESENT / 1000, tz)


@contextmanager
def zone(name: str) -> Iterator[None]:
    """Tell times in a zone.

    Args:
        name: As the variable TZ has it.
    """
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@contextmanager
def gallery() -> Iterator[Path]:
    """The database, alive for as long as the block lasts, in a folder whose name has always as many letters; time stands still."""
    folder = Path(tempfile.mkdtemp(prefix="oyama-", dir="/tmp"))
    kept, wording.datetime = wording.datetime, Standing  # type: ignore[misc]
    try:
        with zone("UTC"), living(Making(folder, PRESENT)):
            yield folder
    finally:
        wording.datetime = kept  # type: ignore[misc]
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
        self._app = app
        self._pilot = pilot
        self._folder = str(folder)

    async def press(self, *keys: str) -> None:
        """Type keys, one after another."""
        await self._pilot.press(*keys)

    async def sees(self, words: str) -> None:
        """Wait until words are on the screen."""
        try:
            await until(self._pilot, lambda: words in shown(self._app))
        except TimeoutError:
            raise AssertionError(f"never seen: {words!r} on\n{shown(self._app)}") from None

    async def take(self, name: str) -> None:
        """Take a picture as soon as nothing moves any more.

        Args:
            name: What is to be seen on it.
        """
        async with asyncio.timeout(PATIENCE):
            before = ""
            while (now := self._text()) != before:
                before = now
                await self._pilot.pause()
                await asyncio.sleep(LOOK)
        self.pictures[name] = now

    def _text(self) -> str:
        lines = [line.rstrip() for line in shown(self._app).replace(self._folder, SHOWN_FOLDER).split("\n")]
        return "\n".join(lines) + "\n"


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


def here() -> datetime:
    """The moment of all pictures."""
    return datetime.fromtimestamp(PRESENT / 1000, UTC)
