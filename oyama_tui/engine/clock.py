"""Time as an engine knows it: the wall clock says when, the steady one how long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from oyama_tui.core.now import TOLERANCE, Moment

LOOK_EVERY: Final = 0.4
"""Seconds between two looks at whether the clock was set."""
SLACK: Final = 200
"""Milliseconds by which a clock may wander between them."""
log = logging.getLogger("oyama.engine")
_STEADY: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets and that goes on while the machine sleeps."""


def system_wall() -> int:
    """Milliseconds since 1970 UTC; people and programs may set it."""
    return time.time_ns() // 1_000_000


def system_steady() -> int:
    """Milliseconds since some moment; never set, never back, and it counts the sleep of the machine."""
    return time.clock_gettime_ns(_STEADY) // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks."""

    wall: Callable[[], int] = system_wall
    """Milliseconds since 1970 UTC: for what is stored, and for deadlines that are told to people."""
    steady: Callable[[], int] = system_steady
    """Milliseconds since some moment: for everything that is a length."""


class RunTime:
    """The time of one run, as long as this engine drives it.

    Args:
        clock: The engine's clocks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at = 0
        self._steady = 0

    def begin(self, newest: int) -> None:
        """Start to measure: how long nobody drove the run is known by the wall clock alone; more calls change nothing.

        Args:
            newest: When the newest event happened.
        """
        if not self._at:
            self._at, self._steady = max(self._clock.wall(), newest), self._clock.steady()

    def look(self, newest: int) -> Moment:
        """Now.

        Args:
            newest: When the newest event happened.
        """
        wall, steady = self._clock.wall(), self._clock.steady()
        passed = self._at + steady - self._steady
        at = max(wall, passed, newest)
        return Moment(wall, at, at - passed if at - passed > TOLERANCE else 0, steady)

    def keep(self, moment: Moment) -> None:
        """Measure from this moment, whose leap is in the journal."""
        self._at, self._steady = moment.at, moment.steady


async def watch_clock(clock: Clock, moved: Callable[[], None]) -> None:
    """Tell when the clock was set, or when the machine has slept: timers of the loop stand still meanwhile.

    Args:
        clock: Both clocks.
        moved: Called then, in the loop.
    """
    loop = asyncio.get_running_loop()
    before = clock.wall() - loop.time() * 1000
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = clock.wall() - loop.time() * 1000
        if abs(now - before) > SLACK:
            log.warning("the clock moved by %+.1f s against the time that has passed", (now - before) / 1000)
            moved()
        before = now
