"""An event loop whose time stands still while anything is under way, and jumps to the next moment when everything waits."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final

from oyama_tui.engine.resting import LONGEST_SLEEP

STUCK: Final = 30.0
"""Seconds of the machine after which a world in which nothing is under way and nothing will ever happen is given up."""
FINEST: Final = 1e-6
"""Seconds that are no difference: so many have passed since 1970 that a float knows nothing much finer."""
OF_RUNS: Final = "oyama-run-"
"""How the tasks are named that drive runs: what they sleep for is a moment of the world, other tasks of the engine sleep to look again."""


class IdleSelector(selectors.DefaultSelector):
    """Asks the loop what to do when it has nothing to do."""

    idle: Callable[[float | None], list[tuple[selectors.SelectorKey, int]]] | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.idle is None or (timeout is not None and timeout <= 0):
            return self.really(timeout)
        return self.idle(timeout)

    def really(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait in the time of the machine."""
        return super().select(timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in two times: first its own, which jumps, then that of the machine from where its own has come to.

    Args:
        start: Milliseconds since 1970 UTC.
    """

    def __init__(self, start: int) -> None:
        self._now = start / 1000
        self._live_since: float | None = None
        self._targets: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._order = itertools.count()
        self._busy = 0
        self._idle_since: float | None = None
        self._selector_of_ours = IdleSelector()
        super().__init__(self._selector_of_ours)
        self._clock_resolution = FINEST
        self._selector_of_ours.idle = self._idle

    def time(self) -> float:
        """Seconds since 1970 UTC."""
        return self._now if self._live_since is None else self._now + time.monotonic() - self._live_since

    def wall(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.time() * 1000)

    def live(self) -> None:
        """Go on in the time of the machine."""
        self._live_since = time.monotonic()

    def begun(self) -> None:
        """A thread has something to do."""
        self._busy += 1

    def ended(self) -> None:
        """It has done it."""
        self._busy -= 1

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]
        """Call something at a time."""
        handle = super().call_at(when, callback, *args, context=context)
        if self._live_since is None and self._matters(when - self._now):
            self.aim_at(handle)
        return handle

    def aim_at(self, handle: asyncio.TimerHandle) -> None:
        """Let time jump to a timer when nothing else is before it."""
        heapq.heappush(self._targets, (handle.when(), next(self._order), handle))

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Let a thread do something, which time waits for."""
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self.begun()
        future.add_done_callback(lambda _: self.ended())
        return future

    def _matters(self, delay: float) -> bool:
        """Whether a timer that is set now is more than one for looking again."""
        task = asyncio.current_task(self)
        return abs(delay - LONGEST_SLEEP) > 1e-3 and (task is None or task.get_name().startswith(OF_RUNS))

    def _idle(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing is to be done: wait for threads, or let time jump."""
        if self._live_since is not None:
            return self._selector_of_ours.really(timeout)
        found = self._selector_of_ours.really(0)
        if found or self._busy:
            return found or self._selector_of_ours.really(1)
        while self._targets and self._targets[0][2].cancelled():
            heapq.heappop(self._targets)
        if self._targets:
            self._idle_since = None
            self._now = max(self._now, heapq.heappop(self._targets)[0])
            return []
        self._idle_since = self._idle_since or time.monotonic()
        if time.monotonic() - self._idle_since > STUCK:
            raise RuntimeError("nothing is under way in this world, and nothing will ever happen")
        return self._selector_of_ours.really(0.02)
