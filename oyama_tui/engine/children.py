"""The runs that steps of a run start: started once, followed to their end, and told when their parent is paused or cancelled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.children import children_to_end, is_cancelling, paused_with, why_to_end
from oyama_tui.core.errors import Conflict, DatabaseProblem, Fenced, OyamaError
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.engine.child_runs import ChildRequest, ChildRuns
from oyama_tui.store.run_key import RunKey

log = logging.getLogger("oyama.engine")
LOOK_EVERY: Final = 30.0
"""Seconds after which a child is looked at again, whatever the feed says."""
RETRY_AFTER: Final = 1.0
"""Seconds between tries while the database cannot be used."""


@dataclass(slots=True, eq=False)
class _Watch:
    """One attempt that is a run of its own, and what its parent wants of that run now."""

    order: e.StepScheduled
    by: e.Principal
    """Who started the parent."""
    known: bool
    """The parent's journal names the run."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    ends: str = ""
    """Why it is to end, as a clause; empty while it is not."""
    pause: e.PauseRequested | None = None
    """The parent's pause."""
    passed: e.PauseRequested | None = None
    """The pause that it was told of last."""
    compared: bool = False
    """Its pause was compared with that of its parent since this engine drives that one."""


class Children:
    """The children of one run, as far as its driver is concerned.

    Args:
        run: The parent.
        directory: Where its steps run, and what the paths of files in it are relative to.
        epoch: Under which this engine owns it.
        runs: Starts, finds and commands runs.
        report: Gets each child as soon as it exists, and what becomes of it.
    """

    def __init__(self, run: RunKey, directory: str, epoch: int, *, runs: ChildRuns, report: Callable[[c.Outcome | c.Child], None]) -> None:
        self._run = run
        self._directory = directory
        self._epoch = epoch
        self._runs = runs
        self._report = report
        self._orders: dict[str, e.StepScheduled] = {}
        self._watches: dict[tuple[str, int], _Watch] = {}

    @property
    def label(self) -> str:
        """What people call the parent."""
        return f"{self._run.workflow_id} #{self._run.number}"

    def ordered(self, scheduled: e.StepScheduled) -> None:
        """Keep the order of an attempt that is a run of its own; `look` carries it out."""
        self._orders[scheduled.node] = scheduled

    def look(self, state: RunState) -> None:
        """Start, follow, pause, let go on and end what the run wants so now, all of which is durable.

        Args:
            state: The run as it stands in its journal.
        """
        if not state.children and not self._watches:
            return
        ending = set(children_to_end(state))
        wanted: set[tuple[str, int]] = set()
        for node, attempt in state.children.items():
            wanted.add((node.key, attempt))
            watch = self._watches.get((node.key, attempt)) or self._begin(state, node)
            ends = self._why(state, node) if node in ending else ""
            if (watch.ends, watch.pause) != (ends, state.pause):
                watch.ends, watch.pause = ends, state.pause
                watch.news.set()
        for place in self._watches.keys() - wanted:
            self._forget(place)

    def _why(self, state: RunState, node: NodeState) -> str:
        if state.cancel is None or not is_cancelling(state):
            return f"its parent {self.label} needs it no more: {why_to_end(state, node)}"
        reason = f": {state.cancel.reason}" if state.cancel.reason else ""
        return f"its parent {self.label} was cancelled by {state.cancel.by.name}{reason}"

    def _begin(self, state: RunState, node: NodeState) -> _Watch:
        assert state.started is not None
        watch = _Watch(self._orders[node.key], state.started.by, known=node.child is not None, pause=state.pause)
        self._watches[node.key, node.attempt] = watch
        watch.task = asyncio.create_task(self._attend(watch), name=f"{self._run.id}/{node.key}")
        return watch

    def _forget(self, place: tuple[str, int]) -> None:
        """Follow an attempt no more that is over."""
        watch = self._watches.pop(place)
        if watch.task is not None:
            watch.task.cancel()
        node, attempt = place
        if node in self._orders and self._orders[node].attempt == attempt:
            del self._orders[node]

    async def close(self) -> None:
        """Follow nothing any more; the children go on."""
        tasks = [watch.task for watch in self._watches.values() if watch.task is not None]
        for task in tasks:
            task.cancel()
        self._watches.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attend(self, watch: _Watch) -> None:
        """Bring one child to its end, and report that."""
        while True:
            try:
                outcome = await self._outcome(watch)
                break
            except Fenced as fenced:
                # Nothing may be started from here any more; the driver learns of it by its own next append.
                log.info("run %s: %s", self._run.id, fenced.sentence)
                return
            except (DatabaseProblem, Conflict) as trouble:
                log.warning("run %s: %s waits for its run: %s", self._run.id, watch.order.node, trouble.sentence)
                await asyncio.sleep(RETRY_AFTER)
            except OyamaError as trouble:
                hint = f" {trouble.hint}" if trouble.hint else ""
                outcome = self._came_to(watch, status="failed", message=f"{trouble.sentence}{hint}", final=True)
                break
            except Exception as error:
                log.exception("run %s: the run of %s cannot be followed", self._run.id, watch.order.node)
                outcome = self._came_to(watch, status="failed", message=f"Oyama itself failed here: {error}; see the log file.", final=True)
                break
        self._report(outcome)

    def _came_to(self, watch: _Watch, **said: object) -> c.Outcome:
        return c.Outcome.model_validate({"node": watch.order.node, "attempt": watch.order.attempt, "kind": "child", **said})

    async def _outcome(self, watch: _Watch) -> c.Outcome:
        """Find or start a child, and follow it to its end."""
        child = await self._found_or_started(watch)
        if child is None:
            return self._came_to(watch, status="cancelled")
        if not watch.known:
            named = {"node": watch.order.node, "attempt": watch.order.attempt, "run": child.id}
            self._report(c.Child(**named, workflow=child.workflow_id, number=child.number))
            watch.known = True
        self._runs.keep_driven(child.id)
        with self._runs.watched(child.id, watch.news):
            while True:
                watch.news.clear()
                end = await self._runs.end_of(child)
                if end is not None:
                    return self._came_to(watch, **end)
                await self._pass_down(watch, child)
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await watch.news.wait()
                except TimeoutError:
                    continue

    async def _found_or_started(self, watch: _Watch) -> RunKey | None:
        """The child; none when it was not started and is not to be any more."""
        while True:
            watch.news.clear()
            found = await self._runs.find(self._run.id, watch.order.node, watch.order.attempt)
            if found is not None:
                return found
            if watch.ends:
                return None
            if watch.pause is None:
                watch.compared = True
                return await self._runs.start(
                    ChildRequest(
                        self._run, self._directory, self._epoch, watch.order.node, watch.order.attempt, watch.order.input, watch.by
                    )
                )
            await watch.news.wait()

    async def _pass_down(self, watch: _Watch, child: RunKey) -> None:
        """Tell a child what its parent wants of it, once for each change."""
        if watch.ends:
            await self._runs.cancel(child, watch.ends)
            return
        pause, reason = watch.pause, paused_with(self.label)
        if watch.compared and pause is watch.passed:
            return
        if pause is None:
            await self._runs.resume(child, reason)
        elif watch.compared or not await self._runs.was_paused(child, reason, pause.at):
            await self._runs.pause(child, reason, pause.mode)
        watch.compared, watch.passed = True, pause
