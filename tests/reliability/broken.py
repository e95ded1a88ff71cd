"""Deliberately broken builds: a check counts only if it fails with one of these."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from oyama_tui.core import plan, recovery, text
from oyama_tui.core.commands import Outcome
from oyama_tui.core.events import Event, ScopeSettled, StepScheduled
from oyama_tui.core.evolve import evolve
from oyama_tui.core.evolve.recovery import Unfinished, unfinished_work
from oyama_tui.core.scope import Scope
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.summary import summarise
from oyama_tui.engine import admissions, child_runs, clock, ownership, takeover
from oyama_tui.engine.admissions import Admissions
from oyama_tui.engine.attempts import Attempts
from oyama_tui.engine.driver import Driver
from oyama_tui.engine.wishes import Wishes
from oyama_tui.steps.process_groups import ProcessGroups
from oyama_tui.store import projections, runs, statements
from oyama_tui.store.group_commit import AppendRequest
from oyama_tui.store.journal import Journal, JournalPosition
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.writer import Writer

WINDOW = 0.03
"""Seconds between the early acknowledgement and the commit."""
LONG_MOMENT = 0.4
"""Seconds of a moment that is made long."""
DEAD = 99
"""The exit code of an engine that dies of a run."""


def ack_before_commit() -> None:
    """Tell callers that their events are durable, and only then write them."""
    write = Writer._write

    def early(self: Writer, batch: list[Any]) -> None:
        if all(isinstance(item, AppendRequest) for item in batch):
            self._wake(batch)
            time.sleep(WINDOW)
        write(self, batch)

    Writer._write = early  # type: ignore[method-assign]


def answers_from_memory() -> None:
    """Tell whoever answers the gate of a run that is driven here as soon as the state in memory has the answer, and only then write it."""
    fold = Wishes.fold
    append = Journal.append

    def early(self: Wishes, state: RunState) -> list[Event]:
        events = fold(self, state)
        self.settle(state.seq)
        return events

    async def late(self: Journal, run: RunKey, *given: Any) -> JournalPosition:
        await asyncio.sleep(0.1 * (run.key % 5))
        return await append(self, run, *given)

    Wishes.fold = early  # type: ignore[method-assign]
    Journal.append = late  # type: ignore[method-assign,assignment]


def enters_late() -> None:
    """Let a step run for a while before it is entered with whoever ends it when the engine dies; no fault, but a moment made long."""
    started = ProcessGroups.started

    def late(self: ProcessGroups, pid: int) -> None:
        time.sleep(LONG_MOMENT)
        started(self, pid)

    ProcessGroups.started = late  # type: ignore[method-assign]


def dies_after_appends() -> None:
    """Die by kill -9 as soon as so many appends are durable as OYAMA_TEST_DIES_AFTER says; no fault, but a moment that is exact."""
    write = Writer._write
    durable = 0

    def deadly(self: Writer, batch: list[Any]) -> None:
        nonlocal durable
        write(self, batch)
        durable += sum(isinstance(item, AppendRequest) for item in batch)
        if durable >= int(os.environ.get("OYAMA_TEST_DIES_AFTER", "1000000")):
            os.kill(os.getpid(), signal.SIGKILL)

    Writer._write = deadly  # type: ignore[method-assign]


def no_fence() -> None:
    """Let an engine go on writing after another one has taken its run over."""
    sound = "(epoch = :epoch AND owner IS NOT NULL)"
    assert sound in statements.MOVE_STATE
    statements.MOVE_STATE = statements.MOVE_STATE.replace(sound, "1")  # type: ignore[misc]
    read = Journal.read

    async def unfenced(
        self: Journal, run: RunKey, after: JournalPosition | None = None, epoch: int | None = None
    ) -> list[tuple[Event, bytes]]:
        return await read(self, run, after)

    Journal.read = unfenced  # type: ignore[method-assign]


def seems_dead() -> None:
    """Do not lock the file of the engine instance, so that every other engine takes this one for dead.

    No fault by itself: the fence is there for exactly this. It does not take itself for dead: it would end its own helpers.
    """
    mine: set[str] = set()
    is_alive = ownership.is_alive

    def unlocked(path: Path) -> int:
        mine.add(path.stem)
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    ownership._locked = unlocked

    def alive(folder: Path, instance: str) -> bool:
        return instance in mine or is_alive(folder, instance)

    for module in (ownership, takeover, admissions):
        module.is_alive = alive  # type: ignore[attr-defined]


def raw_text() -> None:
    """Show text from outside as it is."""
    nothing = re.compile("(?!)")
    text._UNSAFE = text._UNSAFE_IN_LINE = nothing  # type: ignore[misc]


def dies_of_poison() -> None:
    """End the engine as soon as it begins to drive a run of the workflow `poison`."""
    load = Driver._load

    async def deadly(self: Driver, *, interrupt: bool) -> None:
        if self.run.workflow_id == "poison":
            os._exit(DEAD)
        await load(self, interrupt=interrupt)

    Driver._load = deadly  # type: ignore[method-assign]


def items_again() -> None:
    """Begin what was ordered in loops once more when a run is taken over, whatever has become of it."""
    load = Driver._load

    async def forgetful(self: Driver, *, interrupt: bool) -> None:
        await load(self, interrupt=interrupt)
        for event, _ in await self._journal.read(self.run, epoch=self.epoch) if interrupt else ():
            if isinstance(event, StepScheduled) and "[" in event.node and not self._attempts.begun(event.node, event.attempt):
                self._attempts.begin(event)

    Driver._load = forgetful  # type: ignore[method-assign]


def no_scope_rows() -> None:
    """Leave out of the rows that an instance of a block is over."""
    projections._PROJECTIONS[ScopeSettled] = lambda projection, seq, event: None


def undoes_unrun() -> None:
    """Take what undoes a step for done without running it."""
    begin = Attempts.begin

    def pretend(self: Attempts, scheduled: StepScheduled) -> None:
        if "~undo" in scheduled.node:
            self._report(Outcome(node=scheduled.node, attempt=scheduled.attempt, status="succeeded"))
        else:
            begin(self, scheduled)

    Attempts.begin = pretend  # type: ignore[method-assign]


def restarts_all() -> None:
    """Take a run up anew with everything that is over, not only with what failed."""
    unfinished = unfinished_work

    def all_of_it(scope: Scope) -> Unfinished:
        found = unfinished(scope)
        return Unfinished([node for node in scope.nodes if node.status.settled and node.block is None] + found.nodes, found.scopes)

    recovery.unfinished_work = all_of_it  # type: ignore[attr-defined]


def tries_always() -> None:
    """Let every run that queues try to take a place whenever something has changed.

    No fault by itself: the condition of the append is there for exactly this.
    """

    async def invite_all(self: Admissions, workflow_id: str, drivers: Sequence[Driver]) -> None:
        for driver in drivers:
            driver.invite()

    Admissions._look = invite_all  # type: ignore[method-assign]


def no_limit() -> None:
    """Admit whoever tries."""
    statements.MAY_ADMIT = "SELECT 1"  # type: ignore[misc]


def no_line() -> None:
    """Admit any run while a place is free, whoever is before it."""
    sound = " AND mine.key = ("
    assert sound in statements.MAY_ADMIT
    statements.MAY_ADMIT = statements.MAY_ADMIT.replace(sound, " AND 0 < (")  # type: ignore[misc]


def children_again() -> None:
    """Start the run of a step whenever the run around it is taken over, whether or not there is one."""
    create = runs.create_child

    def again(connection: sqlite3.Connection, new: runs.NewRun, epoch: int) -> tuple[RunKey, bytes | None]:
        connection.execute("DROP INDEX IF EXISTS idx_workflow_states_parent")
        return create(connection, new, epoch)

    runs._CHILD += " AND 0"  # type: ignore[misc]
    child_runs.create_child = again  # type: ignore[attr-defined]


def orphans() -> None:
    """End what is cancelled at once, whatever has been started for it."""
    plan.leaves = lambda node: True  # type: ignore[attr-defined]


def set_clock() -> None:
    """Ask a wall clock that is as many milliseconds off as the file `clock` in the data directory says; no fault, but what people do."""

    class SetTime:
        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

        @staticmethod
        def time_ns() -> int:
            file = Path(os.environ["OYAMA_HOME"]) / "clock"
            return time.time_ns() + (int(file.read_text() or 0) * 1_000_000 if file.exists() else 0)

    clock.time = SetTime()  # type: ignore[assignment,attr-defined]


def stumbles_over_a_key() -> None:
    """Make a mistake where keys are read, in a thread that nobody waits for."""
    from oyama_tui.tui.keyboard import Keyboard

    feed = Keyboard.feed

    def stumbling(self: Keyboard, data: str) -> Any:
        if "!" in data:
            raise ZeroDivisionError("a key")
        return feed(self, data)

    Keyboard.feed = stumbling  # type: ignore[method-assign]


def forks_in_parts() -> None:
    """Create a fork with its first event, and append what it takes over a little later."""
    create = Journal.create

    async def in_parts(self: Journal, new: runs.NewRun) -> tuple[RunKey, bytes]:
        run, head = await create(self, replace(new, reused=()))
        if not new.reused:
            return run, head
        state = new_state(run.id, new.graph, run.number)
        evolve(state, new.started)
        tail = JournalPosition(1, head, summarise(state))
        await asyncio.sleep(WINDOW)
        for event in new.reused:
            evolve(state, event)
        after = await self.append(run, tail, new.reused, summarise(state))
        return run, after.head

    Journal.create = in_parts  # type: ignore[method-assign]


BREAKS: dict[str, Callable[[], None]] = {
    "dies_after_appends": dies_after_appends,
    "ack_before_commit": ack_before_commit,
    "answers_from_memory": answers_from_memory,
    "children_again": children_again,
    "enters_late": enters_late,
    "dies_of_poison": dies_of_poison,
    "forks_in_parts": forks_in_parts,
    "items_again": items_again,
    "no_fence": no_fence,
    "no_limit": no_limit,
    "no_line": no_line,
    "no_scope_rows": no_scope_rows,
    "orphans": orphans,
    "raw_text": raw_text,
    "restarts_all": restarts_all,
    "undoes_unrun": undoes_unrun,
    "seems_dead": seems_dead,
    "set_clock": set_clock,
    "stumbles_over_a_key": stumbles_over_a_key,
    "tries_always": tries_always,
}
