"""The local engine: one asyncio task for each run, in this process."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Literal

from oyama_tui import __version__
from oyama_tui.core import commands as c
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import CorruptJournal, DatabaseLost, DatabaseProblem, IllegalTransition, MissingSecret, OyamaError
from oyama_tui.core.events import ApprovalEscalated, ApprovalRequested
from oyama_tui.core.limits import at_limit
from oyama_tui.core.state import ApprovalState
from oyama_tui.engine.admissions import Admissions
from oyama_tui.engine.attempts import Attempts
from oyama_tui.engine.child_runs import ChildRuns
from oyama_tui.engine.children import Children
from oyama_tui.engine.clock import Clock, watch_clock
from oyama_tui.engine.driver import Driver, Recorded
from oyama_tui.engine.ownership import Instance, is_alive
from oyama_tui.steps.process_groups import ProcessGroups, end_left_groups
from oyama_tui.steps.protocol import Executors
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store import claims
from oyama_tui.store.claims import Claim
from oyama_tui.store.runs import NewRun, RunKey
from oyama_tui.store.store import JournalGrowth, Store

log = logging.getLogger("oyama.engine")
Asked = Callable[[RunKey, Sequence[str] | None, ApprovalState, ApprovalRequested | ApprovalEscalated], None]
ADOPT_EVERY: Final = 1.0
"""Seconds between two looks for runs without a living owner."""
MOST_STALLED: Final = 3
"""Take-overs in a row that led nowhere, after which a run is left alone: whatever ends engines must not end every one that comes."""


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
        self._adopt = adopt
        self._grace = grace
        self._slots = asyncio.Semaphore(max_processes)
        self._drivers: dict[str, tuple[Driver, asyncio.Task[None]]] = {}
        self._claiming: set[str] = set()
        self._wanted: set[str] = set()
        """Runs that it was told to drive; it takes them again or later, when their owner dies."""
        self._adopter: asyncio.Task[None] | None = None
        self._clock_watch: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self._admissions = Admissions(store, instance, clock, lambda: [driver for driver, _ in self._drivers.values()], self.drive)
        self.parked: dict[str, OyamaError] = {}
        """Runs that this engine cannot drive, and why."""
        self.left_alone: Callable[[str], None] | None = None
        """Told which run has been parked."""
        self.asked: Asked = lambda _run, _wanted, _approval, _event: None
        """Told of each gate of a run driven here that opens or was open when it was taken, and whom its workflow wants to be told."""

        def begin(run: RunKey, new: NewRun, head: bytes) -> None:
            keep_driven(run.id)
            self._drive(run, new.graph, Path(new.directory), 1, begun=(new.started, head))

        def keep_driven(run_id: str) -> None:
            self._wanted.add(run_id)
            if run_id not in self._drivers:
                self._look.set()

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
        self._adopter = asyncio.create_task(self._adopt_left(), name="oyama-adopt")

        self._admissions.open()

        def look_again() -> None:
            for driver, _ in self._drivers.values():
                driver.look_again()

        self._clock_watch = asyncio.create_task(watch_clock(self._clock, look_again), name="oyama-clock")

    async def start(self, new: NewRun) -> RunKey:
        """Create a run, and drive it when this engine is its owner."""
        run, head = await self._store.journal.create(new)
        if new.owner == self.id:
            self._wanted.add(run.id)
            # A fork begins with more than one event: it is read like any other journal.
            begun = None if new.reused else (new.started, head)
            self._drive(run, new.graph, Path(new.directory), 1, begun=begun)
        self._look.set()
        return run

    async def drive(self, run_id: str) -> bool:
        """Take a run that has no living owner, now or as soon as that is so.

        Raises:
            IllegalTransition: It came here from a file.
        """
        self._wanted.add(run_id)
        if run_id in self._drivers:
            return True
        claim = await self._store.database.read(lambda connection: claims.find_claim(connection, run_id))
        if claim is not None:
            claim.require_own()
        if claim is None or claim.ended:
            return False
        self.parked.pop(run_id, None)
        return await self._claim(claim, asked=True)

    def driven(self) -> frozenset[str]:
        """The runs that it drives now."""
        return frozenset(self._drivers)

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
        else:
            self._look.set()

    def notice_all(self, moved: Iterable[JournalGrowth]) -> None:
        """Several journals have grown."""
        for run in moved:
            self.notice(run.run_id, run.seq)
            self._admissions.heard(run.workflow_id)
            if run.ended:
                self.children.ended(run.run_id)

    async def _give_back(self) -> None:
        """Stop driving and give every run back."""
        drivers = self._stop_drivers()
        if self._adopter is not None:
            self._adopter.cancel()
            await asyncio.gather(self._adopter, return_exceptions=True)
            self._adopter = None
        if drivers:
            await asyncio.wait(drivers.values())
        await self.children.settle()
        # One that was being taken or started just now counts too.
        if drivers := self._stop_drivers():
            await asyncio.wait(drivers.values())

    def _stop_drivers(self) -> dict[str, asyncio.Task[None]]:
        for driver, _ in self._drivers.values():
            driver.stop()
        return {run_id: task for run_id, (_, task) in self._drivers.items()}

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

    async def _adopt_left(self) -> None:
        """Take runs without a living owner, again and again."""
        while True:
            self._look.clear()
            try:
                if self._adopt == "all" or self._wanted - self._drivers.keys():
                    wanted = set(self._wanted)
                    live = await self._store.database.read(claims.live_claims)
                    self._wanted -= wanted - {claim.run.id for claim in live}
                    for claim in live:
                        await self._adopt_one(claim)
                    forget_over(self.parked, {claim.run.id for claim in live})
            except DatabaseLost as trouble:
                log.error("no run is driven here any more: %s", trouble.sentence)
                return
            except DatabaseProblem as trouble:
                log.warning("cannot look for runs: %s", trouble.sentence)
            except (OSError, RuntimeError, MemoryError) as trouble:
                if not at_limit(trouble):
                    raise
                log.warning("cannot look for runs: %s", at_limit(trouble))
            try:
                async with asyncio.timeout(ADOPT_EVERY):
                    await self._look.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(0.05)

    async def _adopt_one(self, claim: Claim) -> None:
        run_id = claim.run.id
        if run_id in self._drivers or (self._adopt == "own" and run_id not in self._wanted):
            return
        known = self.parked.get(run_id)
        # A secret may appear at any time; anything else needs a person.
        if known is not None and not isinstance(known, MissingSecret):
            return
        try:
            await self._claim(claim)
            self.parked.pop(run_id, None)
        except DatabaseProblem:
            raise
        except OyamaError as trouble:
            await self._leave_alone(claim, trouble)

    async def _leave_alone(self, claim: Claim, trouble: OyamaError) -> None:
        """Say where everybody sees it why this engine does not drive a run; nothing is written when that was said before."""
        known = self.parked.get(claim.run.id)
        if known is not None and known.sentence == trouble.sentence and claim.obstacle:
            return
        log.warning("run %s is left alone: %s", claim.run.id, trouble.sentence)
        self._park(claim.run.id, trouble)
        told = partial(claims.tell_obstacle, claim=claim, obstacle=trouble.sentence)
        await self._store.writer.run(told, touched=claim.run.id)

    def _park(self, run_id: str, trouble: OyamaError) -> None:
        """Leave a run alone until somebody asks for it."""
        self.parked[run_id] = trouble
        if self.left_alone is not None:
            self.left_alone(run_id)

    async def _claim(self, claim: Claim, *, asked: bool = False) -> bool:
        """Make this engine the owner of a run that has no living one, and end what a dead one left.

        Args:
            claim: The run.
            asked: A person wants it, whatever has happened before.
        """
        run_id, dead = claim.run.id, claim.owner
        if run_id in self._claiming or (dead is not None and is_alive(self._instance.folder, dead)):
            return False
        if dead is not None and claim.stalled_takeovers >= MOST_STALLED and not asked:
            raise IllegalTransition(
                f"{MOST_STALLED} engines in a row have ended before they could go on with run {run_id}.",
                f"Look into the log file; `oyama resume {run_id}` tries once more.",
            )
        self._claiming.add(run_id)
        try:
            graph = await self._store.graph(claim.revision)
            self._secrets.require(graph.workflow.all_secrets, f"Process {os.getpid()}, which would drive run {run_id},")
            epoch = await self._store.writer.run(lambda connection: claims.take(connection, claim, self.id), touched=run_id)
            if epoch is None:
                return False
            if dead is not None:
                left = await asyncio.to_thread(end_all_left, self._instance.folder, self._grace)
                (self._instance.folder / f"{dead}.lock").unlink(missing_ok=True)
                log.info("run %s taken over from %s; %d process groups ended", run_id, dead, left)
            self._drive(claim.run, graph, Path(claim.directory), epoch, taken_over=dead is not None)
        finally:
            self._claiming.discard(run_id)
        return True

    def _drive(
        self, run: RunKey, graph: Graph, directory: Path, epoch: int, *, taken_over: bool = False, begun: Recorded | None = None
    ) -> None:
        def attempts(report: Callable[[c.Outcome], None], now: Callable[[], int]) -> Attempts:
            return Attempts(
                run,
                graph,
                directory,
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
            return Children(run, str(directory), epoch, runs=self.children, report=report)

        driver = Driver(
            run,
            graph,
            epoch,
            journal=self._store.journal,
            clock=self._clock,
            attempts=attempts,
            children=children,
            begun=begun,
            goes_on=goes_on if taken_over else None,
            place_moved=partial(self._admissions.moved, run.workflow_id),
            asked=partial(self.asked, run, graph.workflow.notify),
        )
        task = asyncio.create_task(self._keep_driving(driver, taken_over=taken_over), name=f"oyama-run-{run.id}")
        self._drivers[run.id] = (driver, task)

    async def _keep_driving(self, driver: Driver, *, taken_over: bool) -> None:
        """Drive a run to where it ends here; a failure of ours parks the run and harms no other."""
        run = driver.run
        try:
            await driver.drive(taken_over=taken_over)
        except OyamaError as trouble:
            log.error("run %s is parked: %s", run.id, trouble.sentence)
            self._park(run.id, trouble)
        except Exception as error:
            log.exception("run %s is parked", run.id)
            sentence = f"Run {run.id} cannot go on: Oyama itself failed here ({error})."
            self._park(run.id, CorruptJournal(sentence, "See the log file; run `oyama verify`."))
        finally:
            del self._drivers[run.id]
        if driver.state.status.ended:
            self._wanted.discard(run.id)
            self.children.ended(run.id)
            return
        try:
            await self._store.writer.run(lambda connection: claims.release(connection, run.key, self.id, driver.epoch), touched=run.id)
        except DatabaseProblem as trouble:
            log.warning("run %s could not be given back: %s", run.id, trouble.sentence)


def forget_over(parked: dict[str, OyamaError], live: Collection[str]) -> None:
    """Wait no longer for what runs lacked that are over.

    Args:
        parked: Runs that an engine cannot drive, and why.
        live: The runs that are not over.
    """
    for run_id, trouble in list(parked.items()):
        if run_id not in live and isinstance(trouble, MissingSecret):
            del parked[run_id]


def end_all_left(folder: Path, grace: float) -> int:
    """End the process groups that dead engines have left; it blocks until they are gone.

    Not only those of the last owner of a run: that one may have died before it had ended what its own predecessor left.

    Args:
        folder: The folder for the files of engines.
        grace: Seconds between TERM and KILL.

    Returns:
        How many groups were found alive.
    """
    return sum(end_left_groups(path, grace) for path in folder.glob("*.groups") if not is_alive(folder, path.stem))
