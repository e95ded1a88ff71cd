"""When a screen paints: at once where it has rested, and never more often over a while than eyes can follow.

Textual paints by a clock of 60 ticks a second. One key causes several frames (its letter, the lines that fit, the card beside them), and
each would wait for the next tick, although nothing was painted before.
"""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

from textual.reactive import Reactive
from textual.screen import UPDATE_PERIOD, Screen
from textual.timer import Timer
from textual.widget import Widget

ResultT = TypeVar("ResultT")
AT_ONCE: Final = 4
"""Frames that may follow each other at once after a rest; in the long run there is one in each period."""


class FrameTimer(Timer):
    """Ticks as soon as it is asked to, and then at the most once in each period on the average."""

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._active.wait()
            # When a frame would come if each had waited its whole period; how far that may lie ahead is what may come at once.
            due = max(due, loop.time()) + self._interval
            if (early := due - loop.time() - AT_ONCE * self._interval) > 0:
                await asyncio.sleep(early)
            await self._tick(next_timer=loop.time(), count=0)


def frame_timer(screen: Paced[ResultT]) -> Timer:
    """The timer of a screen's frames, which is made when it is asked for first.

    Args:
        screen: The screen.
    """
    if screen._frames is None:
        screen._frames = FrameTimer(screen, UPDATE_PERIOD, name="frames", callback=screen._on_timer_update, pause=True)
        screen._frames._start()
        screen._timers.add(screen._frames)
    return screen._frames


class Paced(Screen[ResultT]):
    """A screen that paints what a key has caused, without waiting for a clock, and nothing else."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the keys; who loses them and who gets them draw themselves, the rest of the screen stays as it is."""
    _frames: FrameTimer | None = None
    _update_timer = property(frame_timer)
