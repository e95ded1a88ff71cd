"""The local engine: one asyncio task for each run, in this process."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from oyama_tui import __version__
from oyama_tui.core import commands as c
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import CorruptJournal, DatabaseProblem, OyamaError
from oyama_tui.core.events import ApprovalEscalated, ApprovalRequested
from oyama_tui.core.notice import is_news
from oyama_tui.core.state import ApprovalState
from oyama_tui.core.turn import time_left
from oyama_tui.engine.admissions import Admissions
from oyama_tui.engine.attempts import Attempts
from oyama_tui.engine.child_runs import ChildRuns
from oyama_tui.engine.children import Children
from oyama_tui.engine.clock import Clock, RunTime, watch_clock
from oyama_tui.engine.driver import Driver, Recorded
from oyama_tui.engine.ownership import Instance
from oyama_tui.engine.resting import Rest, Resting
from oyama_tui.engine.takeover import TakeOver
from oyama_tui.engine.wishes import Answer, Make
from oyama_tui.steps.process_groups import ProcessGroups
from oyama_tui.steps.protocol import Executors
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store import claims
from oyama_tui.store.claims import Claim
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import JournalGrowth, Store

log = logging.getLogger("oyama.engine")
Asked = Callable[[RunKey, Sequence[str] | None, ApprovalState, ApprovalRequested | ApprovalEscalated], None]


class LocalEngine:
    """Drives runs as asyncio tasks of its own; a front end that goes away takes none of them along.

    Args:
        store: The open store.
        instance: What others know this engine by.
        executors: By kind of step.
        groups: Keeps account of the process groups of steps.
        secrets: Where secrets come from.
        clock: Both clocks.
        adopt: `all` takes every run without a living owner, `own` only those that it was told to drive.
        grace: Seconds between asking the processes that a dead engine left to end and ending them.
        max_processes: The most attempts with processes at once.
    """

    def __init__(
        self,
        store: Store,
        instance: Instance,
        *,
        executors: Executors,
        groups: ProcessGroups,
        secrets: SecretSource,
        clock: Clock,
        adopt: Literal["own", "all"],
        grace: float,
        max_processes: int,
    ) -> None:
        self._store = store
        self._instance = instance
        self._executors = executors
        self._groups = groups
        self._secrets = secrets
        self._clock = clock
        self._grace = grace
        self._adopt = adopt
        self._slots = asyncio.Semaphore(max_processes)
        self._drivers: dict[str, tuple[Driver, asyncio.Task[None]]] = {}
        self._clock_watch: asyncio.Task[None] | None = None
        self._resting = Resting(clock, self._drive_rested)
        self.takeover = TakeOver(store, instance, secrets, adopt=adopt, grace=grace, drives=self.drives, drive=self._drive_taken)
        self._admissions = Admissions(store, instance, clock, lambda: [driver for driver, _ in self._drivers.values()], self.drive)
        self.asked: Asked = lambda _run, _wanted, _approval, _event: None
        """Told of each gate of a run driven here that opens or was open when it was taken, and whom its workflow wants to be told."""
        self.tells = False
        """Whether anybody outside is told of gates, so that one that opened lately is looked at when its run is taken."""

        def begin(run: RunKey, new: NewRun, head: bytes) -> None:
            keep_driven(run.id)
            self._drive(run, new.graph, new.directory, 1, begun=(new.started, head))

        def keep_driven(run_id: str) -> None:
            self.takeover.wanted.add(run_id)
            if not self.drives(run_id):
                self.takeover.look()

        self.children = ChildRuns(store, clock.wall, begin=begin, keep_driven=keep_driven)
        """What it does with runs that steps of other runs start."""

    @property
    def id(self) -> str:
        """The instance that owns what it drives."""
        return self._instance.id

    async def open(self) -> None:
        """Register, and start to look for runs that nobody drives."""
        at = self._clock.wall()
        await self._store.writer.run(
            partial(claims.register, engine=self.id, pid=os.getpid(), kind=self._adopt, version=__version__, at=at)
        )
        self.takeover.open()
        self._admissions.open()

        def look_again() -> None:
            for driver, _ in self._drivers.values():
                driver.look_again()
            self._resting.look_again()

        self._clock_watch = asyncio.create_task(watch_clock(self._clock, look_again), name="oyama-clock")

    async def start(self, new: NewRun) -> RunKey:
        """Create a run, and drive it when this engine is its owner."""
        run, head = await self._store.journal.create(new)
        if new.owner == self.id:
            self.takeover.wanted.add(run.id)
            # A fork begins with more than one event: it is read like any other journal.
            begun = None if new.reused else (new.started, head)
            self._drive(run, new.graph, new.directory, 1, begun=begun)
        self.takeover.look()
        return run

    async def drive(self, run_id: str) -> bool:
        """Take a run that has no living owner, now or as soon as that is so.

        Raises:
            IllegalTransition: It came here from a file.
        """
        self.takeover.wanted.add(run_id)
        if self.drives(run_id):
            return True
        claim = await self._store.database.read(lambda connection: claims.find_claim(connection, run_id))
        if claim is not None:
            claim.require_own()
        if claim is None or claim.ended:
            return False
        return await self.takeover.take(claim)

    async def command(self, run_id: str, make: Make) -> Answer | None:
        """Answer a command for a run that is driven here, on the state that is held here; durable when it returns.

        Args:
            run_id: The state id.
            make: Makes the command from the run's state and the time.

        Returns:
            None when the run is not driven here, and nothing was done.

        Raises:
            Refused: The command does not fit.
            DatabaseProblem: It could not be written.
        """
        self._resting.wake(run_id)
        found = self._drivers.get(run_id)
        return None if found is None else await found[0].wishes.ask(make, self._clock.wall)

    def driven(self) -> frozenset[str]:
        """The runs that it drives now, those at rest among them."""
        return self._resting.ids() | self._drivers.keys()

    def drives(self, run_id: str) -> bool:
        """Whether it drives a run now, be it at rest.

        Args:
            run_id: The state id.
        """
        return run_id in self._drivers or run_id in self._resting

    @property
    def steps_live(self) -> bool:
        """Whether processes of steps live that this engine has started."""
        return self._groups.living > 0

    def troubled(self) -> dict[str, str]:
        """The runs driven here that stand still because the database cannot be used, and why."""
        return {run_id: driver.trouble for run_id, (driver, _) in self._drivers.items() if driver.trouble}

    def notice(self, run_id: str, seq: int) -> None:
        """The journal of a run has grown."""
        found = self._drivers.get(run_id)
        if found is not None:
            found[0].notice(seq)
        elif not self._resting.notice(run_id, seq):
            self.takeover.look()

    def notice_all(self, moved: Iterable[JournalGrowth]) -> None:
        """Several journals have grown."""
        for run in moved:
            self.notice(run.run_id, run.seq)
            self._admissions.heard(run.workflow_id)
            if run.ended:
                self.children.ended(run.run_id)

    async def _give_back(self) -> None:
        """Stop driving and give every run back."""
        left = self._resting.give_back()
        drivers = stop_all(self._drivers.values())
        await self.takeover.close()
        if drivers:
            await asyncio.wait(drivers)
        await self.children.settle()
        # One that was being taken or started just now counts too.
        if drivers := stop_all(self._drivers.values()):
            await asyncio.wait(drivers)
        await self._release([*left, *self._resting.give_back()])

    async def _release(self, left: Sequence[Rest]) -> None:
        """Give runs back that were at rest."""
        if not left:
            return
        wanted = [(rest.run.key, rest.epoch) for rest in left]
        try:
            await self._store.writer.run(partial(claims.release_all, wanted=wanted, owner=self.id), touched=None)
        except DatabaseProblem as trouble:
            log.warning("%d runs could not be given back: %s", len(left), trouble.sentence)

    async def close(self) -> None:
        """Give everything back and end."""
        await self._give_back()
        await self._admissions.close()
        if self._clock_watch is not None:
            self._clock_watch.cancel()
            await asyncio.gather(self._clock_watch, return_exceptions=True)
        try:
            await self._store.writer.run(partial(claims.sign_off, engine=self.id, at=self._clock.wall()))
        except DatabaseProblem as trouble:
            log.warning("engine %s could not sign off: %s", self.id, trouble.sentence)

    def _drive_taken(self, claim: Claim, graph: Graph, epoch: int, *, taken_over: bool) -> None:
        now = self._clock.wall()
        if not claim.rests or (self.tells and is_news(claim.at, now)):
            self._drive(claim.run, graph, claim.directory, epoch, taken_over=taken_over)
            return
        time = RunTime(self._clock)
        time.begin(claim.at)
        left = None if claim.next_due is None else max(0, claim.next_due - now)
        self._resting.add(Rest(claim.run, graph, claim.directory, epoch, claim.seq, left, time))

    def _drive_rested(self, rest: Rest) -> None:
        self._drive(rest.run, rest.graph, rest.directory, rest.epoch, time=rest.time)

    def _drive(
        self,
        run: RunKey,
        graph: Graph,
        directory: str,
        epoch: int,
        *,
        taken_over: bool = False,
        begun: Recorded | None = None,
        time: RunTime | None = None,
    ) -> None:
        def attempts(report: Callable[[c.Outcome], None], now: Callable[[], int]) -> Attempts:
            return Attempts(
                run,
                graph,
                Path(directory),
                executors=self._executors,
                files=self._store.files,
                groups=self._groups,
                secrets=self._secrets,
                clock=now,
                slots=self._slots,
                report=report,
                grace=self._grace,
            )

        async def goes_on() -> None:
            await self._store.writer.run(lambda connection: claims.go_on(connection, run.key, self.id, epoch), touched=run.id)

        def children(report: Callable[[c.Outcome | c.Child], None]) -> Children:
            return Children(run, directory, epoch, runs=self.children, report=report)

        driver = Driver(
            run,
            graph,
            epoch,
            journal=self._store.journal,
            time=time or RunTime(self._clock),
            attempts=attempts,
            children=children,
            begun=begun,
            goes_on=goes_on if taken_over else None,
            place_moved=partial(self._admissions.moved, run.workflow_id),
            asked=partial(self.asked, run, graph.workflow.notify),
        )
        task = asyncio.create_task(self._keep_driving(driver, directory, taken_over=taken_over), name=f"oyama-run-{run.id}")
        self._drivers[run.id] = (driver, task)

    async def _keep_driving(self, driver: Driver, directory: str, *, taken_over: bool) -> None:
        """Drive a run to where it ends here; a failure of ours parks the run and harms no other."""
        run = driver.run
        try:
            await driver.drive(taken_over=taken_over)
        except OyamaError as trouble:
            log.error("run %s is parked: %s", run.id, trouble.sentence)
            self.takeover.park(run.id, trouble)
        except Exception as error:
            log.exception("run %s is parked", run.id)
            sentence = f"Run {run.id} cannot go on: Oyama itself failed here ({error})."
            self.takeover.park(run.id, CorruptJournal(sentence, "See the log file; run `oyama verify`."))
        finally:
            del self._drivers[run.id]
        if driver.state.status.ended:
            self.takeover.wanted.discard(run.id)
            self.children.ended(run.id)
            return
        if driver.at_rest and run.id not in self.takeover.parked:
            state = driver.state
            left = time_left(state, driver.time.look(state.at))
            self._resting.add(Rest(run, state.graph, directory, driver.epoch, state.seq, left, driver.time))
            self._resting.notice(run.id, driver.seen)
            return
        try:
            await self._store.writer.run(lambda connection: claims.release(connection, run.key, self.id, driver.epoch), touched=run.id)
        except DatabaseProblem as trouble:
            log.warning("run %s could not be given back: %s", run.id, trouble.sentence)


def stop_all(drivers: Iterable[tuple[Driver, asyncio.Task[None]]]) -> list[asyncio.Task[None]]:
    """Tell drivers to give their runs back.

    Args:
        drivers: Each with its task.

    Returns:
        The tasks, which end then.
    """
    told = list(drivers)
    for driver, _ in told:
        driver.stop()
    return [task for _, task in told]
