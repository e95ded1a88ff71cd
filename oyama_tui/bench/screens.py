"""The screens of this process, and how long it takes from a key to the paint that shows what it did.

They stand on a terminal of the system that another process reads, with the driver and the canvas that people have. A key begins when
its event is put into the app's queue, where those of a keyboard are put too, and ends when the text that shows what it did is handed to the
terminal.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.geometry import Offset

from oyama_tui.bench.terminals import own_terminal
from oyama_tui.studio import Studio
from oyama_tui.tui.app import GARBAGE, OyamaApp
from oyama_tui.tui.canvas import Canvas

PATIENCE: Final = 60.0
"""Seconds."""
Shows = Callable[[str], bool]
"""Whether a paint shows what is waited for; is given the text that goes to the terminal."""


class NotedCanvas(Canvas):
    """A canvas that tells when something is painted."""

    def __init__(self) -> None:
        super().__init__()
        self._awaited: tuple[Shows, asyncio.Future[float]] | None = None

    def changes(self, update: CompositorUpdate, console: Console, cursor: Offset) -> str:
        """What to write so that the terminal shows an update.

        Args:
            update: Parts of the screen, or all of it.
            console: Whose colours are used.
            cursor: Where the cursor is to be afterwards.
        """
        written = super().changes(update, console, cursor)
        if written and self._awaited is not None and self._awaited[0](written):
            self._awaited[1].set_result(time.perf_counter())
            self._awaited = None
        return written

    def next_that(self, shows: Shows) -> asyncio.Future[float]:
        """When the next paint comes that shows something, by the clock that counts on.

        Args:
            shows: Tells it.
        """
        self._awaited = (shows, asyncio.get_running_loop().create_future())
        return self._awaited[1]


class MeasuredScreens:
    """The screens, and somebody who types on them.

    Args:
        app: Running.
        canvas: Its own.
    """

    def __init__(self, app: OyamaApp, canvas: NotedCanvas) -> None:
        self.app = app
        self._canvas = canvas

    async def press_ms(self, key: str, shows: Shows) -> float:
        """Press a key; how long it takes until it is painted, in milliseconds.

        Args:
            key: By its name.
            shows: Tells the paint.
        """
        return await self._send_ms(events.Key(key, key if len(key) == 1 else None), shows)

    async def paste_ms(self, text: str, shows: Shows) -> float:
        """The same for a text that comes at once.

        Args:
            text: One line.
            shows: Tells the paint.
        """
        return await self._send_ms(events.Paste(text), shows)

    async def _send_ms(self, event: events.Event, shows: Shows) -> float:
        seen = self._canvas.next_that(shows)
        began = time.perf_counter()
        self.app.post_message(event)
        try:
            async with asyncio.timeout(PATIENCE):
                return (await seen - began) * 1000
        except TimeoutError:
            raise RuntimeError(f"what {event!r} does was never painted") from None

    async def rest(self) -> None:
        """Wait until nothing is under way that a key has caused."""
        await self.until(lambda: self.app.input.is_idle)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the screens work until a condition holds.

        Args:
            condition: Is asked again and again.
        """
        until = time.perf_counter() + PATIENCE
        while not condition():
            if time.perf_counter() > until:
                raise RuntimeError(f"the screens did not settle, with {self.app.screen!r} on top")
            await asyncio.sleep(0.005)


def _is_making(app: OyamaApp) -> bool:
    """Whether screens are being made that nobody has gone to yet."""
    return any(job.group == "ahead" and not job.is_finished for job in app.workers)


@asynccontextmanager
async def measured_screens(studio: Studio) -> AsyncIterator[MeasuredScreens]:
    """Open the screens as the program does; they are shown and settled.

    Args:
        studio: Opened.
    """
    with own_terminal():
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        app, canvas = OyamaApp(studio, ahead=True), NotedCanvas()
        app.canvas = canvas
        running = asyncio.create_task(app.run_async())
        screens = MeasuredScreens(app, canvas)
        try:
            await screens.until(lambda: running.done() or app.context.system is not None)
            await screens.until(lambda: running.done() or (app.input.is_idle and not _is_making(app)))
            yield screens
        finally:
            app.exit(0)
            await running
    if app.failure is not None:
        raise app.failure
