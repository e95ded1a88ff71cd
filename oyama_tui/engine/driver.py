"""The driver: the one task that moves one run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.admission import limit_of, queues
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.errors import Conflict, DatabaseLost, DatabaseProblem, Fenced, NoPlace
from oyama_tui.core.evolve import evolve
from oyama_tui.core.limits import at_limit
from oyama_tui.core.now import Moment
from oyama_tui.core.state import ApprovalState, RunState, new_state
from oyama_tui.core.summary import admitted, summarise
from oyama_tui.core.turn import time_left, turn
from oyama_tui.engine import resting
from oyama_tui.engine.attempts import Attempts
from oyama_tui.engine.children import Children
from oyama_tui.engine.clock import RunTime
from oyama_tui.engine.wishes import Wishes
from oyama_tui.store.journal import Journal, JournalPosition
from oyama_tui.store.run_key import RunKey

log = logging.getLogger("oyama.engine")
RETRY_AFTER: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries while the database cannot be used; the last one repeats."""
_CUTS_OFF: Final = (e.StepCancelled, e.StepInterrupted)
"""What ends an attempt that is under way."""
Told = Callable[[ApprovalState, e.ApprovalRequested | e.ApprovalEscalated], None]
"""Called with an open question, and that it has opened or was escalated."""
Recorded = tuple[e.Event, bytes]
"""An event and its hash."""


