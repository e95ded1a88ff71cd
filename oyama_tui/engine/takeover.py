"""Take-over: runs that no living engine owns get this one as their owner, many in one transaction."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import DatabaseLost, DatabaseProblem, IllegalTransition, MissingSecret, OyamaError
from oyama_tui.core.limits import at_limit
from oyama_tui.engine.ownership import Instance, is_alive
from oyama_tui.steps.process_groups import end_left_groups
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store import claims
from oyama_tui.store.claims import Claim
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.engine")
ADOPT_EVERY: Final = 1.0
"""Seconds between two looks for runs without a living owner."""
AT_ONCE: Final = 500
"""Runs that are taken together: others may write between two such parts."""
MOST_STALLED: Final = 3
"""Take-overs in a row that led nowhere, after which a run is left alone: whatever ends engines must not end every one that comes."""


class Drive(Protocol):
    """Begins to drive a run that this engine owns now."""

    def __call__(self, claim: Claim, graph: Graph, epoch: int, *, taken_over: bool) -> None:
        """Begin.

        Args:
            claim: The run, as it was owned before.
            graph: The revision that it is pinned to.
            epoch: Of its new owner.
            taken_over: From an engine that died.
        """


class TakeOver:
    """Looks for runs that nobody drives, and takes them.

    Args:
        store: The open store.
        instance: What others know this engine by.
        secrets: A run whose secrets are not here is left alone.
        adopt: `all` takes every run without a living owner, `own` only those that are wanted.
        grace: Seconds between asking the processes that a dead engine left to end and ending them.
        drives: Whether this engine drives a run.
        drive: Called with each run that was taken.
    """

    def __init__(
        self,
        store: Store,
        instance: Instance,
        secrets: SecretSource,
        *,
        adopt: Literal["own", "all"],
        grace: float,
        drives: Callable[[str], bool],
        drive: Drive,
    ) -> None:
        self._store = store
        self._instance = instance
        self._secrets = secrets
        self._adopt = adopt
        self._grace = grace
        self._drives = drives
        self._drive = drive
        self._claiming: set[str] = set()
        self._taken: list[tuple[Claim, Graph, int]] = []
        """Runs that this engine owns and does not drive yet, with their epochs; to all others they have a living owner, so none may be lost
        here, whatever fails on the way."""
        self._task: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self.wanted: set[str] = set()
        """Runs that this engine was told to drive; it takes them again or later, when their owner dies."""
        self.parked: dict[str, OyamaError] = {}
        """Runs that this engine cannot drive, and why."""
        self.left_alone: Callable[[str], None] | None = None
        """Told which run has been parked."""

    def open(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._keep_looking(), name="oyama-adopt")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def look(self) -> None:
        """Look soon."""
        self._look.set()

    def park(self, run_id: str, trouble: OyamaError) -> None:
        """Leave a run alone until somebody asks for it."""
        self.parked[run_id] = trouble
        if self.left_alone is not None:
            self.left_alone(run_id)

    async def take(self, claim: Claim) -> bool:
        """Take one run that a person wants, whatever has happened to it before; false while it has a living owner.

        Raises:
            MissingSecret: It needs a secret that is not here.
            CorruptJournal: The revision that it is pinned to cannot be read.
        """
        self.parked.pop(claim.run.id, None)
        graph = await self._graph_for(claim, {}, asked=True)
        # Somebody looks at this one: it is folded now, so that what is wrong with its journal is said.
        return graph is not None and bool(await self._take_all([(replace(claim, rests=False), graph)]))

    async def _keep_looking(self) -> None:
        """Take runs without a living owner, again and again."""
        while True:
            self._look.clear()
            try:
                if self._adopt == "all" or not all(map(self._drives, self.wanted)):
                    await self._look_round()
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

    async def _look_round(self) -> None:
        await self._drive_all_taken()
        wanted = set(self.wanted)
        live = await self._store.database.read(partial(claims.live_claims, but_of=self._instance.id))
        here = {claim.run.id for claim in live}.union(claim.run.id for claim, _, _ in self._taken)
        self.wanted -= {run_id for run_id in wanted - here if not self._drives(run_id)}
        left = [claim for claim in live if self._is_for_us(claim)]
        for first in range(0, len(left), AT_ONCE):
            await self._adopt_some(left[first : first + AT_ONCE])
        forget_over(self.parked, {claim.run.id for claim in live})

    def _is_for_us(self, claim: Claim) -> bool:
        run_id = claim.run.id
        if self._drives(run_id) or (self._adopt == "own" and run_id not in self.wanted):
            return False
        # A secret may appear at any time; anything else needs a person.
        known = self.parked.get(run_id)
        return known is None or isinstance(known, MissingSecret)

    async def _adopt_some(self, left: Sequence[Claim]) -> None:
        """Take those that can be driven here; of the others it is said why not."""
        alive: dict[str, bool] = {}
        ready = []
        for claim in left:
            try:
                graph = await self._graph_for(claim, alive)
                self.parked.pop(claim.run.id, None)
                if graph is not None:
                    ready.append((claim, graph))
            except DatabaseProblem:
                raise
            except OyamaError as trouble:
                await self._leave_alone(claim, trouble)
        if ready:
            await self._take_all(ready)

    async def _graph_for(self, claim: Claim, alive: dict[str, bool], *, asked: bool = False) -> Graph | None:
        """What is needed to drive a run; none when it has a living owner, or is being taken already.

        Args:
            claim: The run.
            alive: The engines that have been looked for in this round, and whether they live.
            asked: A person wants it, whatever has happened before.

        Raises:
            IllegalTransition: Several engines have ended over it.
            MissingSecret: It needs a secret that is not here.
            CorruptJournal: The revision that it is pinned to cannot be read.
        """
        run_id, owner = claim.run.id, claim.owner
        if owner is not None and owner not in alive:
            alive[owner] = is_alive(self._instance.folder, owner)
        if run_id in self._claiming or (owner is not None and alive[owner]):
            return None
        if owner is not None and claim.stalled_takeovers >= MOST_STALLED and not asked:
            raise IllegalTransition(
                f"{MOST_STALLED} engines in a row have ended before they could go on with run {run_id}.",
                f"Look into the log file; `oyama resume {run_id}` tries once more.",
            )
        graph = await self._store.graph(claim.revision)
        self._secrets.require(graph.secrets, f"Process {os.getpid()}, which would drive run {run_id},")
        return graph

    async def _take_all(self, ready: Sequence[tuple[Claim, Graph]]) -> int:
        """Become the owner of runs and drive them; how many nobody else was quicker to take.

        Raises:
            DatabaseProblem: None could be taken.
        """
        free = [(claim, graph) for claim, graph in ready if claim.run.id not in self._claiming]
        ids = {claim.run.id for claim, _ in free}
        self._claiming |= ids
        try:
            taking = partial(claims.take_all, wanted=[claim for claim, _ in free], owner=self._instance.id)
            epochs = await self._store.writer.run(taking, touched=frozenset(ids))
        finally:
            self._claiming -= ids
        taken = [(claim, graph, epoch) for (claim, graph), epoch in zip(free, epochs, strict=True) if epoch is not None]
        self._taken += taken
        await self._drive_all_taken()
        return len(taken)

    async def _drive_all_taken(self) -> None:
        """End what the dead owners of taken runs have left, then drive the runs; where that fails, the next look does both."""
        dead = {claim.owner for claim, _, _ in self._taken if claim.owner is not None}
        if dead:
            ended = await asyncio.to_thread(end_all_left, self._instance.folder, self._grace)
            for owner in dead:
                (self._instance.folder / f"{owner}.lock").unlink(missing_ok=True)
            log.info("%d runs taken over from %s; %d process groups ended", len(self._taken), ", ".join(sorted(dead)), ended)
        taken, self._taken = self._taken, []
        for claim, graph, epoch in taken:
            if claim.owner is None or claim.owner in dead:
                self._drive(claim, graph, epoch, taken_over=claim.owner is not None)
            else:
                # It was taken while others were ended.
                self._taken.append((claim, graph, epoch))

    async def _leave_alone(self, claim: Claim, trouble: OyamaError) -> None:
        """Say where everybody sees it why this engine does not drive a run; nothing is written when that was said before."""
        known = self.parked.get(claim.run.id)
        if known is not None and known.sentence == trouble.sentence and claim.obstacle:
            return
        log.warning("run %s is left alone: %s", claim.run.id, trouble.sentence)
        self.park(claim.run.id, trouble)
        told = partial(claims.tell_obstacle, claim=claim, obstacle=trouble.sentence)
        await self._store.writer.run(told, touched=claim.run.id)


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
