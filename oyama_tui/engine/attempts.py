"""Attempts: executor tasks of one run, from a durable order to an outcome."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.commands import Outcome
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.errors import NoRoom
from oyama_tui.core.limits import at_limit
from oyama_tui.engine.health import LEAST_FREE
from oyama_tui.files import plain_folder
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.process_groups import ProcessGroups, end_left_attempts
from oyama_tui.steps.protocol import Executors, InlineExecutor, StepOrder
from oyama_tui.steps.secrets import SecretSource, values_of
from oyama_tui.store.run_key import RunKey

ROOM_EVERY: Final = 0.5
"""Seconds between two tries to start a step for which there is no room."""
log = logging.getLogger("oyama.engine")


class AttemptContext:
    """What an executor may use of the engine."""

    def __init__(self, order: StepOrder, files: Path, groups: ProcessGroups, secrets: SecretSource, clock: Callable[[], int]) -> None:
        self._order = order
        self._files = files
        self._groups = groups
        self._secrets = secrets
        self._clock = clock
        self.begun = False
        """A process was started, so that the attempt cannot be begun anew."""

    def log_path(self) -> Path:
        """Where the attempt's live output goes."""
        path = self._files / self._order.run_id / f"{self._order.node}.{self._order.attempt}.log"
        plain_folder(path.parent)
        return path

    def secret(self, name: str) -> str:
        """The value of a secret."""
        return self._secrets.secret(name)

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self._clock()

    def started(self, pid: int) -> None:
        """A process group was started."""
        self.begun = True
        self._groups.started(pid)

    def finished(self, pid: int) -> None:
        """That process group is gone."""
        self._groups.finished(pid)


