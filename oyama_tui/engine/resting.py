"""Runs at rest: driven here, with nothing to do until somebody answers or a time comes, and held as a few words meanwhile."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from oyama_tui.core.admission import queues
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.state import RunState
from oyama_tui.engine.clock import Clock, RunTime
from oyama_tui.store.claims import LONGEST_AT_REST
from oyama_tui.store.run_key import RunKey

REST_AFTER: Final = 5.0
"""Seconds in which nothing happens to a run before it is let go: what people answer at once is answered from memory."""
LONGEST_SLEEP: Final = 30.0
"""Seconds after which times are looked at again, whatever the clocks say."""


@dataclass(slots=True)
class Rest:
    """What is kept of a run at rest; its journal has all else."""

    run: RunKey
    graph: Graph
    """The revision that it is pinned to."""
    directory: str
    """Where its steps run."""
    epoch: int
    """Under which this engine owns it."""
    seq: int
    """The number of its newest event."""
    left: int | None
    """Milliseconds until something is due; none when nothing is."""
    time: RunTime
    """Measures on while it rests."""


def may_rest(state: RunState, left: int | None) -> bool:
    """Whether all that is known of a run can be let go: nothing is under way, and folding it again is cheap.

    Args:
        state: A run of which nothing is left to be planned.
        left: Milliseconds until something is due; none when nothing is.
    """
    soon = left is not None and left < 2000 * REST_AFTER
    return state.idle and not soon and not queues(state) and state.seq <= LONGEST_AT_REST


class Resting:
    """The runs at rest, and what wakes them.

    Args:
        clock: The engine's clocks.
        wake: Drives a run again; it is none of these any more.
    """

    def __init__(self, clock: Clock, wake: Callable[[Rest], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._runs: dict[str, Rest] = {}
        self._due: list[tuple[int, str]] = []
        """A heap of what the steady clock says when something is due; entries of runs that woke before stay in it until they come up."""
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._runs

    def ids(self) -> frozenset[str]:
        """All of them, by their state ids."""
        return frozenset(self._runs)

    def add(self, rest: Rest) -> None:
        """Hold one more.

        Args:
            rest: The run.
        """
        self._runs[rest.run.id] = rest
        if rest.left is not None and not self._closed:
            heapq.heappush(self._due, (self._clock.steady() + rest.left, rest.run.id))
            if self._due[0][1] == rest.run.id:
                self._look_when_due()

    def wake(self, run_id: str) -> bool:
        """Drive a run again; whether it was at rest, and could be woken.

        Args:
            run_id: The state id.
        """
        rest = None if self._closed else self._runs.pop(run_id, None)
        if rest is not None:
            self._wake(rest)
        return rest is not None

    def notice(self, run_id: str, seq: int) -> bool:
        """The journal of a run has grown; whether it was at rest.

        Args:
            run_id: The state id.
            seq: The number of its newest event.
        """
        rest = self._runs.get(run_id)
        if rest is not None and seq > rest.seq:
            self.wake(run_id)
        return rest is not None

    def look_again(self) -> None:
        """The clock was set, or the machine has slept: what is due may have changed."""
        for run_id in [run_id for run_id, rest in self._runs.items() if rest.left is not None]:
            self.wake(run_id)

    def give_back(self) -> list[Rest]:
        """Hold none any more, and wake none; those that it held."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        left, self._runs, self._due = list(self._runs.values()), {}, []
        return left

    def _look_when_due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            seconds = (self._due[0][0] - self._clock.steady()) / 1000
            self._timer = asyncio.get_running_loop().call_later(min(LONGEST_SLEEP, max(0.0, seconds)), self._wake_due)

    def _wake_due(self) -> None:
        now = self._clock.steady()
        while self._due and self._due[0][0] <= now and not self._closed:
            _, run_id = heapq.heappop(self._due)
            rest = self._runs.get(run_id)
            # An entry from an earlier rest of the run means nothing: where it rests again, there is another one.
            if rest is not None and rest.left is not None:
                self.wake(run_id)
        self._look_when_due()