class Driver:
    """Drives one run: folds its journal, plans, appends, and only then acts.

    Args:
        run: The run.
        graph: The revision that it is pinned to.
        epoch: Under which this engine owns it.
        journal: Where it is written.
        time: Measures the run's time.
        attempts: Makes the run's attempts, given where outcomes go and what time it is.
        children: Follows the runs that its steps start, given where they and what becomes of them go.
        begun: The first event and its hash, of a run that this engine has just created.
        goes_on: Called once, as soon as the run goes on here.
        place_moved: Called when the run begins to queue for a place, or has set one free.
        asked: Called with each gate that opens or is escalated, and with those that are open when the run is taken.
    """

    def __init__(
        self,
        run: RunKey,
        graph: Graph,
        epoch: int,
        *,
        journal: Journal,
        time: RunTime,
        attempts: Callable[[Callable[[c.Outcome], None], Callable[[], int]], Attempts],
        children: Callable[[Callable[[c.Outcome | c.Child], None]], Children],
        begun: Recorded | None = None,
        goes_on: Callable[[], Awaitable[None]] | None = None,
        place_moved: Callable[[], None] = lambda: None,
        asked: Told = lambda _approval, _event: None,
    ) -> None:
        self.run = run
        self.epoch = epoch
        self._graph = graph
        self._journal = journal
        self.time = time
        self._attempts = attempts(self._report, lambda: self.time.look(self._state.at).at)
        self._children = children(self._report)
        self._begun = begun
        self._goes_on = goes_on
        self._place_moved = place_moved
        self._asked = asked
        self._place_told = ("", False)
        """Where it stood in the line of its workflow when that was told last."""
        self._invited = False
        self._state = new_state(run.id, graph, run.number)
        self._tail = JournalPosition(0, b"")
        self._outcomes: list[c.Outcome | c.Child] = []
        self.seen = 0
        """The number up to which the journal has grown, as far as it was told."""
        self._wake = asyncio.Event()
        self.wishes = Wishes(self._wake.set)
        """The commands that are given to it here."""
        self._stopping = False
        self.trouble = ""
        """Why the run stands still while the database cannot be used, or the machine has no room; empty when it goes on."""
        self.at_rest = False
        """Nothing has happened for a while and nothing is under way: the driver has ended, and another one comes when something does."""

    def notice(self, seq: int) -> None:
        """The journal has grown to this number, by anyone."""
        if seq > self._tail.seq:
            self.seen = max(self.seen, seq)
            self._wake.set()

    def look_again(self) -> None:
        """The clock was set, or the machine has slept: what is due may have changed."""
        self._wake.set()

    @property
    def queues(self) -> bool:
        """Whether the run waits for a place and would take one now."""
        return queues(self._state) and not self._stopping

    @property
    def limit(self) -> int:
        """How many runs of its workflow may have a place at once."""
        return limit_of(self._state)

    @property
    def displaces(self) -> bool:
        """Whether its workflow wants the older runs to be cancelled for it."""
        concurrency = self._graph.workflow.concurrency
        return concurrency is not None and concurrency.overlap == "cancel_running"

    def invite(self) -> None:
        """It seems to be the run's turn: try to take its place."""
        self._invited = True
        self._wake.set()

    def stop(self) -> None:
        """Plan nothing more; interrupt what runs, then end the task."""
        self._stopping = True
        self._wake.set()

    async def drive(self, *, taken_over: bool) -> None:
        """Move the run until it is over, at rest, taken away, or given back.

        Args:
            taken_over: Attempts without an outcome were cut off by another engine's end.
        """
        failures = 0
        try:
            while True:
                try:
                    await self._load(interrupt=taken_over)
                    taken_over = False
                    await self._go_on()
                    return
                except Fenced:
                    log.warning("run %s was taken over by another engine", self.run.id)
                    return
                except DatabaseLost:
                    raise
                except Conflict:
                    self.wishes.take_back()
                    failures = 0
                except (DatabaseProblem, OSError, RuntimeError, MemoryError) as trouble:
                    limit = at_limit(trouble)
                    if not isinstance(trouble, DatabaseProblem) and not limit:
                        raise
                    self.trouble = trouble.sentence if isinstance(trouble, DatabaseProblem) else f"There is no room to work in: {limit}."
                    log.warning("run %s: %s", self.run.id, self.trouble)
                    self.wishes.fail(trouble)
                    await self._rest(RETRY_AFTER[min(failures, len(RETRY_AFTER) - 1)])
                    failures += 1
                    if self._stopping:
                        return
        finally:
            self.wishes.close()
            await self._children.close()
            await self._attempts.end_all()

    async def _rest(self, seconds: float) -> None:
        """Wait before another try, unless told to stop."""
        try:
            async with asyncio.timeout(seconds):
                while not self._stopping:
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            pass

    async def _load(self, *, interrupt: bool) -> None:
        """Fold the journal from its beginning, and bring the attempts in line with it."""
        recorded = [self._begun] if self._begun is not None else await self._journal.read(self.run, epoch=self.epoch)
        self._begun = None
        state = new_state(self.run.id, self._graph, self.run.number)
        for event, _ in recorded:
            evolve(state, event)
        self._state = state
        self.time.begin(state.at)
        self._tail = JournalPosition(len(recorded), recorded[-1][1] if recorded else b"", summarise(state))
        tell_asked(self._asked, state, (event for event, _ in (recorded if state.open else ())))
        reported = {(outcome.node, outcome.attempt) for outcome in self._outcomes}
        orders = {event.node: event for event, _ in recorded if isinstance(event, e.StepScheduled) and event.due is None}
        for node in state.children:
            self._children.ordered(orders[node.key])
        if interrupt and state.running:
            await self._attempts.end_left({node.key: attempt for node, attempt in state.running.items()})
        for node, attempt in list(state.running.items()):
            if self._attempts.begun(node.key, attempt) or (node.key, attempt) in reported:
                continue
            if interrupt:
                self._outcomes.append(c.Outcome(node=node.key, attempt=attempt, status="interrupted"))
            else:
                self._attempts.begin(orders[node.key])
        for key in self._attempts.nodes():
            if key not in state.nodes or state.nodes[key] not in state.running:
                self._attempts.end(key)

    async def _go_on(self) -> None:
        """Decide, plan, append, act; then wait for something to happen."""
        while True:
            self._wake.clear()
            await self._catch_up()
            wished = self.wishes.fold(self._state)
            moment = self.time.look(self._state.at)
            taken = len(self._outcomes)
            turned = turn(self._state, self._outcomes, moment, plans=not self._stopping)
            if events := [*wished, *turned]:
                self._tail = await self._journal.append(self.run, self._tail, events, summarise(self._state), self.epoch)
                self.trouble = ""
            elif self.wishes.answered and await self._catch_up(ask=True):
                # Nothing was written, so nothing has shown yet that they were answered on the newest state.
                self.wishes.take_back()
                continue
            if turned:
                self.time.keep(moment)
            self.wishes.settle(self._tail.seq)
            del self._outcomes[:taken]
            self._act(events)
            if not self._stopping:
                self._children.look(self._state)
            if self._goes_on is not None:
                await self._goes_on()
                self._goes_on = None
            self._tell_place()
            if self._state.status.ended:
                await self._attempts.settle()
                return
            if self._stopping and await self._stopped():
                return
            # A turn leaves nothing to be planned: whatever happens from here on wakes the task or is a timer.
            if not self._outcomes and not await self._admitted(moment) and await self._nap():
                self.at_rest = True
                return

    def _tell_place(self) -> None:
        """Say that the run begins to queue, or that its place is free."""
        stands = (self._state.place, bool(self._state.place) and self.queues)
        if stands != self._place_told:
            self._place_told = stands
            self._place_moved()

    async def _admitted(self, now: Moment) -> bool:
        """Try to take a place when the run was invited to; whether it has it now."""
        invited, self._invited = self._invited, False
        if not invited or not self.queues:
            return False
        event = e.RunAdmitted(at=now.at, leap=now.leap, limit=self.limit)
        try:
            self._tail = await self._journal.append(self.run, self._tail, [event], admitted(self._state, event), self.epoch)
        except NoPlace:
            return False
        evolve(self._state, event)
        self.time.keep(now)
        return True

    async def _catch_up(self, *, ask: bool = False) -> bool:
        """Fold what others have appended.

        Args:
            ask: Look even if nobody has told of anything.

        Returns:
            Whether there was something.
        """
        if not ask and self.seen <= self._tail.seq:
            return False
        recorded = await self._journal.read(self.run, self._tail, self.epoch)
        for event, digest in recorded:
            evolve(self._state, event)
            self._tail = JournalPosition(self._tail.seq + 1, digest)
        tell_asked(self._asked, self._state, (event for event, _ in recorded))
        self._tail.summary = summarise(self._state)
        return bool(recorded)

    def _act(self, events: list[e.Event]) -> None:
        """Carry out what is durable now."""
        tell_asked(self._asked, self._state, events)
        for event in events:
            if isinstance(event, e.StepScheduled) and event.due is None:
                if event.step_kind in KINDS and KINDS[event.step_kind].is_child:
                    self._children.ordered(event)
                else:
                    self._attempts.begin(event)
            elif isinstance(event, _CUTS_OFF):
                self._attempts.end(event.node)

    async def _stopped(self) -> bool:
        """Whether nothing is left to record before the run is given back."""
        if self._outcomes:
            return False
        for node, attempt in self._attempts.nodes().items():
            self._outcomes.append(c.Outcome(node=node, attempt=attempt, status="interrupted", why="engine_stopped"))
        await self._attempts.end_all()
        if self._outcomes:
            self._wake.set()
        return not self._outcomes

    async def _nap(self) -> bool:
        """Wait for an outcome, for news, or for the nearest timer; whether nothing has come for so long that the run may rest."""
        left = None if self._stopping else time_left(self._state, self.time.look(self._state.at))
        rests = not self._stopping and resting.may_rest(self._state, left)
        seconds = resting.REST_AFTER if rests else None if left is None else min(resting.LONGEST_SLEEP, max(0.0, left / 1000))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return rests
        return False

    def _report(self, outcome: c.Outcome | c.Child) -> None:
        self._outcomes.append(outcome)
        self._wake.set()

    @property
    def state(self) -> RunState:
        """The run as far as it is folded; only to be looked at."""
        return self._state


def tell_asked(tell: Told, state: RunState, events: Iterable[e.Event]) -> None:
    """Tell of the gates that have opened or were escalated, and are still open.

    Args:
        tell: Called with each.
        state: The run after the events.
        events: Durable ones.
    """
    for event in events:
        if isinstance(event, e.ApprovalRequested | e.ApprovalEscalated) and event.id in state.open:
            tell(state.approvals[event.id], event)