class Attempts:
    """The attempts of one run that are under way in this process.

    Args:
        run: The run.
        graph: Its revision.
        directory: Where its steps run.
        executors: By kind of step.
        files: The folder with the output of attempts.
        groups: Keeps account of the process groups of steps.
        secrets: Where secrets come from.
        clock: Milliseconds since 1970 UTC.
        slots: Bounds how many attempts with processes run at once, over all runs of the engine.
        report: Gets each outcome.
        grace: Seconds between asking the processes of an attempt to end and ending them.
    """

    def __init__(
        self,
        run: RunKey,
        graph: Graph,
        directory: Path,
        *,
        executors: Executors,
        files: Path,
        groups: ProcessGroups,
        secrets: SecretSource,
        clock: Callable[[], int],
        slots: asyncio.Semaphore,
        report: Callable[[Outcome], None],
        grace: float,
    ) -> None:
        self._grace = grace
        self._run = run
        self._graph = graph
        self._directory = directory
        self._executors = executors
        self._files = files
        self._groups = groups
        self._secrets = secrets
        self._clock = clock
        self._slots = slots
        self._report = report
        self._tasks: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def begun(self, node: str, attempt: int) -> bool:
        """Whether this attempt was started here and has not reported."""
        return node in self._tasks and self._tasks[node][0] == attempt

    def nodes(self) -> dict[str, int]:
        """The nodes with an attempt under way, and its number."""
        return {node: attempt for node, (attempt, _) in self._tasks.items()}

    @property
    def running(self) -> int:
        """How many attempts are under way."""
        return len(self._tasks)

    def begin(self, scheduled: e.StepScheduled) -> None:
        """Start the attempt that a durable event orders."""
        spec = self._graph.spec_of(scheduled.node)
        order = StepOrder(
            run_id=self._run.id,
            workflow_id=self._run.workflow_id,
            node=scheduled.node,
            step_id=spec.step.id,
            kind=scheduled.step_kind or spec.kind,
            attempt=scheduled.attempt,
            input=scheduled.input,
            directory=self._directory,
            timeout=scheduled.timeout,
            secrets=self._graph.secrets,
        )
        executor = self._executors.get(order.kind)
        if KINDS[order.kind].execution == "inline" and isinstance(executor, InlineExecutor) and not self._ending:
            self._report(self._at_once(executor, order))
            return
        task = asyncio.create_task(self._carry_out(order, tuple(self._ending)), name=f"{self._run.id}/{scheduled.node}")
        self._tasks[scheduled.node] = (scheduled.attempt, task)

    def end(self, node: str) -> None:
        """End a node's attempt; its outcome no longer counts."""
        found = self._tasks.pop(node, None)
        if found is not None:
            task = found[1]
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def end_all(self) -> None:
        """End every attempt and wait until the last process is gone."""
        for node in list(self._tasks):
            self.end(node)
        await self.settle()

    async def end_left(self, attempts: Mapping[str, int]) -> None:
        """End what another engine has left of attempts that it did not finish.

        Args:
            attempts: The number of the attempt by node.
        """
        keys = {f"{self._run.id}/{node}": attempt for node, attempt in attempts.items()}
        found = await asyncio.to_thread(end_left_attempts, keys, self._grace)
        if found:
            log.info("run %s: ended %d sessions of attempts that were cut off", self._run.id, found)

    async def settle(self) -> None:
        """Wait until the attempts that are being ended are gone."""
        while self._ending:
            await asyncio.gather(*self._ending, return_exceptions=True)

    def _at_once(self, executor: InlineExecutor, order: StepOrder) -> Outcome:
        """Carry out an attempt that waits for nothing."""
        try:
            return executor.execute_now(order, self._context(order))
        except Exception as error:
            return self._failed_here(order, error)

    def _context(self, order: StepOrder) -> AttemptContext:
        return AttemptContext(order, self._files, self._groups, self._secrets, self._clock)

    def _failed_here(self, order: StepOrder, error: Exception) -> Outcome:
        """What an attempt comes to whose executor has raised: that is no fault of the step."""
        masker = Masker(values_of(order.secrets, self._secrets.secret).values())
        log.error("run %s: the executor of %s failed\n%s", order.run_id, order.node, masker.text(traceback.format_exc()))
        message = masker.text(f"Oyama itself failed here: {error}; see the log file.")
        return Outcome(node=order.node, attempt=order.attempt, status="failed", kind="internal", message=message)

    async def _carry_out(self, order: StepOrder, before: tuple[asyncio.Task[None], ...]) -> None:
        """Execute one attempt, after what was ended before it is really gone."""
        if before:
            await asyncio.gather(*before, return_exceptions=True)
        context = self._context(order)
        try:
            if KINDS[order.kind].execution == "inline":
                outcome = await self._executors[order.kind].execute(order, context)
            else:
                async with self._slots:
                    outcome = await self._in_room(order, context)
        except Exception as error:
            outcome = self._failed_here(order, error)
        if self.begun(order.node, order.attempt):
            del self._tasks[order.node]
            self._report(outcome)

    async def _in_room(self, order: StepOrder, context: AttemptContext) -> Outcome:
        """Execute one attempt as soon as the machine has room for it: what it lacks is no fault of the step."""
        told = False
        while True:
            try:
                check_room()
                if KINDS[order.kind].execution == "process" or "preview" in order.input:
                    self._groups.expect()
                return await self._executors[order.kind].execute(order, context)
            except (NoRoom, OSError, RuntimeError, MemoryError) as error:
                if context.begun or not (isinstance(error, NoRoom) or at_limit(error)):
                    raise
                if not told:
                    log.warning("run %s: %s waits until there is room for it: %s", order.run_id, order.node, at_limit(error) or error)
                    told = True
            await asyncio.sleep(ROOM_EVERY)


def check_room() -> None:
    """Make sure that a step can open what it needs.

    Raises:
        OSError: The machine or this process has too few descriptors left.
    """
    opened = [os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)]
    try:
        # The system gives out the lowest free number: while that is far below the limit, there is no need to count.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if most == resource.RLIM_INFINITY or opened[0] + LEAST_FREE < most // 2:
            return
        for _ in range(LEAST_FREE - 1):
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    finally:
        for descriptor in opened:
            os.close(descriptor)
