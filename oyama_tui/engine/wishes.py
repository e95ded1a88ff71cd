"""Commands for a run that is driven here: its driver answers them on the state that it holds, in the commit of its next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import RunState

Make: TypeAlias = Callable[[RunState, int], c.Command | None]
"""Makes a command from a run's state and the time; none where nothing is wanted of it as it is."""
Answer: TypeAlias = tuple[list[e.Event], int]
"""The events, none when it was so already, and the number of the newest event; all are durable."""


def events_for(state: RunState, make: Make, time: int) -> list[e.Event]:
    """What follows from a command; none when it is so already.

    Args:
        state: Not changed.
        make: Makes the command.
        time: Milliseconds since 1970 UTC, by this process's clock; what is stored never runs back within a run, whatever that says.

    Raises:
        Refused: The command does not fit.
    """
    command = make(state, max(time, state.at))
    return [] if command is None else decide(state, command.model_copy(update={"ahead": max(0, state.at - time)}))


@dataclass(slots=True, eq=False)
class Wish:
    """A command and who waits for what becomes of it."""

    make: Make
    now: Callable[[], int]
    future: asyncio.Future[Answer | None]
    events: list[e.Event] = field(default_factory=list)
    error: Exception | None = None

    def settle(self, seq: int) -> None:
        """Tell whoever waits; the newest event has this number."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result((self.events, seq))

    def give_back(self) -> None:
        """Tell whoever waits that nothing was done."""
        if not self.future.done():
            self.future.set_result(None)


class Wishes:
    """The commands that wait for the next turn of one run.

    Args:
        wake: Called when there is one more.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: list[Wish] = []
        self._taken: list[Wish] = []
        """Those whose events are being written, and those beside them: why one was refused may be another's answer, of which nobody may
        hear before it is durable."""
        self._closed = False

    async def ask(self, make: Make, now: Callable[[], int]) -> Answer | None:
        """Give a command, and wait until what follows from it is durable.

        Args:
            make: Makes the command.
            now: Milliseconds since 1970 UTC.

        Returns:
            None when the run is not driven here any more, and nothing was written.

        Raises:
            Refused: The command does not fit.
            DatabaseProblem: It could not be written.
        """
        if self._closed:
            return None
        wish = Wish(make, now, asyncio.get_running_loop().create_future())
        self._waiting.append(wish)
        self._wake()
        return await wish.future

    def fold(self, state: RunState) -> list[e.Event]:
        """Answer all that wait, one after another; `settle` tells them once it is durable.

        Args:
            state: Evolved in place.
        """
        self._taken, self._waiting = [wish for wish in self._waiting if not wish.future.done()], []
        events: list[e.Event] = []
        for wish in self._taken:
            wish.events, wish.error = [], None
            try:
                wish.events = events_for(state, wish.make, wish.now())
            except Exception as error:
                wish.error = error
            for event in wish.events:
                evolve(state, event)
            events += wish.events
        return events

    @property
    def answered(self) -> bool:
        """Whether some were folded that nobody has been told of."""
        return bool(self._taken)

    def settle(self, seq: int) -> None:
        """What was folded is durable.

        Args:
            seq: The number of the newest event.
        """
        for wish in self._taken:
            wish.settle(seq)
        self._taken = []

    def take_back(self) -> None:
        """Nothing of what was folded was written, because the run had moved on: it is answered anew."""
        self._taken, self._waiting = [], [*self._taken, *self._waiting]

    def fail(self, error: Exception) -> None:
        """What was folded could not be written; what waits is done without this driver.

        Args:
            error: Why.
        """
        for wish in self._taken:
            wish.error = error
        self.settle(0)
        self._give_back()

    def close(self) -> None:
        """The run is not driven here any more; whatever was not written is done without this driver."""
        self._closed = True
        self.take_back()
        self._give_back()

    def _give_back(self) -> None:
        for wish in self._waiting:
            wish.give_back()
        self._waiting = []
